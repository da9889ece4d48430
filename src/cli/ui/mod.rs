//! What `send` shows while it runs: the dashboard, progress lines, events or nothing.

mod json;
mod plain;
pub(super) mod signals;

pub(super) use json::write_events;
pub(super) use plain::show_progress;
