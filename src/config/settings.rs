//! The keys of settings that stand once: `[identity]` to `[store]`, without `[delivery]`.

use super::addresses;
use super::destination::destinations;
use super::error::Faults;
use super::key::Kind::{Address, Addresses, Flag, Path, Rate, Tables, Whole, Words};
use super::key::Shown::{Default as Is, Example};
use super::key::{Key, key, put};
use super::loader::Draft;
use super::relay::relays;
use super::tables::{dkim_keys, sources};
use crate::model::TlsPolicy;

/// `route.mode` before the relays are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Mx,
    Relay,
}

pub(super) const TLS_POLICY_WORDS: &[&str] = &["opportunistic", "required", "off"];
pub(super) const TLS_POLICIES: &[(&str, TlsPolicy)] = &[
    ("opportunistic", TlsPolicy::Opportunistic),
    ("required", TlsPolicy::Required),
    ("off", TlsPolicy::Off),
];

pub(super) const SETTINGS: &[Key<Draft>] = &[
    key(
        "identity.hostname",
        Address,
        Example("\"mail.example.com\""),
        "EHLO name; the machine's own where it is not set",
        |d, v| put(&mut d.settings.identity.hostname, v.form(addresses::domain)),
    ),
    key(
        "identity.bounce_domain",
        Address,
        Example("\"bounces.example.com\""),
        "domain of the return path, which then names the recipient (VERP); the From address where it is not set",
        |d, v| {
            put(
                &mut d.settings.identity.bounce_domain,
                v.form(addresses::domain),
            )
        },
    ),
    key(
        "route.mode",
        Words(&["mx", "relay"]),
        Is("\"mx\""),
        "mx: to each domain's own servers; relay: through [[route.relay]]",
        |d, v| {
            put(
                &mut d.mode,
                v.word(&[("mx", Mode::Mx), ("relay", Mode::Relay)]),
            )
        },
    ),
    key(
        "route.override",
        Address,
        Example("\"127.0.0.1:2525\""),
        "every destination goes to this address, and nothing is asked of DNS (tests, staging)",
        |d, v| {
            put(
                &mut d.settings.route.override_to,
                v.form(addresses::host_port),
            )
        },
    ),
    key(
        "route.override_name",
        Address,
        Example("\"mx.example.com\""),
        "the name the override's certificate must carry, where TLS is verified",
        |d, v| {
            put(
                &mut d.settings.route.override_name,
                v.form(addresses::domain),
            )
        },
    ),
    key(
        "route.port",
        Whole,
        Is("25"),
        "port of the servers found through MX",
        |d, v| put(&mut d.settings.route.port, v.whole::<u16>(1..=65_535)),
    ),
    key(
        "route.relay",
        Tables,
        Example("[[route.relay]]"),
        "relays, for mode = \"relay\"",
        |d, v| put(&mut d.relays, relays(v)),
    ),
    key(
        "route.source",
        Tables,
        Example("[[route.source]]"),
        "source addresses to send from, each with the limits of a destination to itself; the system's choice where there are none",
        |d, v| put(&mut d.settings.route.sources, sources(v)),
    ),
    key(
        "dns.servers",
        Addresses,
        Example("[\"192.0.2.53\", \"[2001:db8::53]:53\"]"),
        "name servers to ask instead of the system's",
        |d, v| {
            let servers = v.list(|v| v.form(addresses::name_server))?;
            put::<_, _, Faults>(&mut d.settings.dns.servers, Ok(servers))
        },
    ),
    key(
        "dns.trust_anchors",
        Path,
        Example("\"root.key\""),
        "DNSKEY records to trust instead of the root's, for DANE in signed zones of one's own",
        |d, v| put(&mut d.settings.dns.trust_anchors, v.path()),
    ),
    key(
        "tls.policy",
        Words(TLS_POLICY_WORDS),
        Is("\"opportunistic\""),
        "opportunistic: any certificate, plain text where there is no TLS; required: encrypted and verified; off",
        |d, v| put(&mut d.settings.tls.policy, v.word(TLS_POLICIES)),
    ),
    key(
        "tls.ca_file",
        Path,
        Example("\"extra-roots.pem\""),
        "trust anchors besides the platform's, in PEM",
        |d, v| put(&mut d.settings.tls.ca_file, v.path()),
    ),
    key(
        "tls.mta_sts",
        Flag,
        Is("true"),
        "fetch the MTA-STS policies of recipient domains and obey them (RFC 8461), in mode mx",
        |d, v| put(&mut d.settings.tls.mta_sts, v.flag()),
    ),
    key(
        "tls.mta_sts_port",
        Whole,
        Is("443"),
        "port the policies are fetched from; another one is for tests",
        |d, v| put(&mut d.settings.tls.mta_sts_port, v.whole::<u16>(1..=65_535)),
    ),
    key(
        "tls.dane",
        Flag,
        Is("true"),
        "obey the TLSA records of mail servers (DANE, RFC 7672), in mode mx; needs name servers that pass DNSSEC on",
        |d, v| put(&mut d.settings.tls.dane, v.flag()),
    ),
    key(
        "limits.connections",
        Whole,
        Is("200"),
        "connections of the whole run at a time",
        |d, v| {
            put(
                &mut d.settings.limits.connections,
                v.whole::<usize>(1..=50_000),
            )
        },
    ),
    key(
        "limits.rate",
        Rate,
        Is("\"unlimited\""),
        "messages of the whole run: \"500/s\", \"20000/h\"",
        |d, v| put(&mut d.settings.limits.rate, v.rate()),
    ),
    key(
        "destination",
        Tables,
        Example("[[destination]]"),
        "limits of destinations; the first that matches wins, built-in profiles of large providers stand behind them",
        |d, v| put(&mut d.settings.destinations, destinations(v)),
    ),
    key(
        "safety.brake",
        Flag,
        Is("true"),
        "stop the campaign when too much is refused for reasons of the sender's",
        |d, v| put(&mut d.settings.safety.brake, v.flag()),
    ),
    key(
        "dkim",
        Tables,
        Example("[[dkim]]"),
        "signing keys",
        |d, v| put(&mut d.settings.dkim, dkim_keys(v)),
    ),
    key(
        "store.path",
        Path,
        Is("\".hikyaku/state.db\""),
        "the ledger, an SQLite file",
        |d, v| put(&mut d.settings.store.path, v.path()),
    ),
];
