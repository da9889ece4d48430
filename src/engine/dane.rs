//! Whether DNSSEC works here, and what it says of mail servers.

use crate::model::{Domain, MxAnswer};
use crate::net::{Clock, Probe, Resolver, SecureResolver, TlsaAnswer};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// DANE for a run. Validation is tried once, on the keys of the root: name servers that do not
/// pass signatures on would make every answer look forged, so that DANE is off behind them.
pub(super) struct Dane {
    resolver: SecureResolver,
    clock: Clock,
    state: Mutex<State>,
}

/// What is known of the name servers.
enum State {
    Unknown,
    Works,
    Off,
    /// They did not answer; they are tried again then.
    Silent(Instant),
}

impl Dane {
    pub(super) fn new(resolver: SecureResolver, clock: Clock) -> Self {
        Self {
            resolver,
            clock,
            state: Mutex::new(State::Unknown),
        }
    }

    /// Who takes mail for `domain`: validated where validation works, from `plain` otherwise; and
    /// what a person should know when DANE turns out not to work here.
    pub(super) async fn mail_hosts(
        &self,
        domain: &Domain,
        plain: &Resolver,
    ) -> (MxAnswer, Option<String>) {
        let silent = match self.probed().await {
            Ok(true) => return (self.resolver.mail_hosts(domain).await, None),
            Ok(false) => return (plain.mail_hosts(domain).await, None),
            Err(Some(withheld)) => {
                let answer = plain.mail_hosts(domain).await;
                return (answer, Some(notice(&withheld)));
            }
            Err(None) => "they do not answer the question for the root's keys",
        };
        let answer = plain.mail_hosts(domain).await;
        if matches!(answer, MxAnswer::Failed(_)) {
            return (answer, None);
        }
        // Servers that answer this and not that pass no DNSSEC on.
        let before = std::mem::replace(&mut *self.state.lock().await, State::Off);
        let first = !matches!(before, State::Off);
        (answer, first.then(|| notice(silent)))
    }

    /// The TLSA records of a host, where validation works.
    pub(super) async fn tlsa(&self, host: &str, port: u16) -> TlsaAnswer {
        if matches!(*self.state.lock().await, State::Works) {
            self.resolver.tlsa(host, port).await
        } else {
            TlsaAnswer::None
        }
    }

    /// Whether validation works. `Err` with a reason where it has just turned out that it does
    /// not, without one where nobody answers.
    async fn probed(&self) -> Result<bool, Option<String>> {
        // Held across the probe: one question is asked, and everybody waits for its answer.
        let mut state = self.state.lock().await;
        match *state {
            State::Works => return Ok(true),
            State::Off => return Ok(false),
            State::Silent(until) if until > self.clock.instant() => return Err(None),
            State::Unknown | State::Silent(_) => {}
        }
        match self.resolver.probe().await {
            Probe::Works => {
                *state = State::Works;
                Ok(true)
            }
            Probe::Withheld(why) => {
                *state = State::Off;
                Err(Some(why))
            }
            Probe::Silent(_) => {
                *state = State::Silent(self.clock.instant() + PAUSE);
                Err(None)
            }
        }
    }
}

fn notice(why: &str) -> String {
    format!(
        "DANE is off in this run: the name servers do not pass DNSSEC on ({why}); \
         a validating resolver in dns.servers turns it on, tls.dane = false silences this"
    )
}

/// How long name servers that did not answer are not tried again.
const PAUSE: Duration = Duration::from_secs(60);
