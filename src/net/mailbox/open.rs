//! From a mailbox's settings to a connection with its server.

use super::error::MailboxError;
use crate::model::RelayTls;
use crate::net::{
    Clock, Dial, MailStream, Race, Resolver, Start, Step, TcpDial, TlsClient, Verify,
};
use crate::proto::sasl::Channel;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A TCP connection to one address, and the TLS handshake.
    pub connect: Duration,
    /// Its greeting.
    pub greeting: Duration,
    /// An answer.
    pub command: Duration,
    /// Messages, all of those that were asked for at once.
    pub fetch: Duration,
    /// How long one IDLE lasts: servers may log a client off after 30 minutes (RFC 2177 section 3).
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(30),
            greeting: seconds(60),
            command: seconds(60),
            fetch: seconds(300),
            idle: seconds(25 * 60),
        }
    }
}

/// How servers are reached. Clones share what is behind it.
#[derive(Clone)]
pub struct Way {
    /// Makes connections safe.
    pub tls: TlsClient,
    /// Finds addresses; without one only addresses and not names can be reached.
    pub resolver: Option<Resolver>,
    /// Tells the time.
    pub clock: Clock,
    /// How long everything may take.
    pub patience: Patience,
}

impl Way {
    /// A connection to the server, whichever of its addresses answers first.
    pub(super) async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, MailboxError> {
        let unreachable = |why: String| MailboxError::Unreachable {
            host: host.to_owned(),
            why,
        };
        let course = self.addresses(host).await.map_err(unreachable)?;
        let starts = course.iter().map(|ip| Start {
            address: SocketAddr::new(*ip, port),
            rank: 0,
        });
        let dialer = TcpDial {
            source: None,
            limit: self.patience.connect,
            unacknowledged: self.patience.command,
        };
        first(&dialer, starts.collect(), self.clock)
            .await
            .map_err(unreachable)
    }

    async fn addresses(&self, host: &str) -> Result<Vec<std::net::IpAddr>, String> {
        if let Ok(ip) = host.trim_matches(['[', ']']).parse() {
            return Ok(vec![ip]);
        }
        let Some(resolver) = &self.resolver else {
            return Err("there is no name server to ask".to_owned());
        };
        let found = resolver.addresses(host).await;
        found.map_err(|failure| failure.to_string())
    }

    /// The TLS handshake, and whom we are talking to then.
    pub(super) async fn encrypt(
        &self,
        stream: TcpStream,
        host: &str,
        tls: RelayTls,
    ) -> Result<(MailStream, Channel), MailboxError> {
        let verify = match tls {
            RelayTls::Implicit | RelayTls::Required => Verify::Name,
            RelayTls::Opportunistic | RelayTls::Off => Verify::Observe,
        };
        let now = self.clock.now();
        let name = host.trim_matches(['[', ']']);
        let shaken = timeout(
            self.patience.connect,
            self.tls.connect(stream, name, &verify, now),
        );
        let unreachable = |why: String| MailboxError::Unreachable {
            host: host.to_owned(),
            why,
        };
        let encrypted = match shaken.await {
            Ok(done) => done.map_err(|error| unreachable(format!("TLS: {error}")))?,
            Err(_) => return Err(unreachable("TLS: the handshake takes too long".to_owned())),
        };
        let channel = match encrypted.flaw {
            None => Channel::Verified,
            Some(_) => Channel::Unverified,
        };
        Ok((MailStream::Tls(encrypted.stream), channel))
    }
}

/// The first connection of a race, or why all of them failed.
async fn first<D: Dial>(dialer: &D, course: Vec<Start>, clock: Clock) -> Result<D::Stream, String> {
    let mut race = Race::new(dialer, course, clock);
    let mut reasons = Vec::new();
    while let Some(step) = race.next().await {
        match step {
            Step::Connected { stream, .. } => return Ok(stream),
            Step::Failed { error, .. } => reasons.push(error.to_string()),
        }
    }
    Err(reasons.join("; "))
}
