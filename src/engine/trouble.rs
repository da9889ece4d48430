//! What failures do to a destination: it rests, slows down, or learns a habit of its servers.

use super::connection::{End, Ended};
use super::destination::Rest;
use super::dispatch::Dispatcher;
use super::domains::{Place, Queue};
use super::relays::{Berth, Relays};
use super::sweep::Obstacle;
use crate::classify::Classifier;
use crate::model::{Action, Judgement, Outcome, Reason, Reply, Stage, Timestamp, Verdict};
use crate::proto::smtp_client::Closing;
use std::collections::HashSet;
use std::sync::Arc;

/// The way a connection took: from which source address, and to which relay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) source: usize,
    pub(super) berth: Option<Berth>,
}

impl Dispatcher {
    /// A connection has ended, well or badly.
    pub(super) fn connection_ended(&mut self, ended: Ended) {
        let Ended {
            id,
            lane,
            source,
            end,
        } = ended;
        let berth = self.unlink(lane, id);
        let way = Way { source, berth };
        match end {
            End::Stopped => {}
            End::NotLoggedIn { refusal, why } => self.login_failed(lane, berth, refusal, why),
            End::OutOfReach { why } => {
                if !self.stands_apart(lane, way, &why) {
                    self.unreached(lane, way, Stage::Connect, None, &why);
                }
            }
            End::Unreached { failure, reply } => {
                self.unreached(lane, way, failure.stage, reply.as_ref(), &failure.why);
            }
            End::Closed { closing } => self.closed(lane, way, &closing),
        }
        self.supply_kin(lane);
        self.supply(lane);
    }

    /// A session is over that had come as far as taking transactions.
    fn closed(&mut self, lane: usize, way: Way, closing: &Closing) {
        let now = self.clock.now();
        let destination = &mut self.destinations[lane];
        let lessons = destination.learn(way.berth, closing);
        let name = destination.name_at(way.berth);
        for lesson in lessons {
            self.observer.notice(now, Some(&name), lesson);
        }
        if closing.accepted > 0 {
            destination.outlets[way.source].succeeded();
            destination.backoff.succeeded();
            destination.relay_succeeded(way.berth);
        } else if !closing.clean && closing.fall_back.is_none() {
            // A server that only wants to be asked in another way is no dead one.
            let barren = destination.barren(way.source, way.berth);
            *barren += 1;
            if *barren >= BARREN {
                destination.outlets[way.source].barren = 0;
                let stage = closing.stage;
                self.unreached(lane, way, stage, closing.reply.as_ref(), &closing.why);
            }
        }
    }

    /// No server could be reached in one way. Where other relays may fare better, they take its
    /// place. Where others of its connections live, its source address only gets fewer of them.
    /// Where other source addresses may fare better, they are tried. Where nothing of that is so,
    /// the destination rests, and its recipients are deferred together.
    fn unreached(&mut self, lane: usize, way: Way, stage: Stage, reply: Option<&Reply>, why: &str) {
        if !self.wish.sends() {
            // Nothing was going to be tried any more, so nothing has failed.
            return;
        }
        let Some(why) = self.relay_unreached(lane, way, why) else {
            return;
        };
        let why = &why;
        let now = self.clock.now();
        let source = way.source;
        let destination = &self.destinations[lane];
        if destination.up_from(source) > 0 {
            self.turned_away(lane, source, why);
        } else if destination.up() > 0 {
            self.leave_out(lane, &[source], why);
        } else if !destination.resting(now) {
            let alike = self.sources_like(source, stage, reply);
            if destination.has_others_than(&alike, now) {
                self.leave_out(lane, &alike, why);
            } else {
                self.rest(lane, stage, reply, why);
            }
        }
        // Otherwise it is the same outage, seen by another of its connections.
    }

