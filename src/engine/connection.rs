//! One connection: reach a server, take messages from the lane, report what came of them.

use super::connect::{Candidate, Dialer, Failure, Servers, SharedServers};
use super::lane::{Lane, Taken};
use super::relays::Access;
use super::security::{Security, Terms, because};
use super::stage::Staged;
use crate::model::{Outcome, Peer, Recipient, RecipientId, Reply, Stage};
use crate::net::{Clock, Session, SessionEvent, TlsClient, TlsSetup, Verify};
use crate::proto::smtp_client::{ClientConfig, Closing, LogInRefusal, StartTls, Transaction};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a connection needs to know.
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) lane: Arc<Lane>,
    /// Recipients of one transaction, at most.
    pub(crate) recipients: u32,
    /// Which of the source addresses it uses.
    pub(crate) source: usize,
    pub(crate) servers: SharedServers,
    /// The relay it goes to, where the route goes through relays.
    pub(crate) access: Option<Access>,
    pub(crate) dialer: Dialer,
    pub(crate) client: ClientConfig,
    pub(crate) security: Security,
    pub(crate) tls: TlsClient,
    pub(crate) clock: Clock,
    pub(crate) dice: u64,
    /// Finish what is on the wire, then QUIT.
    pub(crate) stop: CancellationToken,
    pub(crate) news: mpsc::Sender<News>,
}

/// What connections tell the dispatcher.
pub(crate) enum News {
    /// A server answered and is ready.
    Up {
        connection: u64,
        lane: usize,
        /// Why verified TLS would not have come about, where that was observed.
        flaw: Option<String>,
    },
    /// What came of some recipients.
    Settled {
        lane: usize,
        /// The outlet they were sent from.
        source: usize,
        attempts: Vec<Attempt>,
    },
    /// The lane runs low.
    Low { lane: usize },
    /// The rate of its source address has nothing for it for so long that it leaves.
    Paused {
        lane: usize,
        source: usize,
        until: Instant,
    },
    /// The connection waits for work.
    Idle { connection: u64, lane: usize },
}

/// One recipient's attempt.
pub(crate) struct Attempt {
    pub(crate) recipient: Recipient,
    pub(crate) message_id: String,
    pub(crate) peer: Arc<Peer>,
    pub(crate) outcome: Outcome,
    /// Messages that this connection had delivered before.
    pub(crate) delivered_before: u32,
}

/// How a connection ended.
pub(crate) struct Ended {
    pub(crate) id: u64,
    pub(crate) lane: usize,
    /// The outlet it was opened from.
    pub(crate) source: usize,
    pub(crate) end: End,
}

/// See [`Ended`].
pub(crate) enum End {
    /// It was asked to finish before it had reached a server.
    Stopped,
    /// The relay does not take our credentials, or they cannot be given to it.
    NotLoggedIn {
        refusal: LogInRefusal,
        /// With the server's words.
        why: String,
    },
    /// No server of the destination came as far as taking transactions.
    Unreached {
        failure: Failure,
        reply: Option<Reply>,
    },
    /// A session took place and is over.
    Closed {
        closing: Closing,
        /// Messages it had taken over and never begun.
        returned: Vec<Recipient>,
    },
}

/// A message that was submitted and not settled yet.
struct Flying {
    recipient: Recipient,
    message_id: String,
}

/// A server that takes transactions.
pub(super) struct Reached {
    session: Session,
    peer: Arc<Peer>,
    /// See [`News::Up`].
    pub(super) flaw: Option<String>,
}

impl End {
    /// Without a word of the server.
    pub(super) fn unreached(failure: Failure) -> Self {
        Self::Unreached {
            failure,
            reply: None,
        }
    }
}

impl Connection {
    /// Runs the connection to its end.
    pub(crate) async fn run(self) -> Ended {
        let reached = tokio::select! {
            reached = self.reach() => reached,
            () = self.stop.cancelled() => Err(End::Stopped),
        };
        let end = match reached {
            Ok(reached) => self.serve(reached).await,
            Err(end) => end,
        };
        Ended {
            id: self.id,
            lane: self.lane.index,
            source: self.source,
            end,
        }
    }

