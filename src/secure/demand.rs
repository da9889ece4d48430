//! Which of all rules a connection to a host must obey: the strongest.

use super::sts_policy::{StsMode, StsPolicy};
use super::tlsa::{Tlsa, usable};
use crate::model::TlsPolicy;
use std::sync::Arc;

/// What TLS a connection must hold, from nothing to the strictest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// No TLS at all: somebody configured that.
    Plain,
    /// Any certificate; plain text where TLS cannot be had (RFC 7435).
    Opportunistic,
    /// TLS with any certificate: the host publishes TLSA records, and none that can be used
    /// (RFC 7672 section 2.2).
    Encrypted,
    /// A certificate that is valid for the host's name: somebody configured that.
    Verified,
    /// The same, because the domain's MTA-STS policy asks for it (RFC 8461 section 4.1).
    MtaSts,
    /// A certificate that matches one of these records, all of them usable.
    Dane(Arc<[Tlsa]>),
}

/// What there is to know of a host before it is connected to.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// Its name, as MX has it.
    pub name: &'a str,
    /// What is configured.
    pub configured: TlsPolicy,
    /// The rule of the domains whose mail goes there, where they have one.
    pub sts: Option<&'a StsRule>,
    /// Its TLSA records, where DNSSEC vouches for them; empty where it has none, or none that
    /// anybody vouches for.
    pub tlsa: &'a [Tlsa],
}

/// Why a host must not be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The policy does not name it.
    #[error("the domain's MTA-STS policy does not name this host as one of its mail servers")]
    NotInPolicy,
}

/// The part of an enforced MTA-STS policy that tells destinations apart: which of their hosts it
/// names. Domains whose policies name the same hosts share their connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StsRule(Arc<[String]>);

