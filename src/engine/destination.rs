//! One destination: its servers, its limits as they are now, its connections, its work.

use super::connect::SharedServers;
use super::lane::Lane;
use super::learned::Learned;
use super::outlet::Outlet;
use super::relays::{Berth, Relays};
use super::security::Security;
use crate::model::{DomainId, Rate, Timestamp};
use crate::pace::{Backoff, DestinationLimits};
use crate::proto::smtp_client::Closing;
use crate::route::{self, RelayState, Standing};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

/// A destination of the run. Without work it is only this record: no task, no socket.
pub(crate) struct Destination {
    pub(crate) name: Arc<str>,
    pub(crate) servers: SharedServers,
    pub(crate) security: Security,
    pub(crate) testing: super::testing::Testing,
    /// The relays it stands for, where the route goes through relays.
    pub(crate) relays: Option<Relays>,
    pub(crate) limits: DestinationLimits,
    /// Whether its recipients get the same message, several of them at once. By what is configured
    /// and not by what was learned: a message that may have arrived already keeps its Message-ID.
    pub(crate) together: bool,
    /// One for each source address, never empty.
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) backoff: Backoff,
    pub(crate) lane: Arc<Lane>,
    /// Domains that have something due, in turn.
    pub(crate) due: VecDeque<DomainId>,
    /// Other destinations on the same servers, with which it shares their limits.
    pub(crate) kin: Vec<usize>,
    /// Domains it serves.
    pub(crate) domains: Vec<DomainId>,
    pub(crate) connections: HashMap<u64, Link>,
    /// Whether a claim is under way for it.
    pub(crate) claiming: bool,
    /// Recipients that are claimed and whose messages are being made.
    pub(crate) rendering: usize,
    /// Whether it stands in the queue for connections.
    pub(crate) wanting: bool,
    /// Whether a server of it has answered in this run.
    pub(crate) proven: bool,
    /// Left alone until then, and why.
    pub(crate) rest: Option<Rest>,
    /// What its servers have taught us; where there are relays, each keeps its own.
    pub(crate) learned: Learned,
    pub(crate) delivered: u64,
    pub(crate) bounced: u64,
    pub(crate) meter: Meter,
}

/// One of its connections, as the dispatcher sees it.
pub(crate) struct Link {
    /// The outlet it was opened from.
    pub(crate) source: usize,
    /// Asks it to finish.
    pub(crate) stop: CancellationToken,
    /// Ends it at once.
    pub(crate) abort: AbortHandle,
    pub(crate) up: bool,
    pub(crate) idle: bool,
    /// Opened before any server of the destination had answered, and not up yet.
    pub(crate) probe: bool,
    /// The relay it goes to, where there are relays.
    pub(crate) berth: Option<Berth>,
}

impl Link {
    /// Whether it has not been asked to finish.
    pub(crate) fn is_live(&self) -> bool {
        !self.stop.is_cancelled()
    }

    /// Whether it goes to this relay.
    pub(crate) fn is_at(&self, relay: usize) -> bool {
        self.berth.is_some_and(|berth| berth.relay == relay)
    }
}

/// Why a destination is left alone.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    pub(crate) until: Timestamp,
    pub(crate) why: String,
}

impl Destination {
    pub(crate) fn up(&self) -> usize {
        self.connections.values().filter(|link| link.up).count()
    }

    /// The same of one source address.
    pub(crate) fn up_from(&self, source: usize) -> usize {
        let links = self.connections.values();
        links
            .filter(|link| link.up && link.source == source)
            .count()
    }

    /// Connections that have not been asked to finish.
    pub(crate) fn live(&self) -> usize {
        self.connections
            .values()
            .filter(|link| link.is_live())
            .count()
    }

    /// The same of one source address.
    pub(crate) fn live_from(&self, source: usize) -> usize {
        let links = self.connections.values();
        links
            .filter(|link| link.source == source && link.is_live())
            .count()
    }

