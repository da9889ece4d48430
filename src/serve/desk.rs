//! What a listener asks of the ledger, and nothing else of it is seen from here.

use super::letters::Letters;
use crate::intake::{Envelope, Intake, Taken};
use crate::model::{CampaignId, RecipientId};
use crate::net::Clock;
use crate::store::{Reader, Store, StoreError};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// Where listeners hand in what came. The real one is [`LedgerDesk`].
pub trait Desk: Send + Sync + 'static {
    /// Whom an unsubscribe token names, as far as the token itself tells: nothing is looked up, so it
    /// may be asked for whatever a stranger sends. The number 0 is nobody: the message was a sample.
    fn peek(&self, token: &str) -> Option<(CampaignId, RecipientId)>;

    /// Whether mail to an address is for us: a return path that opens, or an unsubscribe mailbox.
    fn owns(&self, address: &str) -> bool;

    /// Unsubscribes whom the token names; durable when it is answered. `false` where the token names
    /// nobody that is known.
    fn unsubscribe<'a>(&'a self, token: &'a str, how: &'static str) -> Answer<'a, bool>;

    /// Takes a mail; whatever follows from it is durable when it is answered. `may_write` is asked
    /// before a letter is kept for people: whether its writer may have one more kept.
    fn take<'a>(
        &'a self,
        octets: &'a [u8],
        envelope: &'a Envelope,
        may_write: MayWrite<'a>,
    ) -> Answer<'a, Vec<Came>>;

    /// Whether letters are kept at this time; `false` where their folder is known to be full.
    fn keeps_letters(&self) -> Answer<'_, bool>;

    /// Whether the ledger can be written.
    fn check(&self) -> Answer<'_, ()>;

    /// A way to read the ledger.
    ///
    /// # Errors
    /// Where it cannot be opened.
    fn reader(&self) -> Result<Reader, Unavailable>;
}

/// An answer that takes its time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Unavailable>> + Send + 'a>>;

/// Whether whoever brings a mail may have one more letter kept.
pub type MayWrite<'a> = &'a (dyn Fn() -> bool + Send + Sync);

/// The ledger cannot do it now; nothing has happened.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// What a mail was to one recipient, in words of few kinds, for counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// A [`ReturnedKind`](crate::model::ReturnedKind), or `unmatched`.
    pub kind: &'static str,
    /// A [`Reason`](crate::model::Reason); empty where there is none.
    pub reason: &'static str,
}

/// The desk in front of a ledger. A store whose writing has failed for good (a full disk) is opened
/// anew now and then, so that the service mends itself when the cause is gone.
pub struct LedgerDesk {
    open: Mutex<Open>,
    intake_of: Box<dyn Fn(Store) -> Intake + Send + Sync>,
    /// Where letters are kept that people wrote to us.
    letters: Option<Arc<Letters>>,
    clock: Clock,
}

#[derive(Clone)]
struct Open {
    store: Store,
    intake: Intake,
    /// When it was opened.
    since: Instant,
}

/// How long a store that fails is left alone before it is opened anew.
const REOPEN: Duration = Duration::from_secs(5);

impl LedgerDesk {
    /// For an open store; `intake_of` makes the intake of that store, or of one opened in its place.
    pub fn new(
        store: Store,
        intake_of: impl Fn(Store) -> Intake + Send + Sync + 'static,
        clock: Clock,
    ) -> Self {
        let intake = intake_of(store.clone());
        let since = clock.instant();
        Self {
            open: Mutex::new(Open {
                store,
                intake,
                since,
            }),
            intake_of: Box::new(intake_of),
            letters: None,
            clock,
        }
    }

    /// With a place for letters to addresses that name no message, and that are no bounce, complaint or
    /// wish of somebody we know.
    #[must_use]
    pub fn keeping(mut self, letters: Letters) -> Self {
        self.letters = Some(Arc::new(letters));
        self
    }