    /// Leaves a destination alone that cannot be reached at all.
    fn rest(&mut self, lane: usize, stage: Stage, reply: Option<&Reply>, why: &str) {
        let now = self.clock.now();
        let destination = &mut self.destinations[lane];
        let name = Arc::clone(&destination.name);
        for outlet in &mut destination.outlets {
            outlet.end_rest();
        }
        let delay = destination
            .backoff
            .failed(&self.setup.settings.delivery, self.dice.fraction());
        // All relays rest: the first of them to be tried again ends it.
        let wakes = destination.relays.as_ref().and_then(Relays::wakes);
        let until = wakes.unwrap_or_else(|| now.after(delay));
        destination.rest = Some(Rest {
            until,
            why: why.to_owned(),
        });
        destination.proven = false;
        self.resting.insert((until, lane));
        // Told again only when it has become worse: a server may be gone for hours.
        if destination.backoff.failures().is_power_of_two() {
            let text = format!("{why}; left alone for {:.1} s", delay.as_secs_f64());
            self.observer.notice(now, Some(&name), text);
        }
        let obstacle = Obstacle {
            stage,
            reason: reason_of(stage, reply, &name),
            permanent: false,
            why: why.to_owned(),
        };
        let staged = self.destinations[lane].lane.drain();
        self.release(staged.into_iter().map(|staged| staged.recipient));
        let due: Vec<_> = self.destinations[lane].due.drain(..).collect();
        let anew = self.destinations[lane].security.rule.is_some();
        for domain in &due {
            if let Some(entry) = self.domains.get_mut(*domain) {
                entry.queue = Queue::Out;
                if anew {
                    entry.place = Place::Unknown;
                }
            }
        }
        if anew {
            // The policy may have been mended (RFC 8461 section 5.1): it is looked up again when
            // the recipients are due.
            let left: HashSet<_> = due.iter().copied().collect();
            let domains = &mut self.destinations[lane].domains;
            domains.retain(|domain| !left.contains(domain));
        }
        self.sweep(due, name, obstacle);
    }

    /// What an answer means for the destination, besides its recipient.
    pub(super) fn heed(
        &mut self,
        lane: usize,
        source: usize,
        verdict: &Verdict,
        outcome: &Outcome,
    ) {
        let (now, instant) = (self.clock.now(), self.clock.instant());
        if let Some(reason) = blocked(verdict)
            && self.destinations[lane].has_others_than(&[source], now)
        {
            self.leave_out(lane, &[source], &told(reason, outcome));
        }
        let throttle = &mut self.destinations[lane].outlets[source].throttle;
        let change = match verdict {
            Verdict::Delivered => throttle.succeeded(instant),
            Verdict::Defer(Judgement {
                action: Action::SlowDown,
                reason,
                ..
            }) => throttle.slow_down(instant, &told(*reason, outcome)),
            _ => None,
        };
        if let Some(change) = change {
            self.tell_change(lane, source, now, change);
        }
    }

    /// Destinations whose rest is over are served again.
    pub(super) fn end_rests(&mut self, now: Timestamp) {
        while let Some(&(until, lane)) = self.resting.first() {
            if until > now {
                return;
            }
            self.resting.pop_first();
            let destination = &mut self.destinations[lane];
            if destination
                .rest
                .as_ref()
                .is_some_and(|rest| rest.until <= now)
            {
                destination.rest = None;
            }
            self.make_room(lane);
            self.supply(lane);
        }
    }

    /// A connection's task did not come to its own end: it was aborted, or it panicked, which is a
    /// bug of ours and must not end the campaign. What it had claimed stays `sending` and is in
    /// doubt; the end of the run, or the next one, accounts for it.
    pub(super) fn cut_off(&mut self, lane: usize, connection: u64, panicked: bool) {
        let now = self.clock.now();
        self.unlink(lane, connection);
        if panicked {
            let name = Arc::clone(&self.destinations[lane].name);
            let text = "a connection failed inside this program (a bug, please report it); \
                        what it was sending is in doubt";
            self.observer.notice(now, Some(&name), text.to_owned());
        }
        self.supply_kin(lane);
        self.supply(lane);
    }

    /// Ends all connections at once.
    pub(super) fn cut_connections(&mut self) {
        for destination in &self.destinations {
            for link in destination.connections.values() {
                link.abort.abort();
            }
        }
    }
}

/// The reason for which a destination could not be reached: what the server said where it said
/// something, the network otherwise.
fn reason_of(stage: Stage, reply: Option<&Reply>, provider: &str) -> Reason {
    match (reply, stage) {
        (Some(reply), _) => {
            Classifier::builtin()
                .judge(reply, Some(stage), provider)
                .reason
        }
        // What the server cannot prove, or does not offer, is its operator's to mend.
        (None, Stage::Tls) => Reason::ServerError,
        (None, _) => Reason::Unreachable,
    }
}

/// A reason and the server's words for it.
fn told(reason: Reason, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused { reply, .. } => format!("{reason}: {reply}"),
        _ => reason.to_string(),
    }
}

/// Whether an answer is about the address it was sent from, and not about the mail.
fn blocked(verdict: &Verdict) -> Option<Reason> {
    match verdict {
        Verdict::Defer(judgement) | Verdict::Bounce(judgement) => {
            (judgement.reason == Reason::ReputationBlock).then_some(judgement.reason)
        }
        Verdict::Delivered | Verdict::Requeue | Verdict::ResendInDoubt | Verdict::HoldInDoubt => {
            None
        }
    }
}

/// Sessions without a single delivery after which a destination counts as unreachable.
pub(super) const BARREN: u32 = 2;
