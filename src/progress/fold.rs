//! The fold itself: one event at a time into one bounded picture.

use super::{Destinations, Latest, Reasons, Series, text};
use crate::model::{
    Counts, DestinationView, Event, Notice, RunState, Settled, State, Timestamp, Waiting,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a run stands and how it came there. Built by [`Progress::apply`] and [`Progress::tick`]
/// alone; cheap to clone, bounded in memory, and readable as JSON in another process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    campaign: String,
    state: RunState,
    resumed: bool,
    now: Timestamp,
    began: Option<Timestamp>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    loading: Option<Loading>,
    counts: Counts,
    doubts: u64,
    last_retry: Option<Timestamp>,
    series: Series,
    destinations: Destinations,
    bounces: Latest<Settled, 200>,
    deferrals: Latest<Settled, 100>,
    notices: Latest<Notice, 100>,
    reasons: Reasons,
}

/// How far the list was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loading {
    /// Rows read so far.
    pub rows: u64,
    /// The rows of the list, where that is known before.
    pub of: Option<u64>,
}

impl Progress {
    /// Before the first event.
    #[must_use]
    pub fn new(campaign: &str) -> Self {
        Self {
            campaign: campaign.to_owned(),
            state: RunState::Loading,
            resumed: false,
            now: Timestamp::ZERO,
            began: None,
            started: None,
            finished: None,
            loading: None,
            counts: Counts::default(),
            doubts: 0,
            last_retry: None,
            series: Series::default(),
            destinations: Destinations::default(),
            bounces: Latest::default(),
            deferrals: Latest::default(),
            notices: Latest::default(),
            reasons: Reasons::default(),
        }
    }

    /// Folds one event in.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Loading { at, rows, of } => {
                self.see(*at);
                self.state = RunState::Loading;
                self.loading = Some(Loading {
                    rows: *rows,
                    of: *of,
                });
            }
            Event::Started {
                at,
                campaign,
                resumed,
                counts,
            } => {
                self.see(*at);
                text::clip(campaign, 255).clone_into(&mut self.campaign);
                (self.state, self.resumed, self.counts) = (RunState::Running, *resumed, *counts);
                (self.started, self.finished) = (Some(*at), None);
            }
            Event::Settled(settled) => self.settle(settled),
            Event::Moved {
                at,
                from,
                to,
                count,
            } => {
                self.see(*at);
                self.counts.shift(*from, *to, *count);
            }
            Event::Destinations {
                at,
                views,
                total,
                connections,
            } => {
                self.see(*at);
                views.iter().for_each(|view| self.expect_retry(view));
                self.destinations.replace(*at, views, *total, *connections);
            }
            Event::Notice(notice) => {
                self.see(notice.at);
                self.notices.push(clipped_notice(notice));
            }
            Event::Run { at, state } => {
                self.see(*at);
                self.state = *state;
            }
            Event::Finished { at, state, counts } => {
                self.see(*at);
                (self.state, self.counts, self.finished) = (*state, *counts, Some(*at));
            }
        }
    }

    /// Lets time pass: without it rates and times would stand still while nothing happens.
    pub fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Notes the time of an event.
    fn see(&mut self, at: Timestamp) {
        self.began.get_or_insert(at);
        self.tick(at);
    }

    /// Counts a recipient's change of state.
    fn settle(&mut self, settled: &Settled) {
        self.see(settled.at);
        self.counts.shift(settled.from, settled.state, 1);
        self.series.add(settled.at, settled.state);
        self.reasons.count(settled);
        self.doubts += u64::from(settled.doubt);
        self.last_retry = self.last_retry.max(settled.next_attempt);
        match settled.state {
            State::Bounced
            | State::Expired
            | State::InDoubt
            | State::Suppressed
            | State::Invalid => self.bounces.push(clipped_settled(settled)),
            State::Deferred => self.deferrals.push(clipped_settled(settled)),
            State::Pending | State::Sending | State::Delivered | State::Cancelled => {}
        }
    }

    /// Notes when a destination goes on.
    fn expect_retry(&mut self, view: &DestinationView) {
        if let Waiting::Backoff { until, .. } | Waiting::Retry { until } = view.waiting {
            self.last_retry = self.last_retry.max(Some(until));
        }
    }

    /// The campaign's name.
    #[must_use]
    pub fn campaign(&self) -> &str {
        &self.campaign
    }

    /// How the run stands.
    #[must_use]
    pub fn state(&self) -> RunState {
        self.state
    }

    /// Whether it goes on from an interrupted run.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The latest time that was told.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When sending began in this run.
    #[must_use]
    pub fn started(&self) -> Option<Timestamp> {
        self.started
    }

    /// When the run ended.
    #[must_use]
    pub fn finished(&self) -> Option<Timestamp> {
        self.finished
    }

    /// From the first event to the end, or to now.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.until_now(self.began)
    }

    /// From the beginning of sending to the end, or to now.
    #[must_use]
    pub fn sending_time(&self) -> Duration {
        self.until_now(self.started)
    }

    fn until_now(&self, from: Option<Timestamp>) -> Duration {
        let end = self.finished.unwrap_or(self.now);
        from.map_or(Duration::ZERO, |from| end.since(from))
    }

    /// How far the list was read, once reading began.
    #[must_use]
    pub fn loading(&self) -> Option<Loading> {
        self.loading
    }

    /// Where every recipient stands.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Attempts of this run that left it in doubt whether the message arrived.
    #[must_use]
    pub fn doubts(&self) -> u64 {
        self.doubts
    }

    /// The latest time at which something deferred is known to be tried again.
    pub(super) fn last_retry(&self) -> Option<Timestamp> {
        self.last_retry
    }

    /// Throughput over time. Only answered attempts are in it, not recipients moved in bulk.
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// The latest picture of the destinations.
    #[must_use]
    pub fn destinations(&self) -> &Destinations {
        &self.destinations
    }

    /// The latest recipients that failed for good, oldest first.
    #[must_use]
    pub fn bounces(&self) -> &Latest<Settled, 200> {
        &self.bounces
    }

    /// The latest deferrals, oldest first. A list of their own, so that a flood of them cannot
    /// wash the bounces away.
    #[must_use]
    pub fn deferrals(&self) -> &Latest<Settled, 100> {
        &self.deferrals
    }

    /// The latest notices, oldest first.
    #[must_use]
    pub fn notices(&self) -> &Latest<Notice, 100> {
        &self.notices
    }

    /// Failures of this run by reason and blame.
    #[must_use]
    pub fn reasons(&self) -> &Reasons {
        &self.reasons
    }
}

/// The same without endless texts: a server's reply may have 64 KiB.
fn clipped_settled(settled: &Settled) -> Settled {
    Settled {
        email: text::clip(&settled.email, 320).to_owned(),
        destination: text::clip(&settled.destination, 255).to_owned(),
        enhanced: settled
            .enhanced
            .as_deref()
            .map(|code| text::clip(code, 16).to_owned()),
        diagnostic: text::clip(&settled.diagnostic, 300).to_owned(),
        ..*settled
    }
}

/// The same without endless texts.
fn clipped_notice(notice: &Notice) -> Notice {
    Notice {
        at: notice.at,
        destination: notice
            .destination
            .as_deref()
            .map(|name| text::clip(name, 255).to_owned()),
        text: text::clip(&notice.text, 600).to_owned(),
    }
}

#[cfg(test)]
mod tests;
