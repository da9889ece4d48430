//! How long to wait for what (RFC 5321 section 4.5.3.2).
//!
//! There is one deadline at a time, that of the question at the front. It moves when that question
//! has its complete reply, or, while content is written, when the peer takes more of it. Bytes
//! that complete no reply move nothing, so a server cannot hold a connection by dripping.

use super::client::{Client, Phase};
use super::flight::Kind;
use std::time::{Duration, Instant};

/// How long a server may take to say goodbye. Nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(5);

impl Client {
    /// When the peer has been silent for too long; `None` where nothing is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let patience = self.patience()?;
        self.since.checked_add(patience)
    }

    /// How long the answer that is due may take.
    pub(super) fn patience(&self) -> Option<Duration> {
        let timeouts = &self.config.timeouts;
        match self.phase {
            Phase::Greeting => Some(timeouts.greeting),
            Phase::Ehlo | Phase::Helo | Phase::StartTls => Some(timeouts.command),
            Phase::Handshake => Some(timeouts.connect),
            Phase::Quit => Some(GOODBYE.min(timeouts.command)),
            Phase::Closed => None,
            Phase::Open => {
                let question = self.front()?;
                Some(match question.kind {
                    Kind::Command(_) | Kind::Fence => timeouts.command,
                    Kind::Chunk | Kind::Final | Kind::LoneDot
                        if question.end > self.stream.written =>
                    {
                        timeouts.data_block
                    }
                    Kind::Chunk | Kind::Final | Kind::LoneDot => timeouts.data_final,
                })
            }
        }
    }

    /// The socket took more octets.
    pub(super) fn note_written(&mut self, octets: usize) {
        let before = self.stream.written;
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.stream.written = before.saturating_add(octets).min(self.stream.queued);
        let headway = self.stream.written > before;
        let amid_content = self
            .front()
            .is_some_and(|question| question.kind.has_content() && question.end > before);
        if headway && amid_content {
            self.since = self.now;
        }
    }
}
