//! From a domain to its destination.

use super::connect::{FixedServer, Servers};
use super::destination::Destination;
use super::dispatch::Dispatcher;
use super::domains::{Place, Queue};
use super::ends::TaskEnd;
use super::lane::Lane;
use super::learned::Learned;
use super::lookups::Found;
use super::outlet::Outlet;
use super::relays::{self, Relays};
use super::security::Security;
use super::sweep::Obstacle;
use super::testing::Testing;
use crate::model::{Domain, DomainId, Reason, Route, RouteMode, Stage, TlsPolicy};
use crate::pace::{Backoff, DestinationLimits, limits_for, limits_for_configured};
use crate::route::{self, NoRoute};
use crate::secure::{StsPolicy, StsRule};
use secrecy::SecretString;
use std::fmt::Write;
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
            let Some(lookups) = self.lookups.clone() else {
                continue;
            };
            let name = entry.name.clone();
            self.asking += 1;
            self.tasks.spawn(async move {
                let found = Box::new(lookups.of(&name).await);
                TaskEnd::Resolved { domain, found }
            });
        }
    }

    pub(super) fn resolved(&mut self, domain: DomainId, found: Found) {
        self.asking -= 1;
        let Found {
            answer,
            policy,
            ask_again,
            notice,
        } = found;
        if let Some(text) = notice {
            self.observer.notice(self.clock.now(), None, text);
        }
        let Some(entry) = self.domains.get_mut(domain) else {
            return;
        };
        entry.place = Place::Unknown;
        entry.ask_again = ask_again;
        let name = entry.name.clone();
        match route::destination(&name, &answer) {
            Ok(found) => match self.lane_for(&name, found, policy.as_ref()) {
                Ok(lane) => {
                    if let Some(policy) = &policy {
                        self.heed_testing(lane, &name, policy);
                    }
                    self.settle_in(domain, lane);
                }
                Err(obstacle) => self.unroutable(domain, obstacle),
            },
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

    /// The destination for a domain with these servers and this policy. An enforced policy leaves
    /// only the servers that it names (RFC 8461 section 4.1).
    fn lane_for(
        &mut self,
        domain: &Domain,
        found: route::Destination,
        policy: Option<&StsPolicy>,
    ) -> Result<usize, Obstacle> {
        let (mut hosts, mut name) = (found.hosts, found.name);
        let mx: Vec<_> = hosts.iter().map(|host| host.name.clone()).collect();
        let limits = limits_for(&self.setup.settings.destinations, &mx, domain);
        let off = limits.tls == Some(TlsPolicy::Off);
        let rule = policy
            .filter(|_| !off)
            .and_then(|policy| StsRule::of(policy, found.key.hosts()));
        let kin = self.by_key.entry(found.key.clone()).or_default();
        let mut same_limits = kin.is_empty();
        for (known, lane) in kin.iter() {
            // A rule for one domain holds for it alone, whoever came first to the same servers.
            let limited_alike = self.destinations[*lane].limits == limits;
            if limited_alike && *known == rule {
                return Ok(*lane);
            }
            same_limits |= limited_alike;
        }
        if let Some(rule) = &rule {
            hosts.retain(|host| rule.allows(&host.name));
            name.push_str(" (MTA-STS)");
        }
        if !same_limits {
            let _ = write!(name, " (rules for {domain})");
        }
        if hosts.is_empty() {
            return Err(forbidden(domain, &mx));
        }
        let kin: Vec<usize> = kin.iter().map(|(_, lane)| *lane).collect();
        let security = self.security(&limits, rule.clone());
        let port = self.setup.settings.route.port;
        let servers = Servers::Mx { hosts, port };
        let lane = self.open_destination(&name, servers, limits, security, kin);
        self.by_key.entry(found.key).or_default().push((rule, lane));
        Ok(lane)
    }

    /// The rules for connections to servers found through MX. Who configures that a destination
    /// gets no TLS gets none there, whatever is published.
    fn security(&self, limits: &DestinationLimits, rule: Option<StsRule>) -> Security {
        let off = limits.tls == Some(TlsPolicy::Off);
        let lookups = self.lookups.as_ref().filter(|_| !off);
        Security {
            configured: limits.tls.unwrap_or(self.setup.settings.tls.policy),
            rule,
            dane: lookups.and_then(|lookups| lookups.dane.clone()),
            observe: lookups.is_some_and(|lookups| lookups.seeks_policies()),
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
    pub(crate) fn open_fixed(&mut self, secrets: Vec<Option<SecretString>>) -> Option<usize> {
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
        let security = Security {
            configured: limits.tls.unwrap_or(self.setup.settings.tls.policy),
            rule: None,
            dane: None,
            observe: false,
        };
        let servers = Servers::Fixed(servers);
        let lane = self.open_destination(&name, servers, limits, security, Vec::new());
        let route = &self.setup.settings.route;
        if let (None, RouteMode::Relay(relays)) = (&route.override_to, &route.mode) {
            self.destinations[lane].relays = Some(Relays::new(relays, secrets));
        }
        Some(lane)
    }

    fn open_destination(
        &mut self,
        name: &str,
        servers: Servers,
        limits: DestinationLimits,
        security: Security,
        kin: Vec<usize>,
    ) -> usize {
        let index = self.destinations.len();
        let name: Arc<str> = name.into();
        let sources = self.setup.settings.route.sources.len().max(1);
        let outlets: Vec<_> = (0..sources).map(|_| Outlet::new(&limits)).collect();
        let run_rate = Arc::clone(&self.run_rate);
        let mut lane = Lane::new(index, outlets.iter().map(Outlet::rate), run_rate);
        for other in &kin {
            let other = &mut self.destinations[*other];
            other.kin.push(index);
            if other.limits == limits {
                lane = lane.beside(&other.lane);
            }
        }
        self.destinations.push(Destination {
            name,
            servers: Arc::new(servers),
            together: limits.recipients_per_transaction > 1 && !self.setup.letter.is_personal(),
            security,
            testing: Testing::default(),
            relays: None,
            limits,
            outlets,
            backoff: Backoff::new(),
            lane: Arc::new(lane),
            due: std::collections::VecDeque::new(),
            kin,
            domains: Vec::new(),
            connections: std::collections::HashMap::new(),
            claiming: false,
            rendering: 0,
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

/// Why a domain's mail cannot go to any of its servers.
fn forbidden(domain: &Domain, mx: &[String]) -> Obstacle {
    let shown: Vec<&str> = mx.iter().take(SHOWN).map(String::as_str).collect();
    Obstacle {
        stage: Stage::Tls,
        reason: Reason::ServerError,
        permanent: false,
        why: format!(
            "the MTA-STS policy of {domain} (mode enforce) names none of its mail servers \
             ({}); its operator has to bring the two into line (RFC 8461)",
            shown.join(", ")
        ),
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
        RouteMode::Relay(relays) => Some(relays.iter().map(relays::server).collect()),
    }
}

/// DNS questions at a time.
const QUESTIONS: usize = 64;
/// Mail servers that an obstacle names.
const SHOWN: usize = 5;
