//! Who may go on: a rate for each of very many clients, in memory that does not grow.
//!
//! The generic cell rate algorithm needs one number for a client: when it will have paid for what it
//! took. The numbers stand in a table of fixed size, in small sets that a keyed hash chooses; in a
//! set that is full the client that has paid for the longest time is forgotten. So a flood from a
//! million addresses costs nothing but its own records, and whoever is forgotten is treated like
//! somebody new.

use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Sets of the table, a power of two; with four records each, two megabytes.
const SETS: usize = 1 << 14;
/// Records of a set.
const WAYS: usize = 4;

/// A rate for each key.
pub(super) struct Limiter {
    /// What one thing costs.
    step: Duration,
    /// How far ahead of its payments a key may be.
    burst: Duration,
    start: Instant,
    hasher: foldhash::fast::RandomState,
    sets: Mutex<Vec<Set>>,
}

/// The hash of a key and when it will have paid, since the start; 0 has never taken anything.
type Record = (u64, Duration);
type Set = [Record; WAYS];

impl Limiter {
    /// `per_second` things for each key in the long run, and `burst` at once.
    pub(super) fn new(per_second: f64, burst: u32, now: Instant) -> Self {
        let step = Duration::from_secs_f64(1.0 / per_second.clamp(1e-6, 1e9));
        Self {
            step,
            burst: step.saturating_mul(burst.max(1)),
            start: now,
            hasher: foldhash::fast::RandomState::default(),
            sets: Mutex::new(vec![[(0, Duration::ZERO); WAYS]; SETS]),
        }
    }

    /// Takes one thing for `key`, or tells how long it has to wait until there is one.
    pub(super) fn take(&self, key: impl Hash, now: Instant) -> Result<(), Duration> {
        let hash = self.hasher.hash_one(key);
        let now = now.saturating_duration_since(self.start);
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        let set = &mut sets[usize::try_from(hash).unwrap_or(0) & (SETS - 1)];
        let own = set.iter().position(|(known, _)| *known == hash);
        let longest = (0..WAYS).min_by_key(|way| set[*way].1);
        let record = &mut set[own.or(longest).unwrap_or(0)];
        let paid = if record.0 == hash { record.1 } else { now };
        let paid = paid.max(now) + self.step;
        match paid.checked_sub(now + self.burst) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *record = (hash, paid);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "some instant to count from")]
    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let start = now();
        let limiter = Limiter::new(2.0, 3, start);
        for _ in 0..3 {
            assert_eq!(limiter.take("a", start), Ok(()));
        }
        let wait = limiter.take("a", start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
        assert_eq!(limiter.take("b", start), Ok(()), "others wait for nobody");
        assert_eq!(limiter.take("a", start + wait), Ok(()));
        assert!(limiter.take("a", start + wait).is_err());
    }

    #[test]
    fn who_is_refused_pays_nothing() {
        let start = now();
        let limiter = Limiter::new(1.0, 1, start);
        assert_eq!(limiter.take("a", start), Ok(()));
        for _ in 0..1000 {
            assert!(limiter.take("a", start).is_err());
        }
        assert_eq!(limiter.take("a", start + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn a_flood_from_everywhere_is_bounded_and_keeps_nobody_out() {
        let start = now();
        let limiter = Limiter::new(1.0, 5, start);
        for address in 0..300_000_u32 {
            assert_eq!(limiter.take(address, start), Ok(()));
        }
        assert_eq!(limiter.take("somebody new", start), Ok(()));
        assert_eq!(limiter.sets.lock().unwrap().len(), SETS);
    }

    #[test]
    fn time_that_stands_still_or_goes_back_is_no_error() {
        let start = now();
        let limiter = Limiter::new(1.0, 1, start + Duration::from_secs(10));
        assert_eq!(limiter.take("a", start), Ok(()));
        assert!(limiter.take("a", start).is_err());
    }
}