    /// Waits until a server that was connected to takes transactions, until this time at most.
    pub(super) async fn open(
        &self,
        candidate: &Candidate,
        terms: &Terms,
        stream: TcpStream,
        until: Instant,
    ) -> Result<Reached, End> {
        let source_ip = stream.local_addr().ok().map(|address| address.ip());
        let (starttls, verify) = self.security.session(&terms.demand);
        let config = self.config(starttls, &verify).map_err(|why| {
            let (stage, why) = (Stage::Auth, format!("{}: {why}", candidate.mx));
            End::unreached(Failure { stage, why })
        })?;
        let tls = TlsSetup {
            client: self.tls.clone(),
            name: terms.name.clone(),
            verify,
            limit: self.dialer.tcp.limit,
        };
        let mut session = Session::new(stream, config, tls, self.clock);
        session.open_by(until);
        loop {
            match session.poll_event() {
                Some(SessionEvent::Ready(_)) => break,
                Some(SessionEvent::Closed(Closing {
                    refusal: Some(refusal),
                    why,
                    ..
                })) => return Err(End::NotLoggedIn { refusal, why }),
                Some(SessionEvent::Closed(closing)) => {
                    let mut why =
                        format!("{} [{}]: {}", candidate.mx, candidate.address, closing.why);
                    if closing.stage == Stage::Tls {
                        why = because(&terms.demand, &why);
                    }
                    let failure = Failure {
                        stage: closing.stage,
                        why,
                    };
                    return Err(End::Unreached {
                        failure,
                        reply: closing.reply,
                    });
                }
                Some(SessionEvent::Settled { .. }) => {}
                None => session.io().await,
            }
        }
        let peer = Peer {
            mx: match &self.access {
                Some(access) => access.label.to_string(),
                None => candidate.mx.clone(),
            },
            remote_ip: Some(candidate.address.ip()),
            source_ip,
            tls: session.encryption().to_owned(),
        };
        let flaw = session.flaw().map(str::to_owned);
        Ok(Reached {
            session,
            peer: Arc::new(peer),
            flaw,
        })
    }

    /// The client's settings for one candidate: when to encrypt, and how to log in.
    fn config(&self, starttls: StartTls, verify: &Verify) -> Result<ClientConfig, &'static str> {
        let mut config = ClientConfig {
            starttls,
            ..self.client.clone()
        };
        if let Some(access) = &self.access {
            config.starttls = access.starttls(starttls);
            config.login = access.login(matches!(verify, Verify::Name))?;
        }
        Ok(config)
    }

    /// Feeds the session from the lane until it closes.
    async fn serve(&self, reached: Reached) -> End {
        let Reached {
            mut session,
            peer,
            flaw,
        } = reached;
        self.tell(News::Up {
            connection: self.id,
            lane: self.lane.index,
            flaw,
        })
        .await;
        let mut flying = Flights::default();
        let mut finishing = false;
        let mut told_idle = false;
        loop {
            let mut attempts = Vec::new();
            while let Some(event) = session.poll_event() {
                match event {
                    SessionEvent::Ready(_) => {}
                    SessionEvent::Settled {
                        transaction,
                        recipient,
                        outcome,
                    } => {
                        let flight = (transaction, recipient);
                        attempts.extend(flying.land(flight, outcome, &peer));
                    }
                    SessionEvent::Closed(closing) => {
                        self.report(attempts).await;
                        return End::Closed {
                            closing,
                            returned: flying.rest(),
                        };
                    }
                }
            }
            self.report(attempts).await;
            if self.stop.is_cancelled() && !finishing {
                finishing = true;
                session.finish();
                continue;
            }
            let next = if finishing {
                Next::Stay
            } else {
                self.feed(&mut session, &mut flying)
            };
            if self.lane.should_ask() && !finishing {
                self.tell(News::Low {
                    lane: self.lane.index,
                })
                .await;
            }
            match next {
                Next::Again => told_idle = false,
                Next::Stay => session.io().await,
                Next::Rest if self.quiet(&mut session, &mut told_idle).await => {}
                Next::Rest => {
                    finishing = true;
                    session.finish();
                }
                Next::WaitUntil(at) if self.outlasts(at, &session) => {
                    self.tell(News::Paused {
                        lane: self.lane.index,
                        source: self.source,
                        until: at,
                    })
                    .await;
                    finishing = true;
                    session.finish();
                }
                Next::WaitUntil(at) => tokio::select! {
                    () = session.io() => {}
                    () = tokio::time::sleep_until(at.into()) => {}
                    () = self.stop.cancelled() => {}
                },
            }
        }
    }

    /// Further recipients of the same message, as many as one transaction may have. Receivers of
    /// several domains take one of them at a time, as some of them insist on; a configured server
    /// passes on whatever it does not forbid.
    fn others(&self, first: &Staged, session: &Session) -> Vec<Staged> {
        let limits = session.limits();
        let most = limits
            .rcpt_max
            .map_or(self.recipients, |theirs| theirs.min(self.recipients));
        if !first.alike || most < 2 {
            return Vec::new();
        }
        let any_domain =
            matches!(*self.servers, Servers::Fixed(_)) && limits.rcpt_domain_max.is_none();
        let domain = (!any_domain).then_some(first.recipient.domain);
        let now = self.clock.instant();
        (1..most)
            .map_while(|_| self.lane.take_alike(self.source, domain, now))
            .collect()
    }

    /// Submits what the lane gives, as far as there is room.
    fn feed(&self, session: &mut Session, flying: &mut Flights) -> Next {
        let mut submitted = false;
        while session.room() > 0 {
            match self.lane.take(self.source, self.clock.instant()) {
                Taken::Message(staged) => {
                    let others = self.others(&staged, session);
                    session.submit(flying.start(*staged, others));
                    submitted = true;
                }
                Taken::NotBefore(at) if !submitted => return Next::WaitUntil(at),
                Taken::NotBefore(_) => break,
                Taken::Empty => {
                    self.lane.starve(session.room());
                    if !submitted {
                        return Next::Rest;
                    }
                    break;
                }
            }
        }
        if submitted { Next::Again } else { Next::Stay }
    }

    /// Waits for answers or messages; `false` when the connection has been of no use for long.
    async fn quiet(&self, session: &mut Session, told_idle: &mut bool) -> bool {
        let idle = session.in_flight() == 0;
        if idle && !*told_idle {
            *told_idle = true;
            self.tell(News::Idle {
                connection: self.id,
                lane: self.lane.index,
            })
            .await;
        }
        tokio::select! {
            () = session.io() => true,
            () = self.lane.arrived() => true,
            () = self.stop.cancelled() => true,
            () = tokio::time::sleep(IDLE), if idle => false,
        }
    }

    /// Whether a wait is longer than the other side has to bear with silence.
    fn outlasts(&self, until: Instant, session: &Session) -> bool {
        let wait = until.saturating_duration_since(self.clock.instant());
        session.in_flight() == 0 && wait > SILENCE
    }

    async fn report(&self, attempts: Vec<Attempt>) {
        if !attempts.is_empty() {
            self.tell(News::Settled {
                lane: self.lane.index,
                source: self.source,
                attempts,
            })
            .await;
        }
    }

    async fn tell(&self, news: News) {
        // The dispatcher outlives its connections; should it have panicked, nobody is left to tell.
        let _ = self.news.send(news).await;
    }
}

