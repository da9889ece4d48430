//! A run from its start to its end.

use super::dispatch::{Dispatcher, Inboxes};
use super::feed::{self, FeedError, Part};
use super::hush::Hush;
use super::lookups::Lookups;
use super::observe::Observer;
use super::refusal::LogInError;
use super::rows::Origin;
use super::secret::{self, SecretError};
use crate::model::{Command, Counts, Event, InDoubtPolicy, RunState, Schedule, Settings, Source};
use crate::net::{Clock, DnsError, Resolver, TlsClient, TlsSetupError, can_send_from};
use crate::progress::Progress;
use crate::render::Letter;
use crate::store::{
    CampaignLock, CampaignRecord, Desired, LoadState, LoadSummary, Reader, Store, StoreError,
};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Everything a run needs, made by whoever starts it.
pub struct Setup {
    /// The campaign's row in the ledger.
    pub campaign: CampaignRecord,
    /// Keeps other processes from sending it.
    pub lock: CampaignLock,
    /// The ledger.
    pub store: Store,
    /// Limits, routes, retries.
    pub settings: Settings,
    /// When it may be sent.
    pub schedule: Schedule,
    /// Who gets it.
    pub origin: Origin,
    /// What they get.
    pub letter: Arc<Letter>,
    /// Whether the letter has been made for every row of the origin a moment ago, so that it need
    /// not be tried out again.
    pub tried_out: bool,
    /// Who answers DNS questions; not needed where the route is fixed.
    pub resolver: Option<Resolver>,
    /// What time it is.
    pub clock: Clock,
    /// Our EHLO name.
    pub hostname: String,
    /// Messages of this run, at most.
    pub limit: Option<u64>,
    /// The seed of jitter and shuffling.
    pub seed: u64,
    /// Who wants every single event. Those it is too slow for are left out.
    pub events: Option<mpsc::Sender<Event>>,
}

