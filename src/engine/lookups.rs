//! What is found out about a domain before its mail goes anywhere.

use super::dane::Dane;
use super::policies::Policies;
use super::run::{RunError, Setup};
use crate::model::{Domain, MxAnswer};
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
                None => None,
            }
        };
        let ((answer, notice), policy) = tokio::join!(hosts, policy);
        Found {
            answer,
            policy,
            notice,
        }
    }
}