    /// Connections it may have now, of all source addresses together: one until a server has
    /// answered (one for each relay), so that a dead destination holds one slot and not all of them.
    pub(crate) fn allowed(&self, now: Timestamp) -> usize {
        let most = self.outlets.iter().map(|outlet| outlet.allowed(now)).sum();
        match &self.relays {
            _ if self.proven => most,
            Some(relays) => relays.probes(now).min(most),
            None => most.min(1),
        }
    }

    /// The source address from which a further connection may be opened, where one may: the one
    /// with the fewest, in turn. `beside` are the connections from each that others have to the
    /// same servers; whatever they are, one of our own may be.
    pub(crate) fn next_source(&self, beside: &[usize], now: Timestamp) -> Option<usize> {
        if self.live() >= self.allowed(now) && !self.proven {
            return None;
        }
        let outlets = self.outlets.iter().enumerate();
        let choice = outlets.map(|(source, outlet)| (self.live_from(source), outlet, source));
        choice
            .filter(|(live, outlet, source)| *live < self.share(outlet, *source, beside, now))
            .filter(|(_, _, source)| {
                self.relays.is_none() || self.next_relay(*source, now).is_some()
            })
            .min_by_key(|(live, outlet, _)| (*live, outlet.last))
            .map(|(_, _, source)| source)
    }

    /// Connections it may have from a source address, with `beside` of others to the same servers.
    fn share(&self, outlet: &Outlet, source: usize, beside: &[usize], now: Timestamp) -> usize {
        let allowed = outlet.allowed(now);
        let others = beside.get(source).copied().unwrap_or(0);
        allowed.saturating_sub(others).max(allowed.min(1))
    }

    /// Whether a source address besides these may be used at `now`.
    pub(crate) fn has_others_than(&self, sources: &[usize], now: Timestamp) -> bool {
        let mut outlets = self.outlets.iter().enumerate();
        outlets.any(|(source, outlet)| !sources.contains(&source) && !outlet.failing(now))
    }

    /// Connections that each source address has beyond what it may have now.
    pub(crate) fn surplus(&self, beside: &[usize], now: Timestamp) -> impl Iterator<Item = &Link> {
        self.outlets
            .iter()
            .enumerate()
            .flat_map(move |(source, outlet)| {
                let surplus = self
                    .live_from(source)
                    .saturating_sub(self.share(outlet, source, beside, now));
                let links = self.connections.values();
                links
                    .filter(move |link| link.source == source && link.is_live())
                    .take(surplus)
            })
    }

    /// Connections it may have, of all source addresses together.
    pub(crate) fn connections_limit(&self) -> usize {
        let outlets = self.outlets.iter();
        outlets.map(|outlet| outlet.throttle.connections()).sum()
    }

    /// The rate of all source addresses together; `None` is unlimited.
    pub(crate) fn rate(&self) -> Option<Rate> {
        let rates = self.outlets.iter().map(Outlet::rate);
        let sum = rates.map(|rate| rate.map(|rate| rate.per_second));
        let per_second = sum.sum::<Option<f64>>()?;
        Some(Rate { per_second })
    }

    /// Recipients that one transaction may have, at the relay that takes most where there are
    /// relays.
    pub(crate) fn recipients_limit(&self) -> u32 {
        let relays = self.relays.as_ref().map_or(0, |relays| relays.0.len());
        let limits = (0..relays).map(|relay| self.recipients_at(Some(relay)));
        limits.max().unwrap_or_else(|| self.recipients_at(None))
    }

    /// Recipients that one transaction may have there.
    pub(crate) fn recipients_at(&self, relay: Option<usize>) -> u32 {
        let limit = self.limits.recipients_per_transaction;
        self.learned_at(relay).recipients(limit).max(1)
    }

    /// What the servers there have taught us.
    pub(crate) fn learned_at(&self, relay: Option<usize>) -> &Learned {
        let record = relay.and_then(|at| self.relays.as_ref()?.0.get(at));
        let own = record.and_then(|record| record.learned.as_ref());
        own.unwrap_or(&self.learned)
    }

