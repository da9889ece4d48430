//! How a client is to behave on one connection.

use crate::model::{PipelineMode, Timeouts};

/// The settings of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Transactions after which the client says QUIT by itself; `None` is no limit and zero is
    /// taken as one. A smaller MAILMAX of the server (RFC 9422) wins.
    pub messages: Option<u32>,
}

/// What to do about STARTTLS (RFC 3207).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartTls {
    /// Go on as the connection is: plain on purpose, or encrypted from its first byte.
    Never,
    /// Encrypt where the server offers it, go on in plain text where it does not.
    IfOffered,
    /// Encrypt or close.
    Required,
}
