//! What happened when: a second-by-second ring, and coarser steps for what is older.

use crate::model::{State, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Outcomes of attempts within one step of time. As JSON an array of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "(u32, u32, u32)", into = "(u32, u32, u32)")]
pub struct Bucket {
    /// Recipients delivered.
    pub delivered: u32,
    /// Attempts that ended in a deferral.
    pub deferred: u32,
    /// Recipients that failed for good: bounced, expired or held in doubt.
    pub bounced: u32,
}

/// Outcomes a second, averaged over a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// Recipients delivered.
    pub delivered: f64,
    /// Attempts that ended in a deferral.
    pub deferred: f64,
    /// Recipients that failed for good.
    pub bounced: f64,
}

/// Throughput of a run over time, in bounded memory: one bucket a second for the last ten minutes,
/// and at most 360 buckets for everything before, whose step doubles when they run out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Series {
    /// The second of the first bucket of `fine`.
    first: i64,
    fine: VecDeque<Bucket>,
    /// The second of the first bucket of `coarse`.
    coarse_first: i64,
    /// Seconds of one bucket of `coarse`; 0 while there is none.
    coarse_step: i64,
    coarse: Vec<Bucket>,
    /// The most that were delivered within one second.
    peak: u32,
    /// Delivered in all.
    delivered: u64,
}

/// Seconds that are kept one by one.
const FINE: i64 = 600;
/// Buckets for everything older.
const COARSE: i64 = 360;
/// The seconds of the first coarse buckets.
const FIRST_STEP: i64 = 10;

impl From<(u32, u32, u32)> for Bucket {
    fn from((delivered, deferred, bounced): (u32, u32, u32)) -> Self {
        Self {
            delivered,
            deferred,
            bounced,
        }
    }
}

impl From<Bucket> for (u32, u32, u32) {
    fn from(bucket: Bucket) -> Self {
        (bucket.delivered, bucket.deferred, bucket.bounced)
    }
}

impl Bucket {
    /// The bucket of a single outcome; empty for states that are none.
    fn of(state: State) -> Self {
        let (delivered, deferred, bounced) = match state {
            State::Delivered => (1, 0, 0),
            State::Deferred => (0, 1, 0),
            State::Bounced | State::Expired | State::InDoubt => (0, 0, 1),
            State::Pending
            | State::Sending
            | State::Suppressed
            | State::Invalid
            | State::Cancelled => (0, 0, 0),
        };
        Self::from((delivered, deferred, bounced))
    }

    fn add(&mut self, other: Self) {
        self.delivered = self.delivered.saturating_add(other.delivered);
        self.deferred = self.deferred.saturating_add(other.deferred);
        self.bounced = self.bounced.saturating_add(other.bounced);
    }
}

impl Rates {
    /// Adds `share` of a bucket.
    fn add(&mut self, bucket: Bucket, share: f64) {
        self.delivered += f64::from(bucket.delivered) * share;
        self.deferred += f64::from(bucket.deferred) * share;
        self.bounced += f64::from(bucket.bounced) * share;
    }
}

impl Series {
    /// Counts one outcome.
    pub(super) fn add(&mut self, at: Timestamp, state: State) {
        let (second, bucket) = (at.as_secs(), Bucket::of(state));
        self.advance(second);
        self.delivered += u64::from(bucket.delivered);
        match usize::try_from(second - self.first) {
            Ok(place) => {
                // `advance` made sure of the place: `second` is not behind the last bucket.
                if let Some(slot) = self.fine.get_mut(place) {
                    slot.add(bucket);
                    self.peak = self.peak.max(slot.delivered);
                }
            }
            Err(_) => self.keep(second, bucket),
        }
    }

    /// Opens the bucket of `second`; what is older than ten minutes becomes coarse.
    pub(super) fn advance(&mut self, second: i64) {
        let last = self.first + self.fine.len() as i64 - 1;
        if self.fine.is_empty() || second - last > FINE {
            self.spill(usize::MAX);
            self.first = second;
            self.fine.push_back(Bucket::default());
            return;
        }
        for _ in last..second {
            self.fine.push_back(Bucket::default());
        }
        self.spill(self.fine.len().saturating_sub(FINE as usize));
    }

    /// Moves the first `count` seconds into coarse buckets.
    fn spill(&mut self, count: usize) {
        for _ in 0..count {
            let Some(bucket) = self.fine.pop_front() else {
                return;
            };
            self.keep(self.first, bucket);
            self.first += 1;
        }
    }

