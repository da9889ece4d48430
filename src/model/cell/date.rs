//! Dates of the calendar, and moments.

use super::plain;
use crate::model::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use std::fmt;

/// A day of the (Gregorian) calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// A day with a time, in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day as it is written, whatever the zone.
    pub day: Day,
    /// Milliseconds since 1970-01-01T00:00:00Z; a time without an offset from UTC is one of UTC.
    pub millis: i64,
}

impl Day {
    /// The day of that year, month and day of the month, where there is one.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// The day it is at a time in a zone (an IANA name), or in UTC where that is not known.
    #[must_use]
    pub fn at(time: Timestamp, zone: Option<&str>) -> Self {
        let zone = zone.and_then(|zone| TimeZone::get(zone).ok());
        let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
        Self(zone.unwrap_or(TimeZone::UTC).to_datetime(time).date())
    }

    /// The day in a cell: `2026-01-31`, `2026/1/31`, `2026.1.31`, `31.1.2026` or `2026年1月31日`. Not
    /// `1/31/2026`, which others read as another day.
    #[must_use]
    pub fn parse(cell: &str) -> Option<Self> {
        let text = plain(cell);
        let (day, rest) = leading_day(&text)?;
        rest.is_empty().then_some(day)
    }

    /// This day moved by days, weeks, months or years (`d`, `w`, `m`, `y`); the last of the month
    /// where the month has no such day. `None` beyond the calendar.
    #[must_use]
    pub fn moved(self, by: i64, unit: char) -> Option<Self> {
        // Beyond this there is no calendar, and spans refuse.
        if by.abs() > 1_000_000 {
            return None;
        }
        let span: Span = match unit {
            'd' => by.days(),
            'w' => i64::from(i32::try_from(by).ok()?).checked_mul(7)?.days(),
            'm' if by.abs() < 200_000 => by.months(),
            'y' if by.abs() < 19_000 => by.years(),
            _ => return None,
        };
        self.0.checked_add(span).ok().map(Self)
    }

    /// The moment at which it begins in UTC.
    #[must_use]
    pub fn midnight(self) -> Moment {
        Moment {
            day: self,
            millis: millis_of_days(self.0),
        }
    }
}

impl fmt::Display for Day {
    /// `2026-01-31`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Moment {
    /// The moment in a cell: a day, a space or `T`, `15:04` with or without seconds and their
    /// fractions, and perhaps `Z` or an offset such as `+09:00`.
    #[must_use]
    pub fn parse(cell: &str) -> Option<Self> {
        let text = plain(cell);
        let (day, rest) = leading_day(&text)?;
        let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
        let (hours, rest) = two(rest)?;
        let (minutes, mut rest) = two(rest.strip_prefix(':')?)?;
        let (mut seconds, mut fraction) = (0, 0);
        if let Some(more) = rest.strip_prefix(':') {
            (seconds, rest) = two(more)?;
            if let Some(more) = rest.strip_prefix('.') {
                let digits =
                    more.len() - more.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let milli = more.get(..digits.min(3))?;
                fraction = format!("{milli:0<3}").parse().ok()?;
                rest = more.get(digits..).filter(|_| digits > 0)?;
            }
        }
        let offset = offset(rest.trim_start())?;
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let seconds = hours * 3_600 + minutes * 60 + seconds - offset * 60;
        Some(Self {
            day,
            millis: millis_of_days(day.0) + seconds * 1_000 + fraction,
        })
    }
}

fn millis_of_days(date: Date) -> i64 {
    let days = jiff::civil::date(1970, 1, 1).duration_until(date).as_secs() / 86_400;
    days * 86_400_000
}

