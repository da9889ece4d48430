//! Which destination gets messages: claims, and what comes of them.

use super::dispatch::Dispatcher;
use super::domains::Queue;
use super::ends::TaskEnd;
use super::hush::Epoch;
use super::stage::{Batch, Order, Rendered, claim, render};
use crate::model::{DomainId, Recipient, State, Timestamp};
use crate::store::{Drained, Moved};
use std::collections::HashMap;
use std::sync::Arc;

impl Dispatcher {
    /// Sees to it that a destination with something due has messages and connections.
    pub(super) fn supply(&mut self, lane: usize) {
        if self.wish.sends() && !self.destinations[lane].resting(self.clock.now()) {
            self.claim(lane);
            self.want(lane);
        }
    }

    /// Claims recipients, once a server is there to take them: a destination that does not answer
    /// leaves its recipients as they were.
    fn claim(&mut self, lane: usize) {
        let destination = &mut self.destinations[lane];
        // What is being rendered counts as waiting: more is claimed meanwhile, so that the cores
        // find the next batch ready, but not more than is wanted at all.
        let waiting = destination.lane.len() + destination.rendering;
        let appetite = destination.appetite();
        destination.lane.set_low_water(appetite.div_ceil(2));
        if destination.claiming || destination.due.is_empty() || destination.up() == 0 {
            return;
        }
        if waiting * 2 > appetite {
            // Where a batch is on its way, its arrival is the answer.
            if destination.rendering == 0 {
                destination.lane.answered();
            }
            return;
        }
        let room = u64::try_from(appetite - waiting).unwrap_or(u64::MAX);
        let limit = self.budget.map_or(room, |budget| budget.min(room));
        if limit == 0 {
            return;
        }
        let asked = destination.due.len().min(DOMAINS_AT_ONCE).min(appetite);
        let domains: Vec<DomainId> = destination.due.drain(..asked).collect();
        destination.claiming = true;
        for domain in &domains {
            if let Some(entry) = self.domains.get_mut(*domain) {
                entry.queue = Queue::Asked { again: false };
            }
        }
        if let Some(budget) = &mut self.budget {
            *budget -= limit;
        }
        self.writing += 1;
        let order = Order {
            lane,
            campaign: self.setup.campaign.id,
            domains,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            now: self.clock.now(),
        };
        let (store, at) = (self.setup.store.clone(), order.now);
        let epoch = self.hush.epoch();
        self.tasks.spawn(async move {
            TaskEnd::Claimed {
                lane,
                limit,
                at,
                epoch,
                batch: claim(store, order).await,
            }
        });
    }

    /// A batch was claimed at `at`, out of up to `limit` recipients.
    pub(super) fn claimed(&mut self, batch: Batch, limit: u64, (at, epoch): (Timestamp, Epoch)) {
        let Batch {
            lane,
            recipients,
            drained,
            asked,
            settled,
        } = batch;
        let now = self.clock.now();
        let claimed = u64::try_from(recipients.len()).unwrap_or(u64::MAX);
        self.refund(limit.saturating_sub(claimed));
        for (state, count) in self.domains.claimed(recipients.iter()) {
            self.observer.moved(now, state, State::Sending, count);
        }
        for Moved { from, to, count } in settled {
            self.observer.moved(now, from, to, count);
        }
        self.destinations[lane].claiming = false;
        self.requeue_asked(lane, &asked, drained);
        if self.is_unwanted(lane) {
            self.release(recipients);
            return;
        }
        self.render(lane, recipients, (at, epoch));
        self.supply(lane);
    }

    /// Has the messages of claimed recipients made, dated `date`.
    fn render(
        &mut self,
        lane: usize,
        recipients: Vec<Recipient>,
        (date, epoch): (Timestamp, Epoch),
    ) {
        if recipients.is_empty() {
            return;
        }
        let destination = &mut self.destinations[lane];
        let (count, together) = (recipients.len(), destination.together);
        destination.rendering += count;
        self.writing += 1;
        let (cores, letter) = (self.cores.clone(), Arc::clone(&self.setup.letter));
        self.tasks.spawn(async move {
            TaskEnd::Rendered {
                lane,
                count,
                epoch,
                rendered: render(cores, letter, recipients, together, date).await,
            }
        });
    }

    /// The messages of `count` recipients that were claimed at `epoch` are made.
    pub(super) fn rendered(
        &mut self,
        lane: usize,
        (count, epoch): (usize, Epoch),
        rendered: Rendered,
    ) {
        let Rendered { staged, unrendered } = rendered;
        self.destinations[lane].rendering -= count;
        self.reject_unrendered(lane, unrendered);
        if self.is_unwanted(lane) {
            self.release(staged.into_iter().map(|staged| staged.recipient));
            return;
        }
        let staged = self.still_wanted(staged, epoch);
        if !staged.is_empty() {
            self.destinations[lane].lane.add(staged);
            self.unidle(lane);
        }
        self.supply(lane);
    }

    /// Whether what is claimed for a destination is given back: sending has stopped, or the
    /// destination has gone away.
    fn is_unwanted(&self, lane: usize) -> bool {
        !self.wish.sends() || self.destinations[lane].resting(self.clock.now())
    }

    /// Recipients of the run's budget that were not sent to after all.
    pub(super) fn refund(&mut self, count: u64) {
        if let Some(budget) = &mut self.budget {
            self.refunded |= *budget == 0 && count > 0;
            *budget += count;
        }
    }

    /// The domains a claim asked for: those that have more stand in turn again, the others sleep
    /// until their next recipient is due.
    fn requeue_asked(&mut self, lane: usize, asked: &[DomainId], drained: Vec<Drained>) {
        let sleeping: HashMap<_, _> = drained
            .into_iter()
            .map(|drained| (drained.domain, drained.next_due))
            .collect();
        for domain in asked {
            let Some(entry) = self.domains.get_mut(*domain) else {
                continue;
            };
            let again = entry.queue == Queue::Asked { again: true };
            match sleeping.get(domain) {
                Some(next) if !again => {
                    entry.queue = Queue::Out;
                    self.domains.sleep(*domain, *next);
                }
                _ => {
                    entry.queue = Queue::In;
                    self.destinations[lane].due.push_back(*domain);
                }
            }
        }
    }
}

/// Domains asked for in one claim.
pub(super) const DOMAINS_AT_ONCE: usize = 64;
