//! Segments: expressions over a list's fields that say who is meant.
//!
//! `country == "JP" and age >= 20` is read (`lex`, `parse`) to a tree of what is written (`tree`),
//! held against the list's columns and their types (`check`), which finds mistakes before anybody is
//! mailed, and becomes a [`Segment`] that takes or leaves a subscriber (`eval`).
//!
//! What holds for every comparison:
//! - An empty cell compares with nothing: each comparison with it is false, `!=` and `not in` too, and
//!   `not (…)` around one is true. `is empty` and `is set` ask for it; beside an operator an empty
//!   text is refused.
//! - White space around a cell does not count. `==` is exact otherwise; `lower(x)` forgets the case.
//! - Numbers, dates, yes and no compare by their value where the column has that type; `number(x)`
//!   and `date(x)` read the cells of a text column so, and those that are none are empty to them.
//!   `number(x)` reads `1,500` as well, which is text otherwise.
//! - A column's name counts whatever its case and width, as long as only one is meant.
//! - `email` and `domain` are there in every list and forget the case.
//!
//! The date of `today` is an argument. Nothing here fails on any text: expressions are bounded in
//! length and depth.

mod check;
mod column;
mod error;
mod eval;
mod lex;
mod literal;
mod operand;
mod parse;
mod remedy;
mod tree;

#[cfg(test)]
mod tests;

pub use check::Known;
pub use error::{Misfit, SegmentError};
pub use eval::Segment;
