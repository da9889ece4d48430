//! Whether a record allows an address: `check_host()` of RFC 7208 section 4, with what is known.

use super::lookups::STOP;
use super::record::{name, only_record};
use crate::preflight::domain::facts::{Answer, SpfFacts};
use mail_auth::spf::{Macro, Mechanism, Qualifier, Spf};
use std::net::IpAddr;

/// What the record of `domain` says of an address.
pub(super) fn verdict(facts: &SpfFacts, domain: &str, record: &Spf, address: IpAddr) -> Verdict {
    let mut check = Check { facts, left: STOP };
    check.host(domain, record, address)
}

/// What a record says of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    Refused,
    /// It depends on the message, or on an answer that is missing.
    Unknown,
}

/// A record being followed.
struct Check<'f> {
    facts: &'f SpfFacts,
    /// Records it may still read.
    left: u32,
}

impl Check<'_> {
    fn host(&mut self, domain: &str, record: &Spf, address: IpAddr) -> Verdict {
        let mut unknown = false;
        for directive in &record.directives {
            match self.matches(&directive.mechanism, domain, address) {
                Some(true) if directive.qualifier == Qualifier::Pass => return Verdict::Allowed,
                // What was not known before may have allowed it.
                Some(true) if unknown => return Verdict::Unknown,
                Some(true) => return Verdict::Refused,
                Some(false) => {}
                None => unknown = true,
            }
        }
        let redirected = record
            .redirect
            .as_ref()
            .map(|redirect| self.named(redirect, domain, address));
        match redirected {
            Some(Verdict::Refused) | None if unknown => Verdict::Unknown,
            Some(verdict) => verdict,
            None => Verdict::Refused,
        }
    }

    fn matches(&mut self, mechanism: &Mechanism, domain: &str, address: IpAddr) -> Option<bool> {
        match (mechanism, address) {
            (Mechanism::All, _) => Some(true),
            (Mechanism::Ip4 { addr, mask }, IpAddr::V4(ip)) => {
                Some(same(u32::from(ip), u32::from(*addr), *mask))
            }
            (Mechanism::Ip6 { addr, mask }, IpAddr::V6(ip)) => {
                Some(u128::from(ip) & mask == u128::from(*addr) & mask)
            }
            (Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. }, _) => Some(false),
            (
                Mechanism::A {
                    macro_string,
                    ip4_mask,
                    ip6_mask,
                },
                _,
            ) => self.among(false, macro_string, domain, address, (*ip4_mask, *ip6_mask)),
            (
                Mechanism::Mx {
                    macro_string,
                    ip4_mask,
                    ip6_mask,
                },
                _,
            ) => self.among(true, macro_string, domain, address, (*ip4_mask, *ip6_mask)),
            (Mechanism::Include { macro_string }, _) => {
                match self.named(macro_string, domain, address) {
                    Verdict::Allowed => Some(true),
                    Verdict::Refused => Some(false),
                    Verdict::Unknown => None,
                }
            }
            (Mechanism::Ptr { .. } | Mechanism::Exists { .. }, _) => None,
        }
    }

    /// Whether an address is one of a host's, or of a domain's mail servers.
    fn among(
        &self,
        mx: bool,
        named: &Macro,
        domain: &str,
        address: IpAddr,
        masks: (u32, u128),
    ) -> Option<bool> {
        let key = (mx, name(named, domain)?);
        match self.facts.addresses.get(&key)? {
            Answer::Found(all) => Some(all.iter().any(|known| match (known, address) {
                (IpAddr::V4(known), IpAddr::V4(ip)) => {
                    same(u32::from(ip), u32::from(*known), masks.0)
                }
                (IpAddr::V6(known), IpAddr::V6(ip)) => {
                    u128::from(ip) & masks.1 == u128::from(*known) & masks.1
                }
                _ => false,
            })),
            Answer::Nothing => Some(false),
            Answer::Unanswered(_) => None,
        }
    }

    /// What the record of another domain says.
    fn named(&mut self, named: &Macro, domain: &str, address: IpAddr) -> Verdict {
        let Some(left) = self.left.checked_sub(1) else {
            return Verdict::Unknown;
        };
        self.left = left;
        let Some(name) = name(named, domain) else {
            return Verdict::Unknown;
        };
        match self.facts.texts.get(&name) {
            Some(Answer::Found(texts)) => match only_record(texts) {
                Ok(Some(record)) => self.host(&name, &record, address),
                Ok(None) | Err(_) => Verdict::Refused,
            },
            Some(Answer::Nothing) => Verdict::Refused,
            Some(Answer::Unanswered(_)) | None => Verdict::Unknown,
        }
    }
}

const fn same(one: u32, other: u32, mask: u32) -> bool {
    one & mask == other & mask
}
