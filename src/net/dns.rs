//! Who takes a domain's mail, and where those servers are: hickory-resolver behind the model's
//! words.
//!
//! Every question is bounded in time, whatever the name servers do. Answers are cached for their
//! TTL. How many questions are asked at once is the caller's business. Names are absolute: no
//! search domain is ever appended.

use super::answers::{host_names, ip_addresses, mx_answer, text};
use crate::model::{Domain, MxAnswer};
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Denial, NetError};
use hickory_resolver::proto::dnssec::TrustAnchors;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{ResolverBuilder, TokioResolver};
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Asks name servers. Clones share the cache and the connections.
#[derive(Clone)]
pub struct Resolver {
    inner: TokioResolver,
    /// The longest one question may take, all attempts together.
    bound: Duration,
}

/// How a [`Resolver`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolverOptions {
    /// How long one attempt may take, over all name servers.
    pub timeout: Duration,
    /// Attempts after the first that failed; refusals such as NXDOMAIN are answers, not failures.
    pub retries: usize,
    /// Answers kept, positive and negative. One domain is about one: hosts are shared.
    pub cache: u64,
}

impl Default for ResolverOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3),
            retries: 1,
            cache: 65_536,
        }
    }
}

/// Why there is no resolver.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// The system does not say which name servers to ask.
    #[error(
        "the system's DNS configuration (/etc/resolv.conf) cannot be used: {0}; \
         name servers can be set: dns.servers = [\"192.0.2.53:53\"]"
    )]
    System(#[source] NetError),
    /// The configuration was refused.
    #[error("the DNS resolver cannot be set up: {0}")]
    Setup(#[source] NetError),
    /// The file of `dns.trust_anchors` cannot be used.
    #[error("dns.trust_anchors {path}: {why}; it holds DNSKEY records in the form of zone files")]
    Anchors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// Why a host has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressFailure {
    /// NXDOMAIN, or a text that is no name.
    #[error("there is no host {0}")]
    NoSuchHost(String),
    /// The name exists and has neither A nor AAAA.
    #[error("{0} has no address")]
    NoAddress(String),
    /// No usable answer: to be asked again.
    #[error("no DNS answer for {host}: {why}")]
    Failed {
        /// What was asked for.
        host: String,
        /// Why, in words.
        why: String,
    },
}

/// No usable answer: to be asked again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no DNS answer for {name}: {why}")]
pub struct Unanswered {
    /// What was asked for.
    pub name: String,
    /// Why there is none, in words.
    pub why: String,
}

/// What came of a question.
type Asked = Result<Lookup, Nothing>;

/// Why a question has no records.
pub(super) enum Nothing {
    NoSuchName,
    NoRecords,
    /// An answer that is none.
    Failed(String),
    /// Nobody answered.
    Silent(String),
}

impl Resolver {
    /// A resolver that asks `servers`, or those of the system's configuration where there are
    /// none, with the default options.
    ///
    /// # Errors
    /// Where the system's configuration is needed and cannot be read.
    pub fn system(servers: &[SocketAddr]) -> Result<Self, DnsError> {
        Self::with_options(servers, ResolverOptions::default())
    }

    /// As [`Resolver::system`], with options of one's own.
    ///
    /// # Errors
    /// Where the system's configuration is needed and cannot be read.
    pub fn with_options(
        servers: &[SocketAddr],
        options: ResolverOptions,
    ) -> Result<Self, DnsError> {
        let mut builder = builder(servers)?;
        adjust(builder.options_mut(), servers, options);
        let inner = builder.build().map_err(DnsError::Setup)?;
        let attempts = u32::try_from(options.retries).map_or(u32::MAX, |n| n.saturating_add(1));
        // Half an attempt on top, so that hickory's own error, which says more, comes first.
        let bound = options.timeout.saturating_mul(attempts) + options.timeout / 2;
        Ok(Self { inner, bound })
    }

    /// A resolver that validates every answer by `anchors`; one question may take up to `bound`.
    ///
    /// # Errors
    /// Where the system's configuration is needed and cannot be read.
    pub(super) fn validating(
        servers: &[SocketAddr],
        options: ResolverOptions,
        anchors: Arc<TrustAnchors>,
        bound: Duration,
    ) -> Result<Self, DnsError> {
        let mut builder = builder(servers)?.with_trust_anchor(anchors);
        adjust(builder.options_mut(), servers, options);
        // What stands in /etc/hosts nobody has signed.
        builder.options_mut().use_hosts_file = ResolveHosts::Never;
        builder.options_mut().preserve_intermediates = true;
        let inner = builder.build().map_err(DnsError::Setup)?;
        Ok(Self { inner, bound })
    }

    /// Which servers take the mail of `domain` (RFC 5321 section 5.1, null MX by RFC 7505). Hosts
    /// come best preference first, names as DNS gives them in lower case; whether a name can be a
    /// host's is `route`'s question.
    pub async fn mail_hosts(&self, domain: &Domain) -> MxAnswer {
        match self.ask(domain.as_str(), RecordType::MX).await {
            Ok(lookup) => mx_answer(&lookup),
            Err(Nothing::NoSuchName) => MxAnswer::NoSuchDomain,
            Err(Nothing::Failed(why) | Nothing::Silent(why)) => MxAnswer::Failed(why),
            Err(Nothing::NoRecords) => match self.addresses(domain.as_str()).await {
                Ok(_) => MxAnswer::Implicit,
                Err(AddressFailure::NoSuchHost(_)) => MxAnswer::NoSuchDomain,
                Err(AddressFailure::NoAddress(_)) => MxAnswer::NoAddress,
                Err(AddressFailure::Failed { why, .. }) => MxAnswer::Failed(why),
            },
        }
    }

    /// The addresses of `host`, IPv4 first, CNAMEs followed; never empty. An IP address is its
    /// own answer.
    ///
    /// # Errors
    /// Where there is none, for good or for now. One family's failure is no error while the
    /// other has an address, and neither is an answer that comes much later than the other's.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, AddressFailure> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let (four, six) = self.both_families(host).await;
        let found: Vec<IpAddr> = [&four, &six]
            .into_iter()
            .flatten()
            .flat_map(ip_addresses)
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let host = host.to_owned();
        match (four.err(), six.err()) {
            (Some(Nothing::Failed(why) | Nothing::Silent(why)), _)
            | (_, Some(Nothing::Failed(why) | Nothing::Silent(why))) => {
                Err(AddressFailure::Failed { host, why })
            }
            (Some(Nothing::NoSuchName), _) | (_, Some(Nothing::NoSuchName)) => {
                Err(AddressFailure::NoSuchHost(host))
            }
            _ => Err(AddressFailure::NoAddress(host)),
        }
    }

    /// The TXT records of `name`, the strings of each joined; none where the name has none.
    ///
    /// # Errors
    /// Where there is no usable answer.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, Unanswered> {
        match self.ask(name, RecordType::TXT).await {
            Ok(lookup) => Ok(lookup.answers().iter().filter_map(text).collect()),
            Err(Nothing::NoSuchName | Nothing::NoRecords) => Ok(Vec::new()),
            Err(Nothing::Failed(why) | Nothing::Silent(why)) => Err(Unanswered {
                name: name.to_owned(),
                why,
            }),
        }
    }

    /// The names that the owner of an address gives it (PTR records, RFC 1035 section 3.5), in lower
    /// case; none where it has none.
    ///
    /// # Errors
    /// Where there is no usable answer.
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, Unanswered> {
        let question = Name::from(address).to_ascii();
        match self.ask(&question, RecordType::PTR).await {
            Ok(lookup) => Ok(host_names(&lookup).collect()),
            Err(Nothing::NoSuchName | Nothing::NoRecords) => Ok(Vec::new()),
            Err(Nothing::Failed(why) | Nothing::Silent(why)) => Err(Unanswered {
                name: address.to_string(),
                why,
            }),
        }
    }

    /// Asks for both families. Some name servers never answer questions for AAAA, and nobody waits
    /// for those who has an address already (RFC 8305 section 3).
    async fn both_families(&self, host: &str) -> (Asked, Asked) {
        let mut four = std::pin::pin!(self.ask(host, RecordType::A));
        let mut six = std::pin::pin!(self.ask(host, RecordType::AAAA));
        tokio::select! {
            first = &mut four => {
                let second = self.not_much_later(&first, six).await;
                (first, second)
            }
            first = &mut six => {
                let second = self.not_much_later(&first, four).await;
                (second, first)
            }
        }
    }

    /// The second answer; where the first held an address, within [`LATE`].
    async fn not_much_later(&self, first: &Asked, second: impl Future<Output = Asked>) -> Asked {
        let found = first
            .as_ref()
            .is_ok_and(|lookup| ip_addresses(lookup).next().is_some());
        if !found {
            return second.await;
        }
        let late = |_| Err(Nothing::Failed(self.silence()));
        tokio::time::timeout(LATE, second)
            .await
            .unwrap_or_else(late)
    }

    /// Empties the cache.
    pub(super) fn forget(&self) {
        self.inner.clear_cache();
    }

    pub(super) async fn ask(&self, name: &str, kind: RecordType) -> Result<Lookup, Nothing> {
        let Ok(mut absolute) = Name::from_ascii(name) else {
            return Err(Nothing::NoSuchName);
        };
        absolute.set_fqdn(true);
        match tokio::time::timeout(self.bound, self.inner.lookup(absolute, kind)).await {
            Ok(Ok(lookup)) => Ok(lookup),
            Ok(Err(error)) => Err(self.nothing(&error)),
            Err(_) => Err(Nothing::Silent(self.silence())),
        }
    }

    /// What an error of hickory's means, in our words.
    fn nothing(&self, error: &NetError) -> Nothing {
        match error {
            NetError::Dns(Denial::NoRecordsFound(none)) => match none.response_code {
                ResponseCode::NXDomain => Nothing::NoSuchName,
                ResponseCode::NoError => Nothing::NoRecords,
                code => Nothing::Failed(format!("the name server answered {code}")),
            },
            NetError::Dns(Denial::ResponseCode(code)) => {
                Nothing::Failed(format!("the name server answered {code}"))
            }
            // The denial of a zone that is known not to be signed.
            NetError::Dns(Denial::Nsec {
                response, proof, ..
            }) if proof.is_insecure() => match response.response_code {
                ResponseCode::NXDomain => Nothing::NoSuchName,
                _ => Nothing::NoRecords,
            },
            NetError::Dns(Denial::Nsec { .. } | Denial::DnssecBogus) => {
                Nothing::Failed(BOGUS.to_owned())
            }
            NetError::Timeout => Nothing::Silent(self.silence()),
            NetError::NoConnections => {
                Nothing::Silent("no name server could be reached".to_owned())
            }
            NetError::Io(error) => {
                Nothing::Silent(format!("no name server could be reached: {error}"))
            }
            other => Nothing::Failed(other.to_string()),
        }
    }

    fn silence(&self) -> String {
        let seconds = self.bound.as_secs_f64();
        format!("no name server answered within {seconds:.1} s")
    }
}

