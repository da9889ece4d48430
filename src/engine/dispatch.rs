//! The dispatcher: the only owner of a run's live state.
//!
//! Everything that happens (an answer of DNS, a batch that was claimed, a connection's news, a
//! person's wish) arrives here as a value, changes the state, and starts what follows from it. The
//! dispatcher itself never waits for the store or the network: it spawns what waits, owns it, and
//! hears of its end. The decisions are in the files beside this one, each an `impl` block over the
//! same state:
//!
//! - `ends`: what follows from the end of a task
//! - `routing`: from a domain to its destination
//! - `supply`: which destination gets messages
//! - `grants`: which destination gets connections
//! - `settle`: from an outcome to the ledger
//! - `sources`: source addresses that fare differently
//! - `trouble`: what failures do to a destination, `refusal`: to relays and logins
//! - `hush`: people who are suppressed meanwhile
//! - `sweep`: recipients that are settled together
//! - `steer`: pause, resume, drain, cancel, and the end

use super::connection::News;
use super::cores::Cores;
use super::destination::Destination;
use super::dice::Dice;
use super::domains::{Domains, Place, Queue};
use super::ends::TaskEnd;
use super::grants::Wanting;
use super::hush::Hush;
use super::lookups::Lookups;
use super::observe::Observer;
use super::refusal::LogInError;
use super::run::{RunEnd, RunError, Setup};
use super::steer::Wish;
use crate::classify::Brake;
use crate::model::{Command, DomainId, Timestamp};
use crate::net::{Clock, TlsClient};
use crate::pace::RateLimit;
use crate::route::DestinationKey;
use crate::secure::StsRule;
use crate::store::{DomainBacklog, Moved, Settlement, StoreError};
use secrecy::SecretString;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

/// A run's live state.
pub(crate) struct Dispatcher {
    pub(super) setup: Setup,
    pub(super) clock: Clock,
    pub(super) tls: TlsClient,
    /// What domains are looked up with, where the route is not fixed.
    pub(super) lookups: Option<Arc<Lookups>>,
    pub(super) observer: Observer,
    pub(super) brake: Brake,
    pub(super) domains: Domains,
    pub(super) destinations: Vec<Destination>,
    /// Destinations by their servers and by what MTA-STS makes of them: domains that share servers
    /// and not their policies have destinations of their own, so that neither is held to the
    /// other's. They share the limits of the servers.
    pub(super) by_key: HashMap<DestinationKey, Vec<(Option<StsRule>, usize)>>,
    /// Domains that have something due and no destination yet.
    pub(super) unrouted: VecDeque<DomainId>,
    /// DNS questions under way.
    pub(super) asking: usize,
    pub(super) wanting: Wanting,
    /// Connections of the whole run.
    pub(super) connections: usize,
    /// Those of them that try destinations no server of which has answered yet.
    pub(super) probes: usize,
    pub(super) run_rate: Arc<RateLimit>,
    /// Destinations that are left alone, by the time that ends.
    pub(super) resting: BTreeSet<(Timestamp, usize)>,
    /// Outcomes that the next commit takes.
    pub(super) unsettled: Vec<Settlement>,
    /// Whether a commit of outcomes is under way.
    pub(super) settling: bool,
    /// Claims, what is rendered of them and other tasks under way that change the ledger, besides settling.
    pub(super) writing: usize,
    pub(super) wish: Wish,
    /// Recipients that may still be claimed in this run (`--limit`).
    pub(super) budget: Option<u64>,
    /// Whether it was used up and is not any more.
    pub(super) refunded: bool,
    pub(super) next_connection: u64,
    pub(super) dice: Dice,
    /// Where messages are rendered.
    pub(super) cores: Cores,
    pub(super) tasks: JoinSet<TaskEnd>,
    pub(super) news: mpsc::Sender<News>,
    /// Which of the tasks are connections, to be found again should one panic.
    pub(super) links: HashMap<tokio::task::Id, (usize, u64)>,
    pub(super) asking_desired: bool,
    /// Suppressions that arrived since the run began.
    pub(super) hush: Hush,
    /// What others have moved in this campaign, as far as it is counted here.
    pub(super) moved_outside: Vec<Moved>,
    /// Counts what happened to the wishes of this terminal.
    pub(super) wishes: u64,
    pub(super) failed: Option<StoreError>,
    pub(super) brake_reason: Option<String>,
    /// Why no relay is left, once none is.
    pub(super) login_error: Option<LogInError>,
    pub(super) ticks: u64,
    /// Whether a snapshot for watchers is being written.
    pub(super) showing: bool,
}

/// What comes from outside.
pub(crate) struct Inboxes {
    pub(crate) news: mpsc::Receiver<News>,
    pub(crate) commands: mpsc::UnboundedReceiver<Command>,
}

