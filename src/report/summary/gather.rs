//! Counts over all rows of a campaign, in bounded memory.

use crate::model::{Blame, Counts, Reason, ReportRow, State, Timestamp};
use crate::report::digest::remedy;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// Recipients in doubt that are named.
pub(super) const NAMED_IN_DOUBT: usize = 20;
/// Destinations that are counted one by one; more than a screen will ever show, and few megabytes.
const DESTINATIONS: usize = 20_000;

/// What a pass over the rows leaves.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Rows by state.
    pub(super) counts: Counts,
    reasons: BTreeMap<Why, u64>,
    destinations: HashMap<String, Outcomes>,
    /// Whether there were too many destinations to count each.
    pub(super) crowded: bool,
    /// The first few in doubt.
    pub(super) in_doubt: Vec<String>,
    /// The first attempt of all.
    pub(super) first: Option<Timestamp>,
    /// The last attempt of all.
    pub(super) last: Option<Timestamp>,
    /// The next attempt that is due.
    pub(super) next: Option<Timestamp>,
}

/// Why recipients were not delivered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Why {
    pub(super) state: State,
    pub(super) reason: Option<Reason>,
    pub(super) blame: Blame,
}

impl Why {
    /// What a person does about it.
    pub(super) fn remedy(self) -> &'static str {
        let permanent = self.state == State::Bounced;
        let action =
            |reason: Reason| (self.state != State::InDoubt).then(|| reason.action(permanent));
        self.reason
            .map_or("", |reason| remedy(reason, action(reason)))
    }
}

/// One destination's recipients.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outcomes {
    pub(super) delivered: u64,
    pub(super) failed: u64,
    pub(super) open: u64,
}

impl Gathered {
    pub(super) fn from_rows<E>(
        rows: impl IntoIterator<Item = Result<ReportRow, E>>,
    ) -> Result<Self, E> {
        let mut gathered = Self::default();
        for row in rows {
            gathered.add(row?);
        }
        Ok(gathered)
    }

    fn add(&mut self, row: ReportRow) {
        self.counts[row.state] += 1;
        self.first = earlier(self.first, row.first_attempt);
        self.last = self.last.max(row.last_attempt);
        let failed = match row.state {
            State::Delivered => false,
            State::Deferred | State::Bounced | State::Expired | State::InDoubt => true,
            State::Pending | State::Sending => row.reason.is_some(),
            State::Suppressed | State::Invalid | State::Cancelled => false,
        };
        if failed {
            let why = Why {
                state: row.state,
                reason: row.reason,
                blame: row.blame,
            };
            *self.reasons.entry(why).or_default() += 1;
        }
        if row.state.is_open() {
            self.next = earlier(self.next, row.next_attempt);
        }
        if row.state == State::InDoubt && self.in_doubt.len() < NAMED_IN_DOUBT {
            self.in_doubt.push(row.email);
        }
        if !row.destination.is_empty() {
            self.outcomes(row.destination).count(row.state);
        }
    }

    fn outcomes(&mut self, destination: String) -> &mut Outcomes {
        let full = self.destinations.len() >= DESTINATIONS;
        if full && !self.destinations.contains_key(&destination) {
            self.crowded = true;
            return self.destinations.entry("others".to_owned()).or_default();
        }
        self.destinations.entry(destination).or_default()
    }

    /// The most frequent first.
    pub(super) fn ranked_reasons(&self) -> Vec<(Why, u64)> {
        let mut ranked: Vec<_> = self.reasons.iter().map(|(why, n)| (*why, *n)).collect();
        ranked.sort_by_key(|(_, count)| Reverse(*count));
        ranked
    }

    /// The largest first.
    pub(super) fn ranked_destinations(&self) -> Vec<(&str, Outcomes)> {
        let mut ranked: Vec<_> = self
            .destinations
            .iter()
            .map(|(name, outcomes)| (name.as_str(), *outcomes))
            .collect();
        ranked.sort_by_key(|(name, outcomes)| (Reverse(outcomes.total()), *name));
        ranked
    }
}

impl Outcomes {
    fn count(&mut self, state: State) {
        if state == State::Delivered {
            self.delivered += 1;
        } else if state.is_open() {
            self.open += 1;
        } else {
            self.failed += 1;
        }
    }

    fn total(self) -> u64 {
        self.delivered + self.failed + self.open
    }
}

/// The earlier of two times, where there are any.
fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}
