//! An open session: fed from the lane, its outcomes reported.

use super::connect::Servers;
use super::connection::{Attempt, Connection, End, News};
use super::flights::Flights;
use super::lane::Taken;
use super::open::Reached;
use super::stage::Staged;
use crate::net::{Session, SessionEvent};
use std::time::{Duration, Instant};

impl Connection {
    /// Feeds the session from the lane until it closes.
    pub(super) async fn serve(&self, reached: Reached) -> End {
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
                        return End::Closed { closing };
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

/// How long a connection without work is kept open: long enough for the next batch to be claimed
/// and rendered, short enough not to be a burden to the other side.
const IDLE: Duration = Duration::from_secs(4);
/// How long a connection that its rate keeps waiting stays open. Servers may leave after five
/// minutes without a command (RFC 5321 section 4.5.3.2.7).
const SILENCE: Duration = Duration::from_secs(4 * 60);
