//! What a preflight found, for people and for programs.

mod facts;
mod json;
mod page;
#[cfg(test)]
mod tests;

pub use facts::{CheckReport, Recipients, Sizes};
pub use json::check_json;
pub use page::{write_check, write_stopping};
