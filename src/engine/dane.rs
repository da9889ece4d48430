//! Whether DNSSEC works here, and what it says of mail servers.
//!
//! Validation is tried on the keys of the root: name servers that do not pass signatures on would
//! make every answer look forged, so that DANE is off behind them. One lost question says nothing,
//! though. The keys are asked for up to [`TRIES`] times, seconds apart, beside the mail; the first
//! domains wait for that no longer than [`GRACE`], all of them together. What leaves after that
//! and before the keys have come goes by plain answers.

use crate::model::{Domain, MxAnswer};
use crate::net::{Clock, Probe, Resolver, SecureResolver, TlsaAnswer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout_at};

/// DANE for a run.
pub(super) struct Dane {
    resolver: SecureResolver,
    clock: Clock,
    trial: OnceLock<Trial>,
    state: watch::Sender<State>,
    /// Whether the name servers answer anything at all.
    heard: Arc<AtomicBool>,
    /// Whether it was told that DANE is off, and that it is on after all.
    told: [AtomicBool; 2],
}

/// The task that finds out.
struct Trial {
    /// Until when mail waits for it.
    grace: Instant,
    /// It ends with its owner.
    _task: JoinSet<()>,
}

/// What is known of the name servers.
enum State {
    /// Not enough; with what was wrong at the last try.
    Unknown(Option<String>),
    Works,
    Off(String),
}

impl Dane {
    pub(super) fn new(resolver: SecureResolver, clock: Clock) -> Self {
        Self {
            resolver,
            clock,
            trial: OnceLock::new(),
            state: watch::Sender::new(State::Unknown(None)),
            heard: Arc::default(),
            told: Default::default(),
        }
    }

    /// Who takes mail for `domain`: validated where validation works, from `plain` otherwise; and
    /// what a person should know, once.
    pub(super) async fn mail_hosts(
        &self,
        domain: &Domain,
        plain: &Resolver,
    ) -> (MxAnswer, Option<String>) {
        self.wait().await;
        if self.works() {
            let late = self.told(0) && self.tell(1);
            let notice = late.then(|| "DANE is on after all: the root's keys came".to_owned());
            return (self.resolver.mail_hosts(domain).await, notice);
        }
        let answer = plain.mail_hosts(domain).await;
        if matches!(answer, MxAnswer::Failed(_)) {
            return (answer, None);
        }
        self.heard.store(true, Ordering::Relaxed);
        let why = match &*self.state.borrow() {
            State::Works => return (answer, None),
            State::Unknown(why) => why.clone(),
            State::Off(why) => Some(why.clone()),
        };
        let notice = self.tell(0).then(|| notice(why.as_deref()));
        (answer, notice)
    }

    /// The TLSA records of a host, where validation works.
    pub(super) async fn tlsa(&self, host: &str, port: u16) -> TlsaAnswer {
        if self.works() {
            self.resolver.tlsa(host, port).await
        } else {
            TlsaAnswer::None
        }
    }

    fn works(&self) -> bool {
        matches!(*self.state.borrow(), State::Works)
    }

    /// Waits until it is known whether validation works, or until the grace is over. Starts the
    /// trial where nobody has.
    async fn wait(&self) {
        let trial = self.trial.get_or_init(|| {
            let (resolver, state) = (self.resolver.clone(), self.state.clone());
            let heard = Arc::clone(&self.heard);
            let mut task = JoinSet::new();
            task.spawn(try_out(resolver, state, heard));
            Trial {
                grace: self.clock.instant() + GRACE,
                _task: task,
            }
        });
        let mut state = self.state.subscribe();
        let known = state.wait_for(|state| !matches!(state, State::Unknown(_)));
        // Either way the state says what there is to know.
        let _ = timeout_at(trial.grace.into(), known).await;
    }

    fn told(&self, which: usize) -> bool {
        self.told[which].load(Ordering::Relaxed)
    }

    /// Whether this is the one to tell.
    fn tell(&self, which: usize) -> bool {
        !self.told[which].swap(true, Ordering::Relaxed)
    }
}

/// Asks for the root's keys until they come, or until so many tries agree that they do not. Silence
/// counts only where the name servers answer other questions: those that answer nothing at all may
/// come back.
async fn try_out(resolver: SecureResolver, state: watch::Sender<State>, heard: Arc<AtomicBool>) {
    let mut against = 0;
    loop {
        let why = match resolver.probe().await {
            Probe::Works => {
                state.send_replace(State::Works);
                return;
            }
            Probe::Withheld(why) => {
                against += 1;
                why
            }
            Probe::Silent(_) => {
                against += usize::from(heard.load(Ordering::Relaxed));
                SILENT.to_owned()
            }
        };
        if against >= TRIES {
            state.send_replace(State::Off(why));
            return;
        }
        state.send_replace(State::Unknown(Some(why)));
        sleep(if against < 2 { SOON } else { LATER }).await;
        resolver.forget();
    }
}

fn notice(why: Option<&str>) -> String {
    let why = why.unwrap_or(SILENT);
    format!(
        "DANE is off: the name servers do not pass DNSSEC on ({why}); the question is put \
         {TRIES} times, seconds apart; a validating resolver in dns.servers turns it on, \
         tls.dane = false silences this"
    )
}

const SILENT: &str = "they do not answer the question for the root's keys";
/// Tries that have to agree before DANE is off for the run.
const TRIES: usize = 3;
/// The longest mail waits for the trial, once in a run.
const GRACE: Duration = Duration::from_secs(2);
/// Between the first tries: the second comes within the grace, so that one lost question costs a
/// second of time and nothing of the protection.
const SOON: Duration = Duration::from_secs(1);
/// Before the last one.
const LATER: Duration = Duration::from_secs(4);
