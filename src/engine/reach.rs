//! Reaching a server of a destination: from the addresses to a session that takes mail.

use super::connect::{Candidate, Failure, Nowhere};
use super::connection::{Connection, End};
use super::open::Reached;
use super::security::Terms;
use crate::model::{Reply, Stage};
use crate::net::{Dial, Race, Start, Step};
use crate::proto::smtp_client::LogInFailure;
use crate::secure::Demand;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};

impl Connection {
    /// The first candidate that gets as far as taking transactions.
    pub(super) async fn reach(&self) -> Result<Reached, End> {
        let patience = self.patience();
        let deadline = self.clock.instant() + patience;
        let candidates = self.candidates(patience).await?;
        let course = candidates.iter().map(Candidate::start).collect();
        let mut race = Race::new(&self.dialer.tcp, course, self.clock);
        let mut tried = Tried::default();
        loop {
            match timeout_at(deadline.into(), race.next()).await {
                Ok(Some(Step::Failed { index, error })) => {
                    let candidate = &candidates[index];
                    self.avoid(candidate);
                    tried.add(candidate, Failure::dialling(candidate, &error), None);
                }
                Ok(Some(Step::Connected {
                    index,
                    stream,
                    overtaken,
                })) => {
                    for slow in overtaken {
                        self.avoid(&candidates[slow]);
                    }
                    let candidate = &candidates[index];
                    let now = self.clock.instant();
                    let until = now + tried.share(&candidates, deadline - now);
                    match self.open_either(candidate, stream, until).await {
                        Ok(open) => {
                            self.dialer.shaky.forget(candidate.address);
                            return Ok(open);
                        }
                        Err(End::Unreached { failure, reply }) => {
                            if reply.is_none() && failure.stage == Stage::Connect {
                                self.avoid(candidate);
                            }
                            tried.add(candidate, failure, reply);
                        }
                        Err(end) => return Err(end),
                    }
                }
                Ok(None) => return Err(tried.end(None)),
                Err(_) => return Err(tried.end(Some(patience))),
            }
        }
    }

    /// How long all candidates together may take: a destination whose servers accept connections
    /// and then say nothing must not hold its slot once per address.
    fn patience(&self) -> Duration {
        let timeouts = &self.client.timeouts;
        timeouts
            .connect
            .saturating_mul(3)
            .saturating_add(timeouts.greeting)
    }

    async fn candidates(&self, patience: Duration) -> Result<Vec<Candidate>, End> {
        let now = self.clock.instant();
        let found = self.dialer.candidates(&self.servers, self.dice, now);
        let found = timeout(patience, found).await.unwrap_or_else(|_| {
            Err(Nowhere::NoAddress(format!(
                "no DNS answer within {patience:?}"
            )))
        });
        found.map_err(|nowhere| match nowhere {
            Nowhere::OutOfReach(why) => End::OutOfReach { why },
            Nowhere::NoAddress(why) => {
                let stage = Stage::Resolve;
                End::unreached(Failure { stage, why })
            }
        })
    }

    /// Opens a session with a server that was connected to. Opportunistic TLS that fails is no
    /// reason to go without the mail (RFC 7435): it is then done without. Where a login cannot be
    /// had without TLS, it is TLS that has failed, and that may be better the next time.
    async fn open_either(
        &self,
        candidate: &Candidate,
        stream: TcpStream,
        until: Instant,
    ) -> Result<Reached, End> {
        let terms = self.security.terms(candidate).await;
        let terms = terms.map_err(End::unreached)?;
        match self.open(candidate, &terms, stream, until).await {
            Err(End::Unreached { failure, .. })
                if failure.stage == Stage::Tls && terms.demand == Demand::Opportunistic =>
            {
                let dialled = self.dialer.tcp.dial(candidate.address).await;
                let stream = dialled.map_err(|error| {
                    let failure = Failure::dialling(candidate, &error);
                    End::unreached(failure)
                })?;
                let plain = Terms {
                    demand: Demand::Plain,
                    name: terms.name,
                };
                match self.open(candidate, &plain, stream, until).await {
                    Ok(mut reached) => {
                        reached.flaw = Some(failure.why);
                        Ok(reached)
                    }
                    Err(End::NotLoggedIn { refusal, .. })
                        if refusal.failure == LogInFailure::Impossible =>
                    {
                        Err(End::unreached(failure))
                    }
                    Err(end) => Err(end),
                }
            }
            end => end,
        }
    }

    /// Others are tried before this one for a while.
    fn avoid(&self, candidate: &Candidate) {
        let shaky = &self.dialer.shaky;
        shaky.note(candidate.address, self.clock.instant());
    }
}

impl Candidate {
    fn start(&self) -> Start {
        Start {
            address: self.address,
            rank: self.rank,
        }
    }
}

impl Failure {
    fn dialling(candidate: &Candidate, error: &std::io::Error) -> Self {
        Self {
            stage: Stage::Connect,
            why: format!("{} [{}]: {error}", candidate.mx, candidate.address),
        }
    }
}

