//! Counts by state as one JSON object, and events as JSON lines.

use crate::model::{Counts, Event, RunState, State, Timestamp};
use serde::Serialize;

/// What came back after messages had been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CameBack {
    /// Recipients who complained.
    pub complaints: u64,
    /// Recipients who do not want to hear from the list any more.
    pub unsubscribes: u64,
    /// Recipients whose message came back in a bounce mail; they are among the bounced.
    pub returned: u64,
}

/// A sending of a campaign to those that earlier ones had given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherRun {
    /// Its number; the first sending is number 1.
    pub number: u32,
    /// When it was asked for.
    pub begun: Timestamp,
    /// The states its recipients were in.
    pub states: Vec<State>,
    /// How many were taken up again.
    pub recipients: u64,
}

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
    /// What came back; nothing is written of what never came.
    pub came_back: CameBack,
    /// Its further runs; nothing is written where it was sent once.
    pub runs: &'a [FurtherRun],
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
    #[serde(skip_serializing_if = "none")]
    complaints: u64,
    #[serde(skip_serializing_if = "none")]
    unsubscribes: u64,
    #[serde(skip_serializing_if = "none")]
    returned: u64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    runs: Vec<FlatRun>,
}

/// A further run in the same manner.
#[derive(Serialize)]
struct FlatRun {
    number: u32,
    begun: String,
    states: Vec<State>,
    recipients: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn none(count: &u64) -> bool {
    *count == 0
}

/// An event with the version before it.
#[derive(Serialize)]
struct Versioned<'a> {
    v: u8,
    #[serde(flatten)]
    event: &'a Event,
}

/// One line of JSON, without the line end: `v`, `campaign`, `state`, `total`, a count for every
/// state under its name, `duplicates`, `resent_in_doubt`, `running_pid` (or `null`); and where there
/// are any `complaints`, `unsubscribes`, `returned` (recipients whose message came back in a bounce
/// mail) and `runs`, the further ones.
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
        complaints: status.came_back.complaints,
        unsubscribes: status.came_back.unsubscribes,
        returned: status.came_back.returned,
        runs: status.runs.iter().map(FlatRun::of).collect(),
    })
}

impl FlatRun {
    fn of(run: &FurtherRun) -> Self {
        Self {
            number: run.number,
            begun: run.begun.to_string(),
            states: run.states.clone(),
            recipients: run.recipients,
        }
    }
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
            came_back: CameBack::default(),
            runs: &[],
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
    fn what_came_back_is_told_where_there_is_any() {
        let runs = [FurtherRun {
            number: 2,
            begun: Timestamp::from_millis(0),
            states: vec![State::Expired, State::InDoubt],
            recipients: 9,
        }];
        let status = Status {
            campaign: "welcome",
            state: RunState::Finished,
            counts: Counts::default(),
            duplicates: 0,
            resent_in_doubt: 0,
            running_pid: None,
            came_back: CameBack {
                complaints: 2,
                ..CameBack::default()
            },
            runs: &runs,
        };
        let line = status_json(&status).unwrap();
        let end = "\"running_pid\":null,\"complaints\":2,\"runs\":[{\"number\":2,\
             \"begun\":\"1970-01-01T00:00:00.000Z\",\"states\":[\"expired\",\"in_doubt\"],\
             \"recipients\":9}]}";
        assert!(line.ends_with(end), "{line}");
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