/// How a run is watched and steered while it goes on.
#[derive(Debug, Clone)]
pub struct Handle {
    /// The latest snapshot, some twenty times a second.
    pub progress: watch::Receiver<Arc<Progress>>,
    /// What people want.
    pub commands: mpsc::UnboundedSender<Command>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// How.
    pub state: RunState,
    /// Where every recipient stands.
    pub counts: Counts,
    /// Why the safety brake was pulled, where it was.
    pub brake: Option<String>,
    /// Whether somebody ended it before it was done.
    pub interrupted: bool,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Recipients could not be entered; nothing was sent.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The ledger cannot be read or written. What was on the wire is in doubt; the same command
    /// goes on when the ledger is well again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A relay's secret cannot be read; nothing was sent.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No relay takes our credentials. Recipients are as they were.
    #[error(transparent)]
    LogIn(#[from] LogInError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsSetupError),
    /// A configured source address is not this machine's. Nothing was sent.
    #[error("[[route.source]] ip = \"{ip}\": this machine cannot send from it: {why}")]
    Source {
        /// The address.
        ip: IpAddr,
        /// What the system said.
        #[source]
        why: io::Error,
    },
    /// DNSSEC validation cannot be set up.
    #[error(transparent)]
    Dns(#[from] DnsError),
    /// The route needs DNS and there is no resolver.
    #[error("the route needs DNS, and no name server is configured")]
    NoResolver,
}

/// A run that has not begun.
pub struct Run {
    setup: Setup,
    observer: Observer,
    inboxes: Inboxes,
    news: mpsc::Sender<super::connection::News>,
    tls: TlsClient,
    lookups: Option<Lookups>,
}

impl Run {
    /// Sets a run up.
    ///
    /// # Errors
    /// Where TLS cannot be set up, a source address is not this machine's, or the route needs a
    /// resolver and there is none.
    pub fn new(setup: Setup) -> Result<(Self, Handle), RunError> {
        for Source { ip, .. } in &setup.settings.route.sources {
            can_send_from(*ip).map_err(|why| RunError::Source { ip: *ip, why })?;
        }
        let tls = TlsClient::new(&setup.settings.tls)?;
        let fixed = super::routing::fixed(&setup.settings.route);
        if fixed.is_none() && setup.resolver.is_none() {
            return Err(RunError::NoResolver);
        }
        let lookups = match fixed {
            None => Lookups::new(&setup, &tls)?,
            Some(_) => None,
        };
        let (observer, progress) = Observer::new(&setup.campaign.name, setup.events.clone());
        let (news, inbox) = mpsc::channel(NEWS);
        // Commands come from keys and signals; a person cannot fill the memory with them.
        let (commands, orders) = mpsc::unbounded_channel();
        let inboxes = Inboxes {
            news: inbox,
            commands: orders,
        };
        Ok((
            Self {
                setup,
                observer,
                inboxes,
                news,
                tls,
                lookups,
            },
            Handle { progress, commands },
        ))
    }

    /// Enters the recipients where that is not done, then sends until nothing is left or somebody
    /// or something stops it.
    ///
    /// # Errors
    /// See [`RunError`]. The ledger is consistent in every case, and the same campaign can be run
    /// again.
    pub async fn run(mut self) -> Result<RunEnd, RunError> {
        let secrets = secret::read_all(&self.setup.settings.route).await?;
        let resumed = self.setup.campaign.load == LoadState::Loaded;
        if !resumed && let Some(end) = self.load().await? {
            return Ok(end);
        }
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        let now = self.setup.clock.now();
        let recovered = store
            .recover(campaign, self.setup.settings.delivery.in_doubt, now)
            .await?;
        store.start(campaign, now).await?;
        let read = move |reader: &Reader| reader.tally_and_moved(campaign);
        let (tally, moved_outside) = store.read(read).await?;
        let counts = tally.counts;
        let name = self.setup.campaign.name.clone();
        self.observer.tell(Event::Started {
            at: now,
            campaign: name,
            resumed,
            counts,
        });
        self.observer.tell(Event::Run {
            at: now,
            state: RunState::Running,
        });
        if recovered.in_doubt > 0 {
            let text = doubts(recovered.in_doubt, self.setup.settings.delivery.in_doubt);
            self.observer.notice(now, None, text);
        }
        let (_, suppressions) = store.suppressed_since(campaign, i64::MAX).await?;
        let backlog = (store.backlog(campaign).await?, Hush::new(suppressions));
        let Self {
            setup,
            observer,
            inboxes,
            news,
            tls,
            lookups,
        } = self;
        // What people asked for while the list was entered holds from the first message on.
        let desired = setup.store.desired(campaign).await?;
        let mut dispatcher =
            Dispatcher::new(setup, observer, (tls, lookups), news, backlog, secrets);
        dispatcher.moved_outside = moved_outside;
        dispatcher.desired(desired);
        dispatcher.run(inboxes).await
    }

    /// Enters the recipients. Returns an end where somebody stopped it meanwhile.
    async fn load(&mut self) -> Result<Option<RunEnd>, RunError> {
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        self.tell_loading(0);
        store.begin_load(campaign).await?;
        let (hand_on, mut parts) = mpsc::channel(PARTS);
        let (origin, letter) = (self.setup.origin.clone(), Arc::clone(&self.setup.letter));
        let mut reading = JoinSet::new();
        let tried_out = self.setup.tried_out;
        reading.spawn_blocking(move || {
            let letter = (!tried_out).then_some(&*letter);
            feed::feed(&origin, letter, &hand_on)
        });
        let mut rows = 0;
        loop {
            tokio::select! {
                part = parts.recv() => {
                    let Some(Part { recipients, rows: read }) = part else { break };
                    rows = read;
                    match parts.try_recv() {
                        // One is made ready while the other is written.
                        Ok(next) => {
                            rows = next.rows;
                            tokio::try_join!(
                                store.enqueue(campaign, recipients),
                                store.enqueue(campaign, next.recipients),
                            )?;
                        }
                        Err(_) => {
                            store.enqueue(campaign, recipients).await?;
                        }
                    }

                    self.tell_loading(rows);
                }
                Some(command) = self.inboxes.commands.recv() => match command {
                    Command::Pause => store.set_desired(campaign, Desired::Pause).await?,
                    Command::Resume => store.set_desired(campaign, Desired::Run).await?,
                    Command::Cancel => {
                        store.set_desired(campaign, Desired::Cancel).await?;
                        return Ok(Some(self.unloaded()));
                    }
                    Command::Drain | Command::Abort => return Ok(Some(self.unloaded())),
                },
            }
        }
        let columns = match reading.join_next().await {
            Some(Ok(read)) => read?,
            Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
            None => Vec::new(),
        };
        store
            .loaded(campaign, LoadSummary { columns, rows })
            .await?;
        Ok(None)
    }

    /// The end of a run that was stopped while it was entering recipients: nothing was sent, and
    /// the next run starts the list over.
    fn unloaded(&mut self) -> RunEnd {
        let at = self.setup.clock.now();
        let (state, counts) = (RunState::Stopped, Counts::default());
        self.observer.tell(Event::Finished { at, state, counts });
        self.observer.publish(at);
        RunEnd {
            state,
            counts,
            brake: None,
            interrupted: true,
        }
    }

    fn tell_loading(&mut self, rows: u64) {
        let at = self.setup.clock.now();
        self.observer.tell(Event::Loading { at, rows, of: None });
        self.observer.publish(at);
    }
}

fn doubts(count: u64, policy: InDoubtPolicy) -> String {
    let follows = match policy {
        InDoubtPolicy::Resend => "they are sent again, and some may arrive twice",
        InDoubtPolicy::Hold => "they are held (delivery.in_doubt = \"hold\")",
    };
    format!("{count} recipients were being sent to when the last run was killed: {follows}")
}

/// News of connections that wait for the dispatcher: some per connection. A connection that finds
/// it full waits, and its server with it.
const NEWS: usize = 1024;
/// Parts of the list that are read ahead.
const PARTS: usize = 2;
