//! Answers of DNS about a sender, as plain data.

use crate::model::MxAnswer;
use crate::preflight::Selector;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// There are records.
    Found(T),
    /// There are none: the name does not exist, or has none of this kind.
    Nothing,
    /// Nobody knows: no usable answer, and why.
    Unanswered(String),
}

/// What DNS says about a sender.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Who takes mail for the domain of From.
    pub from_mail: MxAnswer,
    /// Who takes mail for the domain of the return path.
    pub return_mail: MxAnswer,
    /// Answers that SPF records lead to.
    pub spf: SpfFacts,
    /// The TXT records at `_dmarc` of the domain of From.
    pub dmarc: Answer<Vec<String>>,
    /// Those at `_dmarc` of its organisation's domain, where that is another name.
    pub dmarc_of_organisation: Option<Answer<Vec<String>>>,
    /// The records of the signing keys.
    pub keys: Vec<KeyFacts>,
    /// The names of the addresses that mail is sent from, as far as the public sees them.
    pub sources: Vec<SourceFacts>,
}

/// What SPF records say, and where they lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpfFacts {
    /// TXT records by domain.
    pub texts: BTreeMap<String, Answer<Vec<String>>>,
    /// Addresses of hosts and, for `mx`, of all of a domain's mail servers.
    pub addresses: BTreeMap<(bool, String), Answer<Vec<IpAddr>>>,
}

/// A signing key and what is published for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// Where its record stands.
    pub selector: Selector,
    /// The TXT records there.
    pub published: Answer<Vec<String>>,
    /// Why a receiver would not accept the key's signatures by the record that is there, in words;
    /// `None` where it would, or where nobody can tell.
    pub differs: Option<String>,
}

/// An address that mail is sent from, and its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFacts {
    /// The address.
    pub address: IpAddr,
    /// The names of its PTR records, each with the addresses it leads to.
    pub names: Answer<Vec<(String, Answer<Vec<IpAddr>>)>>,
}

/// The texts at a name that begin with a version, as SPF, DKIM and DMARC tell theirs from others'.
pub(super) fn of_version<'t>(texts: &'t [String], version: &str) -> Vec<&'t str> {
    let begins = |text: &&String| {
        let start = text.get(..version.len()).unwrap_or_default();
        let rest = text.get(version.len()..).unwrap_or_default();
        start.eq_ignore_ascii_case(version)
            && rest.chars().next().is_none_or(|c| c == ' ' || c == ';')
    };
    texts.iter().filter(begins).map(String::as_str).collect()
}

/// A hint for a record that is there within literal quotes: those of a zone file, typed into a form
/// that wants none.
pub(super) fn in_quotes(texts: &[String], version: &str) -> &'static str {
    let bare: Vec<String> = texts
        .iter()
        .filter_map(|text| text.trim_start().strip_prefix('"'))
        .map(|text| text.replace('"', " "))
        .collect();
    if of_version(&bare, version).is_empty() {
        ""
    } else {
        ": a record there begins with a quotation mark, which is part of it; publish it without"
    }
}
