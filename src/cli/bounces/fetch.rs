//! `bounces fetch`: returned mail from the configured mailboxes, once or for as long as it runs.

use super::round::{Memory, Round};
use super::summary::{Summary, write_summary};
use super::told::{Told, write_told};
use crate::cli::args::{Fetch as Args, FetchFormat};
use crate::cli::context::Context;
use crate::cli::fail::{DONE, ERROR, Failure, INTERRUPTED, Outcome};
use crate::cli::output::{complain, data, say, unwritable};
use crate::cli::ui::signals::Signals;
use crate::engine::read_secret;
use crate::intake::Intake;
use crate::model::{Domain, MailboxSettings, Settings};
use crate::net::mailbox::{Mailbox, MailboxError, Patience, Way};
use crate::net::{Clock, Resolver, TlsClient};
use crate::progress::text;
use crate::render::Secret;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Between two attempts to reach a mailbox that cannot be reached: the first, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Hears what is found, from whichever mailbox.
pub(in crate::cli) type Tell = Arc<dyn Fn(&Told) + Send + Sync>;

/// What fetching needs besides the mailboxes. Clones share it.
#[derive(Clone)]
pub(in crate::cli) struct Fetcher {
    store: Store,
    intake: Intake,
    way: Way,
    tell: Tell,
    dry_run: bool,
    all: bool,
}

/// `hikyaku bounces fetch`
pub(super) async fn run(context: &Context, args: &Args) -> Outcome {
    let settings = context.settings()?;
    if settings.mailboxes.is_empty() {
        let failure = Failure::new("there is no mailbox to fetch from");
        return Err(failure.hint("add [mailbox] with host and auth to hikyaku.toml"));
    }
    if !settings.store.path.exists() {
        let failure = Failure::new("nothing was ever sent from this workspace");
        return Err(failure.hint("returned mail is matched with campaigns of its ledger"));
    }
    let store = Store::open(&settings.store.path)?;
    let intake = intake(&store, &settings).await?;
    let format = args.format;
    let fetcher = Fetcher::new(&settings, store.clone(), intake, printer(format))?;
    let fetcher = Fetcher {
        dry_run: args.dry_run,
        all: args.all,
        ..fetcher
    };
    let stop = CancellationToken::new();
    let ended = attended(&stop, async {
        if args.watch {
            fetcher.watch(&settings.mailboxes, &stop).await
        } else {
            once(&fetcher, &settings.mailboxes, &stop, format).await
        }
    });
    let code = ended.await?;
    drop(fetcher);
    store.close().await;
    let cut_short = stop.is_cancelled() && !args.watch;
    Ok(if cut_short { INTERRUPTED } else { code })
}

/// What takes returned mail for a ledger.
pub(in crate::cli) async fn intake(store: &Store, settings: &Settings) -> Result<Intake, Failure> {
    let secret = Secret::new(&store.secret().await?);
    let domain = settings.identity.bounce_domain.as_deref();
    let domain = domain.and_then(|domain| Domain::parse(domain).ok());
    Ok(Intake::new(store.clone(), secret, settings.suppression).for_domain(domain))
}

/// Runs until `work` has ended. The first signal asks it to, the second does not.
async fn attended(stop: &CancellationToken, work: impl Future<Output = Outcome>) -> Outcome {
    let mut signals = Signals::new()?;
    tokio::pin!(work);
    let mut asked = false;
    loop {
        tokio::select! {
            ended = &mut work => return ended,
            _ = signals.next() => {
                if asked {
                    return Ok(INTERRUPTED);
                }
                asked = true;
                say(format_args!("finishing what was begun; once more to stop at once"));
                stop.cancel();
            }
        }
    }
}

fn printer(format: FetchFormat) -> Tell {
    Arc::new(move |told: &Told| {
        let written = data(None, |out| match format {
            FetchFormat::Json => {
                let json = serde_json::to_string(told).map_err(unwritable)?;
                writeln!(out, "{json}").map_err(unwritable)
            }
            FetchFormat::Text if told.is_ours() => write_told(told, out).map_err(unwritable),
            FetchFormat::Text => Ok(()),
        });
        if let Err(failure) = written {
            complain(&failure);
        }
    })
}

/// Each mailbox once, one after the other.
async fn once(
    fetcher: &Fetcher,
    mailboxes: &[MailboxSettings],
    stop: &CancellationToken,
    format: FetchFormat,
) -> Outcome {
    let mut code = DONE;
    for settings in mailboxes {
        let mut summary = Summary::default();
        if let Err(failure) = fetcher.visit(settings, stop, &mut summary).await {
            complain(&about(settings, &failure));
            code = ERROR;
        }
        let name = settings.name();
        let words = write_summary(&name, &summary, fetcher.dry_run);
        match format {
            FetchFormat::Text => data(None, |out| {
                out.write_all(words.as_bytes()).map_err(unwritable)
            })?,
            FetchFormat::Json => say(format_args!("{}", words.trim_end())),
        }
    }
    Ok(code)
}

