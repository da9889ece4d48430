//! Words of many languages that tell what a mail is: data (`words.toml`), and how texts are held
//! against them. Which list means what is decided where it is asked.

mod lists;
mod lower;

pub(super) use lists::{List, lists};
pub(super) use lower::{Lower, holds};
