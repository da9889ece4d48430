//! Which destination gets messages and connections.

use super::connect::Dialer;
use super::connection::Connection;
use super::destination::Link;
use super::dispatch::{Dispatcher, TaskEnd};
use super::domains::Queue;
use super::stage::{Batch, Order, stage};
use crate::model::{DomainId, State};
use crate::proto::smtp_client::{ClientConfig, StartTls};
use crate::store::{Drained, Moved};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

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
            suppressed,
        } = batch;
        let now = self.clock.now();
        let claimed = u64::try_from(staged.len() + unrendered.len()).unwrap_or(u64::MAX);
        if let Some(budget) = &mut self.budget {
            *budget += limit.saturating_sub(claimed);
        }
        let recipients = staged
            .iter()
            .map(|staged| &staged.recipient)
            .chain(unrendered.iter().map(|(recipient, _)| recipient));
        for (state, count) in self.domains.claimed(recipients) {
            self.observer.moved(now, state, State::Sending, count);
        }
        for Moved { from, to, count } in suppressed {
            self.observer.moved(now, from, to, count);
        }
        self.destinations[lane].claiming = false;
        self.requeue_asked(lane, &asked, drained);
        self.reject_unrendered(lane, unrendered);
        if !self.wish.sends() {
            self.release(staged.into_iter().map(|staged| staged.recipient));
            return;
        }
        if !staged.is_empty() {
            self.destinations[lane].lane.add(staged);
            self.unidle(lane);
        }
        self.supply(lane);
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

    /// Puts a destination in the queue for connections if more of them would help.
    pub(super) fn want(&mut self, lane: usize) {
        let destination = &self.destinations[lane];
        if destination.wanting || destination.connections.len() >= destination.allowed() {
            return;
        }
        if destination.connections.values().any(|link| link.idle) {
            return;
        }
        let waiting = u64::try_from(destination.lane.len()).unwrap_or(u64::MAX);
        let due: u64 = destination
            .due
            .iter()
            .take(DOMAINS_AT_ONCE)
            .filter_map(|domain| self.domains.get(*domain))
            .map(|entry| (entry.pending + entry.deferred).max(1))
            .sum();
        let useful = (waiting + due).div_ceil(WORTH_A_CONNECTION);
        let have = u64::try_from(destination.connections.len()).unwrap_or(u64::MAX);
        if have < useful {
            self.turn += 1;
            let key = (Reverse(destination.limits.priority), self.turn, lane);
            self.destinations[lane].wanting = true;
            self.wanting.insert(key);
        }
    }

    /// Opens connections in turn as long as the run may have more.
    pub(super) fn grant_connections(&mut self) {
        while self.connections < self.setup.settings.limits.connections {
            let Some((_, _, lane)) = self.wanting.pop_first() else {
                return;
            };
            let now = self.clock.now();
            let destination = &mut self.destinations[lane];
            destination.wanting = false;
            let full = destination.connections.len() >= destination.allowed();
            if full || destination.resting(now) {
                continue;
            }
            self.open_connection(lane);
            self.want(lane);
        }
    }

    fn open_connection(&mut self, lane: usize) {
        let id = self.next_connection;
        self.next_connection += 1;
        let stop = CancellationToken::new();
        let settings = &self.setup.settings;
        let source = settings.route.sources.first();
        let hostname = source
            .and_then(|source| source.hostname.clone())
            .unwrap_or_else(|| self.setup.hostname.clone());
        let destination = &mut self.destinations[lane];
        let limit = destination.limits.messages_per_connection;
        let messages = match (limit, destination.learned_messages) {
            (Some(limit), Some(learned)) => Some(limit.min(learned)),
            (limit, learned) => limit.or(learned),
        };
        let connection = Connection {
            id,
            lane: Arc::clone(&destination.lane),
            servers: Arc::clone(&destination.servers),
            dialer: Dialer {
                resolver: self.setup.resolver.clone(),
                source: source.map(|source| source.ip),
                limit: settings.delivery.timeouts.connect,
            },
            client: ClientConfig {
                hostname,
                pipeline: settings.delivery.pipeline,
                window: settings.delivery.window,
                chunk: settings.delivery.chunk,
                timeouts: settings.delivery.timeouts,
                starttls: StartTls::Never,
                messages,
            },
            policy: destination.policy,
            tls: self.tls.clone(),
            clock: self.clock,
            dice: self.dice.roll(),
            stop: stop.clone(),
            news: self.news.clone(),
        };
        self.connections += 1;
        let task = self
            .tasks
            .spawn(async move { TaskEnd::Connection(Box::new(connection.run().await)) });
        self.links.insert(task.id(), (lane, id));
        let link = Link {
            stop,
            abort: task,
            up: false,
            idle: false,
        };
        self.destinations[lane].connections.insert(id, link);
    }

    /// A connection came as far as taking transactions.
    pub(super) fn up(&mut self, lane: usize, connection: u64) {
        let destination = &mut self.destinations[lane];
        destination.proven = true;
        if let Some(link) = destination.connections.get_mut(&connection) {
            link.up = true;
        }
        self.supply(lane);
    }

    /// A connection has nothing to do: where others wait for one, it makes room.
    pub(super) fn idle(&mut self, lane: usize, connection: u64) {
        let crowded = !self.wanting.is_empty();
        let destination = &mut self.destinations[lane];
        let of_use = destination.claiming || !destination.due.is_empty();
        if let Some(link) = destination.connections.get_mut(&connection) {
            link.idle = true;
            if crowded && !of_use {
                link.stop.cancel();
            }
        }
        self.supply(lane);
    }

    fn unidle(&mut self, lane: usize) {
        for link in self.destinations[lane].connections.values_mut() {
            link.idle = false;
        }
    }

    /// Where connections are all in use and others wait: idle ones make room at once, and a
    /// destination with many lets one go, so that each gets its turn.
    pub(super) fn ease(&mut self) {
        let full = self.connections >= self.setup.settings.limits.connections;
        if self.wanting.is_empty() || !full {
            return;
        }
        let mut wanted = self.wanting.len();
        let mut fullest: Option<(usize, &Link)> = None;
        for destination in &self.destinations {
            let mut live = 0;
            for link in destination.connections.values() {
                if link.stop.is_cancelled() {
                    // It makes room already.
                    wanted = wanted.saturating_sub(1);
                } else if link.idle && destination.due.is_empty() && wanted > 0 {
                    link.stop.cancel();
                    wanted -= 1;
                } else {
                    live += 1;
                    if live > fullest.map_or(1, |(most, _)| most) {
                        fullest = Some((live, link));
                    }
                }
            }
        }
        if let Some((_, link)) = fullest.filter(|_| wanted > 0) {
            link.stop.cancel();
        }
    }
}

/// Domains asked for in one claim.
const DOMAINS_AT_ONCE: usize = 64;
/// Messages for which a further connection is worth its set-up.
const WORTH_A_CONNECTION: u64 = 4;
