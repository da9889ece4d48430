//! Where numbers and times stand on an axis, and which of them are named.

use crate::model::Timestamp;
use crate::progress::words;

/// Parts of an axis between named values, at most.
const PARTS: u64 = 4;
/// Steps between named times, in seconds; beyond the last they double.
const TIMES: [i64; 27] = [
    1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600,
    43_200, 86_400, 172_800, 604_800, 1_209_600, 2_419_200, 4_838_400, 9_676_800,
];
const DAY: i64 = 86_400;

/// Whole numbers from 0 to at least `most`, evenly apart by 1, 2 or 5 times a power of ten: 2 to 5
/// of them.
pub(super) fn ticks(most: u64) -> Vec<u64> {
    let most = most.max(1);
    let mut power = 1_u64;
    let step = loop {
        let fits = |factor: &u64| {
            let step = power.saturating_mul(*factor);
            step.saturating_mul(PARTS) >= most
        };
        match [1, 2, 5].into_iter().find(fits) {
            Some(factor) => break power.saturating_mul(factor),
            None => power = power.saturating_mul(10),
        }
    };
    (0..=most.div_ceil(step))
        .map(|place| place.saturating_mul(step))
        .collect()
}

/// A named time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeTick {
    /// Its place on the axis in percent.
    pub(super) place: f64,
    /// The place of its name: the middle of it or, where it `starts` there, its left end.
    pub(super) text: f64,
    /// Whether the name stands to the right of its place.
    pub(super) starts: bool,
    pub(super) label: String,
}

/// Names of the times at these places, in order: day and time of day. Those that would touch the one
/// before are left out, and none stands out at the right.
pub(super) fn start_ticks(starts: impl Iterator<Item = (f64, i64)>) -> Vec<TimeTick> {
    let mut ticks: Vec<TimeTick> = Vec::new();
    for (place, at) in starts {
        let text = place.min(100.0 - NAME);
        if ticks.last().is_some_and(|last| text - last.text < NAME) {
            continue;
        }
        let whole = words::time(Timestamp::from_millis(at.saturating_mul(1000)));
        ticks.push(TimeTick {
            place,
            text,
            starts: true,
            label: whole.get(5..16).unwrap_or("").replace('T', " "),
        });
    }
    ticks
}

/// What the name of a start takes of the axis on a phone, in percent, and a little more.
const NAME: f64 = 27.0;

/// Named times of an axis from `start`, `seconds` long: at most 5, at round times of UTC, and none so
/// near an end that its name would stand out.
pub(super) fn time_ticks(start: i64, seconds: i64) -> Vec<TimeTick> {
    let seconds = seconds.max(1);
    let parts = i64::try_from(PARTS).unwrap_or(4);
    let step = TIMES
        .into_iter()
        .find(|step| step.saturating_mul(parts) >= seconds);
    let step = step.unwrap_or_else(|| {
        let mut step = TIMES[TIMES.len() - 1];
        while step.saturating_mul(parts) < seconds {
            step = step.saturating_mul(2);
        }
        step
    });
    let end = start.saturating_add(seconds);
    let first = start.div_euclid(step).saturating_mul(step);
    std::iter::successors(Some(first), |at| at.checked_add(step))
        .take_while(|at| *at <= end)
        .map(|at| {
            let place = 100.0 * (at - start) as f64 / seconds as f64;
            TimeTick {
                place,
                text: place,
                starts: false,
                label: label(at, step),
            }
        })
        .filter(|tick| (EDGE..=100.0 - EDGE).contains(&tick.place))
        .collect()
}

/// The share of the axis at its ends where no name is centred, in percent.
const EDGE: f64 = 10.0;

/// `14:05:30`, `14:05` or `11-22`, as fine as the step asks for.
fn label(at: i64, step: i64) -> String {
    let whole = words::time(Timestamp::from_millis(at.saturating_mul(1000)));
    let part = if step >= DAY {
        whole.get(5..10)
    } else if step >= 60 {
        whole.get(11..16)
    } else {
        whole.get(11..19)
    };
    part.unwrap_or("").to_owned()
}

