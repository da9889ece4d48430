//! What in a mail may lead to the message of ours that it is about.

use super::bounds::TRACES;
use super::cloud;
use super::notice::address::addresses;
use super::outline::Outline;
use crate::model::Traces;

/// Collects the traces of a mail.
pub(super) fn of(outline: &Outline<'_>) -> Traces {
    let mut traces = Traces::default();
    let head = &outline.head;
    for name in [
        "x-envelope-to",
        "envelope-to",
        "delivered-to",
        "x-original-to",
        "x-rcpt-to",
        "to",
        "cc",
    ] {
        for value in head.all(name) {
            add_addresses(&mut traces.sent_to, value);
            add_tokens(&mut traces.wishes, value);
        }
    }
    for original in &outline.originals {
        for name in [
            "return-path",
            "x-envelope-from",
            "errors-to",
            "sender",
            "from",
        ] {
            for value in original.all(name) {
                add_addresses(&mut traces.sent_to, value);
            }
        }
        for name in ["message-id", "resent-message-id", "x-original-message-id"] {
            for value in original.all(name) {
                add_ids(&mut traces.message_ids, value);
            }
        }
        let campaign = original.get("x-hikyaku-campaign").map(str::to_owned);
        traces.campaign = traces.campaign.or(campaign);
        for name in ["list-unsubscribe", "x-hikyaku-campaign"] {
            for value in original.all(name) {
                add_tokens(&mut traces.tokens, value);
            }
        }
    }
    if let Some(id) = cloud::message_id(&outline.notice) {
        add(&mut traces.message_ids, &id);
    }
    quoted(outline, &mut traces);
    for report in outline
        .status
        .iter()
        .chain(&outline.feedback)
        .chain(&outline.disposition)
    {
        of_report(report, &mut traces);
    }
    for name in ["references", "in-reply-to"] {
        for value in head.all(name) {
            add_ids(&mut traces.message_ids, value);
        }
    }
    add_tokens(&mut traces.wishes, &outline.subject);
    traces
}

/// Header lines of the original among a notice's words, quoted and indented as they may be.
fn quoted(outline: &Outline<'_>, traces: &mut Traces) {
    for line in outline
        .notice
        .lines()
        .chain(outline.further.lines())
        .take(1000)
    {
        let line = line.trim_start_matches([' ', '\t', '>', '|', '*', '-']);
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "message-id" | "message id" | "messageid" => add_ids(&mut traces.message_ids, value),
            "return-path" => add_addresses(&mut traces.sent_to, value),
            "x-hikyaku-campaign" => {
                traces
                    .campaign
                    .get_or_insert_with(|| value.trim().to_owned());
            }
            "list-unsubscribe" => add_tokens(&mut traces.tokens, value),
            _ => {}
        }
    }
}

/// Fields of machine-readable reports that name the original or its sender.
fn of_report(report: &str, traces: &mut Traces) {
    for line in report.lines().take(1000) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "original-message-id" | "x-original-message-id" | "message-id" => {
                add_ids(&mut traces.message_ids, value);
            }
            "original-mail-from" | "x-postfix-sender" => add_addresses(&mut traces.sent_to, value),
            _ => {}
        }
    }
}

/// Whether a word has the shape of our tokens: 32 characters of base 32. One in a thousand tokens is
/// letters only; whether it is one, opening it decides.
pub(super) fn is_token(word: &str) -> bool {
    word.len() == 32
        && word
            .bytes()
            .all(|o| o.is_ascii_alphabetic() || (b'2'..=b'7').contains(&o))
}

fn add_tokens(list: &mut Vec<String>, text: &str) {
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        if is_token(word) {
            add(list, word);
        }
    }
}

fn add_addresses(list: &mut Vec<String>, value: &str) {
    for found in addresses(value) {
        add(list, found.text);
    }
}

/// `<id@domain>`, or one word without brackets.
fn add_ids(list: &mut Vec<String>, value: &str) {
    let mut rest = value;
    let mut bracketed = false;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>').map(|n| open + n) else {
            break;
        };
        add(list, rest[open + 1..close].trim());
        bracketed = true;
        rest = &rest[close + 1..];
    }
    let word = value.trim().trim_matches(['<', '>']);
    if !bracketed && word.contains('@') && !word.contains(' ') {
        add(list, word);
    }
}

fn add(list: &mut Vec<String>, text: &str) {
    if !text.is_empty()
        && text.len() <= 998
        && list.len() < TRACES
        && !list.iter().any(|known| known == text)
    {
        list.push(text.to_owned());
    }
}
