//! Draws the dashboard: one file and one function a panel, each over `(App, Progress)`.
//!
//! Nothing here keeps state or knows the time: the picture is of the moment that `Progress` was
//! last told of. Every size from one cell on is drawn without a panic.

mod bar;
mod chart;
mod clock;
mod destinations;
mod footer;
mod grid;
mod header;
mod layout;
mod notices;
mod overlay;
mod page;
mod panel;
mod problems;
mod waits;

pub(super) use page::draw;
