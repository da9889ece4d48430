//! The relays that a destination stands for: how they stand, and what a connection to one needs.

use super::connect::{FixedServer, Servers, SharedServers};
use super::learned::Learned;
use crate::model::{Auth, Relay, RelayTls, SecretKind, Timestamp, TlsPolicy};
use crate::pace::Backoff;
use crate::proto::sasl::Credentials;
use crate::proto::smtp_client::{LogIn, StartTls};
use crate::route::{RelayState, Standing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// One relay in a run.
pub(crate) struct RelayRecord {
    pub(crate) relay: Relay,
    /// What it is called in reports: with its port where others share its name.
    pub(crate) label: Arc<str>,
    servers: SharedServers,
    /// `None` where there is no login.
    secret: Option<SecretString>,
    /// Counts the tokens that were fetched.
    edition: u32,
    /// The latest token was fetched because the one before was refused, and no login with it has
    /// succeeded yet.
    pub(crate) renewed: bool,
    pub(crate) state: RelayState,
    pub(crate) proven: bool,
    pub(crate) backoff: Backoff,
    /// Why it could not be reached, since one of them was last up.
    pub(crate) failed: Option<String>,
    /// Sessions in a row that took place and delivered nothing.
    pub(crate) barren: u32,
    /// Source addresses of whose family it has no address.
    pub(crate) apart: BTreeSet<usize>,
    /// Connections it bears, as was last seen, and until when that counts.
    most: Option<(usize, Timestamp)>,
    /// What it has taught us; `None` is nothing yet.
    pub(crate) learned: Option<Learned>,
}

/// Which relay a connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Berth {
    /// The relay's place.
    pub(crate) relay: usize,
    /// The token it was given.
    pub(crate) edition: u32,
}

/// Whether a token that was fetched again is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Newness {
    Another,
    Same,
}

/// What a connection needs to know of its relay.
#[derive(Clone)]
pub(crate) struct Access {
    /// See [`RelayRecord::label`].
    pub(crate) label: Arc<str>,
    tls: RelayTls,
    login: Option<(Auth, Credentials)>,
}

/// The relays of a destination, never empty.
pub(crate) struct Relays(pub(crate) Vec<RelayRecord>);

impl Relays {
    /// The relay that a connection belongs to, where there are relays.
    pub(crate) fn at_mut(
        relays: &mut Option<Self>,
        berth: Option<Berth>,
    ) -> Option<&mut RelayRecord> {
        relays.as_mut()?.0.get_mut(berth?.relay)
    }

    /// All of them usable; `secrets` are theirs in order, where they were read.
    pub(crate) fn new(relays: &[Relay], secrets: Vec<Option<SecretString>>) -> Self {
        let mut secrets = secrets.into_iter();
        let records = relays.iter().map(|relay| {
            let namesakes = relays.iter().filter(|other| other.host == relay.host);
            let label = match namesakes.count() {
                0 | 1 => relay.host.clone(),
                _ => format!("{}:{}", relay.host, relay.port),
            };
            RelayRecord {
                label: label.into(),
                servers: Arc::new(Servers::Fixed(vec![server(relay)])),
                secret: secrets.next().flatten(),
                edition: 0,
                renewed: false,
                state: RelayState::Usable,
                proven: false,
                backoff: Backoff::new(),
                failed: None,
                barren: 0,
                most: None,
                apart: BTreeSet::new(),
                learned: None,
                relay: relay.clone(),
            }
        });
        Self(records.collect())
    }

    /// How they stand; `held` tells how many connections each has.
    pub(crate) fn standings(&self, now: Timestamp, held: impl Fn(usize) -> usize) -> Vec<Standing> {
        let records = self.0.iter().enumerate();
        records
            .map(|(at, record)| Standing {
                weight: record.relay.weight,
                state: record.state,
                proven: record.proven,
                held: held(at),
                most: record.most(now),
            })
            .collect()
    }

    /// Connections to start with, before any of them has answered: one for each that takes its
    /// share.
    pub(crate) fn probes(&self, now: Timestamp) -> usize {
        let standings = self.standings(now, |_| 0);
        let tried = |one: &&Standing| one.is_usable(now) && one.weight > 0;
        standings.iter().filter(tried).count().max(1)
    }

    /// When the first of those that rest may be tried again.
    pub(crate) fn wakes(&self) -> Option<Timestamp> {
        let resting = self.0.iter().filter_map(|record| match record.state {
            RelayState::Resting(until) => Some(until),
            RelayState::Usable | RelayState::Waiting | RelayState::Out => None,
        });
        resting.min()
    }

