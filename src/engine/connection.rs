//! One connection: what it needs to know, what it tells, and how it ends. It reaches a server
//! (`reach`, `open`), then serves it (`serve`).

use super::connect::{Dialer, Failure, SharedServers};
use super::lane::Lane;
use super::relays::Access;
use super::security::Security;
use crate::model::{Outcome, Peer, Recipient, Reply};
use crate::net::{Clock, TlsClient};
use crate::proto::smtp_client::{ClientConfig, Closing, LogInRefusal};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a connection needs to know.
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) lane: Arc<Lane>,
    /// Recipients of one transaction, at most.
    pub(crate) recipients: u32,
    /// Which of the source addresses it uses.
    pub(crate) source: usize,
    pub(crate) servers: SharedServers,
    /// The relay it goes to, where the route goes through relays.
    pub(crate) access: Option<Access>,
    pub(crate) dialer: Dialer,
    pub(crate) client: ClientConfig,
    pub(crate) security: Security,
    pub(crate) tls: TlsClient,
    pub(crate) clock: Clock,
    pub(crate) dice: u64,
    /// Finish what is on the wire, then QUIT.
    pub(crate) stop: CancellationToken,
    pub(crate) news: mpsc::Sender<News>,
}

/// What connections tell the dispatcher.
pub(crate) enum News {
    /// A server answered and is ready.
    Up {
        connection: u64,
        lane: usize,
        /// Why verified TLS would not have come about, where that was observed.
        flaw: Option<String>,
    },
    /// What came of some recipients.
    Settled {
        lane: usize,
        /// The outlet they were sent from.
        source: usize,
        attempts: Vec<Attempt>,
    },
    /// The lane runs low.
    Low { lane: usize },
    /// The rate of its source address has nothing for it for so long that it leaves.
    Paused {
        lane: usize,
        source: usize,
        until: Instant,
    },
    /// The connection waits for work.
    Idle { connection: u64, lane: usize },
}

/// One recipient's attempt.
pub(crate) struct Attempt {
    pub(crate) recipient: Recipient,
    pub(crate) message_id: String,
    pub(crate) peer: Arc<Peer>,
    pub(crate) outcome: Outcome,
    /// Messages that this connection had delivered before.
    pub(crate) delivered_before: u32,
}

/// How a connection ended.
pub(crate) struct Ended {
    pub(crate) id: u64,
    pub(crate) lane: usize,
    /// The outlet it was opened from.
    pub(crate) source: usize,
    pub(crate) end: End,
}

/// See [`Ended`].
pub(crate) enum End {
    /// It was asked to finish before it had reached a server.
    Stopped,
    /// The relay does not take our credentials, or they cannot be given to it.
    NotLoggedIn {
        refusal: LogInRefusal,
        /// With the server's words.
        why: String,
    },
    /// No server has an address of the family of the source address.
    OutOfReach { why: String },
    /// No server of the destination came as far as taking transactions.
    Unreached {
        failure: Failure,
        reply: Option<Reply>,
    },
    /// A session took place and is over.
    Closed { closing: Closing },
}

impl End {
    /// Without a word of the server.
    pub(super) fn unreached(failure: Failure) -> Self {
        Self::Unreached {
            failure,
            reply: None,
        }
    }
}

impl Connection {
    /// Runs the connection to its end.
    pub(crate) async fn run(self) -> Ended {
        let reached = tokio::select! {
            reached = self.reach() => reached,
            () = self.stop.cancelled() => Err(End::Stopped),
        };
        let end = match reached {
            Ok(reached) => self.serve(reached).await,
            Err(end) => end,
        };
        Ended {
            id: self.id,
            lane: self.lane.index,
            source: self.source,
            end,
        }
    }
}
