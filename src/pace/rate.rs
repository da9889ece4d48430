//! Messages per time: GCRA by governor, over a clock that only moves when a time is passed in.

use crate::model::Rate;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// A rate that many connections share. Over any time `t` it lets at most `rate * t` messages
/// pass and a burst on top; the burst is what 20 ms amount to, at least one message. So a fast rate
/// survives timers of a millisecond, and a slow one never sends two messages at once.
#[derive(Debug, Default)]
pub struct RateLimit {
    limiter: Option<Limiter>,
    rate: Option<Rate>,
    clock: Ticks,
    /// The first time that was passed in; the clock counts from it.
    origin: OnceLock<Instant>,
}

impl RateLimit {
    /// A limit of so many messages per time; `None` lets everything pass.
    #[must_use]
    pub fn new(rate: Option<Rate>) -> Self {
        let clock = Ticks::default();
        Self {
            limiter: rate.map(|rate| Limiter::new(rate, &clock)),
            rate,
            clock,
            origin: OnceLock::new(),
        }
    }

    /// Takes the permission for one message, or learns when to ask again at the earliest. Times
    /// that are earlier than one that was passed before count as that one.
    ///
    /// # Errors
    /// The time at which one message will be permitted if nobody else takes it.
    pub fn take(&self, now: Instant) -> Result<(), Instant> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let origin = *self.origin.get_or_init(|| now);
        self.clock.reach(now.saturating_duration_since(origin));
        limiter
            .take()
            .map_err(|since| origin.checked_add(since).unwrap_or(now))
    }

    /// The rate that holds now.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        self.rate
    }

    /// Changes the rate. The new one starts without a burst, so that a rate which changes often is
    /// not exceeded by its changes.
    pub fn set(&mut self, rate: Option<Rate>) {
        if rate == self.rate {
            return;
        }
        self.rate = rate;
        self.limiter = rate.map(|rate| Limiter::new(rate, &self.clock));
        if let (Some(limiter), Some(_)) = (&self.limiter, self.origin.get()) {
            limiter.drain();
        }
    }
}

/// A governor and what one message costs in its cells.
#[derive(Debug)]
struct Limiter {
    governor: RateLimiter<NotKeyed, InMemoryState, Ticks, NoOpMiddleware<Duration>>,
    message: NonZeroU32,
    burst: NonZeroU32,
}

impl Limiter {
    /// A rate of which 20 ms hold two messages or more may burst by whole messages. A slower one
    /// counts in fractions of a message, so that it can make up for a timer that came late by half
    /// an interval, 10 ms at most, and nothing more.
    fn new(rate: Rate, clock: &Ticks) -> Self {
        let interval = interval(rate);
        let cells = if interval <= SLACK { 1 } else { FRACTIONS };
        let cell = interval.div_ceil(cells);
        let burst = if cells == 1 {
            BURST / interval
        } else {
            cells + (cells / 2).min(SLACK / cell)
        };
        let count = |n: u64| {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
        };
        let burst = count(burst);
        let quota = Quota::with_period(Duration::from_nanos(cell.max(1)));
        let quota = quota.unwrap_or(Quota::per_second(NonZeroU32::MIN));
        Self {
            governor: RateLimiter::direct_with_clock(quota.allow_burst(burst), clock.clone()),
            message: count(cells),
            burst,
        }
    }

    /// Takes one message's cells; the error is a time of the clock.
    fn take(&self) -> Result<(), Duration> {
        match self.governor.check_n(self.message) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_until)) => Err(not_until.earliest_possible()),
            // A message never costs more than the burst, which is made of at least one.
            Err(_) => Ok(()),
        }
    }

    /// Uses up what a fresh limiter would give at once.
    fn drain(&self) {
        let _ = self.governor.check_n(self.burst);
    }
}

/// Nanoseconds between two messages, rounded up: rather a little too slow. A rate outside what
/// [`Rate`] promises becomes the nearest that can be counted.
fn interval(rate: Rate) -> u64 {
    let nanos = (1e9 / rate.per_second).ceil();
    (nanos as u64).clamp(100, LONGEST)
}

/// Two weeks between two messages.
const LONGEST: u64 = 14 * 24 * 3600 * 1_000_000_000;
/// What a burst amounts to, in nanoseconds.
const BURST: u64 = 20_000_000;
/// How far a rate that does not burst may make up for late timers, in nanoseconds.
const SLACK: u64 = 10_000_000;
/// Into how many cells a message of a slow rate is split.
const FRACTIONS: u64 = 64;

