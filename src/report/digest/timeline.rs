//! Outcomes over time: what a chart can show of them, and for how long nothing is known to have
//! happened.
//!
//! Of each recipient the first attempt and the last are known. A time without any of them that is
//! long beside the others is *quiet*, and what lies between two quiet times is a *stretch*. Why it was
//! quiet is not known here: the rest may have waited for its retries, the campaign may have been
//! stopped and taken up again, or sent again days later. Quiet times take no room in a chart.

use crate::model::Timestamp;
use std::collections::BTreeMap;

/// Parts a chart has at most.
const MOST: i64 = 96;
/// Stretches a chart has at most.
const MOST_STRETCHES: usize = 8;
/// Times that are told apart at most; those when nothing happened take no room.
const MOST_SLOTS: usize = 4_096;
/// Widths of slots and of parts in seconds; each is a multiple of the one before it, so that they can
/// be put together exactly. Beyond the last they double.
const WIDTHS: [i64; 14] = [
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800,
];
/// Seconds without an attempt that can be quiet.
const QUIET: i64 = 300;
/// How many times as long as the usual gap between two attempts a quiet time is.
const UNUSUAL: i64 = 20;
/// The last millisecond of the year 9999, the end of RFC 3339.
const LAST: i64 = 253_402_300_799_999;

/// What happened in one part of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::report) struct Bucket {
    pub(in crate::report) delivered: u64,
    /// Attempts that ended otherwise.
    pub(in crate::report) refused: u64,
}

impl Bucket {
    /// All of them.
    pub(in crate::report) const fn all(self) -> u64 {
        self.delivered + self.refused
    }

    fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.refused += other.refused;
    }
}

/// A time between two quiet ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Stretch {
    /// When its first part begins, in seconds since 1970.
    pub(in crate::report) start: i64,
    /// Its parts, the empty ones too.
    pub(in crate::report) buckets: Vec<Bucket>,
}

/// A timeline in as many parts as a chart can show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::report) struct Parts {
    /// The width of a part in seconds.
    pub(in crate::report) width: i64,
    /// They are in order; none where nothing was attempted.
    pub(in crate::report) stretches: Vec<Stretch>,
}

/// Outcomes over time, in slots that grow with their number.
#[derive(Debug, Clone)]
pub(in crate::report) struct Timeline {
    /// The width of a slot in seconds.
    width: i64,
    slots: BTreeMap<i64, Slot>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    bucket: Bucket,
    /// Attempts that were not the last of their recipients.
    earlier: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            width: WIDTHS[0],
            slots: BTreeMap::new(),
        }
    }
}

impl Timeline {
    /// Counts a recipient whose last attempt ended at a time.
    pub(in crate::report) fn add(&mut self, at: Timestamp, delivered: bool) {
        let bucket = &mut self.slot(at).bucket;
        if delivered {
            bucket.delivered += 1;
        } else {
            bucket.refused += 1;
        }
        self.keep_small();
    }

    /// Notes an attempt before a recipient's last: it was not quiet then.
    pub(in crate::report) fn note(&mut self, at: Timestamp) {
        self.slot(at).earlier += 1;
        self.keep_small();
    }

    fn slot(&mut self, at: Timestamp) -> &mut Slot {
        let seconds = at.as_millis().clamp(0, LAST).div_euclid(1000);
        self.slots.entry(seconds / self.width).or_default()
    }

    fn keep_small(&mut self) {
        while self.slots.len() > MOST_SLOTS {
            let wider = next_width(self.width);
            let factor = wider / self.width;
            for (place, slot) in std::mem::take(&mut self.slots) {
                let sum = self.slots.entry(place / factor).or_default();
                sum.bucket.add(slot.bucket);
                sum.earlier += slot.earlier;
            }
            self.width = wider;
        }
    }

    /// Quiet seconds between the first attempt and the last.
    pub(in crate::report) fn quiet(&self) -> i64 {
        let least = self.least_quiet();
        self.gaps().filter(|gap| *gap >= least).sum()
    }

    /// The outcomes in at most [`MOST`] parts and [`MOST_STRETCHES`] stretches.
    pub(in crate::report) fn parts(&self) -> Parts {
        let mut least = self.least_quiet();
        let mut stretches = self.stretches(least);
        while stretches.len() > MOST_STRETCHES {
            least = least.saturating_mul(2);
            stretches = self.stretches(least);
        }
        let mut width = self.width;
        let length = |width: i64| -> i64 {
            let parts = |(first, last): &(i64, i64)| last / width - first / width + 1;
            stretches.iter().map(parts).sum()
        };
        // Each stretch has a part at least, so that there are few enough in the end.
        while length(width) > MOST {
            width = next_width(width);
        }
        Parts {
            width,
            stretches: stretches
                .iter()
                .map(|one| self.stretch(*one, width))
                .collect(),
        }
    }

    /// Seconds between each two slots with something in them.
    fn gaps(&self) -> impl Iterator<Item = i64> {
        let pairs = self.slots.keys().zip(self.slots.keys().skip(1));
        pairs.map(|(one, next)| (next - one - 1) * self.width)
    }

    /// How long a quiet time is at least: longer than rates let wait, and much longer than from one
    /// attempt to the next is usual here.
    fn least_quiet(&self) -> i64 {
        let within = self.slots.values();
        let within: u64 = within
            .map(|slot| (slot.bucket.all() + slot.earlier).max(1) - 1)
            .sum();
        let mut gaps: Vec<i64> = self.gaps().collect();
        gaps.sort_unstable();
        // Half of all attempts came no later than this after the one before.
        let middle = (within + gaps.len() as u64) / 2;
        let usual = middle
            .checked_sub(within)
            .and_then(|place| gaps.get(usize::try_from(place).ok()?))
            .map_or(0, |gap| gap.saturating_add(self.width));
        usual.saturating_mul(UNUSUAL).max(QUIET)
    }

