//! How long to wait for what (RFC 5321 section 4.5.3.2).
//!
//! There is one deadline at a time, that of the question at the front. It moves when that question
//! has its complete reply, or, while content is written, as the peer takes it: by as much time as
//! the octets may take at [`SLOWEST`]. Lines that complete no reply move nothing, and neither does a
//! receiver that takes an octet now and then, so no server can hold a connection by dripping. Until
//! the session is open, the time for all of that together ends it as well.

use super::client::{Client, Phase};
use super::flight::Kind;
use std::time::{Duration, Instant};

/// How long a server may take to say goodbye. Nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(5);
/// Octets of content a second, below which the peer uses its patience up. RFC 5321 section 4.5.3.2.5
/// only bounds the time of one write, which a peer that takes an octet a minute never exceeds;
/// Postfix has the same floor (`smtp_min_data_rate`).
const SLOWEST: u64 = 500;

impl Client {
    /// When the peer has been silent for too long; `None` where nothing is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let patience = self.patience()?;
        let at = self.since.checked_add(patience)?;
        Some(self.opening_ends().map_or(at, |end| end.min(at)))
    }

    /// When the time for opening the session is over, while it is not open.
    fn opening_ends(&self) -> Option<Instant> {
        let opened = matches!(self.phase, Phase::Open | Phase::Quit | Phase::Closed);
        self.open_by.filter(|_| !opened)
    }

    /// How long the answer that is due may take.
    pub(super) fn patience(&self) -> Option<Duration> {
        let timeouts = &self.config.timeouts;
        match self.phase {
            Phase::Greeting => Some(timeouts.greeting),
            Phase::Ehlo | Phase::Helo | Phase::StartTls | Phase::Auth => Some(timeouts.command),
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
        let Some(question) = self.front() else { return };
        let content = question.kind.has_content();
        if !content || question.end <= before || self.stream.written == before {
            return;
        }
        let taken = self.stream.written - before;
        let earned = Duration::from_millis(taken.saturating_mul(1000) / SLOWEST);
        self.since = match self.since.checked_add(earned) {
            // More is to be written.
            Some(since) if question.end > self.stream.written => since.min(self.now),
            // The time for the answer begins when all is.
            _ => self.now,
        };
    }

    /// What was waited for in vain and for how long, for people.
    pub(super) fn waited(&self) -> String {
        let patience = self.patience().unwrap_or_default();
        let Some(question) = self.front() else {
            return self.waited_for_opening(patience);
        };
        let what = question.name(self.stream.written);
        match question.kind {
            kind if kind.has_content() && question.end > self.stream.written => {
                format!("the server took next to nothing of {what}, within {patience:?}")
            }
            _ => format!("no answer to {what} within {patience:?}"),
        }
    }

    fn waited_for_opening(&self, patience: Duration) -> String {
        let what = self.what_was_asked();
        let waited = self.now.saturating_duration_since(self.since);
        if waited >= patience {
            return format!("no answer to {what} within {patience:?}");
        }
        format!(
            "no answer to {what} within {waited:.1?}, when the time for opening the session was over"
        )
    }
}