/// A span of time as the width of a part: `second`, `5 seconds`, `minute`, `3 hours`, `7 days`.
pub(super) fn width(seconds: i64) -> String {
    let (count, unit) = [(DAY, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]
        .into_iter()
        .find(|(unit, _)| seconds % unit == 0 && seconds >= *unit)
        .map_or((seconds, "second"), |(unit, word)| (seconds / unit, word));
    match count {
        1 => unit.to_owned(),
        _ => format!("{count} {unit}s"),
    }
}

/// Widths of parts that share `room`: in proportion, but what is there is never narrower than
/// `least`, as far as the room goes.
pub(super) fn widths(counts: &[u64], room: u32, least: u32) -> Vec<u32> {
    let total: u64 = counts.iter().sum();
    if total == 0 {
        return vec![0; counts.len()];
    }
    let share = |count: u64| f64::from(room) * count as f64 / total as f64;
    let mut widths: Vec<u32> = counts
        .iter()
        .map(|count| match count {
            0 => 0,
            // A share of the room is no larger than the room.
            count => (share(*count).floor() as u32).max(least),
        })
        .collect();
    // The widest gives, or gets, what rounding left.
    let sum: u32 = widths.iter().sum();
    if let Some(widest) = widths.iter_mut().max() {
        *widest = widest.saturating_add(room).saturating_sub(sum);
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0), [0, 1]);
        assert_eq!(ticks(1), [0, 1]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(7), [0, 2, 4, 6, 8]);
        assert_eq!(ticks(43), [0, 20, 40, 60]);
        assert_eq!(ticks(1_000_000), [0, 500_000, 1_000_000]);
    }

    #[test]
    fn times_are_named_as_finely_as_they_stand() {
        let labels = |start, seconds| {
            let ticks = time_ticks(start, seconds);
            ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>()
        };
        let noon = 1_796_126_400;
        assert_eq!(labels(noon, 12), ["12:00:03", "12:00:06", "12:00:09"]);
        assert_eq!(labels(noon + 30, 1_200), ["12:05", "12:10", "12:15"]);
        assert_eq!(labels(noon, 5 * DAY), ["12-03", "12-05"]);
    }

    #[test]
    fn starts_that_would_touch_are_not_named() {
        let noon = 1_796_126_400;
        let starts = [
            (0.0, noon),
            (12.0, noon + DAY),
            (60.0, noon + 2 * DAY),
            (95.0, noon + 3 * DAY),
        ];
        let ticks = start_ticks(starts.into_iter());
        let named: Vec<_> = ticks.iter().map(|one| (one.text, &*one.label)).collect();
        assert_eq!(named, [(0.0, "12-01 12:00"), (60.0, "12-03 12:00")]);
        let late = start_ticks([(0.0, noon), (95.0, noon + DAY)].into_iter());
        assert_eq!((late[1].place, late[1].text), (95.0, 73.0));
    }

    #[test]
    fn widths_of_parts_in_words() {
        let told = [1, 5, 60, 10_800, 604_800].map(width);
        assert_eq!(told, ["second", "5 seconds", "minute", "3 hours", "7 days"]);
    }

    #[test]
    fn what_is_there_is_seen() {
        assert_eq!(widths(&[999_999, 1, 0], 1_000, 4), [996, 4, 0]);
        assert_eq!(widths(&[1], 1_000, 4), [1_000]);
        assert_eq!(widths(&[0, 0], 1_000, 4), [0, 0]);
    }

    proptest! {
        #[test]
        fn names_of_numbers_are_few_and_short(most in 0..=u64::MAX / 16) {
            let ticks = ticks(most);
            prop_assert!((2..=5).contains(&ticks.len()));
            prop_assert!(*ticks.last().unwrap() >= most);
            for tick in ticks.iter().filter(|tick| **tick < 1_000_000_000_000) {
                prop_assert!(words::short_count(*tick).len() <= 6);
            }
        }

        /// A name takes at most 58 of the 290 points that a phone leaves the axis.
        #[test]
        fn names_of_times_never_touch(start in 0..253_402_300_799_i64, seconds in 1..3_000_000_000_i64) {
            let ticks = time_ticks(start, seconds);
            prop_assert!(ticks.len() <= 5);
            for pair in ticks.windows(2) {
                prop_assert!(pair[1].place - pair[0].place >= 24.9, "{:?}", pair);
            }
            for tick in &ticks {
                prop_assert!(tick.label.len() <= 8);
                prop_assert!((EDGE..=100.0 - EDGE).contains(&tick.place));
            }
        }

        #[test]
        fn parts_fill_the_room(counts in prop::collection::vec(0..u64::MAX / 8, 1..7)) {
            let widths = widths(&counts, 1_000, 4);
            let sum: u32 = widths.iter().sum();
            let all: u64 = counts.iter().sum();
            prop_assert_eq!(sum, if all == 0 { 0 } else { 1_000 });
        }
    }
}
