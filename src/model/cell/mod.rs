//! What the cells of a list hold besides text: numbers, dates, yes and no.
//!
//! A cell's text always stays as it came; this is only how it is read where somebody compares it.
//! White space around it does not count, and full-width digits and signs are read as plain ones.

mod column;
mod date;
mod kind;
mod number;

pub use column::{ColumnType, ColumnTypes};
pub use date::{Day, Moment};
pub use kind::FieldType;
pub use number::{boolean, grouped_number, number};

use super::address::{fold_width, trim};
use std::borrow::Cow;

/// A cell's text as it is read: without white space around it, and narrow.
fn plain(cell: &str) -> Cow<'_, str> {
    fold_width(trim(cell))
}
