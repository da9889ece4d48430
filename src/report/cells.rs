//! A row's values in the order of the columns, as CSV and JSON share them.

use crate::model::{ReportRow, Stage, Timestamp};
use crate::progress::text;
use std::borrow::Cow;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    /// There is none: an empty cell, or `null`.
    Nothing,
    /// A word of ours, which cannot be anything but itself.
    Word(&'static str),
    /// A number.
    Number(u64),
    /// A time.
    Time(Timestamp),
    /// An address that was accepted as one, or a name: exact but for control characters.
    Name(Cow<'a, str>),
    /// Anything else that strangers wrote.
    Foreign(Cow<'a, str>),
}

/// The values of a row, in the order of [`ReportRow::COLUMNS`].
pub(super) fn values(row: &ReportRow) -> [Value<'_>; ReportRow::COLUMNS.len()] {
    let email = match row.state {
        // Not an address but whatever stood in the list.
        crate::model::State::Invalid => foreign(&row.email),
        _ => name(&row.email),
    };
    [
        email,
        name(&row.domain),
        name(&row.destination),
        Value::Word(row.state.as_str()),
        row.reason
            .map_or(Value::Nothing, |reason| Value::Word(reason.as_str())),
        Value::Word(row.blame.as_str()),
        row.stage
            .map_or(Value::Nothing, |stage: Stage| Value::Word(stage.as_str())),
        row.code
            .map_or(Value::Nothing, |code| Value::Number(code.into())),
        name(&row.enhanced),
        foreign(&row.diagnostic),
        Value::Number(row.attempts.into()),
        time(row.first_attempt),
        time(row.last_attempt),
        time(row.next_attempt),
        name(&row.mx),
        name(&row.remote_ip),
        name(&row.source_ip),
        name(&row.tls),
        name(&row.message_id),
    ]
}

fn time(time: Option<Timestamp>) -> Value<'static> {
    time.map_or(Value::Nothing, Value::Time)
}

fn name(text: &str) -> Value<'_> {
    if text.is_empty() {
        Value::Nothing
    } else {
        Value::Name(text::escape(text))
    }
}

fn foreign(text: &str) -> Value<'_> {
    if text.is_empty() {
        Value::Nothing
    } else {
        Value::Foreign(text::escape(text))
    }
}
