//! How fast it goes, and how long it will take: said only where it can be known.

use super::{Bucket, Progress};
use crate::model::RunState;
use std::time::Duration;

/// An estimate of the time until no recipient is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLeft {
    /// How long.
    pub left: Duration,
    /// Whether it may well take longer: deferred recipients may be deferred again.
    pub at_least: bool,
}

/// Seconds the current rate looks back.
const LOOK_BACK: i64 = 30;
/// What a second weighs beside the one after it.
const FADING: f64 = 0.85;
/// Before this many seconds of sending there is no estimate.
const WARM_UP: Duration = Duration::from_secs(3);

impl Progress {
    /// Recipients delivered a second now, smoothed: recent seconds weigh most.
    #[must_use]
    pub fn rate_now(&self) -> f64 {
        self.recent(|bucket| f64::from(bucket.delivered))
    }

    /// Recipients delivered a second since sending began.
    #[must_use]
    pub fn rate_average(&self) -> f64 {
        let seconds = self.sending_time().as_secs_f64();
        if seconds > 0.0 {
            self.series().delivered() as f64 / seconds
        } else {
            0.0
        }
    }

    /// How long until no recipient is open: from what is open, what is settled a second, limits of
    /// destinations and the next attempts of what is deferred. `None` where nobody can know: when
    /// mail does not go out, in the first seconds, and when nothing is being settled.
    #[must_use]
    pub fn time_left(&self) -> Option<TimeLeft> {
        if self.state() != RunState::Running || self.sending_time() < WARM_UP {
            return None;
        }
        let (counts, now) = (self.counts(), self.now());
        let next = self.last_retry().filter(|retry| *retry > now);
        let ready =
            counts.pending + counts.sending + if next.is_none() { counts.deferred } else { 0 };
        let rate = self.recent(|b| f64::from(b.delivered) + f64::from(b.bounced));
        let work = match ready {
            0 => 0.0,
            _ if rate <= 0.0 => return None,
            _ => ready as f64 / rate,
        };
        let left = Duration::try_from_secs_f64(work.max(self.slowest_limit())).ok()?;
        Some(TimeLeft {
            left: left.max(next.map_or(Duration::ZERO, |retry| retry.since(now))),
            at_least: counts.deferred > 0,
        })
    }

    /// Seconds that the destination with the longest queue for its own rate limit needs at least.
    fn slowest_limit(&self) -> f64 {
        self.destinations()
            .shown
            .iter()
            .filter_map(|now| {
                let limit = now.view.rate_limit.filter(|limit| *limit > 0.0)?;
                Some(now.view.queued as f64 / limit)
            })
            .fold(0.0, f64::max)
    }

    /// A weighted average over the last full seconds of sending.
    fn recent(&self, what: impl Fn(Bucket) -> f64) -> f64 {
        let Some(started) = self.started().filter(|_| self.finished().is_none()) else {
            return 0.0;
        };
        let this = self.now().as_secs();
        let first = started.as_secs().max(this - LOOK_BACK);
        if first >= this {
            let bucket = self.series().second(this).unwrap_or_default();
            let passed = self.now().since(started).as_secs_f64();
            return if passed > 0.2 {
                what(bucket) / passed
            } else {
                0.0
            };
        }
        let (mut sum, mut weights, mut weight) = (0.0, 0.0, 1.0);
        for second in (first..this).rev() {
            sum += weight * what(self.series().second(second).unwrap_or_default());
            weights += weight;
            weight *= FADING;
        }
        sum / weights
    }
}
