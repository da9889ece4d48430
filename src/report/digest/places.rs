//! Outcomes by destination.

use crate::model::{Reason, ReportRow, State};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Destinations that are counted one by one: more than a page will ever show, and few megabytes.
const MOST: usize = 20_000;
/// What the others are counted under.
const OTHERS: &str = "others";

/// One destination's recipients.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::report) struct Place {
    pub(in crate::report) delivered: u64,
    pub(in crate::report) deferred: u64,
    pub(in crate::report) bounced: u64,
    pub(in crate::report) expired: u64,
    pub(in crate::report) in_doubt: u64,
    /// Those that are still to be tried, or will not be.
    pub(in crate::report) rest: u64,
    /// Those of the rest that were not to be mailed: suppressed or invalid.
    unmailable: u64,
    /// Why its recipients were not delivered to, in the order of [`Reason::ALL`].
    reasons: [u32; Reason::ALL.len()],
}

/// Destinations by name, bounded.
#[derive(Debug, Default)]
pub(in crate::report) struct Places {
    numbers: HashMap<String, u32>,
    places: Vec<Place>,
    crowded: bool,
}

impl Places {
    /// Counts a recipient, and gives the number of its destination; `None` where it has none.
    pub(super) fn add(&mut self, row: &ReportRow, failed: bool) -> Option<u32> {
        if row.destination.is_empty() {
            return None;
        }
        let number = self.number(&row.destination);
        let place = self.places.get_mut(number as usize)?;
        place.count(row.state);
        if let Some(reason) = row.reason.filter(|_| failed) {
            let sum = &mut place.reasons[reason as usize];
            *sum = sum.saturating_add(1);
        }
        Some(number)
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let full = self.numbers.len() >= MOST;
        self.crowded |= full;
        let name = if full { OTHERS } else { name };
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(name.to_owned()).or_insert(next);
        if number == next {
            self.places.push(Place::default());
        }
        number
    }

    /// Whether there were too many to count each.
    pub(in crate::report) fn is_crowded(&self) -> bool {
        self.crowded
    }

    /// The destination of that name.
    pub(in crate::report) fn get(&self, name: &str) -> Option<&Place> {
        let number = self.numbers.get(name)?;
        self.places.get(*number as usize)
    }

    /// The largest first.
    pub(in crate::report) fn ranked(&self) -> Vec<(&str, &Place)> {
        let mut ranked: Vec<_> = self
            .numbers
            .iter()
            .filter_map(|(name, number)| Some((name.as_str(), self.places.get(*number as usize)?)))
            .collect();
        ranked.sort_by_key(|(name, place)| (Reverse(place.total()), *name));
        ranked
    }
}

impl Place {
    fn count(&mut self, state: State) {
        self.unmailable += u64::from(matches!(state, State::Suppressed | State::Invalid));
        let sum = match state {
            State::Delivered => &mut self.delivered,
            State::Deferred => &mut self.deferred,
            State::Bounced => &mut self.bounced,
            State::Expired => &mut self.expired,
            State::InDoubt => &mut self.in_doubt,
            State::Pending
            | State::Sending
            | State::Suppressed
            | State::Invalid
            | State::Cancelled => &mut self.rest,
        };
        *sum += 1;
    }

    /// All its recipients.
    pub(in crate::report) fn total(&self) -> u64 {
        self.delivered + self.deferred + self.bounced + self.expired + self.in_doubt + self.rest
    }

    /// Its recipients that were to be mailed: neither suppressed nor invalid.
    pub(in crate::report) fn mailable(&self) -> u64 {
        self.total() - self.unmailable
    }

    /// The most frequent reason.
    pub(in crate::report) fn main_reason(&self) -> Option<Reason> {
        Reason::ALL
            .iter()
            .zip(self.reasons)
            .filter(|(_, count)| *count > 0)
            .max_by_key(|(reason, count)| (*count, Reverse(**reason)))
            .map(|(reason, _)| *reason)
    }

    /// This and another, as one.
    pub(in crate::report) fn plus(mut self, other: &Self) -> Self {
        self.delivered += other.delivered;
        self.deferred += other.deferred;
        self.bounced += other.bounced;
        self.expired += other.expired;
        self.in_doubt += other.in_doubt;
        self.rest += other.rest;
        self.unmailable += other.unmailable;
        for (sum, more) in self.reasons.iter_mut().zip(other.reasons) {
            *sum = sum.saturating_add(more);
        }
        self
    }
}