/// Minutes east of UTC; nothing is UTC.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.as_bytes().first() {
        None => return Some(0),
        Some(b'Z' | b'z') if text.len() == 1 => return Some(0),
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        Some(_) => return None,
    };
    let (hours, rest) = two(rest)?;
    let (minutes, rest) = two(rest.strip_prefix(':').unwrap_or(rest))?;
    (rest.is_empty() && hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// Two digits and what follows them.
fn two(text: &str) -> Option<(i64, &str)> {
    let digits = text.get(..2)?;
    let all = digits.bytes().all(|b| b.is_ascii_digit());
    Some((digits.parse().ok().filter(|_| all)?, &text[2..]))
}

/// The day a plain text begins with, and what follows it.
pub(super) fn leading_day(text: &str) -> Option<(Day, &str)> {
    let (first, first_long, rest) = digits(text)?;
    let separator = rest.chars().next()?;
    let rest = &rest[separator.len_utf8()..];
    let (second, second_long, rest) = digits(rest)?;
    let next = if separator == '年' { '月' } else { separator };
    let (third, third_long, mut rest) = digits(rest.strip_prefix(next)?)?;
    let [year, month, day] = match (separator, first_long, third_long) {
        ('-' | '/' | '.', 4, 1..=2) => [first, second, third],
        ('年', 4, 1..=2) => {
            rest = rest.strip_prefix('日')?;
            [first, second, third]
        }
        ('.', 1..=2, 4) => [third, second, first],
        _ => return None,
    };
    let small = |number: u16| i8::try_from(number).ok();
    let day = Day::new(i16::try_from(year).ok()?, small(month)?, small(day)?)?;
    (second_long <= 2).then_some((day, rest))
}

/// Up to four digits, how many they are, and what follows them.
fn digits(text: &str) -> Option<(u16, usize, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(count);
    let number = digits.parse().ok().filter(|_| count <= 4)?;
    Some((number, count, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_where_they_are_unmistakable() {
        let day = Day::new(2026, 1, 31);
        for text in [
            "2026-01-31",
            "2026/1/31",
            " 2026.01.31 ",
            "31.1.2026",
            "2026年1月31日",
            "２０２６－０１－３１",
        ] {
            assert_eq!(Day::parse(text), day, "{text}");
        }
        for text in [
            "1/31/2026",
            "31/1/2026",
            "2026-02-30",
            "2026-1",
            "26-1-31",
            "2026-01-31x",
            "2026-01/31",
            "20260131",
            "2026年1月31",
            "",
            "-",
            "2026-",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_compared_by_their_zones() {
        let utc = Moment::parse("2026-01-31T15:00:00Z").unwrap();
        assert_eq!(utc.millis, 1_769_871_600_000);
        let tokyo = Moment::parse("2026-02-01 00:00+09:00").unwrap();
        assert_eq!(tokyo.millis, utc.millis);
        assert_eq!(Some(tokyo.day), Day::new(2026, 2, 1));
        let fine = Moment::parse("2026/1/31 15:00:00.1234").unwrap();
        assert_eq!(fine.millis, utc.millis + 123);
        assert_eq!(
            Day::parse("2026-01-31").unwrap().midnight().millis % 86_400_000,
            0
        );
        for text in [
            "2026-01-31",
            "2026-01-31T",
            "2026-01-31T24:00",
            "2026-01-31T10:60",
            "2026-01-31T10:00+9",
            "2026-01-31T10:00:00.",
            "2026-01-31T１:00",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_move_by_the_calendar() {
        let day = Day::new(2026, 3, 31).unwrap();
        let moved = |by, unit| day.moved(by, unit).map(|day| day.to_string());
        assert_eq!(moved(-30, 'd').as_deref(), Some("2026-03-01"));
        assert_eq!(moved(2, 'w').as_deref(), Some("2026-04-14"));
        assert_eq!(moved(-1, 'm').as_deref(), Some("2026-02-28"));
        assert_eq!(moved(-2, 'y').as_deref(), Some("2024-03-31"));
        for (by, unit) in [
            (i64::MAX, 'd'),
            (i64::MIN + 1, 'w'),
            (900_000, 'w'),
            (1, 'x'),
        ] {
            assert_eq!(moved(by, unit), None, "{by}{unit}");
        }
    }
}