/// What to do after feeding.
enum Next {
    /// Something was submitted: see what the machine makes of it.
    Again,
    /// No room: wait for answers.
    Stay,
    /// Room, but no messages.
    Rest,
    /// Room and messages, but the rate says later.
    WaitUntil(Instant),
}

/// Messages of a session by transaction number and recipient.
#[derive(Default)]
struct Flights {
    next: u64,
    delivered: u32,
    flying: HashMap<(u64, RecipientId), Flying>,
}

impl Flights {
    /// A transaction for one recipient and all others of the same message.
    fn start(&mut self, first: Staged, others: Vec<Staged>) -> Transaction {
        let id = self.next;
        self.next += 1;
        let Staged {
            recipient, message, ..
        } = first;
        let others = others.into_iter().map(|staged| staged.recipient);
        let mut recipients = Vec::with_capacity(1 + others.len());
        for recipient in std::iter::once(recipient).chain(others) {
            let address = &recipient.address;
            recipients.push((recipient.id, address.to_string(), address.needs_smtputf8()));
            let flying = Flying {
                message_id: message.message_id.clone(),
                recipient,
            };
            self.flying.insert((id, flying.recipient.id), flying);
        }
        Transaction {
            id,
            reverse_path: message.reverse_path,
            recipients,
            content: message.content,
            size: message.size,
            smtputf8: message.smtputf8,
        }
    }

    fn land(
        &mut self,
        flight: (u64, RecipientId),
        outcome: Outcome,
        peer: &Arc<Peer>,
    ) -> Option<Attempt> {
        let Flying {
            recipient,
            message_id,
        } = self.flying.remove(&flight)?;
        let delivered_before = self.delivered;
        if matches!(outcome, Outcome::Accepted(_)) {
            self.delivered = self.delivered.saturating_add(1);
        }
        let peer = Arc::clone(peer);
        Some(Attempt {
            recipient,
            message_id,
            peer,
            outcome,
            delivered_before,
        })
    }

    /// What the session never began.
    fn rest(self) -> Vec<Recipient> {
        self.flying
            .into_values()
            .map(|flying| flying.recipient)
            .collect()
    }
}

/// How long a connection without work is kept open: long enough for the next batch to be claimed
/// and rendered, short enough not to be a burden to the other side.
const IDLE: Duration = Duration::from_secs(4);
/// How long a connection that its rate keeps waiting stays open. Servers may leave after five
/// minutes without a command (RFC 5321 section 4.5.3.2.7).
const SILENCE: Duration = Duration::from_secs(4 * 60);
