//! How long to leave a destination alone that cannot be reached.

use super::schedule::{fair, stretch};
use crate::model::Delivery;
use std::time::Duration;

/// Counts the failures to reach a destination since it was last reached.
///
/// This is about a server that does not answer, refuses connections or drops them; what a server
/// *says* about our pace is [`Throttle`](super::Throttle)'s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A destination of which nothing bad is known.
    #[must_use]
    pub const fn new() -> Self {
        Self { failures: 0 }
    }

    /// It could not be reached: leave it alone for so long. Begins with the schedule's first delay,
    /// doubles with each failure, and never exceeds the schedule's longest. `dice`, 0 to 1, moves it
    /// within the schedule's jitter.
    pub fn failed(&mut self, delivery: &Delivery, dice: f64) -> Duration {
        let doublings = self.failures.min(31);
        self.failures = self.failures.saturating_add(1);
        let first = delivery
            .retry
            .first()
            .copied()
            .unwrap_or(Duration::from_secs(60));
        let longest = delivery.retry.iter().copied().max().unwrap_or(first);
        let delay = first.saturating_mul(1 << doublings).min(longest);
        stretch(delay, delivery.retry_jitter * (2.0 * fair(dice) - 1.0))
    }

    /// It was reached.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Failures since it was last reached.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn doubles_up_to_the_longest_delay_and_starts_over() {
        let delivery = Delivery::default();
        let mut backoff = Backoff::new();
        let minutes: Vec<u64> = (0..10)
            .map(|_| backoff.failed(&delivery, 0.5).as_secs() / 60)
            .collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
        backoff.succeeded();
        assert_eq!(backoff.failed(&delivery, 0.5).as_secs(), 60);
    }

    proptest! {
        #[test]
        fn is_bounded_and_monotone(failures in 1_usize..100, dice in 0.0_f64..=1.0) {
            let delivery = Delivery::default();
            let mut backoff = Backoff::new();
            let delays: Vec<_> = (0..failures).map(|_| backoff.failed(&delivery, dice)).collect();
            prop_assert!(delays.is_sorted());
            prop_assert!(delays.iter().all(|delay| *delay <= Duration::from_secs(240 * 60 * 12 / 10)));
        }
    }
}
