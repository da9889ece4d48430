//! The settings of a run: what `hikyaku.toml`, the environment and flags came to, checked.

use super::{Auth, Check, MailboxSettings, Sender, Serve};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

/// Everything a run is configured by. [`Settings::default`] holds the built-in values.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Who we say we are.
    pub identity: Identity,
    /// Where mail goes.
    pub route: Route,
    /// Who answers our DNS questions.
    pub dns: Dns,
    /// What TLS must hold.
    pub tls: Tls,
    /// Limits of the whole run.
    pub limits: Limits,
    /// Limits of destinations; the first that matches wins, built-in profiles stand behind them.
    pub destinations: Vec<DestinationRule>,
    /// Retries, windows and time-outs.
    pub delivery: Delivery,
    /// The safety brake.
    pub safety: Safety,
    /// What refusals mean for the next campaign.
    pub suppression: SuppressionPolicy,
    /// Signing keys.
    pub dkim: Vec<DkimKey>,
    /// Who answers for the mail.
    pub sender: Sender,
    /// What the preflight looks for.
    pub check: Check,
    /// Where returned mail is fetched from.
    pub mailboxes: Vec<MailboxSettings>,
    /// Where the ledger is.
    pub store: StoreSettings,
    /// Where unsubscribes and returned mail are taken.
    pub serve: Serve,
}

/// `[identity]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The EHLO name; the machine's own where it is not set.
    pub hostname: Option<String>,
    /// The domain of the return path; the From address itself where it is not set.
    pub bounce_domain: Option<String>,
}

/// `[route]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// To each domain's own servers, or through relays.
    pub mode: RouteMode,
    /// Everything goes to this `(host, port)` and nothing is asked of DNS.
    pub override_to: Option<(String, u16)>,
    /// The name the override's certificate must carry, where TLS is verified.
    pub override_name: Option<String>,
    /// The port of mail servers found through MX.
    pub port: u16,
    /// Source addresses to send from, each once; the system's choice where there are none.
    pub sources: Vec<Source>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            mode: RouteMode::Mx,
            override_to: None,
            override_name: None,
            port: 25,
            sources: Vec::new(),
        }
    }
}

/// How a domain's mail finds its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteMode {
    /// By MX records (RFC 5321 section 5).
    Mx,
    /// Through these relays, never empty.
    Relay(Vec<Relay>),
}

/// `[[route.relay]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What TLS it must hold.
    pub tls: RelayTls,
    /// How we log in.
    pub auth: Option<Auth>,
    /// Its share of the connections beside the other relays'; 0 is used only when they fail.
    pub weight: u32,
}

/// How a relay's connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayTls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, and the certificate verified.
    Required,
    /// STARTTLS where it is offered.
    Opportunistic,
    /// Never.
    Off,
}

/// `[[route.source]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The address to bind to.
    pub ip: IpAddr,
    /// The EHLO name that belongs to it.
    pub hostname: Option<String>,
}

/// `[dns]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dns {
    /// Name servers to ask instead of the system's, `(address, port)`.
    pub servers: Vec<std::net::SocketAddr>,
    /// DNSKEY records that are trusted instead of the root's, as zone files have them.
    pub trust_anchors: Option<PathBuf>,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The policy where nothing raises it.
    pub policy: TlsPolicy,
    /// Trust anchors besides the platform's, PEM.
    pub ca_file: Option<PathBuf>,
    /// Whether MTA-STS policies of recipient domains are fetched and obeyed (RFC 8461).
    pub mta_sts: bool,
    /// The port policies are fetched from.
    pub mta_sts_port: u16,
    /// Whether TLSA records of mail servers are looked up and obeyed (RFC 7672).
    pub dane: bool,
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            policy: TlsPolicy::default(),
            ca_file: None,
            mta_sts: true,
            mta_sts_port: 443,
            dane: true,
        }
    }
}

/// What a connection to a mail server must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsPolicy {
    /// Any certificate; plain text where TLS cannot be had (RFC 7435).
    #[default]
    Opportunistic,
    /// Encrypted and verified, or nothing.
    Required,
    /// Never.
    Off,
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections of the whole run at any time.
    pub connections: usize,
    /// Messages of the whole run; `None` is unlimited.
    pub rate: Option<Rate>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 200,
            rate: None,
        }
    }
}

/// So many messages per so long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Messages a second, above zero and finite.
    pub per_second: f64,
}

impl Eq for Rate {}

