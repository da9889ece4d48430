//! Points in time as the ledger and the reports keep them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A wall-clock time: milliseconds since 1970-01-01T00:00:00Z.
///
/// It is read in one place only (`net::clock`) and handed down from there. Arithmetic saturates.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The epoch; sorts before every time a campaign can have.
    pub const ZERO: Self = Self(0);
    /// Later than every time a campaign can have.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This time, `delay` later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// How long from `earlier` to this time; zero when `earlier` is the later one.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds, as reports carry it: `2026-12-01T00:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => f.write_str("-"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// Reads RFC 3339, or a date with or without a time, which is taken to be in UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let moment = text.parse::<jiff::Timestamp>().ok();
        let moment = moment.or_else(|| {
            let civil = text.replace('/', "-");
            let time: jiff::civil::DateTime = civil.parse().ok()?;
            Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        });
        moment
            .map(|time| Self(time.as_millisecond()))
            .ok_or_else(|| format!("{text:?} is no time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read() {
        for (text, shown) in [
            ("2026-12-01T00:00:00.120Z", "2026-12-01T00:00:00.120Z"),
            ("2026-12-01T09:00:00+09:00", "2026-12-01T00:00:00.000Z"),
            ("2026-12-01", "2026-12-01T00:00:00.000Z"),
            ("2026/12/01 10:20:30", "2026-12-01T10:20:30.000Z"),
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(time.to_string(), shown);
        }
        for text in ["", "soon", "2026-13-01", "1"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn is_shown_as_rfc_3339_in_utc() {
        let time = Timestamp::from_millis(1_796_083_200_120);
        assert_eq!(time.to_string(), "2026-12-01T00:00:00.120Z");
        assert_eq!(Timestamp::MAX.to_string(), "-");
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp::MAX.after(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::ZERO.since(Timestamp::MAX), Duration::ZERO);
    }
}
