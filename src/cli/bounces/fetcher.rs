//! Fetching from mailboxes: once, or again and again, whatever happens to the connection.

use super::round::{Memory, Round};
use super::summary::Summary;
use super::told::Told;
use crate::cli::fail::{DONE, Failure, Outcome};
use crate::cli::output::say;
use crate::engine::read_secret;
use crate::intake::Intake;
use crate::model::{MailboxSettings, Settings};
use crate::net::mailbox::{Mailbox, MailboxError, Patience, Way};
use crate::net::{Clock, Resolver, TlsClient};
use crate::progress::text;
use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Between two attempts to reach a mailbox that cannot be reached: the first, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Until a mail that came before its message's own outcome is looked at again the first time, at most.
const OVERTAKEN: Duration = Duration::from_secs(10);

/// How long what is begun may go on after `stop`: a mail that is being taken is entered and put away
/// meanwhile, and a server that keeps us waiting is not waited for. Whatever is cut off is looked at
/// again, which changes nothing.
const GRACE: Duration = Duration::from_secs(3);

/// Hears what is found, from whichever mailbox.
pub(in crate::cli) type Tell = Arc<dyn Fn(&Told) + Send + Sync>;

/// Hears of what passes by itself, in words for people: a mailbox that is not reached now.
pub(in crate::cli) type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// What fetching needs besides the mailboxes. Clones share it.
#[derive(Clone)]
pub(in crate::cli) struct Fetcher {
    store: Store,
    intake: Intake,
    way: Way,
    tell: Tell,
    notice: Notice,
    pub(super) dry_run: bool,
    /// Mail that was looked at before is looked at again.
    pub(super) all: bool,
}

pub(super) fn about(settings: &MailboxSettings, failure: &Trouble) -> Failure {
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
            notice: Arc::new(|words: &str| say(format_args!("{words}"))),
            dry_run: false,
            all: false,
        })
    }

    /// With somebody else who hears notices than standard error.
    pub(in crate::cli) fn noticing(mut self, notice: Notice) -> Self {
        self.notice = notice;
        self
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
            let ended = tokio::select! {
                ended = self.stay(settings, stop, &mut summary) => ended,
                () = too_long(stop) => return Ok(()),
            };
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
                    (self.notice)(&format!("{name}: {why}; again in {seconds} s"));
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
        let mut mailbox = tokio::select! {
            opened = self.open(settings) => opened?,
            () = stop.cancelled() => return Ok(Duration::ZERO),
        };
        let (mut round, mut overtaken) = (self.round(settings, stop), OVERTAKEN);
        loop {
            let early = summary.early;
            round.look_through(&mut mailbox, summary).await?;
            if stop.is_cancelled() || !mailbox.can_wait() {
                break;
            }
            if summary.early == early {
                overtaken = OVERTAKEN;
                mailbox.wait(stop).await?;
            } else {
                // What came too early is looked at again, whether anything else comes or not.
                tokio::select! {
                    () = sleep(settings.poll.min(overtaken)) => {}
                    () = stop.cancelled() => {}
                }
                overtaken = (overtaken * 2).min(LONGEST_PAUSE);
            }
        }
        mailbox.close().await?;
        Ok(settings.poll)
    }

    /// One look through a mailbox, or the part of it until `stop`. Returns whether it was looked
    /// through at all: none is opened after `stop`.
    pub(super) async fn visit(
        &self,
        settings: &MailboxSettings,
        stop: &CancellationToken,
        summary: &mut Summary,
    ) -> Result<bool, Trouble> {
        let mut mailbox = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(false),
            opened = self.open(settings) => opened?,
        };
        let visit = async {
            let mut round = self.round(settings, stop);
            round.look_through(&mut mailbox, summary).await?;
            mailbox.close().await?;
            Ok(true)
        };
        tokio::select! {
            ended = visit => ended,
            () = too_long(stop) => Ok(true),
        }
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

/// Ends some seconds after `stop`.
async fn too_long(stop: &CancellationToken) {
    stop.cancelled().await;
    sleep(GRACE).await;
}

#[cfg(test)]
mod tests;
