//! Which destination gets connections, and which gives some back.

use super::connect::Dialer;
use super::connection::Connection;
use super::destination::Link;
use super::dispatch::Dispatcher;
use super::ends::TaskEnd;
use super::relays::Berth;
use super::supply::DOMAINS_AT_ONCE;
use crate::model::PipelineMode;
use crate::net::TcpDial;
use crate::proto::smtp_client::{ClientConfig, StartTls};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Destinations that want a connection: by priority, then in turn.
#[derive(Debug, Default)]
pub(super) struct Wanting {
    /// Those whose servers have answered in this run.
    proven: BTreeSet<Key>,
    /// The others. They never get all connections, so that dead ones do not keep living ones waiting.
    unproven: BTreeSet<Key>,
    turn: u64,
}

type Key = (Reverse<i32>, u64, usize);

impl Wanting {
    fn add(&mut self, lane: usize, priority: i32, proven: bool) {
        self.turn += 1;
        let key = (Reverse(priority), self.turn, lane);
        let set = if proven {
            &mut self.proven
        } else {
            &mut self.unproven
        };
        set.insert(key);
    }

    /// The destination whose turn it is.
    fn next(&mut self, unproven_too: bool) -> Option<usize> {
        let proven = self.proven.first().copied();
        let unproven = self.unproven.first().copied().filter(|_| unproven_too);
        let key = match (proven, unproven) {
            (Some(one), Some(other)) => one.min(other),
            (one, other) => one.or(other)?,
        };
        self.proven.remove(&key);
        self.unproven.remove(&key);
        Some(key.2)
    }

    fn len(&self) -> usize {
        self.proven.len() + self.unproven.len()
    }

    fn lanes(&self) -> impl Iterator<Item = usize> {
        self.proven.iter().chain(&self.unproven).map(|key| key.2)
    }
}

impl Dispatcher {
    /// Connections that other destinations on the same servers have from each source address, or
    /// need to have at least.
    fn beside(&self, lane: usize) -> Vec<usize> {
        let destination = &self.destinations[lane];
        let mut taken = vec![0; destination.outlets.len()];
        for kin in &destination.kin {
            let kin = &self.destinations[*kin];
            for (source, taken) in taken.iter_mut().enumerate() {
                *taken += kin.live_from(source);
            }
            if kin.live() == 0
                && !kin.due.is_empty()
                && !kin.resting(self.clock.now())
                && let Some(first) = taken.first_mut()
            {
                *first += 1;
            }
        }
        taken
    }

    /// The source address from which the destination may have a further connection.
    fn next_source(&self, lane: usize) -> Option<usize> {
        let beside = self.beside(lane);
        self.destinations[lane].next_source(&beside, self.clock.now())
    }

    /// Whether others on the same servers still have, with connections that are about to end, all
    /// that the servers allow. Each may have one, however few they allow.
    fn kin_have_all(&self, lane: usize) -> bool {
        let destination = &self.destinations[lane];
        let kin = || destination.kin.iter().map(|kin| &self.destinations[*kin]);
        let open: usize = kin().map(|kin| kin.connections.len()).sum();
        let busy = kin().filter(|kin| !kin.connections.is_empty()).count();
        let most = destination.connections_limit().max(busy + 1);
        busy > 0 && destination.connections.len() + open >= most
    }

    /// Looks after the others on the same servers, which may have waited for a connection's end.
    pub(super) fn supply_kin(&mut self, lane: usize) {
        for kin in self.destinations[lane].kin.clone() {
            self.supply(kin);
        }
    }

    /// Puts a destination in the queue for connections if more of them would help.
    pub(super) fn want(&mut self, lane: usize) {
        let destination = &self.destinations[lane];
        if destination.live() == 0 && !destination.due.is_empty() {
            for kin in destination.kin.clone() {
                self.shed(kin);
            }
        }
        if !self.destinations[lane].wanting && self.has_use_for_more(lane) {
            let destination = &mut self.destinations[lane];
            destination.wanting = true;
            self.wanting
                .add(lane, destination.limits.priority, destination.proven);
        }
    }

