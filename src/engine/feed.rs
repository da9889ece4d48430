//! Recipients into the ledger: read, rendered on trial, entered; all of it before the first
//! message is sent.

use super::rows::{Origin, Row, RowsError, each_row};
use super::segmentation::{Counted, Segmentation};
use crate::render::{Addressee, Letter, RenderError};
use crate::store::NewRecipient;
use std::num::NonZeroUsize;
use std::thread;
use tokio::sync::mpsc;

/// Why recipients could not be entered. Nothing has been sent then.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The list cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// A message cannot be made for a recipient.
    #[error("{source}\nfirst recipient it fails for: {recipient} (row {row})")]
    Render {
        /// The data row, the first is 1.
        row: u64,
        /// Who.
        recipient: String,
        /// What is wrong with the template, or with the row for it.
        source: Box<RenderError>,
    },
}

/// A part of the list, tried and ready to be entered.
pub(super) struct Part {
    pub(super) recipients: Vec<NewRecipient>,
    /// Data rows read so far.
    pub(super) rows: u64,
}

/// Reads the whole list, tries it out with `letter` unless every letter has been made before, and
/// hands it on in parts. Blocks; ends early when nobody takes
/// the parts any more. Returns the list's columns.
///
/// # Errors
/// With the first row, in the order of the list, that no message can be made for; and where a segment
/// takes nobody.
pub(super) fn feed(
    origin: &Origin,
    letter: Option<&Letter>,
    parts: &mpsc::Sender<Part>,
) -> Result<Vec<String>, FeedError> {
    let mut batch = Batch {
        octets: 0,
        letter,
        parts,
        rows: Vec::with_capacity(PART),
        read: 0,
    };
    let columns = each_row(origin, |row| batch.add(row))?;
    if let Some(Counted { taken: 0, of }) = origin.segment().and_then(Segmentation::counted) {
        return Err(RowsError::Nobody { of }.into());
    }
    batch.hand_on()?;
    Ok(columns)
}

struct Batch<'a> {
    /// `None` where every letter has been made before.
    letter: Option<&'a Letter>,
    parts: &'a mpsc::Sender<Part>,
    rows: Vec<Row>,
    octets: usize,
    read: u64,
}

impl Batch<'_> {
    /// Takes a row in; `false` when nobody wants more.
    fn add(&mut self, row: Row) -> Result<bool, FeedError> {
        self.octets += row.octets();
        self.rows.push(row);
        self.read += 1;
        let full = self.rows.len() >= PART || self.octets >= PART_OCTETS;
        if full { self.hand_on() } else { Ok(true) }
    }

    fn hand_on(&mut self) -> Result<bool, FeedError> {
        let rows = std::mem::replace(&mut self.rows, Vec::with_capacity(PART));
        self.octets = 0;
        if let Some(letter) = self.letter {
            try_out(letter, &rows)?;
        }
        let recipients = rows.into_iter().map(entered).collect();
        Ok(self
            .parts
            .blocking_send(Part {
                recipients,
                rows: self.read,
            })
            .is_ok())
    }
}

fn entered(row: Row) -> NewRecipient {
    match row {
        Row::Valid {
            row,
            address,
            fields,
        } => NewRecipient::Valid {
            row,
            address,
            fields,
        },
        Row::Invalid { row, text, why } => NewRecipient::Invalid { row, text, why },
    }
}

fn try_row(row: &Row, letter: &Letter) -> Result<(), FeedError> {
    let Row::Valid {
        row,
        address,
        fields,
    } = row
    else {
        return Ok(());
    };
    letter
        .try_out(&Addressee::unknown(address, fields))
        .map_err(|source| FeedError::Render {
            row: *row,
            recipient: address.to_string(),
            source: Box::new(source),
        })
}

/// Renders every row on trial, on all cores.
///
/// # Errors
/// With the first row that fails.
pub fn try_out(letter: &Letter, rows: &[Row]) -> Result<(), FeedError> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = rows.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = rows
            .chunks(share)
            .map(|rows| scope.spawn(move || rows.iter().try_for_each(|row| try_row(row, letter))))
            .collect();
        for worker in workers {
            match worker.join() {
                Ok(tried) => tried?,
                Err(panicked) => std::panic::resume_unwind(panicked),
            }
        }
        Ok(())
    })
}

/// Rows of one part: enough for a commit that is worth its cost, and a few megabytes.
const PART: usize = 10_000;
/// Octets of one part, for lists with very long cells.
const PART_OCTETS: usize = 8 << 20;
