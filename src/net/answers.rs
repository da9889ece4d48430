//! What records of an answer say, in the model's words.

use crate::model::{MxAnswer, MxHost};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::proto::rr::{Name, RData, Record};
use std::net::IpAddr;

/// Who takes mail by an answer that holds MX records.
pub(super) fn mx_answer(lookup: &Lookup) -> MxAnswer {
    let mut hosts: Vec<MxHost> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::MX(mx) => Some(MxHost {
                preference: mx.preference,
                name: plain(&mx.exchange),
            }),
            _ => None,
        })
        .collect();
    hosts.sort();
    match hosts.as_slice() {
        [] => MxAnswer::Failed("the answer held no MX record".to_owned()),
        [only] if only.name.is_empty() => MxAnswer::NullMx,
        _ => MxAnswer::Hosts(hosts),
    }
}

/// The addresses of an answer.
pub(super) fn ip_addresses(lookup: &Lookup) -> impl Iterator<Item = IpAddr> + '_ {
    lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::A(address) => Some(IpAddr::V4(address.0)),
            RData::AAAA(address) => Some(IpAddr::V6(address.0)),
            _ => None,
        })
}

/// The names of an answer's PTR records.
pub(super) fn host_names(lookup: &Lookup) -> impl Iterator<Item = String> + '_ {
    lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::PTR(name) => Some(plain(&name.0)),
            _ => None,
        })
}

/// The strings of a TXT record, joined (RFC 7208 section 3.3).
pub(super) fn text(record: &Record) -> Option<String> {
    match &record.data {
        RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
        _ => None,
    }
}

/// A name in lower case without its final dot; empty for the root.
pub(super) fn plain(name: &Name) -> String {
    let mut text = name.to_ascii().to_ascii_lowercase();
    if text.ends_with('.') {
        text.pop();
    }
    text
}