    /// Keeps what people wrote to us. Mail to nothing but addresses that name messages needs no keeping:
    /// it is noted, or that message's recipient is gone from the ledger.
    async fn keep(
        &self,
        octets: &[u8],
        envelope: &Envelope,
        may_write: MayWrite<'_>,
    ) -> Result<(), Unavailable> {
        let Some(letters) = &self.letters else {
            return Ok(());
        };
        let intake = self.now_open().intake;
        if envelope.to.iter().all(|to| intake.names_a_message(to)) {
            return Ok(());
        }
        if !may_write() {
            return Err(Unavailable("too many letters from one client".to_owned()));
        }
        let (letters, octets) = (Arc::clone(letters), octets.to_vec());
        let (envelope, now) = (envelope.clone(), self.clock.now());
        let kept = spawn_blocking(move || letters.keep(&octets, &envelope, now)).await;
        match kept {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(target: "serve", %error, "a letter cannot be kept");
                Err(Unavailable(error.to_string()))
            }
            Err(panic) => Err(Unavailable(panic.to_string())),
        }
    }

    /// Waits until everything is written and gives the store up.
    pub async fn close(self: Arc<Self>) {
        let Some(desk) = Arc::into_inner(self) else {
            return;
        };
        let open = desk.open.into_inner();
        let Open { store, intake, .. } = open.unwrap_or_else(PoisonError::into_inner);
        drop(intake);
        store.close().await;
    }

    /// The ledger and its intake as they are now, for work of some length: after a failure that
    /// lasts, asking again gives the ones opened in their place.
    ///
    /// # Errors
    /// Where the ledger cannot be written now.
    pub async fn at_hand(&self) -> Result<(Store, Intake), Unavailable> {
        self.check().await?;
        let open = self.now_open();
        Ok((open.store, open.intake))
    }

    fn now_open(&self) -> Open {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.clone()
    }

    /// Notes a failure: what lasts leads to a store opened anew.
    fn failed(&self, error: &StoreError) -> Unavailable {
        tracing::warn!(target: "serve", %error, "the ledger");
        if error.problem().is_lasting() {
            self.reopen();
        }
        Unavailable(error.to_string())
    }

    fn reopen(&self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.instant();
        if now.saturating_duration_since(open.since) < REOPEN {
            return;
        }
        open.since = now;
        match Store::open(open.store.path()) {
            Ok(store) => {
                open.intake = (self.intake_of)(store.clone());
                open.store = store;
            }
            Err(error) => tracing::warn!(target: "serve", %error, "cannot be opened again"),
        }
    }
}

impl Desk for LedgerDesk {
    fn peek(&self, token: &str) -> Option<(CampaignId, RecipientId)> {
        self.now_open().intake.peek(token)
    }

    fn owns(&self, address: &str) -> bool {
        self.now_open().intake.owns(address)
    }

    fn unsubscribe<'a>(&'a self, token: &'a str, how: &'static str) -> Answer<'a, bool> {
        Box::pin(async move {
            let intake = self.now_open().intake;
            let done = intake.unsubscribe(token, how, self.clock.now()).await;
            let done = done.map_err(|error| self.failed(&error))?;
            Ok(done.is_some())
        })
    }

    fn take<'a>(
        &'a self,
        octets: &'a [u8],
        envelope: &'a Envelope,
        may_write: MayWrite<'a>,
    ) -> Answer<'a, Vec<Came>> {
        Box::pin(async move {
            let intake = self.now_open().intake;
            let taken = intake
                .take(octets, envelope, "smtp", self.clock.now())
                .await;
            let taken = taken.map_err(|error| self.failed(&error))?;
            if taken.is_too_early() {
                // A bounce may be faster than the answer to the message it is about.
                return Err(Unavailable("the attempt has no outcome yet".to_owned()));
            }
            if !taken.is_news() {
                self.keep(octets, envelope, may_write).await?;
            }
            Ok(came(&taken))
        })
    }

    fn keeps_letters(&self) -> Answer<'_, bool> {
        Box::pin(async move {
            let full = self.letters.as_ref().filter(|letters| letters.was_full());
            let Some(letters) = full.map(Arc::clone) else {
                return Ok(true);
            };
            let full = spawn_blocking(move || letters.is_full()).await;
            full.map(|full| !full)
                .map_err(|panic| Unavailable(panic.to_string()))
        })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let store = self.now_open().store;
            let answer = store.check_writable().await;
            answer.map_err(|error| self.failed(&error))
        })
    }

    fn reader(&self) -> Result<Reader, Unavailable> {
        let store = self.now_open().store;
        store
            .reader()
            .map_err(|error| Unavailable(error.to_string()))
    }
}

/// What is counted of a mail.
fn came(taken: &Taken) -> Vec<Came> {
    let each = taken.entries.iter().map(|entry| match &entry.matched {
        None => Came {
            kind: "unmatched",
            reason: "",
        },
        Some(_) => Came {
            kind: entry.returned.kind.as_str(),
            reason: entry
                .returned
                .judgement
                .map_or("", |judgement| judgement.reason.as_str()),
        },
    });
    each.collect()
}
