//! `{{ joined | date("long") }}`: dates and times as a language writes them.
//!
//! Texts with an offset, and seconds since 1970, are instants and are shown in the letter's zone.
//! Texts without one are shown as they are.

use super::cache::{self, Cache};
use super::settings::{Settings, words_of, wrong};
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::enums::CompositeDateTimeFieldSet;
use icu_datetime::fieldsets::{MD, T, YM, YMD, YMDE};
use icu_datetime::input::{Date, DateTime, Time};
use icu_locale_core::Locale;
use jiff::civil;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error};

type Formatter = DateTimeFormatter<CompositeDateTimeFieldSet>;

thread_local! {
    static FORMATTERS: Cache<(String, Style), Formatter> = Cache::default();
}

/// How long a date is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    Short,
    Medium,
    Long,
    Full,
    Time,
    DateTime,
    Month,
    Day,
}

impl Style {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "short" => Self::Short,
            "medium" => Self::Medium,
            "long" => Self::Long,
            "full" => Self::Full,
            "time" => Self::Time,
            "datetime" => Self::DateTime,
            "month" => Self::Month,
            "day" => Self::Day,
            _ => return None,
        })
    }

    fn formatter(self, locale: &Locale) -> Option<Formatter> {
        macro_rules! make {
            ($fields:expr) => {
                DateTimeFormatter::try_new(locale.into(), $fields)
                    .ok()?
                    .cast_into_fset()
            };
        }
        Some(match self {
            Self::Short => make!(YMD::short()),
            Self::Medium => make!(YMD::medium()),
            Self::Long => make!(YMD::long()),
            Self::Full => make!(YMDE::long()),
            Self::Time => make!(T::hm()),
            Self::DateTime => make!(YMD::medium().with_time_hm()),
            Self::Month => make!(YM::long()),
            Self::Day => make!(MD::long()),
        })
    }
}

/// Makes the filter known.
pub(super) fn install(environment: &mut Environment<'static>, settings: &Settings) {
    let settings = settings.clone();
    environment.add_filter(
        "date",
        move |value: &Value, format: Option<String>, options: Kwargs| {
            let locale = settings.locale(&options)?;
            let zone = settings.zone(&options)?;
            options.assert_all_used()?;
            let time = parsed(&words_of(value)?, &zone)?;
            written(&time, format.as_deref().unwrap_or("medium"), &locale)
        },
    );
}

fn written(time: &Moment, format: &str, locale: &Locale) -> Result<String, Error> {
    if format.contains('%') {
        let time = match &time.zoned {
            Some(zoned) => BrokenDownTime::from(zoned),
            None => BrokenDownTime::from(time.civil),
        };
        return time
            .to_string(format)
            .map_err(|error| wrong(format!("`{format}` is no pattern of a date: {error}")));
    }
    let style = Style::of(format).ok_or_else(|| {
        wrong(format!(
            "`{format}` is no form of a date; write short, medium, long, full, time, datetime, month, day or a pattern such as %d.%m.%Y"
        ))
    })?;
    let no_form = || wrong(format!("dates cannot be written in the locale `{locale}`"));
    let formatter = cache::get(&FORMATTERS, (locale.to_string(), style), |_| {
        style.formatter(locale).ok_or_else(no_form)
    })?;
    formatted(&formatter, time.civil).ok_or_else(no_form)
}

fn formatted(formatter: &Formatter, time: civil::DateTime) -> Option<String> {
    let octet = |number: i8| u8::try_from(number).ok();
    let date = Date::try_new_iso(time.year().into(), octet(time.month())?, octet(time.day())?);
    let time = Time::try_new(
        octet(time.hour())?,
        octet(time.minute())?,
        octet(time.second())?,
        0,
    );
    let date_time = DateTime {
        date: date.ok()?,
        time: time.ok()?,
    };
    Some(formatter.format(&date_time).to_string())
}

/// What is shown.
struct Moment {
    civil: civil::DateTime,
    /// The same in its zone, where clocks there show it.
    zoned: Option<Zoned>,
}

fn parsed(text: &str, zone: &TimeZone) -> Result<Moment, Error> {
    let no_date = || {
        wrong(format!(
            "`{text}` is no date; write 2026-11-22, 2026-11-22 09:30, 2026-11-22T09:30:00+09:00 or 2026/11/22"
        ))
    };
    if let Some(instant) = instant(text) {
        let zoned = instant.to_zoned(zone.clone());
        return Ok(Moment {
            civil: zoned.datetime(),
            zoned: Some(zoned),
        });
    }
    let civil = civil(text).ok_or_else(no_date)?;
    let zoned = civil.to_zoned(zone.clone()).ok();
    Ok(Moment {
        civil,
        zoned: zoned.filter(|zoned| zoned.datetime() == civil),
    })
}

