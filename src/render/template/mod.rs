//! Templates: compiled once, rendered for one recipient after another.

mod authored;
mod blank;
mod calendar_tags;
mod calendar_text;
mod comparisons;
mod compiled;
mod context;
mod engine;
mod explain;
mod filters;
mod library;
pub(in crate::render) mod scan;
mod words;

pub(in crate::render) use authored::{Authored, Place};
pub(in crate::render) use compiled::{Compiler, Slot, Templates};
pub(in crate::render) use context::Context;
#[cfg(test)]
pub(in crate::render) use engine::environment as plain_environment;
pub(in crate::render) use engine::{CLOSE, OPEN};
pub(in crate::render) use words::identifiers;
