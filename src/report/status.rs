//! Counts by state as one JSON object, and events as JSON lines.

use crate::model::{Counts, Event, RunState};
use serde::Serialize;

/// What `status --json` and the last line of `send --ui json` say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status<'a> {
    /// The campaign's name.
    pub campaign: &'a str,
    /// How its latest run stands.
    pub state: RunState,
    /// Where every recipient stands.
    pub counts: Counts,
    /// Rows of the list that named an address again and were left out.
    pub duplicates: u64,
    /// Messages that were sent again because it was in doubt whether they had arrived.
    pub resent_in_doubt: u64,
    /// The process that sends it now.
    pub running_pid: Option<u32>,
}

/// The first field of everything that programs read. It changes when a field changes its meaning.
const VERSION: u8 = 1;

/// The object in the order in which it is written.
#[derive(Serialize)]
struct Flat<'a> {
    v: u8,
    campaign: &'a str,
    state: RunState,
    total: u64,
    #[serde(flatten)]
    counts: Counts,
    duplicates: u64,
    resent_in_doubt: u64,
    running_pid: Option<u32>,
}

/// An event with the version before it.
#[derive(Serialize)]
struct Versioned<'a> {
    v: u8,
    #[serde(flatten)]
    event: &'a Event,
}

/// One line of JSON, without the line end: `v`, `campaign`, `state`, `total`, a count for every
/// state under its name, `duplicates`, `resent_in_doubt`, `running_pid` (or `null`).
///
/// # Errors
/// Never in fact: every key is a string and every value a number, a word or `null`.
pub fn status_json(status: &Status<'_>) -> serde_json::Result<String> {
    serde_json::to_string(&Flat {
        v: VERSION,
        campaign: status.campaign,
        state: status.state,
        total: status.counts.total(),
        counts: status.counts,
        duplicates: status.duplicates,
        resent_in_doubt: status.resent_in_doubt,
        running_pid: status.running_pid,
    })
}

/// An event as a line of `send --ui json`, without the line end.
///
/// # Errors
/// Never in fact, see [`status_json`].
pub fn event_json(event: &Event) -> serde_json::Result<String> {
    serde_json::to_string(&Versioned { v: VERSION, event })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn counts_are_flat() {
        let status = Status {
            campaign: "welcome",
            state: RunState::Stopped,
            counts: Counts {
                delivered: 7,
                in_doubt: 1,
                ..Counts::default()
            },
            duplicates: 3,
            resent_in_doubt: 2,
            running_pid: None,
        };
        assert_eq!(
            status_json(&status).unwrap(),
            "{\"v\":1,\"campaign\":\"welcome\",\"state\":\"stopped\",\"total\":8,\"pending\":0,\
             \"sending\":0,\"delivered\":7,\"deferred\":0,\"bounced\":0,\"expired\":0,\
             \"in_doubt\":1,\"suppressed\":0,\"invalid\":0,\"cancelled\":0,\"duplicates\":3,\
             \"resent_in_doubt\":2,\"running_pid\":null}"
        );
    }

    #[test]
    fn events_carry_the_version() {
        let event = Event::Run {
            at: Timestamp::from_millis(5),
            state: RunState::Paused,
        };
        let line = event_json(&event).unwrap();
        assert_eq!(line, r#"{"v":1,"event":"run","at":5,"state":"paused"}"#);
    }
}
