//! Recipients that were not delivered to, by reason and what is to be done.

use crate::model::{Action, Blame, Reason, ReportRow, State};
use crate::progress::{text, words};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

/// Answers that are kept of a reason.
const EXAMPLES: usize = 3;
/// Octets of an answer that are kept.
const WORDS: usize = 400;
/// Octets of a destination's name that are kept.
const NAME: usize = 255;

/// Why, and what to do. One reason may ask for several things: a mailbox that is unknown for now is
/// tried again, one that is unknown for good is suppressed.
pub(in crate::report) type Why = (Option<Reason>, Option<Action>);

/// Recipients with one reason and one thing to do.
#[derive(Debug, Clone)]
pub(in crate::report) struct ReasonSum {
    pub(in crate::report) reason: Option<Reason>,
    pub(in crate::report) action: Option<Action>,
    pub(in crate::report) blame: Blame,
    pub(in crate::report) recipients: u64,
    /// Those of them that were refused for good.
    pub(in crate::report) bounced: u64,
    places: HashSet<u32>,
    pub(in crate::report) examples: Vec<Example>,
}

/// A server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Example {
    /// Where they came from; may be empty.
    pub(in crate::report) destination: String,
    /// With the code before them, where there is one.
    pub(in crate::report) words: String,
}

/// Reasons, bounded by their nature.
#[derive(Debug, Default)]
pub(in crate::report) struct Reasons(BTreeMap<Why, ReasonSum>);

impl Reasons {
    /// Counts a recipient that was not delivered to.
    pub(super) fn add(&mut self, row: &ReportRow, action: Option<Action>, place: Option<u32>) {
        let sum = self
            .0
            .entry((row.reason, action))
            .or_insert_with(|| ReasonSum {
                reason: row.reason,
                action,
                blame: row.blame,
                recipients: 0,
                bounced: 0,
                places: HashSet::new(),
                examples: Vec::new(),
            });
        sum.recipients += 1;
        sum.bounced += u64::from(row.state == State::Bounced);
        sum.places.extend(place);
        if sum.examples.len() < EXAMPLES && !row.diagnostic.trim().is_empty() {
            sum.exemplify(row);
        }
    }

    /// The most frequent first, each with its place among the rows.
    pub(in crate::report) fn ranked(&self) -> Vec<(&ReasonSum, Why)> {
        let mut ranked: Vec<_> = self.0.iter().map(|(why, sum)| (sum, *why)).collect();
        ranked.sort_by_key(|(sum, why)| (Reverse(sum.recipients), *why));
        ranked
    }

    /// Recipients with a reason, whatever is to be done.
    pub(in crate::report) fn with(&self, reason: Reason) -> u64 {
        let of = |(why, _): &(&Why, &ReasonSum)| why.0 == Some(reason);
        self.0
            .iter()
            .filter(of)
            .map(|(_, sum)| sum.recipients)
            .sum()
    }
}

/// What a person does about a reason, given what follows from it: an address that was refused for now
/// is not taken off the list.
pub(in crate::report) fn remedy(reason: Reason, action: Option<Action>) -> &'static str {
    let lasting = reason.action(true) == Action::Suppress;
    match action {
        Some(Action::Retry) if lasting => "it was refused for now: try again another day",
        _ => words::remedy(reason),
    }
}

impl ReasonSum {
    /// How many destinations it came from.
    pub(in crate::report) fn destinations(&self) -> usize {
        self.places.len()
    }

    /// Keeps a server's words: one answer of a destination, and each answer once.
    fn exemplify(&mut self, row: &ReportRow) {
        let starts = row.diagnostic.starts_with(&row.enhanced);
        let enhanced = if starts { "" } else { row.enhanced.as_str() };
        let code = row.code.map(|code| code.to_string()).unwrap_or_default();
        let words = [code.as_str(), enhanced, row.diagnostic.as_str()];
        let words: Vec<_> = words.into_iter().filter(|one| !one.is_empty()).collect();
        let found = Example {
            destination: text::clip(&row.destination, NAME).to_owned(),
            words: text::clip(&words.join(" "), WORDS).to_owned(),
        };
        let known =
            |one: &Example| one.destination == found.destination || one.words == found.words;
        if !self.examples.iter().any(known) {
            self.examples.push(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_taken_off_the_list_for_a_refusal_that_passes() {
        let unknown = Reason::MailboxUnknown;
        assert!(remedy(unknown, Some(Action::Suppress)).contains("off the list"));
        assert!(remedy(unknown, Some(Action::Retry)).contains("try again"));
        let full = words::remedy(Reason::MailboxFull);
        assert_eq!(remedy(Reason::MailboxFull, Some(Action::Retry)), full);
    }
}