    /// First and last second of each stretch in which a recipient's last attempt ended.
    fn stretches(&self, least: i64) -> Vec<(i64, i64)> {
        let mut found: Vec<(i64, i64)> = Vec::new();
        let ended = self.slots.iter().filter(|(_, slot)| slot.bucket.all() > 0);
        for (place, _) in ended {
            let (first, last) = (place * self.width, (place + 1) * self.width - 1);
            match found.last_mut() {
                Some((_, end)) if first - *end - 1 < least => *end = last,
                _ => found.push((first, last)),
            }
        }
        found
    }

    fn stretch(&self, (first, last): (i64, i64), width: i64) -> Stretch {
        let start = first / width;
        let count = usize::try_from(last / width - start + 1).unwrap_or(0);
        let mut buckets = vec![Bucket::default(); count];
        for (place, slot) in self.slots.range(first / self.width..=last / self.width) {
            let part = (place * self.width) / width - start;
            let part = usize::try_from(part).ok();
            if let Some(bucket) = part.and_then(|part| buckets.get_mut(part)) {
                bucket.add(slot.bucket);
            }
        }
        Stretch {
            start: start * width,
            buckets,
        }
    }
}

fn next_width(width: i64) -> i64 {
    let wider = WIDTHS.iter().copied().find(|wider| *wider > width);
    wider.unwrap_or(width.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + second * 1000)
    }

    fn sums(parts: &Parts) -> Bucket {
        let mut sum = Bucket::default();
        let buckets = parts.stretches.iter().flat_map(|one| &one.buckets);
        buckets.for_each(|bucket| sum.add(*bucket));
        sum
    }

    fn lengths(parts: &Parts) -> Vec<usize> {
        parts
            .stretches
            .iter()
            .map(|one| one.buckets.len())
            .collect()
    }

    #[test]
    fn every_width_is_a_multiple_of_the_one_before() {
        for pair in WIDTHS.windows(2) {
            assert_eq!(pair[1] % pair[0], 0, "{pair:?}");
        }
    }

    #[test]
    fn a_second_stays_a_second_and_days_of_sending_become_hours() {
        let mut timeline = Timeline::default();
        timeline.add(at(0), true);
        assert_eq!((timeline.parts().width, timeline.quiet()), (1, 0));
        timeline.add(at(95), false);
        let parts = timeline.parts();
        assert_eq!((parts.width, lengths(&parts)), (1, vec![96]));
        for minute in 2..4 * 24 * 60 {
            timeline.add(at(minute * 60), true);
        }
        let parts = timeline.parts();
        assert_eq!((parts.width, lengths(&parts)), (3_600, vec![96]));
        assert_eq!(timeline.quiet(), 0);
    }

    #[test]
    fn days_between_two_runs_are_quiet() {
        let mut timeline = Timeline::default();
        for second in 0..60 {
            timeline.add(at(second), true);
            timeline.add(at(3 * DAY + second), second % 2 == 0);
        }
        let parts = timeline.parts();
        assert_eq!((parts.width, lengths(&parts)), (5, vec![12, 12]));
        assert_eq!(parts.stretches[1].start - parts.stretches[0].start, 3 * DAY);
        assert_eq!(timeline.quiet(), 3 * DAY - 60);
    }

    #[test]
    fn first_attempts_are_not_quiet_and_draw_nothing() {
        let mut timeline = Timeline::default();
        for second in 0..60 {
            timeline.note(at(second));
            timeline.add(at(3 * DAY + second), true);
        }
        assert_eq!(lengths(&timeline.parts()), [60]);
        assert_eq!(timeline.quiet(), 3 * DAY - 60);
    }

    #[test]
    fn a_slow_campaign_is_not_quiet() {
        let mut timeline = Timeline::default();
        for place in 0..50 {
            timeline.add(at(place * 600), true);
        }
        assert_eq!(timeline.quiet(), 0);
        assert_eq!(timeline.parts().stretches.len(), 1);
        let mut twice = Timeline::default();
        twice.add(at(0), true);
        twice.add(at(DAY), true);
        assert_eq!(twice.quiet(), 0, "nothing tells what is usual");
    }

    #[test]
    fn many_short_stretches_are_put_together() {
        let mut timeline = Timeline::default();
        for burst in 0..40 {
            for second in 0..30 {
                timeline.add(at(burst * 3_600 + second), true);
            }
        }
        let parts = timeline.parts();
        assert!(parts.stretches.len() <= MOST_STRETCHES);
        assert_eq!(sums(&parts).delivered, 1_200);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_there_are_never_too_many(
            times in prop::collection::vec(any::<i64>(), 0..60),
            near in prop::collection::vec(0..100_000_000_i64, 0..60),
        ) {
            let mut timeline = Timeline::default();
            for time in times.iter().chain(&near) {
                timeline.add(Timestamp::from_millis(*time), time % 2 == 0);
            }
            let parts = timeline.parts();
            let buckets: usize = lengths(&parts).iter().sum();
            prop_assert!(buckets <= MOST as usize);
            prop_assert!(parts.stretches.len() <= MOST_STRETCHES);
            prop_assert_eq!(sums(&parts).all(), (times.len() + near.len()) as u64);
            prop_assert!(timeline.slots.len() <= MOST_SLOTS);
        }
    }
}
