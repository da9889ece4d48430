//! Pause, resume, drain, cancel; the hours of the schedule; and the end of a run.

use super::dispatch::Dispatcher;
use super::ends::TaskEnd;
use super::run::{RunEnd, RunError};
use crate::model::{Command, Event, InDoubtPolicy, RunState, Timestamp};
use crate::pace::window_opens;
use crate::store::{Desired, Moved, Reader};
use std::time::Duration;

/// What the run is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Send.
    Send,
    /// Start nothing new until somebody says otherwise.
    Pause,
    /// Start nothing new until this time: the schedule says so.
    Hold(Timestamp),
    /// Finish what is on the wire, then stop for this reason.
    Stop(Stop),
}

/// Why a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nothing is left to do.
    Done,
    /// Somebody asked for it.
    Drained,
    /// As many as were asked for have been sent.
    Limit,
    /// Somebody gave the campaign up, or its time has passed.
    Cancelled,
    /// Too much was refused for reasons of ours.
    Braked,
    /// No relay takes our credentials.
    NotLoggedIn,
}

impl Wish {
    /// Whether new messages may be claimed and connections opened.
    pub(super) const fn sends(self) -> bool {
        matches!(self, Self::Send)
    }
}

impl Dispatcher {
    /// What somebody at this terminal wants.
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Pause => self.record(Desired::Pause),
            Command::Resume => self.record(Desired::Run),
            Command::Cancel => self.record(Desired::Cancel),
            Command::Drain => self.stop(Stop::Drained),
            Command::Abort => {
                self.stop(Stop::Drained);
                self.cut_connections();
            }
        }
    }

    /// Wishes go through the store, so that they outlive this process; and take effect at once.
    fn record(&mut self, desired: Desired) {
        self.desired(desired);
        self.wishes += 1;
        self.writing += 1;
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        self.tasks
            .spawn(async move { TaskEnd::Recorded(store.set_desired(campaign, desired).await) });
    }

    /// What the store says that people want, from whichever terminal.
    pub(super) fn desired(&mut self, desired: Desired) {
        match (desired, self.wish) {
            (Desired::Cancel, Wish::Stop(Stop::Drained | Stop::Limit)) => {
                self.wish = Wish::Stop(Stop::Cancelled);
            }
            (_, Wish::Stop(_)) | (Desired::Pause, Wish::Pause) => {}
            (Desired::Run, Wish::Send | Wish::Hold(_)) => {}
            (Desired::Pause, Wish::Send | Wish::Hold(_)) => {
                self.quieten();
                self.wish = Wish::Pause;
                self.announce(RunState::Paused);
            }
            (Desired::Run, Wish::Pause) => self.go_on(),
            (Desired::Cancel, Wish::Send | Wish::Hold(_) | Wish::Pause) => {
                self.stop(Stop::Cancelled);
            }
        }
    }

    /// Asks the store what people want, one question at a time.
    pub(super) fn watch_desired(&mut self) {
        if self.asking_desired {
            return;
        }
        self.asking_desired = true;
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        let wishes = self.wishes;
        self.tasks.spawn(async move {
            tokio::time::sleep(WATCH).await;
            let both = move |reader: &Reader| {
                Ok((reader.desired(campaign)?, reader.moved_outside(campaign)?))
            };
            let desired = store.read(both).await;
            TaskEnd::Desired { wishes, desired }
        });
    }

    /// Returned mail and erasures have moved so many recipients by now; they are another process's, or
    /// another part's of this one. A move may be heard of before the outcome that it changed: then it is
    /// counted with the next answer.
    pub(super) fn moved_outside(&mut self, by_now: Vec<Moved>) {
        let now = self.clock.now();
        for Moved { from, to, count } in by_now {
            let same = |known: &Moved| known.from == from && known.to == to;
            let place = self.moved_outside.iter().position(same);
            let known = place.map_or(0, |place| self.moved_outside[place].count);
            let more = count.saturating_sub(known);
            let more = more.min(self.observer.counts()[from]);
            self.observer.moved(now, from, to, more);
            let count = known + more;
            match place {
                Some(place) => self.moved_outside[place].count = count,
                None => self.moved_outside.push(Moved { from, to, count }),
            }
        }
    }

    /// Obeys the campaign's hours.
    pub(super) fn obey_schedule(&mut self, now: Timestamp) {
        let schedule = &self.setup.schedule;
        if schedule.not_after.is_some_and(|end| now >= end) && !matches!(self.wish, Wish::Stop(_)) {
            let text = "the campaign's not_after has passed: what was not sent is cancelled";
            self.observer.notice(now, None, text.to_owned());
            self.stop(Stop::Cancelled);
            return;
        }
        let early = schedule.start.filter(|start| *start > now);
        let opens = early.or_else(|| window_opens(schedule.window.as_ref()?, now));
        match (opens, self.wish) {
            (Some(at), Wish::Send) => {
                self.quieten();
                self.wish = Wish::Hold(at);
                self.announce(RunState::Scheduled);
                self.observer
                    .notice(now, None, format!("sending begins at {at}"));
            }
            (None, Wish::Hold(_)) => self.go_on(),
            _ => {}
        }
    }

    /// Takes back what no connection has taken.
    fn quieten(&mut self) {
        let staged: Vec<_> = self
            .destinations
            .iter()
            .flat_map(|destination| destination.lane.drain())
            .collect();
        self.release(staged.into_iter().map(|staged| staged.recipient));
    }

    fn go_on(&mut self) {
        self.wish = Wish::Send;
        self.announce(RunState::Running);
        self.obey_schedule(self.clock.now());
        for lane in 0..self.destinations.len() {
            self.supply(lane);
        }
    }

    /// Too much was refused for reasons of ours.
    pub(super) fn pull_brake(&mut self, why: &str) {
        let now = self.clock.now();
        if !matches!(self.wish, Wish::Stop(_)) {
            self.observer
                .notice(now, None, format!("safety brake: {why}"));
            self.stop(Stop::Braked);
            self.brake_reason = Some(why.to_owned());
        }
    }

    /// Claims nothing new, lets connections finish, then ends.
    pub(super) fn stop(&mut self, why: Stop) {
        if !matches!(self.wish, Wish::Stop(_)) {
            self.quieten();
            self.wish = Wish::Stop(why);
            if why != Stop::Done {
                self.announce(RunState::Draining);
            }
        }
        for destination in &self.destinations {
            for link in destination.connections.values() {
                link.stop.cancel();
            }
        }
    }

    fn announce(&mut self, state: RunState) {
        let at = self.clock.now();
        self.observer.tell(Event::Run { at, state });
        self.observer.publish(at);
    }

    /// The end of the run, once it has come.
    ///
    /// # Errors
    /// Where the ledger cannot be written any more.
    pub(super) async fn end(&mut self) -> Result<Option<RunEnd>, RunError> {
        if let Wish::Stop(why) = self.wish {
            if self.is_busy() {
                return Ok(None);
            }
            let end = self.stopped(why).await?;
            return match self.login_error.take() {
                Some(error) if why == Stop::NotLoggedIn => Err(error.into()),
                Some(_) | None => Ok(Some(end)),
            };
        }
        let counts = self.observer.counts();
        if counts.open() == 0 {
            self.stop(Stop::Done);
        } else if self.budget == Some(0) && counts.sending == 0 && self.is_written() {
            self.stop(Stop::Limit);
        } else if counts.sending > 0 && !self.is_busy() && self.lanes_are_empty() {
            // Nobody is left who could settle these: a task has failed with them in hand.
            self.give_back_orphans().await?;
        }
        Ok(None)
    }

    /// Whether something is under way that has to end first.
    fn is_busy(&self) -> bool {
        self.connections > 0 || !self.is_written()
    }

    /// Whether the ledger says what the run knows.
    fn is_written(&self) -> bool {
        self.writing == 0 && !self.settling && self.unsettled.is_empty()
    }

    fn lanes_are_empty(&self) -> bool {
        self.destinations
            .iter()
            .all(|destination| destination.lane.len() == 0)
    }

    async fn stopped(&mut self, why: Stop) -> Result<RunEnd, RunError> {
        let state = match why {
            Stop::Done => RunState::Finished,
            Stop::Drained | Stop::Limit | Stop::NotLoggedIn => RunState::Stopped,
            Stop::Cancelled => RunState::Cancelled,
            Stop::Braked => RunState::Braked,
        };
        if why == Stop::Cancelled {
            let now = self.clock.now();
            // What is still `sending` now nobody will ever settle.
            let (id, hold) = (self.setup.campaign.id, InDoubtPolicy::Hold);
            self.setup.store.recover(id, hold, now).await?;
            for moved in self.setup.store.cancel(self.setup.campaign.id).await? {
                self.observer.moved(now, moved.from, moved.to, moved.count);
            }
        }
        self.conclude(state).await
    }

    async fn conclude(&mut self, state: RunState) -> Result<RunEnd, RunError> {
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        let at = self.clock.now();
        let counts = store.tally(campaign).await?.counts;
        let state = match state {
            RunState::Stopped if counts.open() == 0 => RunState::Finished,
            state => state,
        };
        self.observer.tell(Event::Finished { at, state, counts });
        self.observer.publish(at);
        store
            .put_live(campaign, self.observer.snapshot(), at)
            .await?;
        store.finish(campaign, state, at).await?;
        Ok(RunEnd {
            state,
            counts,
            brake: self.brake_reason.take(),
            interrupted: self.wish == Wish::Stop(Stop::Drained),
        })
    }

    async fn give_back_orphans(&mut self) -> Result<(), RunError> {
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        let (now, policy) = (self.clock.now(), self.setup.settings.delivery.in_doubt);
        let recovered = store.recover(campaign, policy, now).await?;
        let text = format!("{} recipients are in doubt", recovered.in_doubt);
        self.observer.notice(now, None, text);
        let read = move |reader: &Reader| reader.tally_and_moved(campaign);
        let (tally, moved) = store.read(read).await?;
        self.moved_outside = moved;
        let name = self.setup.campaign.name.clone();
        self.observer.tell(Event::Started {
            at: now,
            campaign: name,
            resumed: true,
            counts: tally.counts,
        });
        let backlog = store.backlog(campaign).await?;
        for id in self.domains.refresh(backlog) {
            self.due(id);
        }
        Ok(())
    }
}

/// How often the store is asked what people want.
const WATCH: Duration = Duration::from_millis(200);
