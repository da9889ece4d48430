//! Whether a record allows everybody, so that it proves nothing.

use super::record::{name, only_record};
use crate::preflight::domain::facts::{Answer, SpfFacts};
use mail_auth::spf::{Macro, Mechanism, Qualifier, Spf};
use std::collections::BTreeSet;

/// How the record of a domain, or one that it includes, allows everybody, where one does.
pub(super) fn everybody(facts: &SpfFacts, domain: &str, record: &Spf) -> Option<String> {
    let mut seen = BTreeSet::from([domain.to_owned()]);
    search(facts, domain, record, &mut seen)
}

/// Reads each record once: those that include one another come to an end.
fn search(
    facts: &SpfFacts,
    domain: &str,
    record: &Spf,
    seen: &mut BTreeSet<String>,
) -> Option<String> {
    for directive in &record.directives {
        if directive.qualifier != Qualifier::Pass {
            continue;
        }
        let how = match &directive.mechanism {
            Mechanism::All => "+all".to_owned(),
            Mechanism::Ip4 { addr, mask } if mask.leading_ones() <= WIDE => {
                format!("ip4:{addr}/{}", mask.leading_ones())
            }
            Mechanism::Ip6 { addr, mask } if mask.leading_ones() <= WIDE => {
                format!("ip6:{addr}/{}", mask.leading_ones())
            }
            Mechanism::A { ip4_mask, .. } | Mechanism::Mx { ip4_mask, .. }
                if ip4_mask.leading_ones() <= WIDE =>
            {
                format!("a network of /{}", ip4_mask.leading_ones())
            }
            Mechanism::Include { macro_string } => match named(facts, domain, macro_string, seen) {
                Some(how) => return Some(how),
                None => continue,
            },
            _ => continue,
        };
        return Some(format!("{domain}: {how}"));
    }
    named(facts, domain, record.redirect.as_ref()?, seen)
}

fn named(
    facts: &SpfFacts,
    domain: &str,
    other: &Macro,
    seen: &mut BTreeSet<String>,
) -> Option<String> {
    let other = name(other, domain)?;
    if !seen.insert(other.clone()) {
        return None;
    }
    let Some(Answer::Found(texts)) = facts.texts.get(&other) else {
        return None;
    };
    search(facts, &other, &only_record(texts).ok()??, seen)
}

/// The prefix of a network that nobody sends from alone: the largest that were ever given out.
const WIDE: u32 = 8;
