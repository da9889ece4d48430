//! When a deferred recipient is tried again, and when not any more.

use crate::model::{Delivery, Timestamp};
use std::time::Duration;

/// What follows an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The next attempt, not before this time.
    At(Timestamp),
    /// No further attempt.
    GiveUp,
}

/// The next attempt after `attempts` (one or more, the last included) of which the first was made
/// at `first` and the last ended at `now`.
///
/// `named` is the delay the server itself asked for: it is kept to, a little later rather than
/// earlier, in place of the schedule's. A server that goes on naming short delays is met by the
/// schedule once that has been used up. `dice`, 0 to 1, moves a delay within its jitter.
///
/// No attempt is due later than `give_up_after` from the first; one that would be is made then.
#[must_use]
pub fn next_attempt(
    delivery: &Delivery,
    attempts: u32,
    first: Timestamp,
    now: Timestamp,
    named: Option<Duration>,
    dice: f64,
) -> Next {
    let deadline = first.after(delivery.give_up_after);
    let spent = delivery.max_attempts.is_some_and(|most| attempts >= most);
    if spent || now >= deadline {
        return Next::GiveUp;
    }
    let tried = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let jitter = delivery.retry_jitter;
    let planned = scheduled(&delivery.retry, tried);
    let delay = match named.filter(|named| !named.is_zero()) {
        Some(named) if tried < delivery.retry.len() => stretch(named, jitter * fair(dice)),
        Some(named) => named.max(stretch(planned, jitter * (2.0 * fair(dice) - 1.0))),
        None => stretch(planned, jitter * (2.0 * fair(dice) - 1.0)),
    };
    Next::At(now.after(delay).min(deadline))
}

/// The delay behind the attempt with this index; the last of the schedule repeats.
fn scheduled(retry: &[Duration], tried: usize) -> Duration {
    let place = tried.min(retry.len().saturating_sub(1));
    retry.get(place).copied().unwrap_or(WITHOUT_SCHEDULE)
}

/// Where a schedule is empty, which configuration does not let through.
const WITHOUT_SCHEDULE: Duration = Duration::from_secs(300);

/// A delay made longer, or shorter, by a share of itself.
pub(super) fn stretch(delay: Duration, share: f64) -> Duration {
    let factor = 1.0
        + if share.is_finite() {
            share.clamp(-0.5, 0.5)
        } else {
            0.0
        };
    Duration::try_from_secs_f64(delay.as_secs_f64() * factor).unwrap_or(delay)
}

/// A throw of the dice as it was meant: 0 to 1.
pub(super) fn fair(dice: f64) -> f64 {
    if dice.is_finite() {
        dice.clamp(0.0, 1.0)
    } else {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn after_attempt(delivery: &Delivery, attempts: u32, now: Timestamp, dice: f64) -> Next {
        next_attempt(delivery, attempts, FIRST, now, None, dice)
    }

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn follows_the_schedule_and_repeats_its_end() {
        let delivery = Delivery::default();
        for (attempts, minutes) in [(1, 1), (2, 5), (3, 15), (6, 240), (7, 240), (99, 240)] {
            let next = after_attempt(&delivery, attempts, FIRST, 0.5);
            assert_eq!(
                next,
                Next::At(FIRST.after(secs(60 * minutes))),
                "{attempts}"
            );
        }
    }

    #[test]
    fn gives_up_at_the_end_of_its_time_and_not_before() {
        let delivery = Delivery::default();
        let end = FIRST.after(delivery.give_up_after);
        let before = FIRST.after(delivery.give_up_after - secs(60));
        assert_eq!(after_attempt(&delivery, 40, before, 0.5), Next::At(end));
        assert_eq!(after_attempt(&delivery, 41, end, 0.5), Next::GiveUp);
    }

    #[test]
    fn gives_up_after_the_last_attempt() {
        let delivery = Delivery {
            max_attempts: Some(3),
            ..Delivery::default()
        };
        assert!(matches!(
            after_attempt(&delivery, 2, FIRST, 0.5),
            Next::At(_)
        ));
        assert_eq!(after_attempt(&delivery, 3, FIRST, 0.5), Next::GiveUp);
    }

    #[test]
    fn a_named_delay_is_kept_to_but_not_for_ever() {
        let delivery = Delivery::default();
        let named = |attempts, named| {
            next_attempt(&delivery, attempts, FIRST, FIRST, Some(secs(named)), 0.0)
        };
        assert_eq!(named(1, 300), Next::At(FIRST.after(secs(300))));
        assert_eq!(named(5, 1), Next::At(FIRST.after(secs(1))));
        let Next::At(later) = named(7, 1) else {
            panic!("no next attempt")
        };
        assert!(
            later.since(FIRST) > secs(3600),
            "a server that always says one second"
        );
        assert_eq!(
            named(1, 0),
            Next::At(FIRST.after(secs(48))),
            "zero names nothing"
        );
    }

    proptest! {
        #[test]
        fn delays_grow_and_are_bounded(attempts in 1_u32..1000, dice in 0.0_f64..=1.0, passed in 0_u64..200_000) {
            let delivery = Delivery::default();
            let now = FIRST.after(secs(passed));
            let end = FIRST.after(delivery.give_up_after);
            match after_attempt(&delivery, attempts, now, dice) {
                Next::GiveUp => prop_assert!(now >= end),
                Next::At(at) => {
                    prop_assert!(at > now && at <= end);
                    if let Next::At(next) = after_attempt(&delivery, attempts + 1, now, dice) {
                        prop_assert!(next >= at, "a later attempt waits at least as long");
                    }
                }
            }
        }

        #[test]
        fn jitter_stays_within_its_share(attempts in 1_u32..7, dice in any::<f64>()) {
            let delivery = Delivery::default();
            let plain = scheduled(&delivery.retry, attempts as usize - 1).as_secs_f64();
            if let Next::At(at) = after_attempt(&delivery, attempts, FIRST, dice) {
                let delay = at.since(FIRST).as_secs_f64();
                prop_assert!((delay - plain).abs() <= plain * delivery.retry_jitter + 0.001);
            }
        }

        #[test]
        fn a_named_delay_is_never_undercut(named in 1_u64..100_000, dice in 0.0_f64..=1.0, attempts in 1_u32..20) {
            let delivery = Delivery::default();
            let next = next_attempt(&delivery, attempts, FIRST, FIRST, Some(secs(named)), dice);
            prop_assert!(matches!(next, Next::At(at) if at >= FIRST.after(secs(named))));
        }
    }
}