    /// Whether none is left to be tried: each that can be used at `now` has failed, and no token is
    /// on its way.
    pub(crate) fn none_left(&self, now: Timestamp) -> bool {
        let standings = self.standings(now, |_| 0);
        let mut both = self.0.iter().zip(&standings);
        !both.any(|(record, standing)| {
            let untried = record.failed.is_none() && standing.is_usable(now);
            untried || record.state == RelayState::Waiting
        })
    }

    /// Why they could not be reached, in their order; from now on each may be tried anew.
    pub(crate) fn failures(&mut self) -> String {
        let reasons = self.0.iter_mut().filter_map(|record| record.failed.take());
        reasons.collect::<Vec<_>>().join("; ")
    }

    /// One of them is up: each may be tried anew.
    pub(crate) fn forget_failures(&mut self) {
        for record in &mut self.0 {
            record.failed = None;
        }
    }

    /// Whether none of them will take mail any more in this run.
    pub(crate) fn all_out(&self) -> bool {
        self.0.iter().all(|record| record.state == RelayState::Out)
    }
}

impl RelayRecord {
    pub(crate) fn servers(&self) -> SharedServers {
        Arc::clone(&self.servers)
    }

    pub(crate) fn edition(&self) -> u32 {
        self.edition
    }

    /// Whether its secret is one that runs out, and can be fetched again.
    pub(crate) fn has_token(&self) -> bool {
        let auth = self.relay.auth.as_ref();
        auth.is_some_and(|auth| auth.kind == SecretKind::Token)
    }

    /// Connections it may have at `now`, as far as it has told.
    fn most(&self, now: Timestamp) -> usize {
        match self.most {
            Some((most, until)) if until > now => most,
            _ => usize::MAX,
        }
    }

    /// It bears no more connections than these; whether that is news.
    pub(crate) fn cap(&mut self, held: usize, now: Timestamp) -> bool {
        let first = self.most.is_none();
        let most = held.max(1).min(self.most(now));
        self.most = Some((most, now.after(CAPPED)));
        first
    }

    /// Takes another token.
    pub(crate) fn renew(&mut self, token: SecretString) -> Newness {
        let same = self
            .secret
            .as_ref()
            .is_some_and(|old| old.expose_secret() == token.expose_secret());
        self.secret = Some(token);
        self.edition += 1;
        self.renewed = true;
        if same {
            Newness::Same
        } else {
            Newness::Another
        }
    }

    /// What a connection to it needs.
    pub(crate) fn access(&self) -> Access {
        let auth = self.relay.auth.clone();
        let login = auth.zip(self.secret.clone()).map(|(auth, secret)| {
            let credentials = Credentials {
                username: auth.username.clone(),
                kind: auth.kind,
                secret,
                server: (self.relay.host.clone(), self.relay.port),
            };
            (auth, credentials)
        });
        Access {
            label: Arc::clone(&self.label),
            tls: self.relay.tls,
            login,
        }
    }
}

impl Access {
    /// When to encrypt: as the relay says, where that is before the first byte.
    pub(crate) fn starttls(&self, otherwise: StartTls) -> StartTls {
        match self.tls {
            RelayTls::Implicit => StartTls::Implicit,
            RelayTls::Required | RelayTls::Opportunistic | RelayTls::Off => otherwise,
        }
    }

    /// How to log in; `verified` tells whether TLS proves the server's name.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub(crate) fn login(&self, verified: bool) -> Result<Option<LogIn>, &'static str> {
        let Some((auth, credentials)) = &self.login else {
            return Ok(None);
        };
        Ok(Some(LogIn {
            mechanism: auth.mechanism,
            credentials: credentials.clone(),
            verified,
            allow_plaintext: auth.allow_plaintext,
            nonce: nonce()?,
        }))
    }
}

/// What nobody can guess, in printable ASCII without commas.
fn nonce() -> Result<String, &'static str> {
    let mut octets = [0; 24];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| "the system gives no random numbers")?;
    Ok(STANDARD_NO_PAD.encode(octets))
}

/// For how long a relay that turned a connection away gets no more than it kept.
const CAPPED: Duration = Duration::from_secs(300);

/// The server a relay is.
pub(crate) fn server(relay: &Relay) -> FixedServer {
    let policy = match relay.tls {
        RelayTls::Implicit | RelayTls::Required => TlsPolicy::Required,
        RelayTls::Opportunistic => TlsPolicy::Opportunistic,
        RelayTls::Off => TlsPolicy::Off,
    };
    FixedServer {
        host: relay.host.clone(),
        port: relay.port,
        name: relay.host.clone(),
        policy: Some(policy),
    }
}