/// `[[destination]]`: limits that are not set fall through to the next rule that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationRule {
    /// Which destinations it is for.
    pub matches: Matcher,
    /// Connections at a time, from each source address.
    pub connections: Option<usize>,
    /// Messages, of all connections from one source address; `Some(None)` is unlimited.
    pub rate: Option<Option<Rate>>,
    /// Messages on one connection; 0 is no limit.
    pub messages_per_connection: Option<u32>,
    /// Recipients of one transaction.
    pub recipients_per_transaction: Option<u32>,
    /// Higher is served first.
    pub priority: Option<i32>,
    /// What TLS it must hold.
    pub tls: Option<TlsPolicy>,
}

/// Which destinations a rule is for. Patterns are lower case, and a leading `*.` stands for one
/// or more labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// By the name of a mail server.
    Mx(String),
    /// By a recipient domain.
    Domain(String),
    /// Every destination.
    All,
}

/// `[delivery]`
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The delay before each next attempt; the last one repeats. Never empty.
    pub retry: Vec<Duration>,
    /// The share of a delay by which it varies, 0 to 0.5.
    pub retry_jitter: f64,
    /// From a recipient's first attempt to giving up.
    pub give_up_after: Duration,
    /// Attempts before giving up.
    pub max_attempts: Option<u32>,
    /// What to do about messages in doubt.
    pub in_doubt: InDoubtPolicy,
    /// How far commands run ahead of answers.
    pub pipeline: PipelineMode,
    /// Transactions ahead of the first unanswered one, at most.
    pub window: usize,
    /// Octets of unanswered content in a window, at most.
    pub window_octets: u64,
    /// Octets of one BDAT, at most.
    pub chunk: usize,
    /// How long to wait for what.
    pub timeouts: Timeouts,
}

impl Default for Delivery {
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Self {
            retry: [1, 5, 15, 60, 120, 240].map(minutes).to_vec(),
            retry_jitter: 0.2,
            give_up_after: minutes(48 * 60),
            max_attempts: None,
            in_doubt: InDoubtPolicy::Resend,
            pipeline: PipelineMode::Auto,
            window: 64,
            window_octets: 256 << 10,
            chunk: 1 << 20,
            timeouts: Timeouts::default(),
        }
    }
}

/// `delivery.in_doubt`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDoubtPolicy {
    /// Send again: rather twice than not at all.
    Resend,
    /// Hold: rather not at all than twice.
    Hold,
}

/// `delivery.pipeline`; what is slower is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PipelineMode {
    /// As far as the server allows.
    Auto,
    /// Pipelined commands, content by DATA.
    Data,
    /// One command at a time.
    Off,
}

/// `delivery.timeouts`: the phases of RFC 5321 section 4.5.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// TCP, and the TLS handshake.
    pub connect: Duration,
    /// The 220 greeting.
    pub greeting: Duration,
    /// The answer to a command.
    pub command: Duration,
    /// Progress while content is written: what a receiver may fall behind 500 octets a second.
    pub data_block: Duration,
    /// The answer to the end of the content.
    pub data_final: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(300),
            command: Duration::from_secs(300),
            data_block: Duration::from_secs(180),
            data_final: Duration::from_secs(600),
        }
    }
}

/// `[safety]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safety {
    /// Whether the campaign stops itself when too much is refused for reasons of ours.
    pub brake: bool,
}

impl Default for Safety {
    fn default() -> Self {
        Self { brake: true }
    }
}

/// `[suppression]`: what refusals of one campaign mean for the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SuppressionPolicy {
    /// Whether a final refusal for a reason of the address's own suppresses it at once.
    pub hard_bounces: bool,
    /// How often it may be refused for a reason that may pass.
    pub soft_bounces: SoftBounces,
}

/// The patience with addresses that are refused for reasons that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SoftBounces {
    /// Campaigns that were refused before the address is suppressed; `None` is any number.
    pub count: Option<NonZeroU32>,
    /// The time within which they count.
    pub window: Duration,
}

impl Default for SuppressionPolicy {
    fn default() -> Self {
        Self {
            hard_bounces: true,
            soft_bounces: SoftBounces {
                count: NonZeroU32::new(5),
                window: Duration::from_secs(90 * 86_400),
            },
        }
    }
}

/// `[[dkim]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DkimKey {
    /// The signing domain.
    pub domain: String,
    /// The selector.
    pub selector: String,
    /// The private key, PEM.
    pub key_file: PathBuf,
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The SQLite file.
    pub path: PathBuf,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            path: PathBuf::from(".hikyaku/state.db"),
        }
    }
}
