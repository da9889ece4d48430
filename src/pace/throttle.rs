//! How a destination's limits answer to what its servers say.

use super::limits::DestinationLimits;
use crate::model::Rate;
use std::time::{Duration, Instant};

/// The connections and the rate a destination has now.
///
/// On "slow down" both fall by half; then, while mail is taken without complaint, they probe up
/// again step by step. A probe that draws the next complaint doubles the time to the one after
/// it. Every change is returned as a sentence for people.
#[derive(Debug, Clone)]
pub struct Throttle {
    /// What configuration allows; never exceeded.
    limit: Pace,
    /// What holds now.
    now: Pace,
    /// The last change, and how long after it nothing more is tried.
    changed: Option<Instant>,
    patience: Duration,
    /// Whether the last change was a probe.
    probing: bool,
    /// What passed lately: a rate that is unlimited has to fall from somewhere.
    flow: Flow,
    /// The flow at the first complaint; once a rate is well above it, it needs no limit.
    peak: f64,
}

/// Connections, and messages a second; `None` is unlimited.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pace {
    connections: usize,
    per_second: Option<f64>,
}

impl Throttle {
    /// Starts with all that is allowed.
    #[must_use]
    pub fn new(limits: &DestinationLimits) -> Self {
        let limit = Pace {
            connections: limits.connections.max(1),
            per_second: limits.rate.map(|rate| rate.per_second),
        };
        Self {
            limit,
            now: limit,
            changed: None,
            patience: PATIENCE,
            probing: false,
            flow: Flow::default(),
            peak: 0.0,
        }
    }

    /// Connections it may have now, at least one.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.now.connections
    }

    /// The rate it may have now; `None` is unlimited.
    #[must_use]
    pub fn rate(&self) -> Option<Rate> {
        self.now.per_second.map(|per_second| Rate { per_second })
    }

    /// A server asked for less. Complaints that come within a second of a change belong to the
    /// pace before it and change nothing.
    pub fn slow_down(&mut self, now: Instant, why: &str) -> Option<String> {
        if self.since_change(now).is_some_and(|since| since < SETTLE) {
            return None;
        }
        if self.now == self.limit {
            self.peak = self.flow.per_second(now);
        }
        self.patience = if self.probing {
            (self.patience * 2).min(LONGEST_PATIENCE)
        } else {
            PATIENCE
        };
        let next = Pace {
            connections: (self.now.connections / 2).max(1),
            per_second: self.lower_rate(now),
        };
        self.lower(next, now, why)
    }

    /// A server turned a connection away while it kept `held` others: so many it bears, and its
    /// rate is another matter.
    pub fn turned_away(&mut self, held: usize, now: Instant, why: &str) -> Option<String> {
        self.patience = if self.probing {
            (self.patience * 2).min(LONGEST_PATIENCE)
        } else {
            PATIENCE
        };
        let connections = self.now.connections.min(held.max(1));
        self.lower(
            Pace {
                connections,
                ..self.now
            },
            now,
            why,
        )
    }

    fn lower(&mut self, next: Pace, now: Instant, why: &str) -> Option<String> {
        self.changed = Some(now);
        self.probing = false;
        if next == self.now {
            return None;
        }
        self.now = next;
        Some(format!("slowed down to {next}: {why}"))
    }

    /// A message was taken.
    pub fn succeeded(&mut self, now: Instant) -> Option<String> {
        self.flow.count(now);
        if self.now == self.limit || self.since_change(now)? < self.patience {
            return None;
        }
        let next = self.probe();
        self.now = next;
        self.changed = Some(now);
        self.probing = true;
        let seconds = self.patience.as_secs();
        Some(if next == self.limit {
            self.changed = None;
            format!("back at {next}, after {seconds} s without complaint")
        } else {
            format!("tries {next}, after {seconds} s without complaint")
        })
    }

    /// Half the rate. One that is unlimited falls from what passed lately; before anything has, only
    /// the connections can have been too many.
    fn lower_rate(&self, now: Instant) -> Option<f64> {
        let early = self.now.connections > 1 && !self.flow.is_known();
        let rate = match self.now.per_second {
            Some(rate) => rate,
            None if early => return None,
            None => self.flow.per_second(now),
        };
        Some((rate / 2.0).max(self.slowest()))
    }

    /// One step up: a connection more, and half as much again.
    fn probe(&self) -> Pace {
        let connections = (self.now.connections + 1).min(self.limit.connections);
        let raised = self.now.per_second.map(|rate| rate * 1.5);
        let per_second = match (raised, self.limit.per_second) {
            (Some(raised), Some(limit)) => Some(raised.min(limit)),
            // Where nothing limits it by configuration, the limit goes when it no longer bites.
            (Some(raised), None) => {
                let free = connections == self.limit.connections && raised > 2.0 * self.peak;
                (!free).then_some(raised)
            }
            (None, limit) => limit,
        };
        Pace {
            connections,
            per_second,
        }
    }

    /// However much is complained of, so much is still tried; nothing else would find out when it
    /// has ended.
    fn slowest(&self) -> f64 {
        self.limit
            .per_second
            .map_or(SLOWEST, |limit| SLOWEST.min(limit))
    }

    fn since_change(&self, now: Instant) -> Option<Duration> {
        self.changed
            .map(|changed| now.saturating_duration_since(changed))
    }
}

/// Complaints so soon after a change are answers to mail that was on the wire before it.
const SETTLE: Duration = Duration::from_secs(1);
/// How long a pace must hold without complaint before more is tried.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_PATIENCE: Duration = Duration::from_secs(600);
/// Messages a second.
const SLOWEST: f64 = 0.1;

