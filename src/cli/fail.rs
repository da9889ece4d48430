//! Every error a person can see: what happened, what to do about it, and the exit code.

use crate::config::ConfigErrors;
use crate::engine::{FeedError, RowsError, RunError};
use crate::net::DnsError;
use crate::render::RenderError;
use crate::store::{LockError, StoreError};
use std::fmt::{self, Display};
use std::io;
use std::path::Path;

/// Why a command failed.
#[derive(Debug)]
pub(super) struct Failure {
    code: u8,
    what: String,
    hint: Option<String>,
    /// Whether it is the output that could not be written.
    writing: bool,
}

/// The error of every command.
pub(super) type Outcome = Result<u8, Failure>;

/// Finished: every recipient delivered or permanently settled.
pub(super) const DONE: u8 = 0;
/// Something went wrong.
pub(super) const ERROR: u8 = 1;
/// The command line makes no sense.
pub(super) const USAGE: u8 = 2;
/// Stopped with recipients left.
pub(super) const LEFT: u8 = 3;
/// Stopped by the safety brake.
pub(super) const BRAKED: u8 = 4;
/// The preflight found errors.
pub(super) const PREFLIGHT: u8 = 5;
/// Interrupted by a signal.
pub(super) const INTERRUPTED: u8 = 130;

impl Failure {
    /// An error with the exit code 1.
    pub(super) fn new(what: impl Display) -> Self {
        Self {
            code: ERROR,
            what: what.to_string(),
            hint: None,
            writing: false,
        }
    }

    /// A command line that makes no sense: exit code 2.
    pub(super) fn usage(what: impl Display) -> Self {
        Self {
            code: USAGE,
            ..Self::new(what)
        }
    }

    /// What the person can do about it.
    #[must_use]
    pub(super) fn hint(self, hint: impl Display) -> Self {
        Self {
            hint: Some(hint.to_string()),
            ..self
        }
    }

    /// It is the output that could not be written.
    #[must_use]
    pub(super) fn of_writing(self) -> Self {
        Self {
            writing: true,
            ..self
        }
    }

    /// Names the file where it is the output that could not be written.
    #[must_use]
    pub(super) fn about(self, output: &Path) -> Self {
        if !self.writing {
            return self;
        }
        Self {
            what: format!("{}: {}", output.display(), self.what),
            ..self
        }
    }

    /// An error of the system about a file.
    pub(super) fn file(path: &Path, error: &io::Error) -> Self {
        let failure = Self::new(format_args!("{}: {error}", path.display()));
        match error.kind() {
            io::ErrorKind::NotFound => failure.hint("is the name right, and the folder?"),
            io::ErrorKind::PermissionDenied => failure
                .hint("this user may not do that; look at the owner and the mode of the file"),
            io::ErrorKind::StorageFull => failure.hint("free some space, then run it again"),
            _ => failure,
        }
    }

    /// The exit code.
    #[must_use]
    pub(super) const fn code(&self) -> u8 {
        self.code
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Self {
        // Each of them carries its own hint.
        Self::new(errors)
    }
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        let failure = Self::new(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(&error).hint(error.remedy())
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let failure = Self::new(&error);
        match &error {
            LockError::Held { .. } => {
                failure.hint("`hikyaku watch` shows it, `hikyaku pause` and `cancel` steer it")
            }
            LockError::Io { .. } => failure.hint(
                "the lock stands beside the ledger: store.path must be in a folder that can be written",
            ),
        }
    }
}

impl From<DnsError> for Failure {
    fn from(error: DnsError) -> Self {
        Self::new(error)
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Rows(error) => error.into(),
            FeedError::Render { ref source, .. } => {
                let hint = source.hint();
                Self::new(&error).hint(hint.unwrap_or_else(|| "nothing was sent".to_owned()))
            }
        }
    }
}

impl From<RowsError> for Failure {
    fn from(error: RowsError) -> Self {
        let failure = Self::new(&error);
        match &error {
            RowsError::Open { .. } => failure
                .hint("`recipients` in campaign.toml names the file, from the campaign's folder"),
            RowsError::NoSuchList { .. } => failure.hint(
                "`hikyaku lists` shows them; `hikyaku import FILE.csv --list NAME` makes one",
            ),
            RowsError::Store(error) => failure.hint(error.remedy()),
            RowsError::Segment(error) => match error.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            },
            RowsError::Misfit { .. } => failure.hint(
                "nothing was sent; mend the cell, or write number(x) or date(x) around the column",
            ),
            RowsError::Nobody { .. } => failure.hint(
                "nothing was sent, and the campaign can still be: mend `segment` in campaign.toml, \
                 or the list; `hikyaku lists count LIST --segment EXPRESSION` tries one",
            ),
            RowsError::List { .. } => failure,
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Feed(error) => error.into(),
            RunError::Store(error) => {
                let remedy = error.remedy();
                Self::new(&error).hint(format_args!(
                    "{remedy}. Sending has stopped, because an outcome that cannot be kept would \
                     be lost; the same command goes on when the ledger can be written again"
                ))
            }
            RunError::Secret(error) => Self::new(error)
                .hint("nothing was sent; auth names where the secret is kept, and `hikyaku` reads it there as it starts"),
            RunError::LogIn(error) => {
                let remedy = error.remedy.clone();
                Self::new(error).hint(remedy)
            }
            RunError::Tls(error) => Self::new(error),
            RunError::Source { .. } => Self::new(error).hint(
                "name an address of this machine (`ip address` lists them) or remove the entry; \
                 nothing was sent",
            ),
            RunError::Dns(error) => error.into(),
            RunError::NoResolver => Self::new(error)
                .hint("name servers can be set with dns.servers = [\"192.0.2.53:53\"]"),
        }
    }
}
