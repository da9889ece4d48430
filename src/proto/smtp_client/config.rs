//! How a client is to behave on one connection.

use crate::model::{PipelineMode, SaslMechanism, Timeouts};
use crate::proto::sasl::Credentials;

/// The settings of one connection.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The name given with EHLO: a host name in A-labels or an address literal.
    pub hostname: String,
    /// How far commands may run ahead of answers.
    pub pipeline: PipelineMode,
    /// Unanswered transactions at any time, at most, where whole transactions stream (CHUNKING).
    /// With DATA the answer to each DATA bounds it to one.
    pub window: usize,
    /// Of these, how many at first: what [`Closing::window`](super::Closing::window) said of the
    /// last session with the same server, or one.
    pub opening: usize,
    /// Octets of unanswered content in a stream, at most; a message with more goes alone.
    pub window_octets: u64,
    /// Octets of one BDAT, at most. DATA has no such parts.
    pub chunk: usize,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// What to do about STARTTLS.
    pub starttls: StartTls,
    /// How to log in, where that is to be done.
    pub login: Option<LogIn>,
    /// Transactions after which the client says QUIT by itself; `None` is no limit and zero is
    /// taken as one. A smaller MAILMAX of the server (RFC 9422) wins.
    pub messages: Option<u32>,
}

/// How to log in (RFC 4954). `Debug` does not show the secret.
#[derive(Debug, Clone)]
pub struct LogIn {
    /// The mechanism; `None` takes the best one that is offered for the kind of secret.
    pub mechanism: Option<SaslMechanism>,
    /// Who, with what.
    pub credentials: Credentials,
    /// Whether a TLS handshake that succeeds has proved the server's name.
    pub verified: bool,
    /// Whether the secret may be told to a server that has not.
    pub allow_plaintext: bool,
    /// Printable ASCII without commas that nobody can guess, and another one for each session.
    pub nonce: String,
}

/// When to encrypt: STARTTLS (RFC 3207), or before anything is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    /// Go on in plain text.
    Never,
    /// Encrypt before the first byte, and say nothing of STARTTLS (RFC 8314 section 3.3).
    Implicit,
    /// Encrypt where the server offers it, go on in plain text where it does not.
    IfOffered,
    /// Encrypt or close.
    Required,
}