    /// The name of the relay, or its own.
    pub(crate) fn name_at(&self, berth: Option<Berth>) -> Arc<str> {
        let record = berth.and_then(|berth| self.relays.as_ref()?.0.get(berth.relay));
        Arc::clone(record.map_or(&self.name, |record| &record.label))
    }

    /// Learns from a session that has ended there.
    pub(crate) fn learn(&mut self, berth: Option<Berth>, closing: &Closing) -> Vec<String> {
        let learned = match Relays::at_mut(&mut self.relays, berth) {
            Some(record) => record.learned.get_or_insert_with(|| self.learned.clone()),
            None => &mut self.learned,
        };
        learned.from(closing)
    }

    /// Sessions in a row that took place and delivered nothing, at the relay it went to or else from
    /// its source address.
    pub(crate) fn barren(&mut self, source: usize, berth: Option<Berth>) -> &mut u32 {
        match Relays::at_mut(&mut self.relays, berth) {
            Some(record) => &mut record.barren,
            None => &mut self.outlets[source].barren,
        }
    }

    /// How its relays stand, where it has any.
    pub(crate) fn standings(&self, now: Timestamp) -> Option<Vec<Standing>> {
        let relays = self.relays.as_ref()?;
        let links = || self.connections.values();
        let live = |at| links().filter(move |link| link.is_at(at) && link.is_live());
        Some(relays.standings(now, |at| live(at).count()))
    }

    /// The relay that the next connection from a source address goes to; `None` where none may have
    /// another one now.
    pub(crate) fn next_relay(&self, source: usize, now: Timestamp) -> Option<usize> {
        let mut standings = self.standings(now)?;
        for (standing, record) in standings.iter_mut().zip(&self.relays.as_ref()?.0) {
            if record.apart.contains(&source) {
                standing.state = RelayState::Out;
            }
        }
        route::choose(&standings, now)
    }

    /// How many messages should be on their way to its connections: enough for two on each or for
    /// what their windows ask for, and for what it sends while the next batch is claimed and
    /// rendered. Not more, because a claimed message is in doubt when the process is killed.
    pub(crate) fn appetite(&self) -> usize {
        let up = self.up().max(1);
        let recent = (self.meter.per_second() * AHEAD.as_secs_f64()) as usize;
        let paced = match self.rate() {
            Some(rate) => ((rate.per_second * PACED_AHEAD.as_secs_f64()).ceil() as usize).max(2),
            None => usize::MAX,
        };
        let at_once = if self.together {
            usize::try_from(self.recipients_limit()).unwrap_or(MOST_AHEAD)
        } else {
            1
        };
        let each = self.lane.hunger().max(2).saturating_mul(at_once);
        recent.max(each * up).min(paced).min(MOST_AHEAD)
    }

    /// A relay has taken mail.
    pub(crate) fn relay_succeeded(&mut self, berth: Option<Berth>) {
        if let Some(record) = Relays::at_mut(&mut self.relays, berth) {
            record.barren = 0;
            record.backoff.succeeded();
        }
    }

    /// Whether it is left alone at `now`.
    pub(crate) fn resting(&self, now: Timestamp) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.until > now)
    }
}

/// Counts messages and tells how many there were in a second lately.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    since: Option<Instant>,
    count: u32,
    rate: f64,
}

impl Meter {
    pub(crate) fn add(&mut self, count: usize, now: Instant) {
        let since = *self.since.get_or_insert(now);
        self.count = self
            .count
            .saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        let elapsed = now.saturating_duration_since(since);
        if elapsed >= METER {
            self.rate = f64::from(self.count) / elapsed.as_secs_f64();
            self.count = 0;
            self.since = Some(now);
        }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.rate
    }
}

/// How far claims run ahead of the connections: some commits of the ledger.
const AHEAD: Duration = Duration::from_millis(80);
/// The same where a rate limit sets the speed.
const PACED_AHEAD: Duration = Duration::from_millis(500);
/// Messages claimed ahead for one destination, at most.
const MOST_AHEAD: usize = 2_000;
/// Over how long speed is measured.
const METER: Duration = Duration::from_millis(100);
