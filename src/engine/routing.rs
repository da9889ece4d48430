//! From a domain to its destination.

use super::connect::{FixedServer, Servers};
use super::destination::Destination;
use super::dispatch::{Dispatcher, TaskEnd};
use super::domains::{Place, Queue};
use super::lane::Lane;
use super::learned::Learned;
use super::outlet::Outlet;
use super::trouble::Obstacle;
use crate::model::{
    DomainId, MxAnswer, Reason, Relay, RelayTls, Route, RouteMode, Stage, TlsPolicy,
};
use crate::pace::{Backoff, DestinationLimits, limits_for, limits_for_configured};
use crate::route::{self, NoRoute};
use std::sync::Arc;

impl Dispatcher {
    /// Asks DNS for domains that have something due, so many at a time.
    pub(super) fn ask_dns(&mut self) {
        while self.asking < QUESTIONS {
            let Some(domain) = self.unrouted.pop_front() else {
                return;
            };
            let Some(entry) = self.domains.get_mut(domain) else {
                continue;
            };
            entry.queue = Queue::Out;
            entry.place = Place::Asking;
            let Some(resolver) = self.setup.resolver.clone() else {
                continue;
            };
            let name = entry.name.clone();
            self.asking += 1;
            self.tasks.spawn(async move {
                TaskEnd::Resolved {
                    domain,
                    answer: resolver.mail_hosts(&name).await,
                }
            });
        }
    }

    pub(super) fn resolved(&mut self, domain: DomainId, answer: &MxAnswer) {
        self.asking -= 1;
        let Some(entry) = self.domains.get_mut(domain) else {
            return;
        };
        entry.place = Place::Unknown;
        let name = entry.name.clone();
        match route::destination(&name, answer) {
            Ok(found) => {
                let lane = match self.by_key.get(&found.key) {
                    Some(lane) => *lane,
                    None => {
                        let mx: Vec<_> = found.hosts.iter().map(|host| host.name.clone()).collect();
                        let rules = &self.setup.settings.destinations;
                        let limits = limits_for(rules, &mx, &name);
                        let port = self.setup.settings.route.port;
                        let servers = Servers::Mx {
                            hosts: found.hosts,
                            port,
                        };
                        let lane = self.open_destination(&found.name, servers, limits);
                        self.by_key.insert(found.key, lane);
                        lane
                    }
                };
                self.settle_in(domain, lane);
            }
            Err(NoRoute::Permanent { reason, why }) => {
                let stage = Stage::Resolve;
                self.unroutable(
                    domain,
                    Obstacle {
                        stage,
                        reason,
                        permanent: true,
                        why,
                    },
                );
            }
            Err(NoRoute::TryAgain { why }) => {
                let (stage, reason) = (Stage::Resolve, Reason::Unreachable);
                self.unroutable(
                    domain,
                    Obstacle {
                        stage,
                        reason,
                        permanent: false,
                        why,
                    },
                );
            }
        }
    }

    /// From now on the domain's mail goes to this destination.
    fn settle_in(&mut self, domain: DomainId, lane: usize) {
        if let Some(entry) = self.domains.get_mut(domain) {
            entry.place = Place::At(lane);
        }
        self.destinations[lane].domains.push(domain);
        self.due(domain);
    }

    /// The destination that takes everything, where the route says so.
    pub(crate) fn open_fixed(&mut self) -> Option<usize> {
        let servers = fixed(&self.setup.settings.route)?;
        let name = match &servers[..] {
            [only] => format!("{}:{}", only.host, only.port),
            [first, ..] => format!(
                "{}:{} (and {} more)",
                first.host,
                first.port,
                servers.len() - 1
            ),
            [] => return None,
        };
        let hosts: Vec<_> = servers.iter().map(|server| server.name.clone()).collect();
        let limits = limits_for_configured(&self.setup.settings.destinations, &hosts);
        let lane = self.open_destination(&name, Servers::Fixed(servers), limits);
        Some(lane)
    }

    fn open_destination(
        &mut self,
        name: &str,
        servers: Servers,
        limits: DestinationLimits,
    ) -> usize {
        let index = self.destinations.len();
        let name: Arc<str> = name.into();
        let sources = self.setup.settings.route.sources.len().max(1);
        let outlets: Vec<_> = (0..sources).map(|_| Outlet::new(&limits)).collect();
        let run_rate = Arc::clone(&self.run_rate);
        let lane = Lane::new(index, outlets.iter().map(Outlet::rate), run_rate);
        self.destinations.push(Destination {
            name,
            servers: Arc::new(servers),
            policy: limits.tls.unwrap_or(self.setup.settings.tls.policy),
            limits,
            outlets,
            backoff: Backoff::new(),
            lane: Arc::new(lane),
            due: std::collections::VecDeque::new(),
            domains: Vec::new(),
            connections: std::collections::HashMap::new(),
            claiming: false,
            wanting: false,
            proven: false,
            rest: None,
            learned: Learned::nothing(self.setup.settings.delivery.pipeline),
            delivered: 0,
            bounced: 0,
            meter: super::destination::Meter::default(),
        });
        index
    }
}

/// The configured servers, where DNS is not to be asked for a route.
pub(crate) fn fixed(route: &Route) -> Option<Vec<FixedServer>> {
    if let Some((host, port)) = &route.override_to {
        let name = route.override_name.clone().unwrap_or_else(|| host.clone());
        let policy = None;
        return Some(vec![FixedServer {
            host: host.clone(),
            port: *port,
            name,
            policy,
        }]);
    }
    match &route.mode {
        RouteMode::Mx => None,
        RouteMode::Relay(relays) => Some(relays.iter().map(relay).collect()),
    }
}

fn relay(relay: &Relay) -> FixedServer {
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

/// DNS questions at a time.
const QUESTIONS: usize = 64;
