//! How often which reason was given.

use crate::model::{Blame, Reason, Settled, State};
use serde::{Deserialize, Serialize};

/// Failures by reason and blame, in the order in which they first came. At most one entry for
/// each pair of the taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reasons(Vec<ReasonCount>);

/// One reason's failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// The reason; `None` where none was given.
    pub reason: Option<Reason>,
    /// Whose matter it is.
    pub blame: Blame,
    /// Recipients that failed for good.
    pub failed: u64,
    /// Attempts that were deferred.
    pub deferrals: u64,
}

impl Reasons {
    /// Counts a failure; anything else changes nothing.
    pub(super) fn count(&mut self, settled: &Settled) {
        let (failed, deferrals) = match settled.state {
            State::Bounced | State::Expired | State::InDoubt => (1, 0),
            State::Deferred => (0, 1),
            State::Pending
            | State::Sending
            | State::Delivered
            | State::Suppressed
            | State::Invalid
            | State::Cancelled => return,
        };
        let same = |entry: &&mut ReasonCount| {
            entry.reason == settled.reason && entry.blame == settled.blame
        };
        if let Some(entry) = self.0.iter_mut().find(same) {
            entry.failed += failed;
            entry.deferrals += deferrals;
        } else {
            self.0.push(ReasonCount {
                reason: settled.reason,
                blame: settled.blame,
                failed,
                deferrals,
            });
        }
    }

    /// The most frequent first: by recipients that failed, then by deferrals.
    #[must_use]
    pub fn ranked(&self) -> Vec<ReasonCount> {
        let mut ranked = self.0.clone();
        ranked.sort_by_key(|entry| std::cmp::Reverse((entry.failed, entry.deferrals)));
        ranked
    }
}
