//! The terminal dashboard: a run as it happens, and the few keys that steer it.
//!
//! It folds nothing and counts nothing: it draws the latest [`Progress`](crate::progress::Progress)
//! that somebody else keeps, a few times a second and only when something changed, so that a slow
//! terminal can delay nothing but its own picture. What a person asks for leaves as a
//! [`Command`](crate::model::Command). It never sees the engine or the ledger.
//!
//! `app` holds what a person chose and what keys do, `view` draws it, `term` owns the terminal,
//! [`run`](fn@run) ties them together. Everything drawn goes to stderr; text from outside passes
//! [`progress::text`](crate::progress::text) on its way to a cell.

mod app;
mod choices;
mod keys;
mod options;
mod picture;
mod run;
mod term;
mod theme;
mod view;

pub use options::{DashEnd, DashOptions};
pub use picture::picture;
pub use run::run;
pub use term::{restore, terminal_width};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
