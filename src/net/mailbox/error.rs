//! What can go wrong with a mailbox.

use std::io;
use std::time::Duration;

/// Why a mailbox could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MailboxError {
    /// No connection could be made, or not as safely as it has to be.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// The server's name.
        host: String,
        /// Why, in words.
        why: String,
    },
    /// The server does not take our credentials, or there is no safe way to tell it them.
    #[error("cannot log in: {0}")]
    LogIn(String),
    /// The server refused a command.
    #[error("{what} was refused: {said}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The server's words.
        said: String,
    },
    /// The server cannot serve us at this moment, whoever we are: it is busy, is being stopped, or has
    /// the mailbox in use.
    #[error("the server puts us off: {0}")]
    PutOff(String),
    /// The server kept us waiting.
    #[error("no answer to {what} within {} s", limit.as_secs_f32())]
    Silent {
        /// What it was asked for.
        what: &'static str,
        /// How long we waited.
        limit: Duration,
    },
    /// The server ended the connection.
    #[error("the server has ended the connection")]
    Closed,
    /// The server says what it cannot say.
    #[error("the server makes no sense: {0}")]
    Nonsense(String),
    /// The network failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl MailboxError {
    /// Whether trying again later can help: not where somebody has to change something first.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::LogIn(_) | Self::Refused { .. } => false,
            Self::Unreachable { .. }
            | Self::PutOff(_)
            | Self::Silent { .. }
            | Self::Closed
            | Self::Nonsense(_)
            | Self::Io(_) => true,
        }
    }
}

/// Response codes of refusals that pass: of POP3 (RFC 2449 section 8.1, RFC 3206 section 4), and of
/// IMAP (RFC 5530 section 3; `LIMIT` is what too many connections at a time get).
const PASSING: [&str; 6] = [
    "SYS/TEMP",
    "IN-USE",
    "LOGIN-DELAY",
    "UNAVAILABLE",
    "INUSE",
    "LIMIT",
];

/// Whether the words of a refusal begin with the code of one that passes.
pub(super) fn passes(said: &str) -> bool {
    let code = said.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    code.is_some_and(|(code, _)| PASSING.iter().any(|one| code.eq_ignore_ascii_case(one)))
}

/// A refusal, in the server's words.
pub(super) fn refusal(what: &'static str, said: &str) -> MailboxError {
    let words = excerpt(said);
    if passes(said) {
        MailboxError::PutOff(words)
    } else {
        MailboxError::Refused { what, said: words }
    }
}

/// The words of a server, as much of them as anybody wants to read.
pub(super) fn excerpt(said: &str) -> String {
    said.chars().take(300).collect()
}
