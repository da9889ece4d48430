//! How long a campaign takes at best, by the limits that are known.
//!
//! What servers answer is not known before: a forecast is the time below which the limits do not
//! let it come, with one assumption about servers ([`PER_MESSAGE`]).

use super::limits::DestinationLimits;
use super::window::window_opens;
use crate::model::{Rate, Schedule, Timestamp};
use std::time::Duration;

/// How long one message takes on a connection, as a rule: what large providers need to answer.
pub const PER_MESSAGE: Duration = Duration::from_millis(500);

/// What makes a destination slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Its rate.
    Rate,
    /// Its connections, each with [`PER_MESSAGE`].
    Connections,
}

/// How long a destination takes with so many recipients, and by which of its limits. `sources` are
/// the addresses that mail leaves from: each has the limits to itself.
#[must_use]
pub fn time_needed(
    recipients: u64,
    limits: &DestinationLimits,
    sources: usize,
) -> (Duration, Bound) {
    let sources = sources.max(1);
    let by_rate = limits.rate.map(|rate| at_rate(recipients, rate, sources));
    let by_connections = on_connections(recipients, limits.connections.saturating_mul(sources));
    match by_rate {
        Some(by_rate) if by_rate >= by_connections => (by_rate, Bound::Rate),
        Some(_) | None => (by_connections, Bound::Connections),
    }
}

/// How long so many messages take at a rate of each of `sources`.
#[must_use]
pub fn at_rate(recipients: u64, rate: Rate, sources: usize) -> Duration {
    seconds(recipients as f64 / (rate.per_second * sources.max(1) as f64))
}

/// How long so many messages take on so many connections.
#[must_use]
pub fn on_connections(recipients: u64, connections: usize) -> Duration {
    seconds(recipients as f64 * PER_MESSAGE.as_secs_f64() / connections.max(1) as f64)
}

/// When sending has ended that begins at `now` or with the schedule and needs so much time within
/// its hours; `None` where that is more than [`HORIZON`] away.
#[must_use]
pub fn finish(schedule: &Schedule, now: Timestamp, needed: Duration) -> Option<Timestamp> {
    let start = schedule.start.map_or(now, |start| start.max(now));
    let Some(window) = &schedule.window else {
        return (needed <= HORIZON).then(|| start.after(needed));
    };
    let (mut at, mut left) = (start, needed);
    let end = start.after(HORIZON);
    while at < end {
        match window_opens(window, at) {
            Some(opens) => at = opens,
            None if left <= STEP => return Some(at.after(left)),
            None => {
                left -= STEP;
                at = at.after(STEP);
            }
        }
    }
    None
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// How far ahead a forecast looks.
pub const HORIZON: Duration = Duration::from_secs(60 * 86_400);
/// How exactly it knows when hours end.
const STEP: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DailyWindow;

    fn limits(connections: usize, per_second: Option<f64>) -> DestinationLimits {
        DestinationLimits {
            connections,
            rate: per_second.map(|per_second| Rate { per_second }),
            ..DestinationLimits::default()
        }
    }

    #[test]
    fn the_narrower_limit_counts() {
        let needed = |limits, sources| time_needed(1_000, &limits, sources);
        assert_eq!(
            needed(limits(10, None), 1),
            (Duration::from_secs(50), Bound::Connections)
        );
        assert_eq!(
            needed(limits(10, Some(10.0)), 1),
            (Duration::from_secs(100), Bound::Rate)
        );
        assert_eq!(
            needed(limits(10, Some(1_000.0)), 1),
            (Duration::from_secs(50), Bound::Connections)
        );
        assert_eq!(
            needed(limits(10, Some(10.0)), 2),
            (Duration::from_secs(50), Bound::Rate)
        );
        assert_eq!(time_needed(0, &limits(0, Some(1.0)), 0).0, Duration::ZERO);
        assert_eq!(
            time_needed(u64::MAX, &limits(1, Some(f64::MIN_POSITIVE)), 1).0,
            Duration::MAX
        );
    }

    #[test]
    fn nights_are_waited_for() {
        let day = DailyWindow {
            from_minute: 9 * 60,
            to_minute: 21 * 60,
            zone: "UTC".into(),
        };
        let at = |hours: i64| Timestamp::from_millis(hours * 3_600_000);
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let schedule = Schedule {
            window: Some(day),
            ..Schedule::default()
        };
        let ends = |from, needed| finish(&schedule, at(from), hours(needed));
        assert_eq!(ends(10, 5), Some(at(15)));
        assert_eq!(ends(10, 13), Some(at(24 + 11)));
        assert_eq!(ends(2, 1), Some(at(10)));
        assert_eq!(ends(2, 0), Some(at(9)));
        assert_eq!(ends(0, 24 * 365), None);
        let later = Schedule {
            start: Some(at(100)),
            ..Schedule::default()
        };
        assert_eq!(finish(&later, at(1), hours(2)), Some(at(102)));
        assert_eq!(finish(&later, at(200), hours(2)), Some(at(202)));
        assert_eq!(finish(&later, at(200), Duration::MAX), None);
    }
}
