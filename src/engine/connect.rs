//! Finding a server of a destination that answers: hosts by preference, addresses in turn.

use crate::model::{MxHost, Stage, TlsPolicy};
use crate::net::{Resolver, dial};
use crate::route;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// Where a destination's servers are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Servers {
    /// Mail servers from DNS, all on one port.
    Mx { hosts: Vec<MxHost>, port: u16 },
    /// Servers that were configured, in the order they are tried: relays or an override.
    Fixed(Vec<FixedServer>),
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
    pub(crate) source: Option<IpAddr>,
    pub(crate) limit: Duration,
}

/// One address to try.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The mail server's name.
    pub(crate) mx: String,
    pub(crate) address: SocketAddr,
    /// What TLS it must hold, where that is configured for this server.
    pub(crate) policy: Option<TlsPolicy>,
}

/// Why no connection came about.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) why: String,
}

impl Dialer {
    /// The addresses to try, best first, at most [`CANDIDATES`].
    ///
    /// # Errors
    /// Where no host has an address: with the last host's reason.
    pub(crate) async fn candidates(
        &self,
        servers: &Servers,
        dice: u64,
    ) -> Result<Vec<Candidate>, Failure> {
        let hosts: Vec<Target> = match servers {
            Servers::Mx { hosts, port } => route::order(hosts, dice)
                .into_iter()
                .map(|host| (host.name.clone(), host.name, *port, None))
                .collect(),
            Servers::Fixed(servers) => servers.iter().map(FixedServer::target).collect(),
        };
        let mut candidates = Vec::new();
        let mut failure = None;
        for (host, mx, port, policy) in hosts {
            match self.addresses(&host).await {
                Ok(ips) => {
                    for ip in ips.into_iter().filter(|ip| self.can_reach(*ip)) {
                        let address = SocketAddr::new(ip, port);
                        candidates.push(Candidate {
                            mx: mx.clone(),
                            address,
                            policy,
                        });
                    }
                }
                Err(why) => failure = Some(why),
            }
            if candidates.len() >= CANDIDATES {
                break;
            }
        }
        candidates.truncate(CANDIDATES);
        if candidates.is_empty() {
            let why = failure.unwrap_or_else(|| "no mail server has a usable address".to_owned());
            return Err(Failure {
                stage: Stage::Resolve,
                why,
            });
        }
        Ok(candidates)
    }

    /// Connects to one candidate.
    ///
    /// # Errors
    /// With the system's words.
    pub(crate) async fn connect(&self, candidate: &Candidate) -> Result<TcpStream, Failure> {
        dial(candidate.address, self.source, self.limit)
            .await
            .map_err(|error| Failure {
                stage: Stage::Connect,
                why: format!("{} [{}]: {error}", candidate.mx, candidate.address),
            })
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
        self.source
            .is_none_or(|source| source.is_ipv4() == ip.is_ipv4())
    }
}

/// Host to look up, name it goes by, port, and the policy it was configured with.
type Target = (String, String, u16, Option<TlsPolicy>);

impl FixedServer {
    fn target(&self) -> Target {
        (self.host.clone(), self.name.clone(), self.port, self.policy)
    }
}

/// The servers of a destination, shared by its connections.
pub(crate) type SharedServers = Arc<Servers>;

/// Addresses tried for one connection. Large providers publish dozens; when eight do not answer,
/// the ninth seldom does.
const CANDIDATES: usize = 8;
