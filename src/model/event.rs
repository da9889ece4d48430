//! What the engine tells the faces, and what the faces ask of the engine.
//!
//! This is the whole contract between the two: a dashboard, a progress line and a JSON stream all
//! fold the same events, and none of them sees the engine.

use super::{Blame, Reason, Stage, State, Timestamp};
use serde::{Deserialize, Serialize};
use std::ops::{Index, IndexMut};

/// One thing that happened in a run. Serialised, it is a line of `send --ui json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Recipients are read, rendered on trial and entered in the ledger.
    Loading {
        /// When.
        at: Timestamp,
        /// Rows read so far.
        rows: u64,
        /// The rows of the list, where that is known before.
        of: Option<u64>,
    },
    /// Sending begins or goes on.
    Started {
        /// When.
        at: Timestamp,
        /// The campaign's name.
        campaign: String,
        /// Whether an earlier run of it was interrupted.
        resumed: bool,
        /// Where every recipient stands.
        counts: Counts,
    },
    /// A recipient's state changed for a reason that came from outside.
    Settled(Box<Settled>),
    /// Recipients changed state together: claimed, released, cancelled, or deferred because
    /// their destination cannot be reached.
    Moved {
        /// When.
        at: Timestamp,
        /// The state they were in.
        from: State,
        /// The state they are in.
        to: State,
        /// How many.
        count: u64,
    },
    /// How the destinations that matter most stand; replaces the picture before it.
    Destinations {
        /// When.
        at: Timestamp,
        /// Busy and troubled ones first, at most a hundred.
        views: Vec<DestinationView>,
        /// How many there are in all.
        total: usize,
        /// Connections that are open in all.
        connections: usize,
    },
    /// Something a person should know: a limit changed, a server misbehaved, a brake was pulled.
    Notice(Notice),
    /// The run goes on in another way.
    Run {
        /// When.
        at: Timestamp,
        /// How.
        state: RunState,
    },
    /// The run has ended.
    Finished {
        /// When.
        at: Timestamp,
        /// How.
        state: RunState,
        /// Where every recipient stands.
        counts: Counts,
    },
}

/// A recipient's change of state, in the columns of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// When.
    pub at: Timestamp,
    /// The recipient.
    pub email: String,
    /// The destination's name.
    pub destination: String,
    /// The state before: almost always `sending`.
    pub from: State,
    /// The state now.
    pub state: State,
    /// Why, where it was not delivered.
    pub reason: Option<Reason>,
    /// Whose matter that is.
    pub blame: Blame,
    /// Where it was decided.
    pub stage: Option<Stage>,
    /// The server's code.
    pub code: Option<u16>,
    /// The server's enhanced code.
    pub enhanced: Option<String>,
    /// The server's own words.
    pub diagnostic: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried again.
    pub next_attempt: Option<Timestamp>,
    /// Whether the attempt left it in doubt whether the message arrived.
    pub doubt: bool,
}

/// How many recipients are in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// See [`State::Pending`].
    pub pending: u64,
    /// See [`State::Sending`].
    pub sending: u64,
    /// See [`State::Delivered`].
    pub delivered: u64,
    /// See [`State::Deferred`].
    pub deferred: u64,
    /// See [`State::Bounced`].
    pub bounced: u64,
    /// See [`State::Expired`].
    pub expired: u64,
    /// See [`State::InDoubt`].
    pub in_doubt: u64,
    /// See [`State::Suppressed`].
    pub suppressed: u64,
    /// See [`State::Invalid`].
    pub invalid: u64,
    /// See [`State::Cancelled`].
    pub cancelled: u64,
}

impl Counts {
    /// All recipients.
    #[must_use]
    pub fn total(&self) -> u64 {
        State::ALL.into_iter().map(|state| self[state]).sum()
    }

    /// Recipients there is still work for.
    #[must_use]
    pub fn open(&self) -> u64 {
        State::ALL
            .into_iter()
            .filter(|state| state.is_open())
            .map(|state| self[state])
            .sum()
    }

    /// Moves `count` recipients from one state to another.
    pub fn shift(&mut self, from: State, to: State, count: u64) {
        self[from] = self[from].saturating_sub(count);
        self[to] += count;
    }
}

impl Index<State> for Counts {
    type Output = u64;

    fn index(&self, state: State) -> &u64 {
        match state {
            State::Pending => &self.pending,
            State::Sending => &self.sending,
            State::Delivered => &self.delivered,
            State::Deferred => &self.deferred,
            State::Bounced => &self.bounced,
            State::Expired => &self.expired,
            State::InDoubt => &self.in_doubt,
            State::Suppressed => &self.suppressed,
            State::Invalid => &self.invalid,
            State::Cancelled => &self.cancelled,
        }
    }
}

impl IndexMut<State> for Counts {
    fn index_mut(&mut self, state: State) -> &mut u64 {
        match state {
            State::Pending => &mut self.pending,
            State::Sending => &mut self.sending,
            State::Delivered => &mut self.delivered,
            State::Deferred => &mut self.deferred,
            State::Bounced => &mut self.bounced,
            State::Expired => &mut self.expired,
            State::InDoubt => &mut self.in_doubt,
            State::Suppressed => &mut self.suppressed,
            State::Invalid => &mut self.invalid,
            State::Cancelled => &mut self.cancelled,
        }
    }
}

/// One destination at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DestinationView {
    /// The MX group's name.
    pub name: String,
    /// How many recipient domains it serves so far.
    pub domains: usize,
    /// Connections that are open.
    pub connections: usize,
    /// Connections that it may have now.
    pub connections_limit: usize,
    /// Messages a second that it may have now; `None` is unlimited.
    pub rate_limit: Option<f64>,
    /// Recipients that wait for their first or next attempt now.
    pub queued: u64,
    /// Recipients that wait for a later time.
    pub deferred: u64,
    /// Recipients delivered in this run.
    pub delivered: u64,
    /// Recipients bounced in this run.
    pub bounced: u64,
    /// What it waits for.
    pub waiting: Waiting,
}

/// What limits a destination at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Waiting {
    /// Nothing: it runs as fast as the connections go.
    Nothing,
    /// Nothing is due.
    Idle,
    /// The answer of DNS.
    Dns,
    /// Its own rate.
    Rate,
    /// The rate of the whole run.
    RunRate,
    /// Its connections are all in use.
    Connections,
    /// The connections of the whole run are all in use.
    RunConnections,
    /// A time, after trouble: the last words, and when it is tried again.
    Backoff {
        /// When it is tried again.
        until: Timestamp,
        /// What went wrong.
        why: String,
    },
    /// The next attempt of deferred recipients.
    Retry {
        /// When that is.
        until: Timestamp,
    },
    /// The run is paused.
    Paused,
}

/// A message for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// The destination it is about.
    pub destination: Option<String>,
    /// What happened and what follows, in a sentence.
    pub text: String,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Recipients are entered in the ledger.
    Loading,
    /// It waits for the hour at which sending may begin.
    Scheduled,
    /// Mail goes out.
    Running,
    /// Nothing new goes out until it is resumed.
    Paused,
    /// What is on the wire is finished, then it stops.
    Draining,
    /// No recipient is open.
    Finished,
    /// Stopped with recipients left; the same command goes on.
    Stopped,
    /// Cancelled for good.
    Cancelled,
    /// Stopped by the safety brake.
    Braked,
}

/// What a person asks of a running campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Start nothing new.
    Pause,
    /// Go on.
    Resume,
    /// Give up what has not been sent.
    Cancel,
    /// Finish what is on the wire, save, stop.
    Drain,
    /// Stop at once; what is on the wire is in doubt.
    Abort,
}
