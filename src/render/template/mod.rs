//! Templates: compiled once, rendered for one recipient after another.

mod blank;
mod compiled;
mod context;
mod engine;
mod explain;
mod words;

pub(in crate::render) use compiled::{Compiler, Slot, Templates};
pub(in crate::render) use context::Context;
pub(in crate::render) use engine::{CLOSE, OPEN};
