//! Opening a session with a server that was connected to.

use super::connect::{Candidate, Failure};
use super::connection::{Connection, End};
use super::security::{Terms, because};
use crate::model::{Peer, Stage};
use crate::net::{Session, SessionEvent, TlsSetup, Verify};
use crate::proto::smtp_client::{ClientConfig, Closing, StartTls};
use std::sync::Arc;
use std::time::Instant;
use tokio::net::TcpStream;

/// A server that takes transactions.
pub(super) struct Reached {
    pub(super) session: Session,
    pub(super) peer: Arc<Peer>,
    /// See [`News::Up`].
    pub(super) flaw: Option<String>,
}

impl Connection {
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
}
