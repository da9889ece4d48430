//! Times of day in the zone of whoever looks.

use crate::model::Timestamp;
use jiff::tz::TimeZone;

/// The time of day, with the date where it is not today's: `12:03:10`, `Dec 2 12:03`.
pub(super) fn clock(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let local = |time: Timestamp| {
        let time = jiff::Timestamp::from_millisecond(time.as_millis()).ok()?;
        Some(zone.to_datetime(time))
    };
    match (local(at), local(now)) {
        (Some(at), Some(now)) if at.date() == now.date() => at.strftime("%H:%M:%S").to_string(),
        (Some(at), _) => at.strftime("%b %-d %H:%M").to_string(),
        (None, _) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_date_is_told_where_it_is_another() {
        let now = Timestamp::from_millis(1_796_083_200_000);
        let later = now.after(Duration::from_secs(3790));
        assert_eq!(clock(later, now, &TimeZone::UTC), "01:03:10");
        let tomorrow = now.after(Duration::from_secs(86_400 + 43_380));
        assert_eq!(clock(tomorrow, now, &TimeZone::UTC), "Dec 2 12:03");
        let tokyo = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(clock(now, now, &tokyo), "09:00:00");
        assert_eq!(clock(Timestamp::MAX, now, &tokyo), "-");
    }
}
