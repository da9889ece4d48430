//! Which destination gets messages: claims, and what comes of them.

use super::dispatch::{Dispatcher, TaskEnd};
use super::domains::Queue;
use super::stage::{Batch, Order, stage};
use crate::model::{DomainId, State};
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
        let waiting = destination.lane.len();
        let appetite = destination.appetite();
        destination.lane.set_low_water(appetite.div_ceil(2));
        if destination.claiming || destination.due.is_empty() || destination.up() == 0 {
            return;
        }
        if waiting * 2 > appetite {
            destination.lane.answered();
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
            together: destination.together,
            now: self.clock.now(),
        };
        let (store, letter) = (self.setup.store.clone(), Arc::clone(&self.setup.letter));
        self.tasks.spawn(async move {
            TaskEnd::Staged {
                lane,
                limit,
                batch: stage(store, letter, order).await,
            }
        });
    }

    /// A batch is claimed and rendered.
    pub(super) fn staged(&mut self, batch: Batch, limit: u64) {
        let Batch {
            lane,
            staged,
            unrendered,
            drained,
            asked,
            settled,
        } = batch;
        let now = self.clock.now();
        let claimed = u64::try_from(staged.len() + unrendered.len()).unwrap_or(u64::MAX);
        self.refund(limit.saturating_sub(claimed));
        let recipients = staged
            .iter()
            .map(|staged| &staged.recipient)
            .chain(unrendered.iter().map(|(recipient, _)| recipient));
        for (state, count) in self.domains.claimed(recipients) {
            self.observer.moved(now, state, State::Sending, count);
        }
        for Moved { from, to, count } in settled {
            self.observer.moved(now, from, to, count);
        }
        self.destinations[lane].claiming = false;
        self.requeue_asked(lane, &asked, drained);
        self.reject_unrendered(lane, unrendered);
        // What was claimed when sending stopped, or the destination went away, is given back.
        if !self.wish.sends() || self.destinations[lane].resting(now) {
            self.release(staged.into_iter().map(|staged| staged.recipient));
            return;
        }
        if !staged.is_empty() {
            self.destinations[lane].lane.add(staged);
            self.unidle(lane);
        }
        self.supply(lane);
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
