//! Which relay the next connection goes to.
//!
//! Connections are shared out by weight among the relays that can be used; those of weight zero
//! are kept for when no other can be.

use crate::model::Timestamp;

/// How one of several relays stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its share beside the others'; zero is used only when they fail.
    pub weight: u32,
    /// Whether it can be used.
    pub state: RelayState,
    /// Whether it takes transactions, as far as is known. One that is not proven gets a single
    /// connection that tries it.
    pub proven: bool,
    /// Connections it has.
    pub held: usize,
    /// Connections it bears, as far as is known.
    pub most: usize,
}

/// Whether a relay can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayState {
    /// It can.
    Usable,
    /// It could not be reached, and is left alone until then.
    Resting(Timestamp),
    /// Another token is being fetched for it.
    Waiting,
    /// It does not take our credentials, and never will in this run.
    Out,
}

impl Standing {
    /// Whether new connections to it may be tried at `now`.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        match self.state {
            RelayState::Usable => true,
            RelayState::Resting(until) => until <= now,
            RelayState::Waiting | RelayState::Out => false,
        }
    }
}

/// The relay that the next connection goes to, or `None` where none may have another one now: of
/// those that can be used, the one that has fewest for its weight, the first of them in order.
#[must_use]
pub fn choose(relays: &[Standing], now: Timestamp) -> Option<usize> {
    let usable = || relays.iter().enumerate().filter(|one| one.1.is_usable(now));
    let free = |relay: &Standing| match relay.proven {
        true => relay.held < relay.most,
        false => relay.held == 0,
    };
    if usable().any(|(_, relay)| relay.weight > 0) {
        let weighted = usable().filter(|(_, relay)| relay.weight > 0 && free(relay));
        // (held + 1) / weight, compared without dividing.
        let least = weighted
            .min_by(|(_, one), (_, other)| load(one, other.weight).cmp(&load(other, one.weight)));
        return least.map(|(at, _)| at);
    }
    usable().find(|(_, relay)| free(relay)).map(|(at, _)| at)
}

/// How many connections each relay holds beyond its share, were `total` of them shared out anew.
/// Relays that cannot be used have no share, and nothing to give back either: what they hold works.
#[must_use]
pub fn surplus(relays: &[Standing], total: usize, now: Timestamp) -> Vec<usize> {
    let mut fresh: Vec<_> = relays
        .iter()
        .map(|relay| Standing {
            held: 0,
            proven: true,
            ..*relay
        })
        .collect();
    for _ in 0..total {
        let Some(at) = choose(&fresh, now) else { break };
        fresh[at].held += 1;
    }
    let pairs = relays.iter().zip(&fresh);
    pairs
        .map(|(relay, share)| {
            if relay.is_usable(now) {
                relay.held.saturating_sub(share.held)
            } else {
                0
            }
        })
        .collect()
}

