//! `lists`: what was imported.

mod erase;
mod letters;
mod run;
mod show;

pub(super) use run::{confirm, run};
