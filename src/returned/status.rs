//! Delivery status notifications (RFC 3464), also within other text.

use super::bounds::{RECIPIENTS, cut};
use super::fields::{Group, groups, value};
use super::finding::Finding;
use super::notice::address::{first_address, valid};
use super::reply::enhanced;
use crate::model::{EnhancedCode, ReportedAction};

/// The recipients of a report. Empty where it names none.
pub(super) fn findings(report: &str) -> Vec<Finding> {
    let groups = groups(report);
    let mut found: Vec<Finding> = Vec::new();
    for group in groups.iter().take(RECIPIENTS) {
        for group in split(group) {
            if let Some(finding) = recipient(&group) {
                merge(&mut found, finding);
            }
        }
    }
    found
}

/// Fields of several recipients without an empty line between them.
fn split(group: &Group) -> Vec<Group> {
    let mut parts: Vec<Group> = vec![Group::new()];
    for (name, value) in group {
        let begins = name == "final-recipient" || name == "original-recipient";
        let last = parts.len() - 1;
        let has = |wanted: &str| parts[last].iter().any(|(name, _)| name == wanted);
        if begins && has(name) && has("action") {
            parts.push(Group::new());
        }
        let last = parts.len() - 1;
        parts[last].push((name.clone(), value.clone()));
    }
    parts
}

fn recipient(group: &Group) -> Option<Finding> {
    let named = |name: &str| value(group, name).and_then(address_of);
    let (last, first, actual) = (
        named("final-recipient"),
        named("original-recipient"),
        named("x-actual-recipient"),
    );
    let is_report = value(group, "action").is_some() || value(group, "status").is_some();
    let mut addresses = Vec::new();
    for address in [last, first, actual].into_iter().flatten() {
        if !addresses
            .iter()
            .any(|known: &String| known.eq_ignore_ascii_case(&address))
        {
            addresses.push(address);
        }
    }
    if addresses.is_empty()
        && !(is_report && value(group, "diagnostic-code").is_some())
        && !names_recipient(group)
    {
        return None;
    }
    // An address with a domain says more than an X.400 name or a bare login.
    let place = addresses
        .iter()
        .position(|address| valid(address))
        .unwrap_or(0);
    let recipient = (!addresses.is_empty()).then(|| addresses.remove(place));
    let mut texts = Vec::new();
    for name in [
        "diagnostic-code",
        "x-diagnostic",
        "x-supplementary-info",
        "smtp-remote-host",
    ] {
        texts.extend(value(group, name).map(without_type));
    }
    texts.extend(value(group, "status").and_then(comment));
    Some(Finding {
        recipient,
        aliases: addresses,
        action: value(group, "action").and_then(action),
        status: value(group, "status").and_then(status),
        server: value(group, "remote-mta")
            .map(without_type)
            .unwrap_or_default(),
        texts,
        ..Finding::default()
    })
}

fn names_recipient(group: &Group) -> bool {
    value(group, "final-recipient").is_some() && value(group, "action").is_some()
}

/// Two groups about one recipient are one entry.
fn merge(found: &mut Vec<Finding>, finding: Finding) {
    let same = found
        .iter_mut()
        .find(|known| match (&known.recipient, &finding.recipient) {
            (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
            _ => false,
        });
    match same {
        Some(known) => {
            known.action = known.action.or(finding.action);
            known.status = known.status.or(finding.status);
            known.texts.extend(finding.texts);
        }
        None => found.push(finding),
    }
}

/// `rfc822; a@b`, `<a@b>`, `a@b (comment)`, `IMCEAEX-…`.
fn address_of(value: &str) -> Option<String> {
    let text = without_type(value);
    let text = text.trim().trim_matches(['<', '>']);
    // Quotes around the whole are nobody's; those of a local part belong to it (RFC 5321 4.1.2).
    let text = if text.contains("\"@") {
        text
    } else {
        text.trim_matches(['"', '\'', '<', '>'])
    };
    if let Some(address) = first_address(text) {
        return Some(address);
    }
    let word = text
        .split(['(', ';', ' '])
        .next()
        .unwrap_or_default()
        .trim();
    let word = cut(word, 254);
    (!word.is_empty() && !word.eq_ignore_ascii_case("unknown")).then(|| word.to_owned())
}

/// Without the `rfc822;`, `smtp;` or `dns;` in front.
fn without_type(value: &str) -> String {
    match value.split_once(';') {
        Some((kind, rest))
            if kind.len() <= 40
                && kind
                    .trim()
                    .bytes()
                    .all(|o| o.is_ascii_alphanumeric() || o == b'-') =>
        {
            rest.trim().to_owned()
        }
        _ => value.trim().to_owned(),
    }
}

/// RFC 3464 section 2.3.3, and what others write instead.
pub(super) fn action(value: &str) -> Option<ReportedAction> {
    let word: String = value
        .trim()
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    match word.as_str() {
        "failed" | "failure" | "fail" | "error" | "hardfail" | "bounced" | "expired"
        | "undeliverable" => Some(ReportedAction::Failed),
        "delayed" | "delay" | "warning" | "deferred" | "softfail" => Some(ReportedAction::Delayed),
        "delivered" | "relayed" | "expanded" | "deliverable" | "success" => {
            Some(ReportedAction::Delivered)
        }
        _ => None,
    }
}

/// `5.1.1 (bad destination mailbox address)`, `5.1.1`, `smtp; 550 5.1.1`.
fn status(value: &str) -> Option<EnhancedCode> {
    value.split([' ', '(', ';', ',']).find_map(enhanced)
}

/// The words behind a status.
fn comment(value: &str) -> Option<String> {
    let words = value
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')
        .trim_matches(['(', ')', ' ']);
    let says = words.len() > 3
        && !words.eq_ignore_ascii_case("permanent failure")
        && !words.eq_ignore_ascii_case("temporary failure");
    says.then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipient_of_a_report_is_found() {
        let report = "Reporting-MTA: dns; mx.example\n\n\
            Original-Recipient: rfc822; old@a.example\nFinal-Recipient: RFC822; <new@b.example>\nAction: Failed\n\
            Status: 5.1.1 (no such box)\nRemote-MTA: dns; mx.b.example\nDiagnostic-Code: smtp; 550 5.1.1\n  gone\n\n\
            Final-Recipient: rfc822;c@d.example\nAction: relayed\nStatus: 2.0.0\n\
            Final-Recipient: rfc822;e@f.example\nAction: delayed\nStatus: 4.4.1\n";
        let found = findings(report);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].recipient.as_deref(), Some("new@b.example"));
        assert_eq!(found[0].aliases, ["old@a.example"]);
        assert_eq!(found[0].texts, ["550 5.1.1 gone", "no such box"]);
        assert_eq!(found[0].server, "mx.b.example");
        assert_eq!(found[1].action, Some(ReportedAction::Delivered));
        assert_eq!(found[2].action, Some(ReportedAction::Delayed));
    }
}
