//! One pass over a campaign's rows, in bounded memory: what the page, the reasons and the comparison
//! are made of.

mod places;
mod reasons;
mod timeline;

pub(super) use places::{Place, Places};
pub(super) use reasons::{ReasonSum, Reasons, remedy};
pub(super) use timeline::{Bucket, Parts, Timeline};

use super::filter::{action_of, is_failed};
use crate::model::{Blame, Counts, ReportRow, Stage, State, Timestamp};
use std::time::Duration;

/// Recipients in doubt that are named.
pub(super) const NAMED_IN_DOUBT: usize = 20;

/// What a campaign's rows come to.
#[derive(Debug, Default)]
pub struct Digest {
    /// Recipients by state.
    pub(super) counts: Counts,
    /// Why recipients were not delivered to.
    pub(super) reasons: Reasons,
    /// Where the mail went.
    pub(super) places: Places,
    /// When the latest attempts were.
    pub(super) timeline: Timeline,
    /// Recipients that were not delivered to, by whose matter it was, in the order of [`Blame::ALL`].
    pub(super) blames: [u64; Blame::ALL.len()],
    /// The first few in doubt.
    pub(super) in_doubt: Vec<String>,
    /// Attempts of all recipients.
    pub(super) attempts: u64,
    /// Recipients whose message came back in a bounce mail.
    pub(super) returned: u64,
    /// The first attempt of all.
    pub(super) first: Option<Timestamp>,
    /// The last attempt of all.
    pub(super) last: Option<Timestamp>,
    /// The next attempt that is due.
    pub(super) next: Option<Timestamp>,
}

impl Digest {
    /// Takes all rows in. However many there are, it holds no more than a few megabytes: of many
    /// destinations those that came late are counted together.
    ///
    /// # Errors
    /// The first error among the rows.
    pub fn from_rows<E>(rows: impl IntoIterator<Item = Result<ReportRow, E>>) -> Result<Self, E> {
        let mut digest = Self::default();
        for row in rows {
            digest.add(&row?);
        }
        Ok(digest)
    }

    /// Takes one row in.
    pub fn add(&mut self, row: &ReportRow) {
        self.counts[row.state] += 1;
        self.attempts += u64::from(row.attempts);
        self.first = self.first.into_iter().chain(row.first_attempt).min();
        self.last = self.last.max(row.last_attempt);
        if row.state.is_open() {
            self.next = self.next.into_iter().chain(row.next_attempt).min();
        }
        let failed = is_failed(row);
        let place = self.places.add(row, failed);
        if failed {
            self.reasons.add(row, action_of(row), place);
            self.blames[row.blame as usize] += 1;
        }
        if row.stage == Some(Stage::Async) && row.state == State::Bounced {
            self.returned += 1;
        }
        if let Some(at) = row.last_attempt.filter(|_| row.attempts > 0) {
            self.timeline.add(at, row.state == State::Delivered);
        }
        if let Some(at) = row.first_attempt.filter(|_| row.attempts > 1) {
            self.timeline.note(at);
        }
        if row.state == State::InDoubt && self.in_doubt.len() < NAMED_IN_DOUBT {
            self.in_doubt.push(row.email.clone());
        }
    }

    /// Recipients that were to be mailed: neither suppressed nor invalid.
    pub(super) fn mailable(&self) -> u64 {
        let counts = &self.counts;
        counts.total() - counts.suppressed - counts.invalid
    }

    /// From the first attempt to the last, whatever lies between them.
    pub(super) fn span(&self) -> Duration {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last.since(first),
            _ => Duration::ZERO,
        }
    }

    /// The span without its [quiet](Self::quiet) times.
    pub(super) fn active(&self) -> Duration {
        self.span().saturating_sub(self.quiet())
    }

    /// For how long nobody had their first attempt or their last: while the rest waited for retries,
    /// between two runs, or where the campaign had been stopped. Which of these it was, the ledger
    /// does not tell, and attempts between a recipient's first and last may lie in it.
    pub(super) fn quiet(&self) -> Duration {
        Duration::from_secs(self.timeline.quiet().unsigned_abs())
    }

    /// Recipients delivered a second of the [active](Self::active) time.
    pub(super) fn rate(&self) -> f64 {
        self.counts.delivered as f64 / self.active().as_secs_f64().max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reason;
    use crate::report::samples;

    #[test]
    fn memory_does_not_grow_with_the_rows() {
        let mut digest = Digest::default();
        for n in 0..60_000_u32 {
            digest.add(&ReportRow {
                destination: format!("mx{n}.example"),
                state: State::Bounced,
                reason: Some(Reason::ALL[n as usize % Reason::ALL.len()]),
                blame: Blame::Recipient,
                diagnostic: "x".repeat(5_000),
                ..samples::delivered()
            });
        }
        assert_eq!(digest.counts.bounced, 60_000);
        assert!(digest.places.is_crowded());
        let places = digest.places.ranked();
        assert!(places.len() <= 20_001, "{}", places.len());
        let counted: u64 = places.iter().map(|(_, place)| place.total()).sum();
        assert_eq!(counted, 60_000, "nobody is left out");
        for (sum, _) in digest.reasons.ranked() {
            assert!(sum.examples.len() <= 3);
            assert!(sum.examples.iter().all(|one| one.words.len() <= 400));
        }
    }

    #[test]
    fn what_the_sample_rows_come_to() {
        let rows = samples::rows().into_iter().map(Ok::<_, ()>);
        let digest = Digest::from_rows(rows).unwrap();
        assert_eq!(digest.counts.total(), 5);
        assert_eq!(digest.mailable(), 4);
        assert_eq!(digest.in_doubt, ["carol@example.com"]);
        assert_eq!(digest.blames.iter().sum::<u64>(), 3);
        assert_eq!(digest.active(), Duration::ZERO);
    }

    #[test]
    fn the_days_before_a_second_run_do_not_slow_the_rate() {
        let mut digest = Digest::default();
        let at = |second: i64| Some(Timestamp::from_millis(1_800_000_000_000 + second * 1000));
        for n in 0..100 {
            let (first, last) = match n % 2 {
                0 => (at(n), at(n)),
                // Given up by the first run, delivered to by the second.
                _ => (at(n), at(4 * 86_400 + n)),
            };
            digest.add(&ReportRow {
                state: State::Delivered,
                attempts: if n % 2 == 0 { 1 } else { 2 },
                first_attempt: first,
                last_attempt: last,
                ..samples::delivered()
            });
        }
        let seconds = digest.active().as_secs();
        assert!((190..=210).contains(&seconds), "{seconds}");
        assert!((0.4..0.6).contains(&digest.rate()), "{}", digest.rate());
        assert!(digest.quiet().as_secs() > 3 * 86_400);
    }

    #[test]
    fn waits_for_retries_are_quiet_and_part_of_the_span() {
        let digest = samples::greylisted();
        assert_eq!(digest.span().as_secs(), 120 * 60, "to completion");
        let active = digest.active().as_secs();
        assert!((600..=610).contains(&active), "{active}");
        assert_eq!(digest.active() + digest.quiet(), digest.span());
    }
}