impl StsRule {
    /// The rule of a policy for a destination with these hosts; `None` where it enforces nothing.
    pub fn of<'a>(policy: &StsPolicy, hosts: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        if policy.mode != StsMode::Enforce {
            return None;
        }
        let hosts = hosts.into_iter().filter(|host| policy.allows(host));
        let mut names: Vec<String> = hosts.map(str::to_ascii_lowercase).collect();
        names.sort_unstable();
        names.dedup();
        Some(Self(names.into()))
    }

    /// Whether the policy names the host.
    #[must_use]
    pub fn allows(&self, host: &str) -> bool {
        self.0.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// The demand on a connection to `host`.
///
/// DANE stands above MTA-STS (RFC 8461 section 2), MTA-STS above what is configured, and what is
/// configured counts where it asks for more than the rest. TLSA records none of which is usable ask
/// for encryption and prove nothing, so that the rules below them hold as well.
///
/// # Errors
/// Where the host is not to be connected to at all.
pub fn demand(host: Host<'_>) -> Result<Demand, Refusal> {
    let records = usable(host.tlsa);
    if !records.is_empty() {
        return Ok(Demand::Dane(records.into()));
    }
    if let Some(rule) = host.sts {
        return if rule.allows(host.name) {
            Ok(Demand::MtaSts)
        } else {
            Err(Refusal::NotInPolicy)
        };
    }
    Ok(match host.configured {
        TlsPolicy::Required => Demand::Verified,
        TlsPolicy::Opportunistic | TlsPolicy::Off if !host.tlsa.is_empty() => Demand::Encrypted,
        TlsPolicy::Opportunistic => Demand::Opportunistic,
        TlsPolicy::Off => Demand::Plain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MX: &str = "mx.example.com";

    fn policy(mode: &str, mx: &str) -> StsPolicy {
        format!("version: STSv1\nmode: {mode}\nmx: {mx}\nmax_age: 60")
            .parse()
            .unwrap()
    }

    fn rule(mx: &str) -> StsRule {
        StsRule::of(&policy("enforce", mx), [MX]).unwrap()
    }

    fn tlsa(usage: u8) -> Tlsa {
        Tlsa {
            usage,
            selector: 1,
            matching: 1,
            data: vec![0; 32],
        }
    }

    fn ask(configured: TlsPolicy, sts: Option<&StsRule>, tlsa: &[Tlsa]) -> Result<Demand, Refusal> {
        demand(Host {
            name: MX,
            configured,
            sts,
            tlsa,
        })
    }

    #[test]
    fn without_records_and_policies_the_configuration_holds() {
        for (configured, expected) in [
            (TlsPolicy::Off, Demand::Plain),
            (TlsPolicy::Opportunistic, Demand::Opportunistic),
            (TlsPolicy::Required, Demand::Verified),
        ] {
            assert_eq!(ask(configured, None, &[]), Ok(expected));
        }
    }

    #[test]
    fn a_policy_raises_what_is_configured_and_forbids_other_hosts() {
        let (named, other) = (rule("*.example.com"), rule("mx.example.net"));
        for configured in [
            TlsPolicy::Off,
            TlsPolicy::Opportunistic,
            TlsPolicy::Required,
        ] {
            assert_eq!(ask(configured, Some(&named), &[]), Ok(Demand::MtaSts));
            let refused = ask(configured, Some(&other), &[]);
            assert_eq!(refused, Err(Refusal::NotInPolicy));
        }
        assert_eq!(StsRule::of(&policy("testing", "*.example.com"), [MX]), None);
    }

    #[test]
    fn dane_stands_above_all_and_unusable_records_still_ask_for_encryption() {
        let (named, other) = (rule("*.example.com"), rule("mx.example.net"));
        let dane = |demand| matches!(demand, Ok(Demand::Dane(records)) if records.len() == 1);
        for sts in [None, Some(&named), Some(&other)] {
            assert!(dane(ask(TlsPolicy::Off, sts, &[tlsa(3), tlsa(1)])));
        }
        let unusable = [tlsa(1)];
        let opportunistic = TlsPolicy::Opportunistic;
        assert_eq!(ask(opportunistic, None, &unusable), Ok(Demand::Encrypted));
        assert_eq!(ask(TlsPolicy::Off, None, &unusable), Ok(Demand::Encrypted));
        assert_eq!(
            ask(TlsPolicy::Required, None, &unusable),
            Ok(Demand::Verified)
        );
        assert_eq!(
            ask(opportunistic, Some(&named), &unusable),
            Ok(Demand::MtaSts)
        );
        let refused = ask(opportunistic, Some(&other), &unusable);
        assert_eq!(refused, Err(Refusal::NotInPolicy));
    }

    #[test]
    fn policies_that_name_the_same_hosts_are_one_rule() {
        let hosts = ["b.example.com", "a.example.com", "c.example.net"];
        let one = StsRule::of(&policy("enforce", "*.example.com"), hosts);
        let listed = policy(
            "enforce",
            "a.example.com\nmx: B.example.com\nmx: z.example.com",
        );
        assert_eq!(one, StsRule::of(&listed, hosts));
        assert_ne!(one, StsRule::of(&policy("enforce", "a.example.com"), hosts));
    }

    proptest! {
        #[test]
        fn nothing_published_ever_asks_for_less(
            configured in 0..3_usize, sts: Option<bool>, usages in prop::collection::vec(0..5_u8, 0..4),
        ) {
            let rank = |demand: &Demand| match demand {
                Demand::Plain => 0,
                Demand::Opportunistic => 1,
                Demand::Encrypted => 2,
                Demand::Verified | Demand::MtaSts | Demand::Dane(_) => 3,
            };
            let configured = [TlsPolicy::Off, TlsPolicy::Opportunistic, TlsPolicy::Required][configured];
            let rule = sts.map(|named| rule(if named { MX } else { "mx.example.net" }));
            let records: Vec<Tlsa> = usages.into_iter().map(tlsa).collect();
            let bare = ask(configured, None, &[]).unwrap();
            if let Ok(raised) = ask(configured, rule.as_ref(), &records) {
                prop_assert!(rank(&raised) >= rank(&bare));
            }
        }
    }
}
