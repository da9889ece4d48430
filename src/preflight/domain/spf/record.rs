//! SPF records: reading them, and where they lead.

use super::terms;
use crate::preflight::domain::facts::of_version;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::spf::{Macro, Mechanism, Spf};

/// What has to be asked to judge a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Domains whose TXT records it leads to.
    pub texts: Vec<String>,
    /// Hosts whose addresses it allows, and, with `true`, domains whose mail servers it allows.
    pub addresses: Vec<(bool, String)>,
}

/// Where the SPF record of a domain leads, if it has exactly one.
#[must_use]
pub fn wanted(domain: &str, texts: &[String]) -> Wanted {
    let mut wanted = Wanted::default();
    let Ok(Some(record)) = only_record(texts) else {
        return wanted;
    };
    for directive in &record.directives {
        match &directive.mechanism {
            Mechanism::Include { macro_string } => wanted.texts.extend(name(macro_string, domain)),
            Mechanism::A { macro_string, .. } => {
                wanted
                    .addresses
                    .extend(name(macro_string, domain).map(|name| (false, name)));
            }
            Mechanism::Mx { macro_string, .. } => {
                wanted
                    .addresses
                    .extend(name(macro_string, domain).map(|name| (true, name)));
            }
            Mechanism::All
            | Mechanism::Ptr { .. }
            | Mechanism::Ip4 { .. }
            | Mechanism::Ip6 { .. }
            | Mechanism::Exists { .. } => {}
        }
    }
    let redirect = record
        .redirect
        .as_ref()
        .and_then(|redirect| name(redirect, domain));
    wanted.texts.extend(redirect);
    wanted
}

/// Why a domain has no usable record.
pub(super) enum Flaw {
    Several(usize),
    /// It has an error, which ends all look-ups (RFC 7208 section 4.6), and which.
    Unreadable(String),
}

/// The record of a domain, as far as receivers read it: what stands behind `all` is never reached,
/// and takes redirect= with it (RFC 7208 sections 5.1 and 6.1).
pub(super) fn only_record(texts: &[String]) -> Result<Option<Spf>, Flaw> {
    match of_version(texts, VERSION).as_slice() {
        [] => Ok(None),
        [text] => {
            // The parser passes over terms that it does not know.
            if let Some(why) = terms::flaw(text.get(VERSION.len()..).unwrap_or_default()) {
                return Err(Flaw::Unreadable(why));
            }
            let read = Spf::parse(text.as_bytes());
            let read = read.map_err(|_| Flaw::Unreadable("it does not parse".to_owned()))?;
            Ok(Some(reached(read)))
        }
        several => Err(Flaw::Several(several.len())),
    }
}

/// A record without what no receiver reads.
fn reached(mut record: Spf) -> Spf {
    let mut directives = record.directives.iter();
    if let Some(last) = directives.position(|one| one.mechanism == Mechanism::All) {
        record.directives = record.directives.iter().take(last + 1).cloned().collect();
        record.redirect = None;
    }
    record
}

/// The domain that a term names: the record's own where it names none, nobody knows where it is
/// made from the message by a macro.
pub(super) fn name(named: &Macro, domain: &str) -> Option<String> {
    match named {
        Macro::None => Some(domain.to_owned()),
        Macro::Literal(name) => {
            let name = std::str::from_utf8(name).ok()?;
            Some(name.trim_end_matches('.').to_ascii_lowercase())
        }
        Macro::Variable { .. } | Macro::List(_) => None,
    }
}

pub(super) const VERSION: &str = "v=spf1";
