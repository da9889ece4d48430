//! DNS answers that DNSSEC vouches for, as DANE needs them (RFC 7672 section 2).
//!
//! Everything is validated here, from the trust anchors down, whatever the name servers say of
//! their own checks: they only have to pass signatures on. Those that do not are found out by
//! [`SecureResolver::probe`]; behind them every answer would look forged.

use super::answers::plain;
use super::dns::{BOGUS, DnsError, Nothing, Resolver, ResolverOptions};
use crate::model::{Domain, MxAnswer};
use crate::secure::Tlsa;
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::dnssec::TrustAnchors;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Asks name servers and validates what they say. Clones share the cache.
#[derive(Debug, Clone)]
pub struct SecureResolver {
    inner: Resolver,
}

/// Whether DNSSEC works through the name servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The keys of the root, or of the configured anchor, were validated.
    Works,
    /// There was an answer, and it could not be validated: with the reason.
    Withheld(String),
    /// There was no answer, which says nothing about DNSSEC: with the reason.
    Silent(String),
}

/// What DNS says of a host's TLSA records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsaAnswer {
    /// DNSSEC vouches for its address, and for these records of it; never empty.
    Records {
        /// The TLSA base domain: the name its certificate has to carry.
        base: String,
        /// The records, usable or not.
        records: Vec<Tlsa>,
    },
    /// It has none, or its zone is not signed.
    None,
    /// There is no answer that can be believed: the host must not be used (RFC 7672 section 2.1).
    Failed(String),
}

impl SecureResolver {
    /// A resolver that asks `servers`, or those of the system's configuration where there are
    /// none, and validates by the keys in the file `anchors`, or the root's where there is none.
    ///
    /// # Errors
    /// Where the system's configuration or the file cannot be used.
    pub fn new(servers: &[SocketAddr], anchors: Option<&Path>) -> Result<Self, DnsError> {
        let anchors = match anchors {
            Some(path) => TrustAnchors::from_file(path).map_err(|error| DnsError::Anchors {
                path: path.to_owned(),
                why: error.to_string(),
            })?,
            None => TrustAnchors::default(),
        };
        let options = ResolverOptions::default();
        let inner = Resolver::validating(servers, options, Arc::new(anchors), BOUND)?;
        Ok(Self { inner })
    }

    /// Tries whether the name servers pass on what validation needs.
    pub async fn probe(&self) -> Probe {
        match self.inner.ask(".", RecordType::DNSKEY).await {
            Ok(lookup) if vouched_for(&lookup, RecordType::DNSKEY) => Probe::Works,
            Ok(_) => Probe::Withheld("the root's keys came without a proof".to_owned()),
            Err(Nothing::Silent(why)) => Probe::Silent(why),
            Err(Nothing::Failed(why)) if why == BOGUS => {
                Probe::Withheld("the root's keys came without signatures that hold".to_owned())
            }
            Err(Nothing::Failed(why)) => Probe::Withheld(why),
            Err(Nothing::NoSuchName | Nothing::NoRecords) => {
                Probe::Withheld("the name servers deny that the root has keys".to_owned())
            }
        }
    }

    /// Forgets every answer, so that the next is not one of before.
    pub fn forget(&self) {
        self.inner.forget();
    }

    /// As [`Resolver::mail_hosts`]; an answer of a signed zone that fails validation is none.
    pub async fn mail_hosts(&self, domain: &Domain) -> MxAnswer {
        self.inner.mail_hosts(domain).await
    }

    /// The TLSA records of a mail server on `port` (RFC 7672 sections 2.2.2 and 3). They are not
    /// even asked for where the server's address is not signed, because name servers that fail at
    /// such questions are common in unsigned zones.
    pub async fn tlsa(&self, host: &str, port: u16) -> TlsaAnswer {
        let bases = match self.bases(host).await {
            Ok(bases) => bases,
            Err(why) => return TlsaAnswer::Failed(why),
        };
        for base in bases {
            let name = format!("_{port}._tcp.{base}");
            match self.inner.ask(&name, RecordType::TLSA).await {
                Ok(lookup) if vouched_for(&lookup, RecordType::TLSA) => {
                    let records = lookup.answers().iter().filter_map(tlsa_record).collect();
                    return TlsaAnswer::Records { base, records };
                }
                Ok(_) | Err(Nothing::NoSuchName | Nothing::NoRecords) => {}
                Err(Nothing::Failed(why) | Nothing::Silent(why)) => {
                    return TlsaAnswer::Failed(format!("no TLSA answer for {name}: {why}"));
                }
            }
        }
        TlsaAnswer::None
    }

    /// The names under which TLSA records of a host may stand: where CNAMEs lead to, then its own;
    /// none where DNSSEC does not vouch for its address.
    async fn bases(&self, host: &str) -> Result<Vec<String>, String> {
        let (four, six) = tokio::join!(
            self.inner.ask(host, RecordType::A),
            self.inner.ask(host, RecordType::AAAA)
        );
        let mut bases = Vec::new();
        let mut failure = None;
        for (answer, kind) in [(four, RecordType::A), (six, RecordType::AAAA)] {
            match answer {
                Ok(lookup) if vouched_for(&lookup, kind) => {
                    let ends = lookup.answers().iter().filter(|r| r.record_type() == kind);
                    bases.extend(ends.map(|record| plain(&record.name)));
                }
                // One family without a signature leaves the host without protection.
                Ok(_) => return Ok(Vec::new()),
                Err(Nothing::Failed(why) | Nothing::Silent(why)) => failure = Some(why),
                Err(Nothing::NoSuchName | Nothing::NoRecords) => {}
            }
        }
        match failure {
            Some(why) if bases.is_empty() => Err(format!("no address of {host}: {why}")),
            _ => {
                if !bases.is_empty() {
                    bases.push(host.to_ascii_lowercase());
                }
                let mut seen = std::collections::HashSet::new();
                bases.retain(|base| seen.insert(base.clone()));
                Ok(bases)
            }
        }
    }
}

/// Whether an answer holds records of this kind, and DNSSEC vouches for them and for every CNAME
/// on the way to them.
fn vouched_for(lookup: &Lookup, kind: RecordType) -> bool {
    let of_use = |record: &&Record| [kind, RecordType::CNAME].contains(&record.record_type());
    let any = lookup.answers().iter().any(|r| r.record_type() == kind);
    any && lookup
        .answers()
        .iter()
        .filter(of_use)
        .all(|record| record.proof.is_secure())
}

fn tlsa_record(record: &Record) -> Option<Tlsa> {
    match &record.data {
        RData::TLSA(tlsa) => Some(Tlsa {
            usage: tlsa.cert_usage.into(),
            selector: tlsa.selector.into(),
            matching: tlsa.matching.into(),
            data: tlsa.cert_data.clone(),
        }),
        _ => None,
    }
}

/// The longest a validated answer may take: the questions of a whole chain of trust.
const BOUND: Duration = Duration::from_secs(20);
