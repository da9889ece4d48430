//! Recipients into the ledger: read, rendered on trial, entered; all of it before the first
//! message is sent.

use crate::list::{Entry, ListError, ListOptions, Subscriber, Subscribers};
use crate::model::{Address, Fields};
use crate::render::{Addressee, Letter, RenderError};
use crate::store::{self, NewRecipient, Reader, StoreError};
use std::fs::File;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;
use tokio::sync::mpsc;

/// Where a campaign's recipients come from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A CSV file.
    File {
        /// Which.
        path: PathBuf,
        /// How it is read.
        options: ListOptions,
    },
    /// A list in the store, by name.
    List(String),
}

/// Why recipients could not be entered. Nothing has been sent then.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The file cannot be opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The file is no usable list.
    #[error("{}: {source}", path.display())]
    List {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: ListError,
    },
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
    /// There is no list of that name.
    #[error("there is no list {name:?}")]
    NoSuchList {
        /// What was asked for.
        name: String,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A part of the list, tried and ready to be entered.
pub(super) struct Part {
    pub(super) recipients: Vec<NewRecipient>,
    /// Data rows read so far.
    pub(super) rows: u64,
}

/// Reads and tries the whole list, handing it on in parts. Blocks; ends early when nobody takes
/// the parts any more. Returns the list's columns.
///
/// # Errors
/// With the first row, in the order of the list, that no message can be made for.
pub(super) fn feed(
    origin: &Origin,
    store: &Path,
    letter: &Letter,
    parts: &mpsc::Sender<Part>,
) -> Result<Vec<String>, FeedError> {
    let mut batch = Batch {
        octets: 0,
        letter,
        parts,
        rows: Vec::with_capacity(PART),
        read: 0,
    };
    match origin {
        Origin::File { path, options } => {
            let file = File::open(path).map_err(|source| FeedError::Open {
                path: path.clone(),
                source,
            })?;
            let wrong = |source| FeedError::List {
                path: path.clone(),
                source,
            };
            let mut list = Subscribers::open(file, options).map_err(wrong)?;
            while let Some(entry) = list.next_entry().map_err(wrong)? {
                if !batch.add(entry.into())? {
                    break;
                }
            }
            batch.hand_on()?;
            Ok(list.columns().to_vec())
        }
        Origin::List(name) => {
            let reader = Reader::open(store)?;
            let list = reader
                .list(name)?
                .ok_or_else(|| FeedError::NoSuchList { name: name.clone() })?;
            for subscriber in reader.subscribers(list.id)? {
                if !batch.add(Row::of(batch.read + 1, subscriber?))? {
                    break;
                }
            }
            batch.hand_on()?;
            Ok(list.columns)
        }
    }
}

enum Row {
    Valid {
        row: u64,
        address: Address,
        fields: Fields,
    },
    Invalid {
        row: u64,
        text: String,
        why: String,
    },
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Subscriber(Subscriber {
                row,
                address,
                fields,
                ..
            }) => Self::Valid {
                row,
                address,
                fields,
            },
            Entry::Reject(reject) => {
                let why = format!("line {}: {}", reject.line, reject.reason);
                Self::Invalid {
                    row: reject.row,
                    text: reject.text,
                    why,
                }
            }
        }
    }
}

struct Batch<'a> {
    letter: &'a Letter,
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
        try_out(self.letter, &rows)?;
        let recipients = rows.into_iter().map(Row::entered).collect();
        Ok(self
            .parts
            .blocking_send(Part {
                recipients,
                rows: self.read,
            })
            .is_ok())
    }
}

impl Row {
    /// A subscriber of a list.
    fn of(row: u64, subscriber: store::Subscriber) -> Self {
        let store::Subscriber { email, fields, .. } = subscriber;
        match Address::parse(&email) {
            Ok(address) => Self::Valid {
                row,
                address,
                fields,
            },
            Err(error) => Self::Invalid {
                row,
                text: email,
                why: error.to_string(),
            },
        }
    }

    fn octets(&self) -> usize {
        match self {
            Self::Valid { fields, .. } => fields.octets(),
            Self::Invalid { text, .. } => text.len(),
        }
    }

    fn entered(self) -> NewRecipient {
        match self {
            Self::Valid {
                row,
                address,
                fields,
            } => NewRecipient::Valid {
                row,
                address,
                fields,
            },
            Self::Invalid { row, text, why } => NewRecipient::Invalid { row, text, why },
        }
    }

    fn try_out(&self, letter: &Letter) -> Result<(), FeedError> {
        let Self::Valid {
            row,
            address,
            fields,
        } = self
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
}

/// Renders every row on trial, on all cores, and reports the first that fails.
fn try_out(letter: &Letter, rows: &[Row]) -> Result<(), FeedError> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = rows.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = rows
            .chunks(share)
            .map(|rows| scope.spawn(move || rows.iter().try_for_each(|row| row.try_out(letter))))
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