/// Candidates that failed, and why.
#[derive(Default)]
struct Tried {
    /// Servers' names, once for each of their addresses.
    servers: Vec<String>,
    reasons: Vec<String>,
    /// The failure that tells most: one in which the server spoke, else the one that came furthest.
    stage: Option<(bool, Stage)>,
    reply: Option<Reply>,
}

impl Tried {
    fn add(&mut self, candidate: &Candidate, failure: Failure, reply: Option<Reply>) {
        let told = Some((reply.is_some(), failure.stage));
        if told >= self.stage {
            self.stage = told;
            self.reply = reply;
        }
        self.servers.push(candidate.mx.clone());
        self.reasons.push(shortened(failure.why));
    }

    /// How much of the time that is left the next candidate may take: so much that each of the
    /// others can have as much, but [`FAIR`] at least; and never more than leaves the other servers
    /// theirs, so that one that keeps us waiting does not cost us the healthy one behind it.
    fn share(&self, candidates: &[Candidate], left: Duration) -> Duration {
        let addresses = candidates.len().saturating_sub(self.servers.len());
        let mut servers: Vec<&str> = candidates.iter().map(|one| one.mx.as_str()).collect();
        for tried in &self.servers {
            if let Some(place) = servers.iter().position(|server| server == tried) {
                servers.swap_remove(place);
            }
        }
        servers.sort_unstable();
        servers.dedup();
        let part = |count: usize| left / u32::try_from(count.max(1)).unwrap_or(u32::MAX);
        part(addresses).max(FAIR).min(part(servers.len()))
    }

    /// The end of a connection that has nobody left to try, or no time left.
    fn end(self, out_of_time: Option<Duration>) -> End {
        let mut reasons = self.reasons;
        if let Some(patience) = out_of_time {
            reasons.push(format!(
                "no server came as far as taking mail within {patience:?}"
            ));
        }
        let stage = self.stage.map_or(Stage::Connect, |(_, stage)| stage);
        let why = reasons.join("; ");
        End::Unreached {
            failure: Failure { stage, why },
            reply: self.reply,
        }
    }
}

/// A reason, cut where it is longer than a report bears once for each address.
fn shortened(mut why: String) -> String {
    if why.len() > REASON {
        why.truncate(why.floor_char_boundary(REASON));
        why.push('…');
    }
    why
}

/// What a server may take until it takes mail although others wait for their turn. Servers that
/// are merely busy, or delay their greeting to see who speaks first, are through by then.
const FAIR: Duration = Duration::from_secs(90);
/// Octets of one reason.
const REASON: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(servers: &[&str]) -> Vec<Candidate> {
        let numbered = (1..).zip(servers);
        numbered
            .map(|(last, mx)| Candidate {
                mx: (*mx).to_owned(),
                address: ([192, 0, 2, last], 25).into(),
                rank: 10,
                policy: None,
            })
            .collect()
    }

    fn failed(why: &str, stage: Stage) -> Failure {
        let why = why.to_owned();
        Failure { stage, why }
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_server_that_keeps_us_waiting_leaves_the_others_their_time() {
        let (mut tried, all) = (Tried::default(), candidates(&["a", "b"]));
        assert_eq!(tried.share(&all, seconds(390)), seconds(195));
        tried.add(&all[0], failed("no answer", Stage::Connect), None);
        assert_eq!(tried.share(&all, seconds(195)), seconds(195));
    }

    #[test]
    fn addresses_of_one_server_share_its_time_but_none_is_hurried() {
        let (mut tried, all) = (
            Tried::default(),
            candidates(&["a", "a", "a", "a", "b", "b", "c"]),
        );
        let mut left = seconds(390);
        let mut shares = Vec::new();
        for candidate in &all {
            let share = tried.share(&all, left);
            shares.push(share.as_secs());
            left -= share;
            tried.add(candidate, failed("no answer", Stage::Connect), None);
        }
        assert_eq!(shares, [90, 90, 70, 46, 46, 23, 23]);
        let patient = Tried::default();
        assert_eq!(patient.share(&candidates(&["a"; 8]), seconds(390)), FAIR);
    }

    #[test]
    fn what_a_server_said_tells_more_than_silence() {
        let all = candidates(&["a", "b", "c"]);
        let mut tried = Tried::default();
        let reply = Reply {
            code: 421,
            enhanced: None,
            text: "too busy".to_owned(),
        };
        tried.add(
            &all[0],
            failed("a: 421 too busy", Stage::Connect),
            Some(reply.clone()),
        );
        tried.add(&all[1], failed("b: bad certificate", Stage::Tls), None);
        tried.add(&all[2], failed(&"c".repeat(400), Stage::Connect), None);
        let End::Unreached {
            failure,
            reply: told,
        } = tried.end(Some(seconds(9)))
        else {
            panic!("another end");
        };
        assert_eq!((failure.stage, told), (Stage::Connect, Some(reply)));
        let reasons: Vec<_> = failure.why.split("; ").collect();
        assert_eq!(reasons[..2], ["a: 421 too busy", "b: bad certificate"]);
        assert_eq!(
            reasons[2].chars().count(),
            REASON + 1,
            "cut, and marked as such"
        );
        assert!(reasons[3].contains("within 9s"));
    }
}
