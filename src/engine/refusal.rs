//! Relays that fail: one that cannot be reached rests while others carry on, one that does not take
//! our credentials is not asked again.

use super::dispatch::Dispatcher;
use super::ends::TaskEnd;
use super::relays::{Berth, Newness};
use super::secret::{self, SecretError};
use super::steer::Stop;
use super::trouble::{BARREN, Way};
use crate::model::{Relay, RelayTls, SecretKind};
use crate::proto::smtp_client::{LogInFailure, LogInRefusal};
use crate::route::{self, RelayState};
use secrecy::SecretString;
use std::sync::Arc;

/// No relay is left that takes our credentials.
#[derive(Debug, thiserror::Error)]
#[error("the login at {relay} as {username:?} failed: {why}")]
pub struct LogInError {
    /// The relay, with its port.
    pub relay: String,
    /// Who was to be logged in.
    pub username: String,
    /// Why not: the mechanism and the server's own words, or what kept us from trying.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// Another token for a relay, or why there is none; and why the one before was refused.
pub(super) struct Renewed {
    lane: usize,
    relay: usize,
    token: Result<SecretString, SecretError>,
    refused: String,
}

impl Dispatcher {
    /// A relay does not take our credentials, or there is no way to give them to it. Where they
    /// are a token that may have run out, another one is fetched and tried, once.
    pub(super) fn login_failed(
        &mut self,
        lane: usize,
        berth: Option<Berth>,
        refusal: LogInRefusal,
        why: String,
    ) {
        let destination = &mut self.destinations[lane];
        let record = berth.and_then(|berth| {
            let records = &mut destination.relays.as_mut()?.0;
            Some((berth, records.get_mut(berth.relay)?))
        });
        let Some((berth, record)) = record else {
            return;
        };
        let settled = matches!(record.state, RelayState::Out | RelayState::Waiting);
        if settled || berth.edition < record.edition() {
            // The same refusal, heard by another connection.
            return;
        }
        let outdated = refusal.failure == LogInFailure::Refused && record.has_token();
        let place = record.relay.auth.as_ref().map(|auth| auth.secret.clone());
        match place {
            Some(place) if outdated && !record.renewed => {
                record.state = RelayState::Waiting;
                record.proven = false;
                let host = record.relay.host.clone();
                self.leave(lane, berth.relay, Leaving::BeforeLogIn);
                self.tasks.spawn(async move {
                    TaskEnd::Renewed(Box::new(Renewed {
                        lane,
                        relay: berth.relay,
                        token: secret::read(&host, &place).await,
                        refused: why,
                    }))
                });
            }
            _ => self.give_relay_up(lane, berth.relay, refusal.failure, why),
        }
    }

    /// Another token was fetched.
    pub(super) fn renewed(&mut self, renewed: Renewed) {
        let Renewed {
            lane,
            relay,
            token,
            refused,
        } = renewed;
        let Some(relays) = &mut self.destinations[lane].relays else {
            return;
        };
        let record = &mut relays.0[relay];
        let label = Arc::clone(&record.label);
        let failed = match token.map(|token| record.renew(token)) {
            Ok(Newness::Another) => None,
            Ok(Newness::Same) => Some("; it was fetched again, and it is the same one".to_owned()),
            Err(error) => Some(format!("; another one cannot be had: {error}")),
        };
        match failed {
            Some(more) => {
                let why = format!("{refused}{more}");
                self.give_relay_up(lane, relay, LogInFailure::Refused, why);
            }
            None => {
                record.state = RelayState::Usable;
                self.destinations[lane].rest = None;
                let (now, text) = (
                    self.clock.now(),
                    "its token had run out; it has another one",
                );
                self.observer.notice(now, Some(&label), text.to_owned());
                self.supply(lane);
            }
        }
    }

    /// A relay is not used any more in this run. Where it was the last one, the run stops.
    fn give_relay_up(&mut self, lane: usize, relay: usize, failure: LogInFailure, why: String) {
        let now = self.clock.now();
        let Some(relays) = &mut self.destinations[lane].relays else {
            return;
        };
        let record = &mut relays.0[relay];
        record.state = RelayState::Out;
        let error = LogInError {
            relay: format!("{}:{}", record.relay.host, record.relay.port),
            username: username(&record.relay),
            why,
            remedy: remedy(&record.relay, failure),
        };
        let last = relays.all_out();
        self.leave(lane, relay, Leaving::Altogether);
        if last {
            self.login_error = Some(error);
            self.stop(Stop::NotLoggedIn);
        } else {
            let text = format!("{error}; it is not used any more in this run");
            self.observer.notice(now, None, text);
            self.supply(lane);
        }
    }

