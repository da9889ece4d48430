//! One row to a subscriber or a reject, with the reason in words.

use super::cells::{Cut, Row, Unreadable};
use super::columns::{Columns, MOST};
use super::records::{Flaw, LONGEST};
use super::subscribers::{Entry, Reject, Subscriber};
use crate::model::{Address, Fields};
use std::fmt::Write;
use std::sync::Arc;

/// Where a row stands and how it is to be understood.
pub(super) struct Judge<'a> {
    pub(super) columns: &'a Columns,
    pub(super) encoding: &'static str,
    pub(super) delimiter: u8,
    pub(super) row: u64,
    pub(super) line: u64,
}

/// What is wrong with a row: the place of the column, where it is one, and why.
type Fault = (Option<usize>, String);

impl Judge<'_> {
    /// What the row is.
    pub(super) fn entry(&self, cut: Cut<'_>) -> Entry {
        match self.subscriber(cut) {
            Ok(subscriber) => Entry::Subscriber(subscriber),
            Err(fault) => Entry::Reject(self.reject(cut, fault)),
        }
    }

    fn subscriber(&self, cut: Cut<'_>) -> Result<Subscriber, Fault> {
        let row = cut.row().map_err(|unreadable| match unreadable {
            Unreadable::Octets(place) => (
                Some(place),
                format!("it holds octets that are not {}", self.encoding),
            ),
            Unreadable::Nul(place) => (Some(place), "it holds a NUL character".to_owned()),
        })?;
        self.check_count(row)?;
        let email = self.columns.email;
        let address = Address::parse(row.get(email))
            .map_err(|error| (Some(email), format!("not an address: {}", error.why)))?;
        let fields = self.columns.shared.iter().enumerate().map(|(place, name)| {
            let text: Box<str> = if place == email {
                wire(&address)
            } else {
                row.get(place).into()
            };
            (Arc::clone(name), text)
        });
        Ok(Subscriber {
            row: self.row,
            line: self.line,
            fields: Fields::from_distinct(fields),
            address,
        })
    }

    /// A row has as many cells as the header; empty ones may follow, which spreadsheets add.
    fn check_count(&self, row: Row<'_>) -> Result<(), Fault> {
        let (has, due) = (row.len(), self.columns.fields.len());
        let counted = |has: usize| match has {
            1 => "1 cell".to_owned(),
            _ => format!("{has} cells"),
        };
        if has < due {
            let why = format!("the row has {} where the header has {due}", counted(has));
            return Err((None, why));
        }
        if row.iter().skip(due).any(|cell| !cell.is_empty()) {
            let why = format!(
                "the row has {} where the header has {due}; a cell that holds {:?} must stand in \
                 quotes",
                counted(has),
                char::from(self.delimiter)
            );
            return Err((None, why));
        }
        Ok(())
    }

    fn reject(&self, cut: Cut<'_>, (place, reason): Fault) -> Reject {
        let record: Vec<String> = cut.lossy().take(MOST).map(Into::into).collect();
        let header = place.and_then(|place| self.columns.headers.get(place));
        Reject {
            row: self.row,
            line: self.line,
            column: header.cloned().unwrap_or_default(),
            text: record.get(self.columns.email).cloned().unwrap_or_default(),
            reason,
            record,
        }
    }
}

fn wire(address: &Address) -> Box<str> {
    let mut text =
        String::with_capacity(address.local().len() + address.domain().as_str().len() + 1);
    // Writing to a String does not fail.
    let _ = write!(text, "{address}");
    text.into()
}

/// The reject of a row that cannot be cut into cells.
pub(super) fn uncut(row: u64, line: u64, text: &[u8], flaw: Flaw) -> Reject {
    Reject {
        row,
        line,
        column: String::new(),
        text: String::new(),
        reason: in_words(flaw),
        record: vec![String::from_utf8_lossy(text).into_owned()],
    }
}

/// What is wrong with a row that cannot be cut into cells, and what to do.
pub(super) fn in_words(flaw: Flaw) -> String {
    match flaw {
        Flaw::StrayQuote => {
            "a quote stands inside a quoted cell; double it (\"\") where it belongs to the text"
                .to_owned()
        }
        Flaw::TooLong => format!(
            "the row is longer than {} MiB; shorten its cells, or close its quote",
            LONGEST >> 20
        ),
    }
}

/// What is wrong with a header that is no text, and what to do.
pub(super) fn header_in_words(unreadable: Unreadable, encoding: &str) -> String {
    let (what, try_this) = match unreadable {
        Unreadable::Octets(_) => (format!("octets that are not {encoding}"), "shift_jis"),
        Unreadable::Nul(_) => ("a NUL character".to_owned(), "utf-16"),
    };
    format!("it holds {what}; say which encoding the list is in: --encoding {try_this}, for one")
}
