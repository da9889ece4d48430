//! The hours of a day in which mail may be sent.

use crate::model::{DailyWindow, Timestamp};
use jiff::tz::TimeZone;
use std::time::Duration;

/// When mail may be sent again: `None` where it may be sent now, otherwise the time at which the
/// window opens next, to the minute. Midnight within a window and changes of summer time are
/// followed as the wall clock of the zone shows them.
#[must_use]
pub fn window_opens(window: &DailyWindow, now: Timestamp) -> Option<Timestamp> {
    // The zone was found when the campaign was read; should it be gone since, UTC is still a clock.
    let zone = TimeZone::get(&window.zone).unwrap_or(TimeZone::UTC);
    if is_open(window, &zone, now)? {
        return None;
    }
    let whole = now.as_millis().div_euclid(MINUTE) * MINUTE;
    // Asking the zone minute by minute is right across every change of its clock, and costs a
    // fraction of a millisecond. Two days hold an opening even where an hour of one was skipped.
    (1..=2 * 24 * 60)
        .map(|minutes| Timestamp::from_millis(whole).after(Duration::from_secs(60 * minutes)))
        .find(|time| is_open(window, &zone, *time) != Some(false))
}

/// Whether the wall clock stands within the window; `None` for times no calendar has.
fn is_open(window: &DailyWindow, zone: &TimeZone, time: Timestamp) -> Option<bool> {
    let time = jiff::Timestamp::from_millisecond(time.as_millis()).ok()?;
    let clock = zone.to_datetime(time);
    let minute = u16::try_from(i32::from(clock.hour()) * 60 + i32::from(clock.minute())).ok()?;
    let (from, to) = (window.from_minute, window.to_minute);
    Some(if from < to {
        (from..to).contains(&minute)
    } else {
        minute >= from || minute < to
    })
}

/// Milliseconds.
const MINUTE: i64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window(from: u16, to: u16, zone: &str) -> DailyWindow {
        DailyWindow {
            from_minute: from,
            to_minute: to,
            zone: zone.to_owned(),
        }
    }

    fn time(text: &str) -> Timestamp {
        let time: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_millis(time.as_millisecond())
    }

    #[test]
    fn a_day_in_tokyo() {
        let day = window(9 * 60, 21 * 60, "Asia/Tokyo");
        let opens = |text| window_opens(&day, time(text));
        assert_eq!(opens("2026-12-01T09:00:00+09:00"), None);
        assert_eq!(opens("2026-12-01T20:59:59+09:00"), None);
        let next = Some(time("2026-12-02T09:00:00+09:00"));
        assert_eq!(opens("2026-12-01T21:00:00+09:00"), next);
        assert_eq!(opens("2026-12-02T08:59:59.999+09:00"), next);
    }

    #[test]
    fn a_night_spans_midnight() {
        let night = window(22 * 60, 6 * 60, "UTC");
        let opens = |text| window_opens(&night, time(text));
        assert_eq!(opens("2026-12-01T23:00:00Z"), None);
        assert_eq!(opens("2026-12-01T05:59:00Z"), None);
        assert_eq!(
            opens("2026-12-01T06:00:00Z"),
            Some(time("2026-12-01T22:00:00Z"))
        );
    }

    #[test]
    fn an_hour_that_is_skipped_opens_behind_the_gap() {
        // On 2026-03-29 Berlin's clocks go from 02:00 to 03:00.
        let early = window(2 * 60 + 30, 5 * 60, "Europe/Berlin");
        let opens = window_opens(&early, time("2026-03-29T01:10:00+01:00"));
        assert_eq!(opens, Some(time("2026-03-29T03:00:00+02:00")));
    }

    #[test]
    fn an_hour_that_comes_twice_opens_twice() {
        // On 2026-10-25 Berlin's clocks go from 03:00 back to 02:00.
        let early = window(2 * 60 + 30, 5 * 60, "Europe/Berlin");
        assert_eq!(
            window_opens(&early, time("2026-10-25T02:40:00+02:00")),
            None
        );
        let opens = window_opens(&early, time("2026-10-25T02:10:00+01:00"));
        assert_eq!(opens, Some(time("2026-10-25T02:30:00+01:00")));
    }

    proptest! {
        #[test]
        fn what_opens_is_open(from in 0_u16..1440, to in 1_u16..=1440, millis in 0_i64..4_000_000_000_000) {
            prop_assume!(from != to);
            let now = Timestamp::from_millis(millis);
            for zone in ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"] {
                let window = window(from, to, zone);
                if let Some(opens) = window_opens(&window, now) {
                    prop_assert!(opens > now);
                    prop_assert!(opens.since(now) <= Duration::from_secs(26 * 3600));
                    prop_assert_eq!(window_opens(&window, opens), None);
                }
            }
        }

        #[test]
        fn no_time_panics(millis in any::<i64>()) {
            let _ = window_opens(&window(9 * 60, 10 * 60, "Asia/Tokyo"), Timestamp::from_millis(millis));
        }
    }
}
