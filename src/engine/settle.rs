//! From an outcome to the ledger.

use super::connection::Attempt;
use super::dispatch::Dispatcher;
use super::ends::TaskEnd;
use crate::classify::{Consequence, consequence, verdict};
use crate::model::{
    Action, Address, Blame, EnhancedCode, Event, Judgement, Outcome, Reason, Recipient, Reply,
    Settled, Stage, State, Timestamp, Verdict,
};
use crate::pace::{Next, next_attempt};
use crate::render::RenderError;
use crate::store::{Lasting, Settlement};
use std::sync::Arc;

/// What is to be written and told of one recipient.
struct Ruling {
    state: State,
    reason: Option<Reason>,
    blame: Blame,
    next: Option<Timestamp>,
    doubt: bool,
}

impl Dispatcher {
    /// Outcomes of one connection, in the order of its transactions.
    pub(super) fn settle(&mut self, lane: usize, source: usize, attempts: Vec<Attempt>) {
        let now = self.clock.now();
        self.destinations[lane]
            .meter
            .add(attempts.len(), self.clock.instant());
        let mut returned = Vec::new();
        // The message that was being sent when its connection was lost may be what the server
        // cannot stand; so it counts as an attempt and waits for its turn, while those behind it
        // go back untried.
        let mut first_lost = true;
        for attempt in attempts {
            let policy = self.setup.settings.delivery.in_doubt;
            let mut verdict = verdict(&attempt.outcome, &attempt.peer.mx, policy);
            if matches!(attempt.outcome, Outcome::Lost { .. }) {
                let excused = ended_in_order(&attempt) || died_in_silence(&attempt);
                let blamed = first_lost && was_begun(&attempt.outcome) && !excused;
                if !blamed {
                    verdict = Verdict::Requeue;
                }
                first_lost &= !blamed;
            }
            if verdict == Verdict::Requeue {
                returned.push(attempt.recipient);
            } else {
                self.rule((lane, source), attempt, &verdict, now);
            }
        }
        self.release(returned);
        self.supply(lane);
    }

    /// Writes one verdict down and draws its consequences for the destination and the run.
    fn rule(
        &mut self,
        (lane, source): (usize, usize),
        attempt: Attempt,
        verdict: &Verdict,
        now: Timestamp,
    ) {
        self.heed(lane, source, verdict, &attempt.outcome);
        if let Some(why) = self.brake.observe(verdict) {
            self.pull_brake(&why);
        }
        let attempts = attempt.recipient.attempts + 1;
        let ruling = self.ruling(verdict, &attempt.recipient, attempts, now);
        let (stage, reply, words) = told(attempt.outcome);
        let lasting = self.lasting(
            &ruling,
            verdict,
            stage,
            (&attempt.recipient.address, &words),
        );
        let destination = &mut self.destinations[lane];
        match ruling.state {
            State::Delivered => destination.delivered += 1,
            State::Bounced | State::Expired => destination.bounced += 1,
            _ => {}
        }
        let name = Arc::clone(&destination.name);
        self.domains.settled(attempt.recipient.domain, ruling.state);
        let (code, enhanced) =
            reply.map_or((None, None), |(code, enhanced)| (Some(code), enhanced));
        self.observer.tell(Event::Settled(Box::new(Settled {
            at: now,
            email: attempt.recipient.address.to_string(),
            destination: name.to_string(),
            from: State::Sending,
            state: ruling.state,
            reason: ruling.reason,
            blame: ruling.blame,
            stage: Some(stage),
            code,
            enhanced: enhanced.map(|enhanced| enhanced.to_string()),
            diagnostic: words.clone(),
            attempts,
            next_attempt: ruling.next,
            doubt: ruling.doubt,
        })));
        self.unsettled.push(Settlement {
            id: attempt.recipient.id,
            domain: attempt.recipient.domain,
            state: ruling.state,
            reason: ruling.reason,
            blame: ruling.blame,
            stage: Some(stage),
            code,
            enhanced,
            diagnostic: words,
            peer: Some(attempt.peer),
            message_id: attempt.message_id,
            at: now,
            next_attempt: ruling.next,
            doubt: ruling.doubt,
            lasting,
            counts_attempt: true,
            destination: name,
        });
    }

    fn ruling(
        &mut self,
        verdict: &Verdict,
        recipient: &Recipient,
        attempts: u32,
        now: Timestamp,
    ) -> Ruling {
        let plain = |state| Ruling {
            state,
            reason: None,
            blame: Blame::None,
            next: None,
            doubt: false,
        };
        match verdict {
            Verdict::Delivered | Verdict::Requeue => plain(State::Delivered),
            Verdict::Bounce(judgement) => Ruling {
                reason: Some(judgement.reason),
                blame: judgement.blame,
                ..plain(State::Bounced)
            },
            Verdict::Defer(judgement) => {
                self.next_or_expired(judgement, recipient, attempts, now, false)
            }
            Verdict::ResendInDoubt => {
                self.next_or_expired(&UNANSWERED, recipient, attempts, now, true)
            }
            Verdict::HoldInDoubt => Ruling {
                reason: Some(UNANSWERED.reason),
                blame: UNANSWERED.blame,
                doubt: true,
                ..plain(State::InDoubt)
            },
        }
    }

