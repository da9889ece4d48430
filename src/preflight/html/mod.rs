//! The HTML of a letter: what it shows, and what is wrong with that.

mod judge;
mod pictures;
mod scan;
mod shown;
mod target;

pub(super) use judge::judge;
pub(super) use scan::{Page, scan};
pub(super) use target::Target;
pub use target::organisation;