    /// Adds to the coarse bucket of `second`.
    fn keep(&mut self, second: i64, bucket: Bucket) {
        if self.coarse.is_empty() {
            (self.coarse_first, self.coarse_step) = (second, FIRST_STEP);
        }
        let mut place = self.coarse_place(second);
        while place >= COARSE {
            self.coarse = self.coarse.chunks(2).map(merged).collect();
            self.coarse_step = self.coarse_step.saturating_mul(2).max(1);
            place = self.coarse_place(second);
        }
        // A time before the first one belongs to the first.
        let place = usize::try_from(place).unwrap_or(0);
        if self.coarse.len() <= place {
            self.coarse.resize(place + 1, Bucket::default());
        }
        self.coarse[place].add(bucket);
    }

    fn coarse_place(&self, second: i64) -> i64 {
        second.saturating_sub(self.coarse_first) / self.coarse_step.max(1)
    }

    /// Delivered in all.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// The most that were delivered within one second.
    #[must_use]
    pub fn peak(&self) -> u32 {
        self.peak
    }

    /// What happened in one second, where that is still known so finely.
    #[must_use]
    pub fn second(&self, second: i64) -> Option<Bucket> {
        let place = usize::try_from(second - self.first).ok()?;
        self.fine.get(place).copied()
    }

    /// Rates of `count` windows of `step` seconds each, the last of which ends before the second
    /// `end`. Windows from before the run are empty.
    #[must_use]
    pub fn windows(&self, end: i64, step: u32, count: usize) -> Vec<Rates> {
        let step = i64::from(step.max(1));
        let start = end - step * count as i64;
        let mut windows = vec![Rates::default(); count];
        let mut spread = |from: i64, to: i64, bucket: Bucket| {
            let length = (to - from) as f64;
            let mut at = from.max(start);
            while at < to.min(end) {
                let place = (at - start) / step;
                let until = to.min(start + (place + 1) * step);
                // `start <= at < end`, so the place is one of the windows.
                windows[place as usize].add(bucket, (until - at) as f64 / length / step as f64);
                at = until;
            }
        };
        for (place, bucket) in self.fine.iter().enumerate() {
            let second = self.first + place as i64;
            spread(second, second + 1, *bucket);
        }
        for (place, bucket) in self.coarse.iter().enumerate() {
            let from = self.coarse_first + place as i64 * self.coarse_step;
            let mut to = from + self.coarse_step;
            if (from + 1..to).contains(&self.first) {
                to = self.first;
            }
            spread(from, to, *bucket);
        }
        windows
    }
}

/// The sum of a few buckets.
fn merged(buckets: &[Bucket]) -> Bucket {
    let mut sum = Bucket::default();
    buckets.iter().for_each(|bucket| sum.add(*bucket));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000 + 137)
    }

    fn total(windows: &[Rates], step: f64) -> f64 {
        windows.iter().map(|rates| rates.delivered * step).sum()
    }

    #[test]
    fn windows_are_rates_per_second() {
        let mut series = Series::default();
        for second in 1000..1010 {
            for _ in 0..second - 999 {
                series.add(at(second), State::Delivered);
            }
            series.add(at(second), State::Deferred);
        }
        let windows = series.windows(1010, 5, 3);
        let delivered: Vec<_> = windows.iter().map(|rates| rates.delivered).collect();
        assert_eq!(delivered, [0.0, 3.0, 8.0]);
        assert_eq!(windows[2].deferred, 1.0);
        assert_eq!((series.peak(), series.delivered()), (10, 55));
    }

    #[test]
    fn a_day_fits_and_nothing_is_lost_from_the_whole() {
        let mut series = Series::default();
        for second in (0..86_400).step_by(7) {
            series.add(at(second), State::Delivered);
        }
        assert!(series.fine.len() <= FINE as usize && series.coarse.len() <= COARSE as usize);
        let whole = series.windows(86_400, 864, 100);
        assert!((total(&whole, 864.0) - series.delivered() as f64).abs() < 1.0);
        assert!(whole.iter().all(|r| (r.delivered - 1.0 / 7.0).abs() < 0.05));
    }

    proptest! {
        #[test]
        fn any_times_are_bounded_and_counted(times in prop::collection::vec(any::<i64>(), 1..60)) {
            let mut series = Series::default();
            for time in &times {
                series.add(Timestamp::from_millis(*time), State::Delivered);
            }
            let kept = series.fine.iter().chain(&series.coarse);
            prop_assert_eq!(kept.map(|b| u64::from(b.delivered)).sum::<u64>(), times.len() as u64);
            prop_assert!(series.fine.len() <= FINE as usize);
            prop_assert!(series.coarse.len() <= COARSE as usize);
            let _ = series.windows(i64::MAX / 1000, 60, 80);
        }
    }
}