impl Dispatcher {
    /// A run with what the ledger says is left.
    pub(crate) fn new(
        setup: Setup,
        observer: Observer,
        (tls, lookups): (TlsClient, Option<Lookups>),
        news: mpsc::Sender<News>,
        (backlog, hush): (Vec<DomainBacklog>, Hush),
        secrets: Vec<Option<SecretString>>,
    ) -> Self {
        let mut dispatcher = Self {
            clock: setup.clock,
            tls,
            lookups: lookups.map(Arc::new),
            observer,
            brake: Brake::new(&setup.settings.safety),
            domains: Domains::default(),
            destinations: Vec::new(),
            by_key: HashMap::new(),
            unrouted: VecDeque::new(),
            asking: 0,
            wanting: Wanting::default(),
            connections: 0,
            probes: 0,
            run_rate: Arc::new(RateLimit::new(setup.settings.limits.rate)),
            resting: BTreeSet::new(),
            unsettled: Vec::new(),
            settling: false,
            writing: 0,
            wish: Wish::Send,
            budget: setup.limit,
            refunded: false,
            next_connection: 0,
            dice: Dice::new(setup.seed),
            cores: Cores::all(setup.clock),
            tasks: JoinSet::new(),
            news,
            links: HashMap::new(),
            asking_desired: false,
            hush,
            moved_outside: Vec::new(),
            wishes: 0,
            failed: None,
            brake_reason: None,
            login_error: None,
            ticks: 0,
            showing: false,
            setup,
        };
        let place = match dispatcher.open_fixed(secrets) {
            Some(lane) => Place::At(lane),
            None => Place::Unknown,
        };
        let now = dispatcher.clock.now();
        dispatcher.obey_schedule(now);
        let domains: Vec<_> = backlog.iter().map(|domain| domain.id).collect();
        let due = dispatcher.domains.enter(backlog, place);
        if let Place::At(lane) = place {
            dispatcher.destinations[lane].domains = domains;
        }
        for domain in due {
            dispatcher.due(domain);
        }
        dispatcher
    }

    /// Sends until nothing is left, or until somebody or something stops it.
    ///
    /// # Errors
    /// Where the ledger cannot be written any more: sending stops then.
    pub(crate) async fn run(mut self, mut inboxes: Inboxes) -> Result<RunEnd, RunError> {
        let mut ticks = ticker(TICK);
        loop {
            self.act();
            if let Some(end) = self.end().await? {
                return Ok(end);
            }
            tokio::select! {
                Some(news) = inboxes.news.recv() => {
                    self.hear(news);
                    // What has come meanwhile is taken along: one look around serves many.
                    for _ in 0..BURST {
                        let Ok(news) = inboxes.news.try_recv() else { break };
                        self.hear(news);
                    }
                }
                Some(ended) = self.tasks.join_next_with_id() => {
                    // What a connection had told before it ended is heard before its end is.
                    while let Ok(news) = inboxes.news.try_recv() {
                        self.hear(news);
                    }
                    self.ended(ended)?;
                }
                command = inboxes.commands.recv(), if !inboxes.commands.is_closed() => {
                    if let Some(command) = command {
                        self.command(command);
                    }
                }
                _ = ticks.tick() => self.tick(),
            }
        }
    }

    /// Starts whatever may be started now.
    fn act(&mut self) {
        self.flush();
        if !self.wish.sends() {
            return;
        }
        if std::mem::take(&mut self.refunded) {
            for lane in 0..self.destinations.len() {
                self.supply(lane);
            }
        }
        if self.budget != Some(0) {
            self.ask_dns();
        }
        self.grant_connections();
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Up {
                connection,
                lane,
                flaw,
            } => self.up(lane, connection, flaw),
            News::Settled {
                lane,
                source,
                attempts,
            } => self.settle(lane, source, attempts),
            News::Paused {
                lane,
                source,
                until,
            } => self.pause_source(lane, source, until),
            News::Low { lane } => self.supply(lane),
            News::Idle { connection, lane } => self.idle(lane, connection),
        }
    }

    /// Keeps the first error of the store: when the ledger cannot be written, sending stops.
    pub(super) fn stored<T>(&mut self, result: Result<T, StoreError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failed.get_or_insert(error);
                None
            }
        }
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        for domain in self.domains.wake(now) {
            self.doubt(domain, now);
            self.due(domain);
        }
        self.end_rests(now);
        self.obey_schedule(now);
        self.ease();
        self.watch_desired();
        self.watch_suppressions();
        self.show(now);
    }

    /// A domain has something due: it queues for its destination, or for DNS.
    pub(super) fn due(&mut self, domain: DomainId) {
        let Some(entry) = self.domains.get_mut(domain) else {
            return;
        };
        match (entry.queue, entry.place) {
            (Queue::In, _) | (_, Place::Asking) => {}
            (Queue::Asked { .. }, _) => entry.queue = Queue::Asked { again: true },
            (Queue::Out, Place::Unknown) => {
                entry.queue = Queue::In;
                self.unrouted.push_back(domain);
            }
            (Queue::Out, Place::At(lane)) => {
                entry.queue = Queue::In;
                self.destinations[lane].due.push_back(domain);
                self.supply(lane);
            }
        }
    }
}

fn ticker(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// How often timers, wishes from other terminals and the snapshot are looked after.
const TICK: Duration = Duration::from_millis(50);
/// News taken at once.
const BURST: usize = 256;
