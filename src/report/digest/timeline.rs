//! Outcomes over time, in as many parts as a chart can show.

use crate::model::Timestamp;
use std::collections::BTreeMap;

/// Parts a chart has at most.
const MOST: i64 = 96;
/// Widths of a part in seconds; each is a multiple of the one before it, so that parts can be put
/// together exactly. Beyond the last they double.
const WIDTHS: [i64; 14] = [
    1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800,
];
/// The last millisecond of the year 9999, the end of RFC 3339.
const LAST: i64 = 253_402_300_799_999;

/// What happened in one part of the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::report) struct Bucket {
    pub(in crate::report) delivered: u64,
    /// Attempts that ended otherwise.
    pub(in crate::report) refused: u64,
}

/// Outcomes over time. The parts grow with the span, so that there are never more than a chart can
/// show.
#[derive(Debug, Clone)]
pub(in crate::report) struct Timeline {
    /// The width of a part in seconds.
    width: i64,
    buckets: BTreeMap<i64, Bucket>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            width: WIDTHS[0],
            buckets: BTreeMap::new(),
        }
    }
}

impl Timeline {
    /// Counts an attempt that ended at a time.
    pub(in crate::report) fn add(&mut self, at: Timestamp, delivered: bool) {
        let seconds = at.as_millis().clamp(0, LAST).div_euclid(1000);
        let bucket = self.buckets.entry(seconds / self.width).or_default();
        if delivered {
            bucket.delivered += 1;
        } else {
            bucket.refused += 1;
        }
        while self.span() > MOST {
            self.widen();
        }
    }

    /// Parts from the first to the last, the empty ones between them included.
    fn span(&self) -> i64 {
        match (
            self.buckets.first_key_value(),
            self.buckets.last_key_value(),
        ) {
            (Some((first, _)), Some((last, _))) => last - first + 1,
            _ => 0,
        }
    }

    fn widen(&mut self) {
        let wider = WIDTHS.iter().find(|width| **width > self.width);
        let wider = wider.copied().unwrap_or(self.width * 2);
        let factor = wider / self.width;
        for (place, bucket) in std::mem::take(&mut self.buckets) {
            let sum = self.buckets.entry(place / factor).or_default();
            sum.delivered += bucket.delivered;
            sum.refused += bucket.refused;
        }
        self.width = wider;
    }

    /// The width of a part in seconds.
    pub(in crate::report) fn width(&self) -> i64 {
        self.width
    }

    /// When the first part begins, in seconds since 1970; `None` where nothing was attempted.
    pub(in crate::report) fn start(&self) -> Option<i64> {
        let (first, _) = self.buckets.first_key_value()?;
        Some(first * self.width)
    }

    /// All parts in order, the empty ones too.
    pub(in crate::report) fn buckets(&self) -> Vec<Bucket> {
        let Some((first, _)) = self.buckets.first_key_value() else {
            return Vec::new();
        };
        (0..self.span())
            .map(|place| {
                let bucket = self.buckets.get(&(first + place));
                bucket.copied().unwrap_or_default()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_width_is_a_multiple_of_the_one_before() {
        for pair in WIDTHS.windows(2) {
            assert_eq!(pair[1] % pair[0], 0, "{pair:?}");
        }
    }

    #[test]
    fn a_second_stays_a_second_and_a_year_becomes_weeks() {
        let mut timeline = Timeline::default();
        let at = |second: i64| Timestamp::from_millis(1_800_000_000_000 + second * 1000);
        timeline.add(at(0), true);
        assert_eq!((timeline.width(), timeline.buckets().len()), (1, 1));
        timeline.add(at(95), false);
        assert_eq!((timeline.width(), timeline.buckets().len()), (1, 96));
        timeline.add(at(365 * 86_400), true);
        assert_eq!(timeline.width(), 604_800);
        let buckets = timeline.buckets();
        let sum = |of: fn(&Bucket) -> u64| buckets.iter().map(of).sum::<u64>();
        assert_eq!((sum(|b| b.delivered), sum(|b| b.refused)), (2, 1));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_there_are_never_too_many(
            times in prop::collection::vec(any::<i64>(), 0..60),
        ) {
            let mut timeline = Timeline::default();
            for time in &times {
                timeline.add(Timestamp::from_millis(*time), time % 2 == 0);
            }
            let buckets = timeline.buckets();
            prop_assert!(buckets.len() <= MOST as usize);
            let sum: u64 = buckets.iter().map(|b| b.delivered + b.refused).sum();
            prop_assert_eq!(sum, times.len() as u64);
        }
    }
}