/// Governor's clock: nanoseconds since the first time that was passed in; it never goes back.
#[derive(Debug, Clone, Default)]
struct Ticks(Arc<AtomicU64>);

impl Ticks {
    fn reach(&self, since: Duration) {
        let nanos = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_max(nanos, Ordering::Relaxed);
    }
}

impl Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "an arbitrary first time; it does not matter which"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limit(per_second: f64) -> RateLimit {
        RateLimit::new(Some(Rate { per_second }))
    }

    /// How many pass in `total` when every wait ends `late` too late.
    fn run(limit: &RateLimit, start: Instant, total: Duration, late: Duration) -> u32 {
        let mut now = start;
        let mut passed = 0;
        while now - start < total {
            match limit.take(now) {
                Ok(()) => passed += 1,
                Err(until) => {
                    assert!(until > now);
                    now = until + late;
                }
            }
        }
        passed
    }

    #[test]
    fn the_rate_is_reached_although_timers_are_late() {
        let late = Duration::from_millis(1);
        for per_second in [0.1, 3.0, 20.0, 90.0, 500.0, 2000.0, 15_000.0] {
            let total = Duration::from_secs(100);
            let passed = f64::from(run(&limit(per_second), Instant::now(), total, late));
            let wanted = per_second * 100.0;
            let burst = (per_second / 50.0).max(1.0);
            assert!(passed >= wanted * 0.995, "{per_second}: {passed}");
            assert!(passed <= wanted + burst + 1.0, "{per_second}: {passed}");
        }
    }

    #[test]
    fn a_slow_rate_never_sends_two_at_once() {
        let (limit, start) = (limit(20.0), Instant::now());
        assert_eq!(limit.take(start), Ok(()));
        for hour in 1..4 {
            let later = start + Duration::from_secs(3600 * hour);
            assert_eq!(limit.take(later), Ok(()));
            let again = limit.take(later).unwrap_err();
            assert!(again - later >= Duration::from_millis(40));
        }
    }

    #[test]
    fn a_fast_rate_bursts_by_what_20_ms_amount_to() {
        let (limit, start) = (limit(2000.0), Instant::now());
        let burst = (0..1000).take_while(|_| limit.take(start).is_ok()).count();
        assert_eq!(burst, 40);
    }

    #[test]
    fn a_change_gives_no_burst_away() {
        let (mut limit, start) = (limit(1000.0), Instant::now());
        while limit.take(start).is_ok() {}
        for per_second in [2000.0, 4000.0, 10.0] {
            limit.set(Some(Rate { per_second }));
            assert!(limit.take(start).is_err(), "{per_second}");
        }
        limit.set(None);
        assert_eq!(limit.take(start), Ok(()));
    }

    #[test]
    fn no_rate_lets_everything_pass() {
        let (limit, now) = (RateLimit::new(None), Instant::now());
        assert!((0..1000).all(|_| limit.take(now).is_ok()));
    }

    proptest! {
        #[test]
        fn the_rate_is_never_exceeded(
            per_second in 0.5_f64..20_000.0,
            steps in proptest::collection::vec(0_u64..40_000, 1..400),
        ) {
            let limit = limit(per_second);
            let start = Instant::now();
            let mut now = start;
            let mut passed = 0_u32;
            for step in steps {
                now += Duration::from_micros(step);
                while limit.take(now).is_ok() {
                    passed += 1;
                    let allowed = per_second * (now - start).as_secs_f64();
                    let burst = (per_second / 50.0).max(1.0) + 1.0;
                    prop_assert!(f64::from(passed) <= allowed + burst, "{passed} of {allowed}");
                }
            }
        }

        #[test]
        fn what_is_promised_is_kept(per_second in 0.01_f64..1e6, taken in 1_usize..200) {
            let (limit, mut now) = (limit(per_second), Instant::now());
            for _ in 0..taken {
                if let Err(until) = limit.take(now) {
                    prop_assert!(until > now);
                    now = until;
                    prop_assert_eq!(limit.take(now), Ok(()));
                }
            }
        }

        #[test]
        fn no_rate_panics(per_second in any::<f64>()) {
            let limit = limit(per_second);
            let _ = limit.take(Instant::now());
            let _ = limit.take(Instant::now());
        }
    }
}
