//! What TLS a connection must hold, found out host by host, and how a session is told.

use super::connect::{Candidate, Failure};
use super::dane::Dane;
use crate::model::{Stage, TlsPolicy};
use crate::net::{TlsaAnswer, Verify};
use crate::proto::smtp_client::StartTls;
use crate::secure::{Demand, Host, StsRule, demand};
use std::sync::Arc;

/// The rules for the connections of a destination.
#[derive(Clone)]
pub(crate) struct Security {
    /// What is configured for the destination.
    pub(crate) configured: TlsPolicy,
    /// The MTA-STS rule of its domains.
    pub(crate) rule: Option<StsRule>,
    /// Where TLSA records are found, if they are to be obeyed.
    pub(crate) dane: Option<Arc<Dane>>,
    /// Whether it is to be found out what certificates that nobody asked about would prove.
    pub(crate) observe: bool,
}

/// What holds for one host.
pub(super) struct Terms {
    pub(super) demand: Demand,
    /// The name its certificate is held against.
    pub(super) name: String,
}

impl Security {
    /// What a connection to the candidate must hold.
    ///
    /// # Errors
    /// Where the host must not be used.
    pub(super) async fn terms(&self, candidate: &Candidate) -> Result<Terms, Failure> {
        let mx = &candidate.mx;
        let mut name = mx.clone();
        let mut tlsa = Vec::new();
        if let Some(dane) = &self.dane {
            match dane.tlsa(mx, candidate.address.port()).await {
                TlsaAnswer::Records { base, records } => (name, tlsa) = (base, records),
                TlsaAnswer::None => {}
                TlsaAnswer::Failed(why) => {
                    return Err(Failure {
                        stage: Stage::Resolve,
                        why: format!("{mx}: DANE: {why}; the host is not used meanwhile"),
                    });
                }
            }
        }
        let demand = demand(Host {
            name: mx,
            configured: self.policy_for(candidate),
            sts: self.rule.as_ref(),
            tlsa: &tlsa,
        });
        let demand = demand.map_err(|refusal| Failure {
            stage: Stage::Tls,
            why: format!("{mx}: {refusal}"),
        })?;
        if !matches!(demand, Demand::Dane(_)) {
            mx.clone_into(&mut name);
        }
        Ok(Terms { demand, name })
    }

    /// What is required for the destination or for the server is required, whatever the other
    /// says.
    fn policy_for(&self, candidate: &Candidate) -> TlsPolicy {
        match (candidate.policy, self.configured) {
            (Some(TlsPolicy::Required), _) | (_, TlsPolicy::Required) => TlsPolicy::Required,
            (Some(policy), _) | (None, policy) => policy,
        }
    }

    /// How a session is told.
    pub(super) fn session(&self, demand: &Demand) -> (StartTls, Verify) {
        match demand {
            Demand::Plain => (StartTls::Never, Verify::Anyone),
            Demand::Opportunistic if self.observe => (StartTls::IfOffered, Verify::Observe),
            Demand::Opportunistic => (StartTls::IfOffered, Verify::Anyone),
            Demand::Encrypted => (StartTls::Required, Verify::Anyone),
            Demand::Verified => (StartTls::Required, Verify::Name),
            Demand::MtaSts => (StartTls::Required, Verify::MtaSts),
            Demand::Dane(records) => (StartTls::Required, Verify::Dane(Arc::clone(records))),
        }
    }
}

/// A failure of TLS, with what forbids to go on without it.
pub(super) fn because(demand: &Demand, why: &str) -> String {
    match demand {
        Demand::Plain | Demand::Opportunistic => why.to_owned(),
        Demand::Verified => format!(
            "{why}; verified TLS is required here (tls.policy, or tls of the destination or relay)"
        ),
        Demand::Encrypted | Demand::Dane(_) => {
            format!(
                "{why}; the TLSA records of this host forbid delivery otherwise (DANE, RFC 7672)"
            )
        }
        Demand::MtaSts => {
            format!("{why}; the domain's MTA-STS policy forbids delivery otherwise (RFC 8461)")
        }
    }
}
