//! The rows of a campaign's list, wherever it is kept: one reading for sending, previewing and
//! checking.

use super::segmentation::Segmentation;
use crate::list::{Entry, ListError, ListOptions, Misfit, SegmentError, Subscriber, Subscribers};
use crate::model::{Address, Fields};
use crate::store::{self, Reader, StoreError};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

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
    /// A list that was imported.
    List {
        /// Which.
        name: String,
        /// The ledger that it is in, which need not be the one of the run.
        ledger: PathBuf,
    },
    /// Those of another origin who are in a segment.
    Segmented {
        /// All of them.
        of: Box<Origin>,
        /// Which of them.
        segment: Arc<Segmentation>,
    },
}

impl Origin {
    /// Whether it can be read again and again, as no pipe can.
    #[must_use]
    pub fn can_be_read_again(&self) -> bool {
        match self {
            // What is not there fails in the same way each time.
            Self::File { path, .. } => path.metadata().map_or(true, |facts| facts.is_file()),
            Self::List { .. } => true,
            Self::Segmented { of, .. } => of.can_be_read_again(),
        }
    }

    /// The list's name, where it is one that was imported.
    #[must_use]
    pub fn list(&self) -> Option<&str> {
        match self {
            Self::File { .. } => None,
            Self::List { name, .. } => Some(name),
            Self::Segmented { of, .. } => of.list(),
        }
    }

    /// The segment, where only some are meant.
    #[must_use]
    pub fn segment(&self) -> Option<&Segmentation> {
        match self {
            Self::File { .. } | Self::List { .. } => None,
            Self::Segmented { segment, .. } => Some(segment),
        }
    }
}

/// A data row of a list.
#[derive(Debug, Clone)]
pub enum Row {
    /// A recipient.
    Valid {
        /// The data row, the first is 1.
        row: u64,
        /// The address.
        address: Address,
        /// What the list says of it.
        fields: Fields,
    },
    /// A row without a usable address.
    Invalid {
        /// The data row, the first is 1.
        row: u64,
        /// What stands where the address should.
        text: String,
        /// What is wrong with it, and in a file in which line.
        why: String,
    },
}

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
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
    /// There is no list of that name.
    #[error("there is no list {name:?}")]
    NoSuchList {
        /// What was asked for.
        name: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The segment cannot be used.
    #[error(transparent)]
    Segment(Box<SegmentError>),
    /// The segment takes no one, and a campaign to nobody would be over for good.
    #[error("nobody is in the segment: it takes none of {of} subscribers")]
    Nobody {
        /// Subscribers with a usable address.
        of: u64,
    },
    /// A cell is not what the segment compares it with.
    #[error("row {row}: {source}")]
    Misfit {
        /// The data row, the first is 1.
        row: u64,
        /// Which cell.
        source: Misfit,
    },
}

/// Reads a list in its order and hands on each row, until `take` says `false` or the list ends.
/// Returns the list's columns. Blocks.
///
/// # Errors
/// Where the list cannot be read, and what `take` fails with.
pub fn each_row<E: From<RowsError>>(
    origin: &Origin,
    mut take: impl FnMut(Row) -> Result<bool, E>,
) -> Result<Vec<String>, E> {
    match origin {
        Origin::File { path, options } => {
            let file = File::open(path).map_err(|source| RowsError::Open {
                path: path.clone(),
                source,
            })?;
            let wrong = |source| RowsError::List {
                path: path.clone(),
                source,
            };
            let mut list = Subscribers::open(file, options).map_err(wrong)?;
            while let Some(entry) = list.next_entry().map_err(wrong)? {
                if !take(entry.into())? {
                    break;
                }
            }
            Ok(list.columns().to_vec())
        }
        Origin::List { name, ledger } => {
            let reader = Reader::open(ledger).map_err(RowsError::from)?;
            let list = reader
                .list(name)
                .map_err(RowsError::from)?
                .ok_or_else(|| RowsError::NoSuchList { name: name.clone() })?;
            let subscribers = reader.subscribers(list.id).map_err(RowsError::from)?;
            for (row, subscriber) in (1..).zip(subscribers) {
                let mut row = Row::of(row, subscriber.map_err(RowsError::from)?);
                row.complete(&list.columns);
                if !take(row)? {
                    break;
                }
            }
            Ok(list.columns)
        }
        Origin::Segmented { of, segment } => segment.each_row(of, &mut take),
    }
}

impl Row {
    /// Its number, the first is 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self {
            Self::Valid { row, .. } | Self::Invalid { row, .. } => *row,
        }
    }

    /// Octets of what it holds, about.
    #[must_use]
    pub fn octets(&self) -> usize {
        match self {
            Self::Valid { fields, .. } => fields.octets(),
            Self::Invalid { text, .. } => text.len(),
        }
    }

    /// Columns that came to the list after this row are empty in it.
    fn complete(&mut self, columns: &[String]) {
        if let Self::Valid { fields, .. } = self
            && fields.len() < columns.len()
        {
            for column in columns {
                if fields.get(column).is_none() {
                    fields.set(column.as_str(), "");
                }
            }
        }
    }

    /// A subscriber of a list in the store.
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
            Entry::Reject(reject) => Self::Invalid {
                row: reject.row,
                text: reject.text,
                why: format!("line {}: {}", reject.line, reject.reason),
            },
        }
    }
}
