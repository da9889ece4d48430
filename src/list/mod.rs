//! From a file's bytes to subscribers: encoding, delimiter, columns, addresses.
//!
//! A list is read as a stream, in this order, and memory does not grow with it:
//! `decode` (bytes to UTF-8; `detect` guesses the encoding) → `records` (one row of text, with
//! its line; `scan` finds where it ends) → `cells` (its cells, unquoted) → `columns` (which
//! cell is the address, and the names of the others) → [`Subscribers`].
//!
//! What is wrong with one row rejects that row, with a reason for people. Only what leaves in
//! doubt where rows begin and end, or which column is the address, is an error of the file:
//! nobody is mailed on a guess.
//!
//! The file's name is not known here: callers put it before the error.

mod barred;
mod cells;
mod columns;
mod decode;
mod delimiter;
mod detect;
mod error;
mod joining;
mod judge;
mod mapping;
mod mark;
mod names;
mod records;
mod rejects;
mod scan;
mod segment;
mod subscribers;

#[cfg(test)]
mod tests;

pub use barred::{BarredRow, BarredRows};
pub use error::ListError;
pub use mark::unmarked;
pub use names::{alike, same_name};
pub use rejects::Rejects;
pub use segment::{Known, Misfit, Segment, SegmentError};
pub use subscribers::{Entry, ListOptions, Reject, Subscriber, Subscribers};
