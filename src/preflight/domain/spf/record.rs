//! SPF records: reading them, and where they lead.

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
    Unreadable,
}

pub(super) fn only_record(texts: &[String]) -> Result<Option<Spf>, Flaw> {
    match of_version(texts, VERSION).as_slice() {
        [] => Ok(None),
        [text] => Spf::parse(text.as_bytes())
            .map(Some)
            .map_err(|_| Flaw::Unreadable),
        several => Err(Flaw::Several(several.len())),
    }
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