impl std::fmt::Display for Pace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.connections == 1 { "" } else { "s" };
        write!(f, "{} connection{plural}", self.connections)?;
        match self.per_second {
            None => Ok(()),
            Some(rate) if rate >= 10.0 => write!(f, " and {rate:.0} messages a second"),
            Some(rate) if rate >= 1.0 => write!(f, " and {rate:.1} messages a second"),
            Some(rate) => write!(f, " and {:.0} messages a minute", rate * 60.0),
        }
    }
}

/// Messages a second over the last whole spans of [`SPAN`].
#[derive(Debug, Clone, Copy, Default)]
struct Flow {
    started: Option<Instant>,
    count: u32,
    before: Option<f64>,
}

const SPAN: Duration = Duration::from_secs(5);

impl Flow {
    fn count(&mut self, now: Instant) {
        let started = *self.started.get_or_insert(now);
        let passed = now.saturating_duration_since(started);
        if passed >= SPAN {
            self.before = Some(f64::from(self.count) / passed.as_secs_f64());
            self.started = Some(now);
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Whether enough has passed to speak of a rate.
    fn is_known(&self) -> bool {
        self.before.is_some() || self.count >= 10
    }

    /// At least one a second, so that there is something to halve.
    fn per_second(&self, now: Instant) -> f64 {
        let passed = self
            .started
            .map(|started| now.saturating_duration_since(started));
        let seconds = passed.unwrap_or_default().as_secs_f64().max(1.0);
        let lately = f64::from(self.count) / seconds;
        lately.max(self.before.unwrap_or(0.0)).max(1.0)
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

    fn throttle(connections: usize, per_second: Option<f64>) -> Throttle {
        Throttle::new(&DestinationLimits {
            connections,
            rate: per_second.map(|per_second| Rate { per_second }),
            ..DestinationLimits::default()
        })
    }

    fn pace(throttle: &Throttle) -> (usize, Option<f64>) {
        (
            throttle.connections(),
            throttle.rate().map(|rate| rate.per_second),
        )
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn halves_once_for_complaints_that_come_together() {
        let (mut throttle, start) = (throttle(8, Some(20.0)), Instant::now());
        let told = throttle.slow_down(start, "421 too fast").unwrap();
        assert_eq!(
            told,
            "slowed down to 4 connections and 10 messages a second: 421 too fast"
        );
        for _ in 0..50 {
            assert_eq!(throttle.slow_down(start + SECOND / 2, "421 too fast"), None);
        }
        assert_eq!(pace(&throttle), (4, Some(10.0)));
        throttle.slow_down(start + SECOND, "421").unwrap();
        assert_eq!(pace(&throttle), (2, Some(5.0)));
    }

    #[test]
    fn probes_up_to_its_limit_and_not_beyond() {
        let (mut throttle, mut now) = (throttle(4, Some(20.0)), Instant::now());
        throttle.slow_down(now, "421").unwrap();
        let mut told = Vec::new();
        for _ in 0..100 {
            now += SECOND;
            told.extend(throttle.succeeded(now));
        }
        assert_eq!(
            told,
            [
                "tries 3 connections and 15 messages a second, after 5 s without complaint",
                "back at 4 connections and 20 messages a second, after 5 s without complaint",
            ]
        );
        assert_eq!(pace(&throttle), (4, Some(20.0)));
    }

    #[test]
    fn a_probe_that_fails_is_repeated_later() {
        let (mut throttle, start) = (throttle(4, Some(20.0)), Instant::now());
        throttle.slow_down(start, "421").unwrap();
        let mut now = start + 5 * SECOND;
        throttle.succeeded(now).unwrap();
        now += 2 * SECOND;
        throttle.slow_down(now, "421").unwrap();
        assert_eq!(throttle.succeeded(now + 9 * SECOND), None);
        assert!(throttle.succeeded(now + 10 * SECOND).is_some());
    }

    #[test]
    fn an_unlimited_rate_falls_from_what_passed_and_becomes_unlimited_again() {
        let (mut throttle, start) = (throttle(2, None), Instant::now());
        for message in 0..1000 {
            throttle.succeeded(start + Duration::from_millis(10) * message);
        }
        let mut now = start + 10 * SECOND;
        throttle.slow_down(now, "450").unwrap();
        let (connections, rate) = pace(&throttle);
        assert_eq!(connections, 1);
        assert!(
            (40.0..60.0).contains(&rate.unwrap()),
            "half of 100 a second, not {rate:?}"
        );
        for _ in 0..60 {
            now += SECOND;
            throttle.succeeded(now);
        }
        assert_eq!(pace(&throttle), (2, None));
    }

    #[test]
    fn before_anything_passed_only_connections_were_too_many() {
        let (mut throttle, start) = (throttle(8, None), Instant::now());
        throttle
            .slow_down(start, "421 too many connections")
            .unwrap();
        assert_eq!(pace(&throttle), (4, None));
    }

    proptest! {
        #[test]
        fn never_exceeds_its_limits_nor_stops(
            connections in 1_usize..50,
            per_second in proptest::option::of(0.01_f64..1000.0),
            events in proptest::collection::vec((0_u64..20_000, any::<bool>()), 1..200),
        ) {
            let mut throttle = throttle(connections, per_second);
            let mut now = Instant::now();
            for (millis, complaint) in events {
                now += Duration::from_millis(millis);
                let before = pace(&throttle);
                let told = if complaint { throttle.slow_down(now, "x") } else { throttle.succeeded(now) };
                let after = pace(&throttle);
                prop_assert_eq!(told.is_some(), before != after, "every change is told, and nothing else");
                prop_assert!((1..=connections).contains(&after.0));
                if let Some(limit) = per_second {
                    let rate = after.1.unwrap();
                    prop_assert!(rate > 0.0 && rate <= limit);
                }
            }
        }
    }
}