    /// Whether a further connection would serve the destination.
    fn has_use_for_more(&self, lane: usize) -> bool {
        let destination = &self.destinations[lane];
        let idle = destination.connections.values().any(|link| link.idle);
        if idle || self.next_source(lane).is_none() || self.kin_have_all(lane) {
            return false;
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let due: u64 = if self.budget == Some(0) {
            0
        } else {
            let next = destination.due.iter().take(DOMAINS_AT_ONCE);
            let entries = next.filter_map(|domain| self.domains.get(*domain));
            entries
                .map(|entry| (entry.pending + entry.deferred).max(1))
                .sum()
        };
        let useful = (count(destination.lane.len()) + due).div_ceil(WORTH_A_CONNECTION);
        count(destination.live()) < useful
    }

    /// Opens connections in turn as long as the run may have more.
    pub(super) fn grant_connections(&mut self) {
        let most = self.setup.settings.limits.connections;
        while self.connections < most {
            let unproven_too = self.probes < (most * 3 / 4).max(1);
            let Some(lane) = self.wanting.next(unproven_too) else {
                return;
            };
            self.destinations[lane].wanting = false;
            let now = self.clock.now();
            let destination = &self.destinations[lane];
            if !destination.resting(now)
                && self.has_use_for_more(lane)
                && let Some(source) = self.next_source(lane)
            {
                self.open_connection(lane, source);
                self.want(lane);
            }
        }
    }

    /// Opens a connection from the `outlet`th source address, which says its own name; where none
    /// is configured, from whichever the system chooses.
    fn open_connection(&mut self, lane: usize, outlet: usize) {
        let id = self.next_connection;
        self.next_connection += 1;
        let stop = CancellationToken::new();
        let settings = &self.setup.settings;
        let source = settings.route.sources.get(outlet);
        let hostname = source
            .and_then(|source| source.hostname.clone())
            .unwrap_or_else(|| self.setup.hostname.clone());
        let destination = &mut self.destinations[lane];
        destination.outlets[outlet].last = id;
        let next = destination.next_relay(outlet, self.clock.now());
        let relay = next.and_then(|at| Some((at, destination.relays.as_ref()?.0.get(at)?)));
        let berth = relay.map(|(relay, record)| Berth {
            relay,
            edition: record.edition(),
        });
        let limit = destination.limits.messages_per_connection;
        let learned = destination.learned_at(next);
        let connection = Connection {
            id,
            lane: Arc::clone(&destination.lane),
            servers: relay.map_or_else(
                || Arc::clone(&destination.servers),
                |(_, record)| record.servers(),
            ),
            access: relay.map(|(_, record)| record.access()),
            recipients: destination.recipients_at(next),
            source: outlet,
            dialer: Dialer {
                resolver: self.setup.resolver.clone(),
                tcp: TcpDial {
                    source: source.map(|source| source.ip),
                    limit: settings.delivery.timeouts.connect,
                    unacknowledged: settings.delivery.timeouts.data_block,
                },
                shaky: Arc::clone(&destination.outlets[outlet].shaky),
            },
            client: ClientConfig {
                hostname,
                // Of a message for several recipients only 354 tells surely whose answers are whose.
                pipeline: if destination.together {
                    learned.pipeline().max(PipelineMode::Data)
                } else {
                    learned.pipeline()
                },
                window: settings.delivery.window,
                opening: learned.window(),
                window_octets: settings.delivery.window_octets,
                chunk: settings.delivery.chunk,
                timeouts: settings.delivery.timeouts,
                starttls: StartTls::Never,
                login: None,
                messages: learned.messages(limit),
            },
            security: destination.security.clone(),
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
        let destination = &mut self.destinations[lane];
        let probe = !destination.proven;
        self.probes += usize::from(probe);
        let link = Link {
            source: outlet,
            stop,
            abort: task,
            up: false,
            idle: false,
            probe,
            berth,
        };
        destination.connections.insert(id, link);
    }

    /// A connection came as far as taking transactions.
    pub(super) fn up(&mut self, lane: usize, connection: u64, flaw: Option<String>) {
        let destination = &mut self.destinations[lane];
        destination.proven = true;
        destination.rest = None;
        destination.testing.seen(flaw);
        if let Some(link) = destination.connections.get_mut(&connection) {
            link.up = true;
            self.probes -= usize::from(std::mem::take(&mut link.probe));
            let berth = link.berth;
            self.relay_up(lane, berth);
        }
        self.tell_testing(lane);
        self.supply(lane);
    }

    /// A connection is gone. Gives the relay it went to.
    pub(super) fn unlink(&mut self, lane: usize, connection: u64) -> Option<Berth> {
        self.connections -= 1;
        let link = self.destinations[lane].connections.remove(&connection)?;
        self.probes -= usize::from(link.probe);
        link.berth
    }

    /// A connection has nothing to do: where others wait for one, it makes room.
    pub(super) fn idle(&mut self, lane: usize, connection: u64) {
        let crowded = self.wanting.len() > 0;
        let destination = &mut self.destinations[lane];
        let coming = destination.claiming || destination.rendering > 0;
        let of_use = coming || !destination.due.is_empty();
        if let Some(link) = destination.connections.get_mut(&connection) {
            link.idle = true;
            if crowded && !of_use {
                link.stop.cancel();
            }
        }
        self.supply(lane);
    }

    /// A destination has messages again.
    pub(super) fn unidle(&mut self, lane: usize) {
        for link in self.destinations[lane].connections.values_mut() {
            link.idle = false;
        }
    }

    /// Ends connections beyond what the destination may have now.
    pub(super) fn shed(&mut self, lane: usize) {
        let beside = self.beside(lane);
        let now = self.clock.now();
        for link in self.destinations[lane].surplus(&beside, now) {
            link.stop.cancel();
        }
    }

    /// Where connections are all in use and others wait: idle ones make room at once; else the
    /// destination that has most lets one go to one that has clearly fewer; else one that its own
    /// rate keeps waiting gives its connection up.
    pub(super) fn ease(&mut self) {
        let full = self.connections >= self.setup.settings.limits.connections;
        if self.wanting.len() == 0 || !full {
            return;
        }
        let mut wanted = self.wanting.len();
        let mut fullest: Option<(usize, &Link)> = None;
        let mut waiting: Option<&Link> = None;
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
                    if live > fullest.map_or(0, |(most, _)| most) {
                        fullest = Some((live, link));
                    }
                    if link.up && destination.lane.held_by_rate() {
                        waiting = Some(link);
                    }
                }
            }
        }
        if wanted == 0 {
            return;
        }
        let poorest = self
            .wanting
            .lanes()
            .map(|lane| self.destinations[lane].live())
            .min();
        let poorest = poorest.unwrap_or(0);
        match (fullest, waiting) {
            (Some((most, link)), _) if most > poorest + 1 => link.stop.cancel(),
            (_, Some(link)) if poorest == 0 => link.stop.cancel(),
            _ => {}
        }
    }
}

/// Messages for which a further connection is worth its set-up.
const WORTH_A_CONNECTION: u64 = 4;