    /// A relay could not be reached, and is left alone; one that turns a connection away and keeps
    /// others is at its limit, and not gone: it keeps what it has. Tells why none could where no other takes
    /// its place: each has failed since one of them was last up.
    pub(super) fn relay_unreached(
        &mut self,
        lane: usize,
        Way { source, berth }: Way,
        why: &str,
    ) -> Option<String> {
        let now = self.clock.now();
        let dice = self.dice.fraction();
        let destination = &mut self.destinations[lane];
        let (Some(berth), Some(relays)) = (berth, &mut destination.relays) else {
            return Some(why.to_owned());
        };
        let alone = relays.0.len() < 2;
        let links = || destination.connections.values();
        let there = || links().filter(|link| link.is_at(berth.relay));
        let any_up = links().any(|link| link.up);
        let record = &mut relays.0[berth.relay];
        let asleep = matches!(record.state, RelayState::Resting(until) if until > now);
        if asleep || matches!(record.state, RelayState::Out | RelayState::Waiting) {
            // The same trouble, heard by another connection.
            return None;
        }
        let barren = std::mem::take(&mut record.barren) >= BARREN;
        if alone {
            return Some(why.to_owned());
        }
        if !barren && there().any(|link| link.up && link.source == source) {
            let news = record.cap(there().count(), now);
            if news {
                let text = format!("{why}; it gets no more connections than it keeps for a while");
                self.observer.notice(now, Some(&record.label), text);
            }
            return None;
        }
        if !barren && there().any(|link| link.up) {
            // It takes mail from another source address: this one is to blame.
            return Some(why.to_owned());
        }
        let delay = record.backoff.failed(&self.setup.settings.delivery, dice);
        let until = now.after(delay);
        record.state = RelayState::Resting(until);
        record.proven = false;
        record.failed = Some(why.to_owned());
        let (label, failures) = (Arc::clone(&record.label), record.backoff.failures());
        let nobody = (!any_up && relays.none_left(now)).then(|| relays.failures());
        self.resting.insert((until, lane));
        if nobody.is_none() && failures.is_power_of_two() {
            let seconds = delay.as_secs_f64();
            let text = format!("{why}; the other relays carry on for {seconds:.1} s");
            self.observer.notice(now, Some(&label), text);
        }
        nobody
    }

    /// A relay has answered and takes transactions.
    pub(super) fn relay_up(&mut self, lane: usize, berth: Option<Berth>) {
        let Some(berth) = berth else { return };
        let Some(relays) = &mut self.destinations[lane].relays else {
            return;
        };
        let record = &mut relays.0[berth.relay];
        if berth.edition == record.edition() {
            record.renewed = false;
        }
        let back = !record.proven;
        record.proven = true;
        if let RelayState::Resting(_) = record.state {
            record.state = RelayState::Usable;
        }
        relays.forget_failures();
        if back {
            self.share_out(lane, usize::MAX);
        }
    }

    /// A relay that has no connection and may be tried again gets room for one, where others have
    /// taken all there is.
    pub(super) fn make_room(&mut self, lane: usize) {
        let now = self.clock.now();
        let destination = &self.destinations[lane];
        let Some(standings) = destination.standings(now) else {
            return;
        };
        let full = destination.live() >= destination.allowed(now);
        let next = route::choose(&standings, now);
        if full && next.is_some_and(|next| standings[next].held == 0) {
            self.share_out(lane, 1);
        }
    }

    /// Lets connections beyond their relays' shares finish, at most so many.
    fn share_out(&mut self, lane: usize, most: usize) {
        let now = self.clock.now();
        let destination = &self.destinations[lane];
        let total = destination.allowed(now);
        let Some(standings) = destination.standings(now) else {
            return;
        };
        if destination.live() < total {
            return;
        }
        let mut surplus = route::surplus(&standings, total, now);
        let mut left = most;
        for link in destination.connections.values() {
            let relay = link.berth.map_or(usize::MAX, |berth| berth.relay);
            if let Some(more) = surplus.get_mut(relay)
                && *more > 0
                && left > 0
                && link.is_live()
            {
                *more -= 1;
                left -= 1;
                link.stop.cancel();
            }
        }
    }

    /// Ends connections of a relay: those that have not logged in at once, others in order.
    fn leave(&mut self, lane: usize, relay: usize, leaving: Leaving) {
        for link in self.destinations[lane].connections.values() {
            let concerned = leaving == Leaving::Altogether || !link.up;
            if link.is_at(relay) && concerned {
                link.stop.cancel();
            }
        }
    }
}

/// Which of a relay's connections end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    /// Those that would still give the credentials that were refused.
    BeforeLogIn,
    /// All of them.
    Altogether,
}

fn username(relay: &Relay) -> String {
    let auth = relay.auth.as_ref();
    auth.map_or_else(String::new, |auth| auth.username.clone())
}

/// What a person can do about a login that failed.
fn remedy(relay: &Relay, failure: LogInFailure) -> String {
    let Some(auth) = &relay.auth else {
        return String::new();
    };
    match (failure, auth.kind, relay.tls) {
        (LogInFailure::Refused, SecretKind::Password, _) => format!(
            "check auth.username, and the password in {}; no recipient has lost an attempt, and \
             the same command goes on",
            auth.secret
        ),
        (LogInFailure::Refused, SecretKind::Token, _) => format!(
            "check auth.username, and the token from {}; no recipient has lost an attempt, and the \
             same command goes on",
            auth.secret
        ),
        (LogInFailure::Impossible, _, RelayTls::Implicit | RelayTls::Required) => {
            "auth.mechanism = \"auto\" takes the best mechanism that the relay offers; a relay that \
             offers none needs no auth, or another port"
                .to_owned()
        }
        (LogInFailure::Impossible, _, RelayTls::Opportunistic | RelayTls::Off) => {
            "tls = \"required\" or \"implicit\" keeps the secret from others; \
             auth.allow_plaintext = true does without where the way is safe"
                .to_owned()
        }
    }
}