/// A point in time: with an offset, or in seconds. More digits than eleven are none of these, and
/// fewer than nine may be a date.
fn instant(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if (9..=11).contains(&digits.len()) && digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Timestamp::from_second(text.parse().ok()?).ok();
    }
    text.parse().ok()
}

/// A time of a calendar and a clock on the wall.
fn civil(text: &str) -> Option<civil::DateTime> {
    if matches!(text.len(), 12 | 14) && text.bytes().all(|octet| octet.is_ascii_digit()) {
        let (date, time) = text.split_at(8);
        return format!("{date}T{time}").parse().ok();
    }
    if let Ok(date_time) = text.parse() {
        return Some(date_time);
    }
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, clock(time.trim())?),
        None => (text, civil::Time::midnight()),
    };
    let date = date.trim_end_matches('日').replace(['年', '月'], "-");
    let mut numbers = date.split(['-', '/', '.']);
    let year = numbers
        .next()
        .filter(|year| year.len() == 4)?
        .parse()
        .ok()?;
    let month = numbers.next()?.parse().ok()?;
    let day = numbers.next()?.parse().ok()?;
    let date = civil::Date::new(year, month, day).ok()?;
    numbers.next().is_none().then(|| date.to_datetime(time))
}

/// A time of the clock, whose hour may have one digit.
fn clock(text: &str) -> Option<civil::Time> {
    let is_short = text.find(':') == Some(1);
    let zero = if is_short { "0" } else { "" };
    format!("{zero}{text}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::render;

    #[test]
    fn dates_are_written_as_languages_do() {
        let date = |text: &str, filter: &str| render(&format!("{{{{ '{text}' | {filter} }}}}"));
        for (text, filter, expected) in [
            ("2026-11-22", "date", "Nov 22, 2026"),
            ("2026-11-22", "date('long')", "November 22, 2026"),
            ("2026/1/5", "date('full')", "Monday, January 5, 2026"),
            (
                "2026-11-22",
                "date('long', locale='de')",
                "22. November 2026",
            ),
            (
                "2026-11-22",
                "date('full', locale='ja-JP')",
                "2026年11月22日日曜日",
            ),
            (
                "2026-11-22",
                "date('long', locale='ja-JP-u-ca-japanese')",
                "令和8年11月22日",
            ),
            ("2026年11月22日", "date('%d.%m.%Y')", "22.11.2026"),
            ("20261122", "date('%F')", "2026-11-22"),
            (
                "2026-11-22T23:30:00+00:00",
                "date('%F %H:%M', zone='Asia/Tokyo')",
                "2026-11-23 08:30",
            ),
            ("1796083200", "date('%F %T')", "2026-12-01 00:00:00"),
            ("202611221530", "date('%F %T')", "2026-11-22 15:30:00"),
            ("20261122153045", "date('%F %T')", "2026-11-22 15:30:45"),
            ("2026-11-22 9:30", "date('%F %R')", "2026-11-22 09:30"),
            ("9999-12-31", "date", "Dec 31, 9999"),
            (
                "2026-03-29 02:30",
                "date('%F %R', zone='Europe/Berlin')",
                "2026-03-29 02:30",
            ),
            (
                "2026-03-29 02:30",
                "date('time', zone='Europe/Berlin', locale='de')",
                "02:30",
            ),
            ("2026-11-22 09:30", "date('time', locale='de')", "09:30"),
            ("2026-11-22", "date('month', locale='fr')", "novembre 2026"),
            ("2026-11-22", "date('day', locale='fr')", "22 novembre"),
        ] {
            assert_eq!(date(text, filter).unwrap(), expected, "{text} {filter}");
        }
    }

    #[test]
    fn what_is_no_date_says_what_one_looks_like() {
        for (template, part) in [
            (
                "{{ '31.2.2026' | date }}",
                "`31.2.2026` is no date; write 2026-11-22",
            ),
            ("{{ '2026-02-30' | date }}", "`2026-02-30` is no date"),
            ("{{ '1796083200000' | date }}", "`1796083200000` is no date"),
            ("{{ '202613221530' | date }}", "`202613221530` is no date"),
            (
                "{{ '2026-11-22' | date('lang') }}",
                "`lang` is no form of a date",
            ),
            (
                "{{ '2026-11-22' | date(locale='xx') }}",
                "`xx` is no locale",
            ),
            (
                "{{ '2026-11-22' | date(zone='Mars') }}",
                "`Mars` is no time zone",
            ),
            ("{{ '2026-11-22' | date('%') }}", "no pattern of a date"),
        ] {
            let error = render(template).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