impl std::fmt::Debug for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolver")
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}

/// How long the addresses of one family wait for those of the other.
const LATE: Duration = Duration::from_secs(2);

fn builder(servers: &[SocketAddr]) -> Result<ResolverBuilder<TokioRuntimeProvider>, DnsError> {
    if servers.is_empty() {
        return TokioResolver::builder_tokio().map_err(DnsError::System);
    }
    let servers = servers.iter().map(name_server).collect();
    let config = ResolverConfig::from_name_servers(servers);
    let provider = TokioRuntimeProvider::default();
    Ok(TokioResolver::builder_with_config(config, provider))
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for connection in &mut connections {
        connection.port = address.port();
    }
    NameServerConfig::new(address.ip(), true, connections)
}

fn adjust(to: &mut ResolverOpts, servers: &[SocketAddr], from: ResolverOptions) {
    to.timeout = from.timeout;
    to.attempts = from.retries;
    to.cache_size = from.cache;
    // MX names a person writes into /etc/hosts are honoured with the system's servers only: who
    // names servers of their own wants their answers.
    to.use_hosts_file = if servers.is_empty() {
        ResolveHosts::Auto
    } else {
        ResolveHosts::Never
    };
}

/// What an answer is that fails DNSSEC validation.
pub(super) const BOGUS: &str = "its DNSSEC signatures are missing or wrong (bogus); where the name servers \
                     answer for private zones below signed ones, set tls.dane = false";
