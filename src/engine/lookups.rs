//! What is found out about a domain before its mail goes anywhere.

use super::dane::Dane;
use super::dispatch::Dispatcher;
use super::domains::{Place, Queue};
use super::policies::Policies;
use super::run::{RunError, Setup};
use crate::model::{Domain, DomainId, MxAnswer, Timestamp};
use crate::net::{PolicyClient, Resolver, SecureResolver, TlsClient, TlsSetupError};
use crate::secure::StsPolicy;
use std::sync::Arc;

/// Asks DNS, and for MTA-STS policies, as far as the settings want it.
pub(crate) struct Lookups {
    resolver: Resolver,
    pub(super) dane: Option<Arc<Dane>>,
    policies: Option<Policies>,
}

/// What was found out about a domain.
pub(crate) struct Found {
    /// Who takes its mail.
    pub(super) answer: MxAnswer,
    /// Its MTA-STS policy, where it has one.
    pub(super) policy: Option<StsPolicy>,
    /// Where that could not be found out: from when on it may be tried again.
    pub(super) ask_again: Option<Timestamp>,
    /// What a person should know.
    pub(super) notice: Option<String>,
}

impl Lookups {
    /// As the settings want it; `None` where the run has no resolver.
    ///
    /// # Errors
    /// Where name servers, trust anchors or TLS cannot be set up.
    pub(super) fn new(setup: &Setup, tls: &TlsClient) -> Result<Option<Self>, RunError> {
        let Some(resolver) = setup.resolver.clone() else {
            return Ok(None);
        };
        let (settings, clock) = (&setup.settings, setup.clock);
        let dane = if settings.tls.dane {
            let anchors = settings.dns.trust_anchors.as_deref();
            let resolver = SecureResolver::new(&settings.dns.servers, anchors)?;
            Some(Arc::new(Dane::new(resolver, clock)))
        } else {
            None
        };
        let policies = if settings.tls.mta_sts {
            let port = settings.tls.mta_sts_port;
            let client =
                PolicyClient::new(resolver.clone(), tls, port).map_err(TlsSetupError::from)?;
            let store = setup.store.clone();
            Some(Policies::new(resolver.clone(), client, store, clock))
        } else {
            None
        };
        Ok(Some(Self {
            resolver,
            dane,
            policies,
        }))
    }

    /// Whether anybody asks for MTA-STS policies.
    pub(super) fn seeks_policies(&self) -> bool {
        self.policies.is_some()
    }

    /// Everything about `domain`, asked side by side.
    pub(super) async fn of(&self, domain: &Domain) -> Found {
        let hosts = async {
            match &self.dane {
                Some(dane) => dane.mail_hosts(domain, &self.resolver).await,
                None => (self.resolver.mail_hosts(domain).await, None),
            }
        };
        let policy = async {
            match &self.policies {
                Some(policies) => policies.of(domain).await,
                None => (None, None),
            }
        };
        let ((answer, notice), (policy, ask_again)) = tokio::join!(hosts, policy);
        Found {
            answer,
            policy,
            ask_again,
            notice,
        }
    }
}

impl Dispatcher {
    /// Recipients of the domain are due again. Where its policy could not be found out, it leaves
    /// its destination and is asked for anew, if the time for that has come.
    pub(super) fn doubt(&mut self, domain: DomainId, now: Timestamp) {
        let Some(entry) = self.domains.get_mut(domain) else {
            return;
        };
        let (Queue::Out, Place::At(lane)) = (entry.queue, entry.place) else {
            return;
        };
        if entry.ask_again.is_some_and(|at| at <= now) {
            (entry.place, entry.ask_again) = (Place::Unknown, None);
            self.destinations[lane].domains.retain(|id| *id != domain);
        }
    }
}