fn load(relay: &Standing, other_weight: u32) -> u128 {
    (relay.held as u128 + 1) * u128::from(other_weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn relay(weight: u32, held: usize) -> Standing {
        Standing {
            weight,
            state: RelayState::Usable,
            proven: true,
            held,
            most: usize::MAX,
        }
    }

    /// What each holds when so many connections were opened one by one.
    fn shared_out(relays: &[Standing], connections: usize) -> Vec<usize> {
        let mut relays = relays.to_vec();
        for _ in 0..connections {
            let Some(at) = choose(&relays, NOW) else {
                break;
            };
            relays[at].held += 1;
        }
        relays.iter().map(|relay| relay.held).collect()
    }

    #[test]
    fn connections_are_shared_out_by_weight() {
        let relays = [relay(3, 0), relay(1, 0), relay(0, 0)];
        assert_eq!(shared_out(&relays, 1), [1, 0, 0]);
        assert_eq!(shared_out(&relays, 8), [6, 2, 0]);
        assert_eq!(shared_out(&relays, 80), [60, 20, 0]);
    }

    #[test]
    fn one_that_rests_is_left_alone_until_its_time() {
        let resting = |until| Standing {
            state: RelayState::Resting(Timestamp::from_millis(until)),
            ..relay(1, 0)
        };
        assert_eq!(shared_out(&[resting(1_001), relay(1, 0)], 4), [0, 4]);
        assert_eq!(shared_out(&[resting(1_000), relay(1, 0)], 4), [2, 2]);
    }

    #[test]
    fn the_last_resort_is_used_when_all_others_fail() {
        let out = Standing {
            state: RelayState::Out,
            ..relay(5, 0)
        };
        let waiting = Standing {
            state: RelayState::Waiting,
            ..relay(5, 0)
        };
        assert_eq!(
            shared_out(&[out, waiting, relay(0, 0), relay(0, 0)], 3),
            [0, 0, 3, 0]
        );
        assert_eq!(choose(&[out, waiting], NOW), None);
    }

    #[test]
    fn one_that_is_not_proven_is_tried_by_one_connection() {
        let untried = Standing {
            proven: false,
            ..relay(1, 0)
        };
        assert_eq!(shared_out(&[untried, untried], 4), [1, 1]);
        assert_eq!(shared_out(&[untried, relay(1, 0)], 4), [1, 3]);
        // Whoever waits for the answer of the first does not turn to the last resort.
        assert_eq!(shared_out(&[untried, relay(0, 0)], 4), [1, 0]);
    }

    #[test]
    fn one_at_its_limit_leaves_the_rest_to_others() {
        let small = Standing {
            most: 2,
            ..relay(1, 0)
        };
        assert_eq!(shared_out(&[small, relay(1, 0)], 10), [2, 8]);
        assert_eq!(shared_out(&[small], 10), [2]);
        let full = Standing { held: 5, ..small };
        assert_eq!(surplus(&[full, relay(1, 5)], 10, NOW), [3, 0]);
    }

    #[test]
    fn one_that_comes_back_gets_its_share() {
        assert_eq!(surplus(&[relay(1, 10), relay(1, 0)], 10, NOW), [5, 0]);
        assert_eq!(surplus(&[relay(1, 0), relay(0, 10)], 10, NOW), [0, 10]);
        assert_eq!(surplus(&[relay(1, 5), relay(1, 5)], 10, NOW), [0, 0]);
        let out = Standing {
            state: RelayState::Out,
            ..relay(1, 5)
        };
        assert_eq!(surplus(&[out, relay(1, 5)], 10, NOW), [0, 0]);
    }

    fn any_relay() -> impl Strategy<Value = Standing> {
        let state = prop_oneof![
            Just(RelayState::Usable),
            (0_i64..2_000).prop_map(|at| RelayState::Resting(Timestamp::from_millis(at))),
            Just(RelayState::Waiting),
            Just(RelayState::Out),
        ];
        (0_u32..5, state, any::<bool>(), 0_usize..20).prop_map(|(weight, state, proven, held)| {
            Standing {
                weight,
                state,
                proven,
                held,
                most: usize::MAX,
            }
        })
    }

    proptest! {
        #[test]
        fn only_what_can_be_used_is_chosen(relays in prop::collection::vec(any_relay(), 0..6)) {
            let chosen = choose(&relays, NOW);
            if let Some(at) = chosen {
                let one = relays[at];
                prop_assert!(one.is_usable(NOW));
                prop_assert!(one.proven || one.held == 0);
                let others = relays.iter().any(|other| other.is_usable(NOW) && other.weight > 0);
                prop_assert!(one.weight > 0 || !others);
            } else {
                let free = |relay: &&Standing| {
                    relay.is_usable(NOW) && relay.weight > 0 && (relay.proven || relay.held == 0)
                };
                prop_assert!(relays.iter().find(free).is_none());
            }
        }

        #[test]
        fn all_are_shared_out_and_stay_so(
            weights in prop::collection::vec(1_u32..10, 1..5),
            total in 0_usize..100,
        ) {
            let relays: Vec<_> = weights.iter().map(|weight| relay(*weight, 0)).collect();
            let held = shared_out(&relays, total);
            prop_assert_eq!(held.iter().sum::<usize>(), total);
            let whole: u32 = weights.iter().sum();
            for (held, weight) in held.iter().zip(&weights) {
                let fair = total as f64 * f64::from(*weight) / f64::from(whole);
                // What the method of d'Hondt is known to keep to.
                prop_assert!(*held as f64 >= fair.floor() - weights.len() as f64, "{held} {fair}");
            }
            let full: Vec<_> = relays.iter().zip(&held).map(|(one, held)| Standing { held: *held, ..*one }).collect();
            prop_assert!(surplus(&full, total, NOW).iter().all(|more| *more == 0));
        }
    }
}
