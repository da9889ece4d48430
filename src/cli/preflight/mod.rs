//! The preflight: facts about a campaign from its files, its list and DNS, and what the rules make
//! of them. `check` shows all of it, `send` stops on what must not go out.

mod dns;
mod gate;
mod letters;
mod made;
mod outcome;

pub(super) use gate::{Passage, may_go};
pub(super) use letters::Watching;
pub(super) use outcome::{run, shares};