    /// What a final refusal means for the address beyond this campaign.
    fn lasting(
        &self,
        ruling: &Ruling,
        verdict: &Verdict,
        stage: Stage,
        (address, words): (&Address, &str),
    ) -> Option<Lasting> {
        let (Verdict::Bounce(judgement) | Verdict::Defer(judgement)) = verdict else {
            return None;
        };
        if !matches!(ruling.state, State::Bounced | State::Expired) {
            return None;
        }
        let policy = &self.setup.settings.suppression;
        let patience = match consequence(judgement, stage) {
            Consequence::None => return None,
            Consequence::Suppress if !policy.hard_bounces => return None,
            Consequence::Suppress => None,
            Consequence::Strike => Some(policy.soft_bounces),
        };
        Some(Lasting {
            address: address.clone(),
            reason: judgement.reason,
            words: words.to_owned(),
            patience,
        })
    }

    fn next_or_expired(
        &mut self,
        judgement: &Judgement,
        recipient: &Recipient,
        attempts: u32,
        now: Timestamp,
        doubt: bool,
    ) -> Ruling {
        let first = recipient.first_attempt.unwrap_or(now);
        let named = judgement.retry_after;
        let delivery = &self.setup.settings.delivery;
        let (state, next) =
            match next_attempt(delivery, attempts, first, now, named, self.dice.fraction()) {
                Next::At(at) => (State::Deferred, Some(at)),
                Next::GiveUp => (State::Expired, None),
            };
        Ruling {
            state,
            reason: Some(judgement.reason),
            blame: judgement.blame,
            next,
            doubt,
        }
    }

    /// Recipients no message could be made for, though the trial had passed: the templates or the
    /// list were changed in between.
    pub(super) fn reject_unrendered(
        &mut self,
        lane: usize,
        unrendered: Vec<(Recipient, RenderError)>,
    ) {
        let now = self.clock.now();
        for (recipient, error) in unrendered {
            let name = Arc::clone(&self.destinations[lane].name);
            self.domains.settled(recipient.domain, State::Invalid);
            self.observer.moved(now, State::Sending, State::Invalid, 1);
            self.unsettled.push(Settlement {
                id: recipient.id,
                domain: recipient.domain,
                state: State::Invalid,
                reason: None,
                blame: Blame::Content,
                stage: None,
                code: None,
                enhanced: None,
                diagnostic: error.to_string(),
                peer: None,
                message_id: String::new(),
                at: now,
                next_attempt: None,
                doubt: false,
                lasting: None,
                counts_attempt: false,
                destination: name,
            });
        }
    }

    /// Commits what has come in, one commit at a time: what comes in meanwhile goes into the next.
    pub(super) fn flush(&mut self) {
        if self.settling || self.unsettled.is_empty() {
            return;
        }
        self.settling = true;
        let settlements = std::mem::take(&mut self.unsettled);
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        self.tasks.spawn(async move {
            let deferred = settlements
                .iter()
                .filter_map(|settlement| Some((settlement.domain, settlement.next_attempt?)))
                .collect();
            TaskEnd::Settled(store.settle(campaign, settlements).await.map(|_| deferred))
        });
    }

    /// Puts claimed recipients back as they were.
    pub(super) fn release(&mut self, recipients: impl IntoIterator<Item = Recipient>) {
        let now = self.clock.now();
        let mut rows = Vec::new();
        for recipient in recipients {
            let state = self.domains.released(&recipient);
            self.observer.moved(now, State::Sending, state, 1);
            rows.push((recipient.domain, recipient.id));
        }
        if rows.is_empty() {
            return;
        }
        self.refund(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        self.writing += 1;
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        self.tasks.spawn(async move {
            let mut domains: Vec<_> = rows.iter().map(|(domain, _)| *domain).collect();
            domains.sort_unstable();
            domains.dedup();
            TaskEnd::Released(store.release(campaign, rows).await.map(|_| domains))
        });
    }
}

/// Whether a lost message had been on the wire at all.
fn was_begun(outcome: &Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Lost {
            stage: Stage::Connect,
            ..
        }
    )
}

/// Whether the server ended a connection on which it had taken messages, and said so: the next
/// connection begins where this one ended, and nobody is to blame.
fn ended_in_order(attempt: &Attempt) -> bool {
    let announced =
        matches!(&attempt.outcome, Outcome::Lost { reply: Some(reply), .. } if reply.code == 421);
    announced && attempt.delivered_before > 0
}

/// Whether a connection that had taken messages was found dead by the first command of another: its
/// server had left, or a NAT had forgotten it, and this message had nothing to do with that. A
/// message that ends connections by itself is excused no more when it is the first on one.
fn died_in_silence(attempt: &Attempt) -> bool {
    let unheard = matches!(
        attempt.outcome,
        Outcome::Lost {
            stage: Stage::Mail,
            reply: None,
            ..
        }
    );
    unheard && attempt.delivered_before > 0
}

/// Stage, codes and words of an outcome, for the report.
fn told(outcome: Outcome) -> (Stage, Option<(u16, Option<EnhancedCode>)>, String) {
    let codes = |reply: &Reply| (reply.code, reply.enhanced);
    match outcome {
        Outcome::Accepted(reply) => (Stage::Final, Some(codes(&reply)), reply.text),
        Outcome::Refused { stage, reply } => (stage, Some(codes(&reply)), reply.text),
        Outcome::Unsendable { stage, why, .. } => (stage, None, why),
        Outcome::Lost { stage, reply, why } => {
            let words = reply.as_ref().map_or(why, |reply| reply.text.clone());
            (stage, reply.as_ref().map(codes), words)
        }
        Outcome::InDoubt { why } => (Stage::Final, None, why),
    }
}

const UNANSWERED: Judgement = Judgement {
    reason: Reason::Unreachable,
    blame: Blame::Network,
    action: Action::Retry,
    retry_after: None,
};
