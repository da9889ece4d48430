//! What can go wrong with the ledger, and what to do about it.

use rusqlite::ErrorCode;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A failure of the store: which file, what happened, what helps.
///
/// Cheap to clone: one failed transaction answers every caller that had a part in it.
#[derive(Debug, Clone)]
pub struct StoreError {
    path: Arc<Path>,
    problem: Problem,
    source: Option<Arc<rusqlite::Error>>,
}

/// The kinds of failure; each calls for something different.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no database at that path.
    #[error("there is no store here")]
    Missing,
    /// The path, or its folder, cannot be opened or created.
    #[error("it cannot be opened: {0}")]
    Unopenable(String),
    /// The file is something else, or SQLite of another program.
    #[error("this file is not a Hikyaku store")]
    Foreign,
    /// A newer Hikyaku wrote it.
    #[error("it has schema version {found}, and this program knows versions up to {known}")]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// Another process kept it locked for longer than we wait.
    #[error("another process keeps it locked")]
    Locked,
    /// No space is left.
    #[error("the disk is full")]
    Full,
    /// It may be read, not written.
    #[error("it cannot be written")]
    ReadOnly,
    /// The system failed to read or write.
    #[error("the disk failed: {0}")]
    Io(String),
    /// The file, or a row in it, makes no sense.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// What was asked for does not exist.
    #[error("there is no {0}")]
    NoSuch(String),
    /// The caller asked for a change that no state allows.
    #[error("refused: {0}")]
    Illegal(String),
    /// The writer has ended.
    #[error("the writer has stopped")]
    Stopped,
    /// Anything else SQLite says.
    #[error("{0}")]
    Other(String),
}

impl Problem {
    /// Whether writing is over for this process: every later write fails with the same error.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        match self {
            Self::Full | Self::ReadOnly | Self::Io(_) | Self::Damaged(_) | Self::Stopped => true,
            Self::Missing
            | Self::Unopenable(_)
            | Self::Foreign
            | Self::Newer { .. }
            | Self::Locked
            | Self::NoSuch(_)
            | Self::Illegal(_)
            | Self::Other(_) => false,
        }
    }

    /// Whether a job found this out before it changed anything, so that the rest of its
    /// transaction may go on.
    pub(super) const fn is_refusal(&self) -> bool {
        matches!(self, Self::NoSuch(_) | Self::Illegal(_))
    }

    const fn remedy(&self) -> &'static str {
        match self {
            Self::Missing => {
                "nothing was imported or sent from this workspace yet; check store.path and -C"
            }
            Self::Unopenable(_) => "check store.path and the permissions of its folder",
            Self::Foreign => "set store.path to another file, or move this one away",
            Self::Newer { .. } => "use the newer hikyaku that wrote it",
            Self::Locked => "wait for the other process to finish, then run the same command again",
            Self::Full => {
                "free some space, then run the same command again: it goes on where it stopped"
            }
            Self::ReadOnly => "check the owner and permissions of the file and its folder",
            Self::Io(_) => "check the disk, then run the same command again",
            Self::Damaged(_) => {
                "restore a backup, or save what is left with `sqlite3 FILE .recover`"
            }
            Self::NoSuch(_) => "check the name",
            Self::Illegal(_) | Self::Stopped | Self::Other(_) => {
                "run the same command again; if it happens again, report it with -v"
            }
        }
    }
}

impl StoreError {
    pub(super) fn new(path: &Arc<Path>, problem: Problem) -> Self {
        Self {
            path: Arc::clone(path),
            problem,
            source: None,
        }
    }

    pub(super) fn from_fault(path: &Arc<Path>, fault: Fault) -> Self {
        match fault {
            Fault::Problem(problem) => Self::new(path, problem),
            Fault::Sql(error) => Self {
                path: Arc::clone(path),
                problem: problem_of(&error),
                source: Some(Arc::new(error)),
            },
        }
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// What a person can do about it, as a fragment without a full stop.
    #[must_use]
    pub const fn remedy(&self) -> &'static str {
        self.problem.remedy()
    }
}

impl fmt::Display for StoreError {
    /// `PATH: what happened`, without the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

/// A failure before it knows its file: what statements return.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Problem(Problem),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

fn problem_of(error: &rusqlite::Error) -> Problem {
    let words = || error.to_string();
    let Some(code) = error.sqlite_error_code() else {
        return match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => Problem::Damaged(words()),
            rusqlite::Error::QueryReturnedNoRows => {
                Problem::Damaged(String::from("a row is missing"))
            }
            _ => Problem::Other(words()),
        };
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Problem::Locked,
        ErrorCode::DiskFull => Problem::Full,
        ErrorCode::ReadOnly => Problem::ReadOnly,
        ErrorCode::SystemIoFailure | ErrorCode::FileLockingProtocolFailed => Problem::Io(words()),
        ErrorCode::DatabaseCorrupt => Problem::Damaged(words()),
        ErrorCode::NotADatabase => Problem::Foreign,
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => Problem::Unopenable(words()),
        _ => Problem::Other(words()),
    }
}
