//! Texts with a unit: durations, rates, sizes, times of day.

use crate::model::Rate;
use std::time::Duration;

/// Why a text is not what was asked for, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) hint: String,
}

/// The error of a text.
pub(super) fn wrong<T>(what: impl Into<String>, hint: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong {
        what: what.into(),
        hint: hint.into(),
    })
}

/// `0.2s`, `5m`, `1h30m`, `2d`: numbers, each with its unit.
pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    const HINT: &str = "write a number and its unit: ms, s, m, h or d, as in \"30s\" or \"1h30m\"";
    let mut rest = text.trim();
    if rest.is_empty() {
        return wrong("the duration is empty", HINT);
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let (number, after) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (unit, after) = split(after, |c| !(c.is_ascii_digit() || c == '.'));
        let Ok(number) = number.parse::<f64>() else {
            return wrong(format!("{text:?} is not a duration"), HINT);
        };
        let scale = match unit.trim() {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            "" => {
                return wrong(
                    format!("{text:?} has no unit"),
                    format!("write \"{text}s\", or another of ms, s, m, h, d"),
                );
            }
            unit => return wrong(format!("{unit:?} is not a unit of time"), HINT),
        };
        seconds += number * scale;
        rest = after;
    }
    // A million years; everything below is exact to the millisecond.
    if seconds > 3.2e13 {
        return wrong(format!("{text:?} is longer than can be counted"), HINT);
    }
    Ok(Duration::from_millis((seconds * 1000.0).round() as u64))
}

/// A duration as [`duration`] reads it, in its largest even unit.
pub(super) fn show_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1000, "s"),
    ];
    units
        .iter()
        .find(|(unit, _)| millis > 0 && millis.is_multiple_of(*unit))
        .map_or_else(
            || format!("{millis}ms"),
            |(unit, name)| format!("{}{name}", millis / unit),
        )
}

/// `500/s`, `20000/h`, `30/m`, `0.5/s`; `unlimited` is `None`.
pub(super) fn rate(text: &str) -> Result<Option<Rate>, Wrong> {
    const HINT: &str =
        "write messages per s, m, h or d, as in \"20/s\" or \"20000/h\", or \"unlimited\"";
    let text = text.trim();
    if text == "unlimited" {
        return Ok(None);
    }
    let Some((number, unit)) = text.split_once('/') else {
        let number = text.parse::<f64>().is_ok();
        let what = if number {
            "does not say per how long"
        } else {
            "is not a rate"
        };
        let hint = if number {
            format!("write \"{text}/s\", or another of /s, /m, /h, /d")
        } else {
            HINT.to_owned()
        };
        return wrong(format!("{text:?} {what}"), hint);
    };
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        unit => return wrong(format!("{unit:?} is not a time a rate can be for"), HINT),
    };
    let Some(number) = plain_number(number.trim()) else {
        return wrong(format!("{number:?} is not a number"), HINT);
    };
    let per_second = number / seconds;
    if number == 0.0 {
        return wrong(
            format!("{text:?} would never send anything"),
            "write a rate above 0; `hikyaku pause` stops a campaign for a while",
        );
    }
    if !(1.0 / 86_400.0..=1e6).contains(&per_second) {
        return wrong(
            format!("{text:?} is out of range"),
            "write a rate from \"1/d\" to \"1000000/s\", or \"unlimited\"",
        );
    }
    Ok(Some(Rate { per_second }))
}

/// `1MiB`, `512KiB`, `64kB`, or octets without a unit.
pub(super) fn size(text: &str) -> Result<usize, Wrong> {
    const HINT: &str = "write octets, or a number and KiB, MiB, kB or MB, as in \"512KiB\"";
    let (number, unit) = split(text.trim(), |c| c.is_ascii_digit() || c == '.');
    let scale = match unit.trim() {
        "" | "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        unit if number.is_empty() => return wrong(format!("{unit:?} is not a size"), HINT),
        unit => return wrong(format!("{unit:?} is not a unit of size"), HINT),
    };
    match plain_number(number) {
        // A float that is too large saturates, and the range of the key refuses it.
        Some(number) => Ok((number * scale) as usize),
        None => wrong(format!("{text:?} is not a size"), HINT),
    }
}

/// `09:00` in minutes from midnight; `24:00` is the end of the day.
pub(super) fn time_of_day(text: &str) -> Result<u16, Wrong> {
    let two = |text: &str| -> Option<u16> {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let time = text
        .split_once(':')
        .and_then(|(h, m)| Some((two(h)?, two(m)?)));
    match time {
        Some((hour @ 0..=23, minute @ 0..=59)) => Ok(hour * 60 + minute),
        Some((24, 0)) => Ok(24 * 60),
        _ => wrong(
            format!("{text:?} is not a time of day"),
            "write hours and minutes, as in \"09:00\" or \"21:30\"",
        ),
    }
}

/// Digits with at most one point; no sign, no exponent, no `inf`.
fn plain_number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number: f64 = plain.then(|| text.parse().ok()).flatten()?;
    number.is_finite().then_some(number)
}

/// The longest beginning whose characters all hold, and the rest.
fn split(text: &str, holds: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !holds(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations() {
        let millis = |text| duration(text).map(|d| d.as_millis());
        assert_eq!(millis("0.2s"), Ok(200));
        assert_eq!(millis("500ms"), Ok(500));
        assert_eq!(millis("1h30m"), Ok(5_400_000));
        assert_eq!(millis("2d"), Ok(172_800_000));
        for text in [
            "",
            "5",
            "5x",
            "m",
            "-5m",
            "1.2.3s",
            "1e3s",
            "5 minutes",
            "inf",
            "9e999d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates() {
        let per_second = |text| rate(text).map(|rate| rate.map(|rate| rate.per_second));
        assert_eq!(per_second("500/s"), Ok(Some(500.0)));
        assert_eq!(per_second("7200/h"), Ok(Some(2.0)));
        assert_eq!(per_second("30/m"), Ok(Some(0.5)));
        assert_eq!(per_second("unlimited"), Ok(None));
        for text in [
            "",
            "5",
            "5/x",
            "0/s",
            "-1/s",
            "inf/s",
            "1e9/s",
            "9999999/s",
            "s/5",
        ] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size("1MiB"), Ok(1 << 20));
        assert_eq!(size("512KiB"), Ok(512 << 10));
        assert_eq!(size("1.5kB"), Ok(1500));
        assert_eq!(size("4096"), Ok(4096));
        for text in ["", "MiB", "1XB", "-1", "1..2"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_of_day() {
        assert_eq!(time_of_day("09:05"), Ok(545));
        assert_eq!(time_of_day("24:00"), Ok(1440));
        for text in ["", "9:00", "24:01", "09:60", "09:00:00", "+9:00"] {
            assert!(time_of_day(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = duration(&text);
            let _ = rate(&text);
            let _ = size(&text);
            let _ = time_of_day(&text);
        }

        #[test]
        fn durations_are_shown_as_they_are_read(millis in 0_u64..10_000_000_000) {
            let time = Duration::from_millis(millis);
            prop_assert_eq!(duration(&show_duration(time)), Ok(time));
        }
    }
}
