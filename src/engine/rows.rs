//! The rows of a campaign's list, wherever it is kept: one reading for sending, previewing and
//! checking.

use crate::list::{Entry, ListError, ListOptions, Subscriber, Subscribers};
use crate::model::{Address, Fields};
use crate::store::{self, Reader, StoreError};
use std::fs::File;
use std::io;
use std::path::PathBuf;

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
}

impl Origin {
    /// Whether it can be read again and again, as no pipe can.
    #[must_use]
    pub fn can_be_read_again(&self) -> bool {
        match self {
            // What is not there fails in the same way each time.
            Self::File { path, .. } => path.metadata().map_or(true, |facts| facts.is_file()),
            Self::List { .. } => true,
        }
    }

    /// The list's name, where it is one that was imported.
    #[must_use]
    pub fn list(&self) -> Option<&str> {
        match self {
            Self::File { .. } => None,
            Self::List { name, .. } => Some(name),
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
                if !take(Row::of(row, subscriber.map_err(RowsError::from)?))? {
                    break;
                }
            }
            Ok(list.columns)
        }
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
