//! What goes into the machine and what comes out of it.

use crate::model::{Outcome, PipelineMode, RecipientId, Reply, SaslMechanism, Stage};
use crate::proto::Capabilities;
use bytes::Bytes;

/// Something that happened outside.
///
/// [`Input::Written`] has to come before the [`Input::Bytes`] that were read after the write: a
/// reply to something that was not written yet is taken for a server out of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// The peer sent these.
    Bytes(&'a [u8]),
    /// The socket (or the TLS stream above it) took so many more octets of [`Output::Send`].
    Written(usize),
    /// The peer sends no more.
    Eof,
    /// Reading failed, for this reason. The connection is gone.
    ReadFailed(&'a str),
    /// Writing failed, for this reason, and everything the peer had sent before was passed in.
    WriteFailed(&'a str),
    /// The deadline of the last [`Output::Wait`] has passed.
    Timeout,
    /// The handshake that [`Output::StartTls`] asked for is done; bytes are plaintext again.
    TlsReady,
    /// That handshake failed, for this reason.
    TlsFailed(&'a str),
}

/// Something to do outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write these octets, in order. They may be small: gather them before writing. While the
    /// session logs in they hold the secret, and are not for any log.
    Send(Bytes),
    /// Do the TLS handshake now, then say [`Input::TlsReady`] or [`Input::TlsFailed`].
    StartTls,
    /// The session is open. Comes once.
    Ready(Capabilities),
    /// What came of one recipient. Comes exactly once for each recipient of each submitted
    /// transaction.
    Settled {
        /// The transaction's id.
        transaction: u64,
        /// The recipient of it.
        recipient: RecipientId,
        /// What came of it. `Lost` at stage `connect` means that it is to be tried again as if
        /// nothing had happened: nothing of its transaction was sent, or the server only asked
        /// for it to be sent in another way.
        outcome: Outcome,
    },
    /// Nothing to do until there is an input, or until this time: then [`Input::Timeout`].
    Wait(Option<std::time::Instant>),
    /// Close the socket. Comes once, after every recipient has settled; only `Wait(None)` follows.
    Closed(Closing),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// How far the session was: `connect` up to the answer to EHLO, `tls` about STARTTLS, `auth`
    /// about AUTH, then
    /// the stage of the first question left unanswered, and `mail` between messages.
    pub stage: Stage,
    /// The reply that ended it, where one did: a refused greeting, a 421, or that the server takes no
    /// more messages on this connection.
    pub reply: Option<Reply>,
    /// Why, in words; the server's own may be among them, control characters and all.
    pub why: String,
    /// The login did not succeed, and would not with the same credentials if it were tried again.
    pub refusal: Option<LogInRefusal>,
    /// Everything asked had been answered, and we said QUIT of our own accord.
    pub clean: bool,
    /// Transactions the server took responsibility for.
    pub accepted: u32,
    /// The server seems to take only so many messages on a connection: it had accepted them and
    /// then said 421 or hung up between messages, at a moment that does not look like an idle
    /// time-out.
    pub server_limit: Option<u32>,
    /// The ids of submitted transactions of which nothing was ever sent. Their recipients have
    /// settled as `Lost` at stage `connect`.
    pub unsent: Vec<u64>,
    /// How many transactions the next session with this server may have on their way at first:
    /// what this one came to, and one where its connection broke.
    pub window: usize,
    /// The connection broke while several transactions were on their way, or while one was that
    /// may have arrived.
    pub window_broke: bool,
    /// The way transactions should travel from now on, where the server did not bear how they
    /// did: its answers did not fit the questions, or it insisted on being asked step by step.
    pub fall_back: Option<PipelineMode>,
    /// Recipients of one message that the server took before it said that there were too many
    /// (RFC 5321 section 4.5.3.1.10).
    pub recipients_limit: Option<u32>,
}

/// A login that is not to be tried again with the same credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogInRefusal {
    /// The mechanism that was tried, or that was wanted and could not be.
    pub mechanism: Option<SaslMechanism>,
    /// Why.
    pub failure: LogInFailure,
}

/// See [`LogInRefusal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogInFailure {
    /// The server does not take the credentials (5yz).
    Refused,
    /// It did not come to that, for what is configured: no mechanism to use, a secret that may
    /// not be told here or does not fit the mechanism.
    Impossible,
}
