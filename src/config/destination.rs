//! `[[destination]]`: limits of destinations.

use super::addresses;
use super::error::{Fault, Faults};
use super::key::Kind::{Address, Rate, Whole, Words};
use super::key::Shown::Example;
use super::key::{Key, key, put};
use super::settings::{TLS_POLICIES, TLS_POLICY_WORDS};
use super::tables::read_all;
use super::value::Value;
use crate::model::{DestinationRule, Matcher, TlsPolicy};

/// A `[[destination]]` while it is read.
#[derive(Default)]
pub(super) struct DestinationDraft {
    mx: Option<Matcher>,
    domain: Option<Matcher>,
    connections: Option<usize>,
    rate: Option<Option<crate::model::Rate>>,
    messages_per_connection: Option<u32>,
    recipients_per_transaction: Option<u32>,
    priority: Option<i32>,
    tls: Option<TlsPolicy>,
}

pub(super) const DESTINATION: &[Key<DestinationDraft>] = &[
    key(
        "mx",
        Address,
        Example("\"*.google.com\""),
        "servers it is for: a host name, *.example.com, or * for all; this or domain",
        |d, v| put(&mut d.mx, pattern(v, Matcher::Mx)),
    ),
    key(
        "domain",
        Address,
        Example("\"example.jp\""),
        "recipient domains it is for: a domain, *.example.jp, or * for all; this or mx",
        |d, v| put(&mut d.domain, pattern(v, Matcher::Domain)),
    ),
    key(
        "connections",
        Whole,
        Example("5"),
        "connections to it at a time, from each source address",
        |d, v| put(&mut d.connections, v.whole::<usize>(1..=10_000)),
    ),
    key(
        "rate",
        Rate,
        Example("\"20/s\""),
        "messages to it from each source address, over all its connections; or \"unlimited\"",
        |d, v| put(&mut d.rate, v.rate()),
    ),
    key(
        "messages_per_connection",
        Whole,
        Example("50"),
        "messages on one connection; 0 is no limit",
        |d, v| {
            put(
                &mut d.messages_per_connection,
                v.whole::<u32>(0..=10_000_000),
            )
        },
    ),
    key(
        "recipients_per_transaction",
        Whole,
        Example("1"),
        "recipients of one transaction; more only helps where the content has no personal part",
        |d, v| put(&mut d.recipients_per_transaction, v.whole::<u32>(1..=1000)),
    ),
    key(
        "priority",
        Whole,
        Example("10"),
        "the higher is served first",
        |d, v| put(&mut d.priority, v.whole::<i32>(-1000..=1000)),
    ),
    key(
        "tls",
        Words(TLS_POLICY_WORDS),
        Example("\"required\""),
        "what TLS it must hold, where that is not tls.policy; off holds whatever MTA-STS and DANE ask for",
        |d, v| put(&mut d.tls, v.word(TLS_POLICIES)),
    ),
];

/// Reads `[[destination]]`.
pub(super) fn destinations(value: &Value<'_>) -> Result<Vec<DestinationRule>, Faults> {
    read_all(value, DESTINATION, |draft: DestinationDraft, at| {
        let matches = match (draft.mx, draft.domain) {
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => {
                return Err(at.fault(
                    "it does not say which destinations it is for",
                    "add mx = \"*.example.com\" or domain = \"example.jp\"",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(at.fault(
                    "it has both mx and domain",
                    "keep one of them; write two tables for two rules",
                ));
            }
        };
        Ok(DestinationRule {
            matches,
            connections: draft.connections,
            rate: draft.rate,
            messages_per_connection: draft.messages_per_connection,
            recipients_per_transaction: draft.recipients_per_transaction,
            priority: draft.priority,
            tls: draft.tls,
        })
    })
}

/// `*`, `*.example.com` or `mx.example.com`, in A-labels.
fn pattern(value: &Value<'_>, of: fn(String) -> Matcher) -> Result<Matcher, Fault> {
    let text = value.text()?.trim();
    if text == "*" {
        return Ok(Matcher::All);
    }
    let (star, rest) = match text.strip_prefix("*.") {
        Some(rest) => ("*.", rest),
        None => ("", text),
    };
    if rest.contains('*') {
        return Err(value.fault(
            format!("{text:?} has a * where none can stand"),
            "a * stands for whole labels in front, as in \"*.example.com\", or alone for all",
        ));
    }
    let name = addresses::domain(rest).map_err(|wrong| value.fault(wrong.what, wrong.hint))?;
    Ok(of(format!("{star}{name}")))
}
