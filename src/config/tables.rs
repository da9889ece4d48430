//! Tables that may stand more than once: how they are read, and the two small ones,
//! `[[route.source]]` and `[[dkim]]`.

use super::addresses;
use super::error::{Fault, Faults};
use super::key::Kind::{Address, Path};
use super::key::Shown::Example;
use super::key::{Key, Walk, key, put, walk};
use super::value::Value;
use crate::model::{DkimKey, Source};
use std::net::IpAddr;
use std::path::PathBuf;
use toml::de::DeValue;

/// Reads a list of tables. `finish` makes the thing of a table whose keys were all right, or
/// names what is missing.
pub(super) fn read_all<D: Default, T>(
    value: &Value<'_>,
    keys: &'static [Key<D>],
    mut finish: impl FnMut(D, &Value<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Faults> {
    let DeValue::Array(array) = value.toml else {
        let hint = format!("write [[{}]] and its keys below it", value.key);
        return Err(value.not("a list of tables", hint).into());
    };
    let mut things = Vec::new();
    let mut faults = Vec::new();
    for entry in array {
        let at = Value::new(value.key.clone(), entry);
        let thing = read_one(&at, keys).and_then(|draft| Ok(finish(draft, &at)?));
        match thing {
            Ok(thing) => things.push(thing),
            Err(Faults(more)) => faults.extend(more),
        }
    }
    if faults.is_empty() {
        Ok(things)
    } else {
        Err(Faults(faults))
    }
}

/// Reads a table by keys of its own.
pub(super) fn read_one<D: Default>(
    value: &Value<'_>,
    keys: &'static [Key<D>],
) -> Result<D, Faults> {
    let mut draft = D::default();
    let mut out = Walk::default();
    walk(
        value.table()?,
        "",
        &value.key,
        &[keys],
        &mut draft,
        &mut out,
    );
    if out.faults.is_empty() {
        Ok(draft)
    } else {
        Err(Faults(out.faults))
    }
}

/// A `[[route.source]]` while it is read.
#[derive(Default)]
pub(super) struct SourceDraft {
    ip: Option<IpAddr>,
    hostname: Option<String>,
}

pub(super) const SOURCE: &[Key<SourceDraft>] = &[
    key(
        "ip",
        Address,
        Example("\"192.0.2.10\""),
        "an address of this machine to send from",
        |d, v| put(&mut d.ip, v.form(addresses::ip)),
    ),
    key(
        "hostname",
        Address,
        Example("\"mx1.example.com\""),
        "the EHLO name that belongs to it",
        |d, v| put(&mut d.hostname, v.form(addresses::domain)),
    ),
];

/// Reads `[[route.source]]`.
pub(super) fn sources(value: &Value<'_>) -> Result<Vec<Source>, Faults> {
    let mut seen = Vec::new();
    read_all(value, SOURCE, |draft: SourceDraft, at| {
        let ip = draft.ip.ok_or_else(|| at.missing("ip", "\"192.0.2.10\""))?;
        // Limits hold for each source: an address that counts twice would exceed them.
        let ip = ip.to_canonical();
        if seen.contains(&ip) {
            return Err(at.fault(
                format!("the address {ip} stands in it twice"),
                "remove one of the two entries",
            ));
        }
        seen.push(ip);
        Ok(Source {
            ip,
            hostname: draft.hostname,
        })
    })
}

/// A `[[dkim]]` while it is read.
#[derive(Default)]
pub(super) struct DkimDraft {
    domain: Option<String>,
    selector: Option<String>,
    key_file: Option<PathBuf>,
}

pub(super) const DKIM: &[Key<DkimDraft>] = &[
    key(
        "domain",
        Address,
        Example("\"example.com\""),
        "the signing domain",
        |d, v| put(&mut d.domain, v.form(addresses::domain)),
    ),
    key(
        "selector",
        Address,
        Example("\"2026a\""),
        "the selector, under _domainkey of that domain",
        |d, v| put(&mut d.selector, v.form(addresses::domain)),
    ),
    key(
        "key_file",
        Path,
        Example("\"dkim/example.com.pem\""),
        "the private key, RSA or Ed25519, in PEM",
        |d, v| put(&mut d.key_file, v.path()),
    ),
];

/// Reads `[[dkim]]`.
pub(super) fn dkim_keys(value: &Value<'_>) -> Result<Vec<DkimKey>, Faults> {
    read_all(value, DKIM, |draft: DkimDraft, at| {
        Ok(DkimKey {
            domain: draft
                .domain
                .ok_or_else(|| at.missing("domain", "\"example.com\""))?,
            selector: draft
                .selector
                .ok_or_else(|| at.missing("selector", "\"2026a\""))?,
            key_file: draft
                .key_file
                .ok_or_else(|| at.missing("key_file", "\"dkim/example.com.pem\""))?,
        })
    })
}
