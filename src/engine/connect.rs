//! Where a destination's servers are: hosts by preference, and the addresses to try.

use super::shaky::Shaky;
use crate::model::{MxHost, Stage, TlsPolicy};
use crate::net::{Resolver, TcpDial};
use crate::route::{self, Located};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

/// Where a destination's servers are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Servers {
    /// Mail servers from DNS, all on one port.
    Mx { hosts: Vec<MxHost>, port: u16 },
    /// Servers that were configured: an override, or one relay of those that a destination has.
    Fixed(Vec<FixedServer>),
}

impl Servers {
    /// The names of all of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let (found, fixed) = match self {
            Self::Mx { hosts, .. } => (&hosts[..], &[][..]),
            Self::Fixed(servers) => (&[][..], &servers[..]),
        };
        let found = found.iter().map(|host| host.name.as_str());
        found.chain(fixed.iter().map(|server| server.name.as_str()))
    }
}

/// A configured server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FixedServer {
    /// Its name or address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The name its certificate must carry where it is verified.
    pub(crate) name: String,
    /// What TLS it must hold, where that is configured with it.
    pub(crate) policy: Option<TlsPolicy>,
}

/// How addresses of host names are found and sockets made.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) resolver: Option<Resolver>,
    pub(crate) tcp: TcpDial,
    /// Addresses of the destination that failed lately.
    pub(crate) shaky: Arc<Shaky>,
}

/// One address to try.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The mail server's name.
    pub(crate) mx: String,
    pub(crate) address: SocketAddr,
    /// How far it stands back behind others; see [`crate::net::Start`].
    pub(crate) rank: u32,
    /// What TLS it must hold, where that is configured for this server.
    pub(crate) policy: Option<TlsPolicy>,
}

/// Why no connection came about.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) why: String,
}

/// Why there is no address to connect to.
#[derive(Debug, Clone)]
pub(crate) enum Nowhere {
    /// None is known.
    NoAddress(String),
    /// There are some, and none of the family of our source address.
    OutOfReach(String),
}

impl Dialer {
    /// The addresses to try, best first, at most [`CANDIDATES`].
    ///
    /// # Errors
    /// Where no host has an address: with the last host's reason. Where none has one that our
    /// source address can reach: that, as a matter of the connection.
    pub(crate) async fn candidates(
        &self,
        servers: &Servers,
        dice: u64,
        now: Instant,
    ) -> Result<Vec<Candidate>, Nowhere> {
        let targets = targets(servers, dice);
        let (mut located, mut reachable) = (Vec::with_capacity(targets.len()), 0);
        let (mut failure, mut out_of_reach) = (None, None);
        for target in &targets {
            let mut addresses = Vec::new();
            match self.addresses(&target.host).await {
                Ok(ips) => addresses.extend(ips.into_iter().filter(|ip| self.can_reach(*ip))),
                Err(why) => failure = Some(why),
            }
            if addresses.is_empty() {
                out_of_reach = Some(&target.host);
            }
            // No host takes more than half of the attempts while there are others (`route`).
            reachable += addresses.len().min(CANDIDATES / 2);
            let rank = target.rank;
            located.push(Located { rank, addresses });
            if reachable >= CANDIDATES {
                break;
            }
        }
        let shaky = self.shaky.lately(now);
        let failed = |server: usize, ip| shaky.contains(&SocketAddr::new(ip, targets[server].port));
        let attempts = route::attempts(&located, CANDIDATES, dice, failed);
        if attempts.is_empty() {
            return Err(self.unreachable(failure, out_of_reach));
        }
        let candidates = attempts.into_iter().map(|attempt| {
            let target = &targets[attempt.server];
            Candidate {
                mx: target.mx.clone(),
                address: SocketAddr::new(attempt.ip, target.port),
                rank: attempt.rank,
                policy: target.policy,
            }
        });
        Ok(candidates.collect())
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        if let Ok(ip) = host.parse() {
            return Ok(vec![ip]);
        }
        match &self.resolver {
            Some(resolver) => resolver
                .addresses(host)
                .await
                .map_err(|error| format!("{host}: {error}")),
            None => match tokio::net::lookup_host((host, 0)).await {
                Ok(found) => Ok(found.map(|address| address.ip()).collect()),
                Err(error) => Err(format!("{host}: {error}")),
            },
        }
    }

    /// A bound source address reaches only its own family.
    fn can_reach(&self, ip: IpAddr) -> bool {
        self.tcp
            .source
            .is_none_or(|source| source.is_ipv4() == ip.is_ipv4())
    }

    /// Why there is nothing to connect to.
    fn unreachable(&self, failure: Option<String>, host: Option<&String>) -> Nowhere {
        match (failure, self.tcp.source, host) {
            (None, Some(source), Some(host)) => {
                let family = if source.is_ipv4() { "IPv4" } else { "IPv6" };
                let why = format!(
                    "{host} has no {family} address, and the source address {source} \
                     (route.source) reaches no other"
                );
                Nowhere::OutOfReach(why)
            }
            (failure, _, _) => Nowhere::NoAddress(
                failure.unwrap_or_else(|| "no mail server has a usable address".to_owned()),
            ),
        }
    }
}

/// A server whose addresses are wanted.
struct Target {
    /// The name to look up, or an address.
    host: String,
    /// The name it goes by.
    mx: String,
    port: u16,
    policy: Option<TlsPolicy>,
    /// Its preference.
    rank: u32,
}

/// The servers in the order of this connection.
fn targets(servers: &Servers, dice: u64) -> Vec<Target> {
    match servers {
        Servers::Mx { hosts, port } => route::order(hosts, dice)
            .into_iter()
            .map(|host| Target {
                host: host.name.clone(),
                mx: host.name,
                port: *port,
                policy: None,
                rank: u32::from(host.preference),
            })
            .collect(),
        Servers::Fixed(servers) => (0..)
            .zip(servers)
            .map(|(rank, server)| Target {
                host: server.host.clone(),
                mx: server.name.clone(),
                port: server.port,
                policy: server.policy,
                rank,
            })
            .collect(),
    }
}

/// The servers of a destination, shared by its connections.
pub(crate) type SharedServers = Arc<Servers>;

/// Addresses tried for one connection. Large providers publish dozens; when eight do not answer,
/// the ninth seldom does.
const CANDIDATES: usize = 8;
