//! Why a destination waits, in words.

use super::super::theme::Tone;
use super::clock::clock;
use crate::model::{DestinationView, Timestamp, Waiting};
use crate::progress::{Progress, words};
use jiff::tz::TimeZone;

/// What limits a destination at the moment, and how grave that is.
pub(super) fn waits(
    view: &DestinationView,
    progress: &Progress,
    zone: &TimeZone,
) -> (String, Tone) {
    let now = progress.now();
    if progress.finished().is_some() {
        let open = progress.counts().open() > 0 && (view.queued > 0 || view.deferred > 0);
        let left = if open { "the next run" } else { "done" };
        return (left.to_owned(), Tone::Faint);
    }
    match &view.waiting {
        Waiting::Nothing => ("nothing: full speed".to_owned(), Tone::Good),
        Waiting::Idle if view.queued == 0 && view.deferred == 0 => ("done".to_owned(), Tone::Faint),
        Waiting::Idle => ("nothing is due".to_owned(), Tone::Faint),
        Waiting::Dns => ("the answer of DNS".to_owned(), Tone::Busy),
        Waiting::Rate => (own_rate(view), Tone::Busy),
        Waiting::RunRate => ("the run's rate limit".to_owned(), Tone::Busy),
        Waiting::Connections => (busy_connections(view), Tone::Busy),
        Waiting::RunConnections => ("the run's connections".to_owned(), Tone::Busy),
        Waiting::Backoff { until, why } if *until > now => {
            let until = clock(*until, now, zone);
            (format!("backoff until {until}: {why}"), Tone::Bad)
        }
        Waiting::Backoff { why, .. } => (format!("trying again: {why}"), Tone::Bad),
        Waiting::Retry { until } => (retry(&view.name, *until, progress), Tone::Waiting),
        Waiting::Paused => ("paused".to_owned(), Tone::Waiting),
    }
}

fn own_rate(view: &DestinationView) -> String {
    view.rate_limit.map_or_else(
        || "its rate limit".to_owned(),
        |limit| format!("its rate limit, {}", words::rate(limit)),
    )
}

fn busy_connections(view: &DestinationView) -> String {
    match view.connections_limit {
        0 => "no connection is allowed now".to_owned(),
        1 => "its only connection".to_owned(),
        limit => format!("its {limit} connections"),
    }
}

/// When it is tried again, and what the last deferral said, where that is still known.
fn retry(name: &str, until: Timestamp, progress: &Progress) -> String {
    let last = progress
        .deferrals()
        .iter()
        .rev()
        .find(|settled| settled.destination == name);
    let why = last
        .and_then(|settled| settled.reason)
        .map_or("deferred", words::reason);
    let left = until.since(progress.now());
    if left.is_zero() {
        format!("{why}: next retry now")
    } else {
        // Rounded up: "in 0s" would be wrong until the very end.
        let left = std::time::Duration::from_secs(left.as_millis().div_ceil(1000) as u64);
        format!("{why}: next retry in {}", words::duration(left))
    }
}