fn about(settings: &MailboxSettings, failure: &Trouble) -> Failure {
    let told = Failure::new(format_args!(
        "{}: {}",
        text::clean(&settings.name()),
        text::clean(&failure.to_string())
    ));
    match failure {
        Trouble::Mailbox(MailboxError::LogIn(_)) => {
            told.hint("mailbox.auth says who logs in and where the secret is read from")
        }
        Trouble::Mailbox(MailboxError::Refused { what, .. }) if what.contains("folder") => told
            .hint("mailbox.folder and handled_folder name folders as the server does: INBOX.Handled, Handled"),
        _ => told,
    }
}

/// Why a visit failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The mailbox.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
    /// The ledger.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Where the password is kept.
    #[error(transparent)]
    Secret(#[from] crate::engine::SecretError),
}

impl Trouble {
    /// Whether trying again later can help.
    fn may_pass(&self) -> bool {
        match self {
            Self::Mailbox(error) => error.may_pass(),
            Self::Secret(_) => true,
            Self::Store(_) => false,
        }
    }
}

impl Fetcher {
    /// To fetch into `store`; `tell` hears what is found.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub(in crate::cli) fn new(
        settings: &Settings,
        store: Store,
        intake: Intake,
        tell: Tell,
    ) -> Result<Self, Failure> {
        Ok(Self {
            store,
            intake,
            way: Way {
                tls: TlsClient::new(&settings.tls).map_err(Failure::new)?,
                resolver: Resolver::system(&settings.dns.servers).ok(),
                clock: Clock::system(),
                patience: Patience::default(),
            },
            tell,
            dry_run: false,
            all: false,
        })
    }

    /// Fetches from all of these mailboxes, and whenever they have something new, until `stop`.
    /// Mailboxes that cannot be reached are tried again and again.
    ///
    /// # Errors
    /// Where one of them takes no credentials or has no such folder, or the ledger cannot be
    /// written: what somebody has to mend first.
    pub(in crate::cli) async fn watch(
        &self,
        mailboxes: &[MailboxSettings],
        stop: &CancellationToken,
    ) -> Outcome {
        let mut tasks = JoinSet::new();
        for settings in mailboxes {
            let (fetcher, settings) = (self.clone(), settings.clone());
            let stop = stop.clone();
            tasks.spawn(async move {
                let ended = fetcher.attend(&settings, &stop).await;
                ended.map_err(|trouble| about(&settings, &trouble))
            });
        }
        let mut failed = None;
        while let Some(ended) = tasks.join_next().await {
            let ended = ended.unwrap_or_else(|panic| Err(Failure::new(panic)));
            if let Err(failure) = ended {
                failed.get_or_insert(failure);
                stop.cancel();
            }
        }
        failed.map_or(Ok(DONE), Err)
    }

    /// One mailbox, until `stop`.
    async fn attend(
        &self,
        settings: &MailboxSettings,
        stop: &CancellationToken,
    ) -> Result<(), Trouble> {
        let mut pause = FIRST_PAUSE;
        while !stop.is_cancelled() {
            let mut summary = Summary::default();
            let ended = self.stay(settings, stop, &mut summary).await;
            if summary.mails > 0 {
                pause = FIRST_PAUSE;
            }
            let wait = match ended {
                Ok(wait) => {
                    pause = FIRST_PAUSE;
                    wait
                }
                Err(trouble) if trouble.may_pass() => {
                    let (name, seconds) = (settings.name(), pause.as_secs());
                    let name = text::clean(&name).into_owned();
                    let why = trouble.to_string();
                    let why = text::clean(&why);
                    say(format_args!("{name}: {why}; again in {seconds} s"));
                    let wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    wait
                }
                Err(trouble) => return Err(trouble),
            };
            tokio::select! {
                () = sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        }
        Ok(())
    }

    /// One connection, for as long as it lasts. Returns how long to wait before the next.
    async fn stay(
        &self,
        settings: &MailboxSettings,
        stop: &CancellationToken,
        summary: &mut Summary,
    ) -> Result<Duration, Trouble> {
        let mut mailbox = self.open(settings).await?;
        loop {
            self.round(settings, stop)
                .look_through(&mut mailbox, summary)
                .await?;
            if stop.is_cancelled() || !mailbox.can_wait() {
                break;
            }
            mailbox.wait(stop).await?;
        }
        mailbox.close().await?;
        Ok(settings.poll)
    }

    /// One look through a mailbox.
    async fn visit(
        &self,
        settings: &MailboxSettings,
        stop: &CancellationToken,
        summary: &mut Summary,
    ) -> Result<(), Trouble> {
        let mut mailbox = self.open(settings).await?;
        self.round(settings, stop)
            .look_through(&mut mailbox, summary)
            .await?;
        Ok(mailbox.close().await?)
    }

    /// The secret is read anew each time: tokens run out.
    async fn open(&self, settings: &MailboxSettings) -> Result<Mailbox, Trouble> {
        let secret = read_secret(&settings.host, &settings.auth.secret).await?;
        let opened = Mailbox::open(settings, &secret, &self.way, self.dry_run);
        Ok(opened.await?)
    }

    fn round<'a>(&'a self, settings: &MailboxSettings, stop: &'a CancellationToken) -> Round<'a> {
        Round {
            memory: Memory::new(self.store.clone(), settings.name(), self.dry_run, self.all),
            intake: &self.intake,
            clock: self.way.clock,
            tell: &self.tell,
            stop,
        }
    }
}
