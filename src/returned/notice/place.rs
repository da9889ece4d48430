//! How likely an address is a failed recipient, by the place it stands at.

use super::address::Found;
use crate::returned::failure::asks_for_help;
use crate::returned::words::{Lower, lists};

/// From here on an address is a recipient of its own, also beside others.
pub(super) const SURE: i32 = 8;
/// Below this it is nobody the notice speaks of.
pub(super) const LIKELY: i32 = 3;

/// The likelihood by the words of the line alone.
pub(super) fn likelihood(line: &str, found: &Found<'_>, before_line: &str) -> i32 {
    let before = line[..found.start].trim_end_matches(OPENERS);
    let before = strip_kind(before).trim_end_matches(OPENERS);
    let after = line[found.end..].trim_start_matches(CLOSERS);
    let lower = Lower::of(line);
    let comparable = Lower::of(before.trim());
    let lead = comparable.as_str();
    if asks_for_help(&lower) && !lead.is_empty() {
        return -4;
    }
    // Bullets, and the codes of Sendmail: `554 <a@b>... Host unknown`.
    if lead.chars().all(|c| !c.is_alphabetic()) {
        let place = at_start(after, &lower);
        return place.max(behind_sentence(before_line));
    }
    if lead.ends_with("rcpt to:") || lead.ends_with("rcpt to") {
        return SURE;
    }
    if lists().sender_leads.is_in(&comparable) {
        return -8;
    }
    if lists().recipient_leads.ends(lead) {
        return SURE;
    }
    if lead.ends_with("to:") || lead == "to" || lead.ends_with("cc:") {
        return 2;
    }
    if lead.ends_with(':') && lead.len() < 40 && !lead.contains(". ") {
        return 6;
    }
    if lists().failure.is_in(&lower) {
        return 6;
    }
    let sent_to = if lead.ends_with(" to") { LIKELY } else { 1 };
    sent_to.max(behind_sentence(before_line))
}

/// What the line in front makes likely: a list of those that failed follows its sentence.
fn behind_sentence(before_line: &str) -> i32 {
    if !lists().failure.is_in(&Lower::of(before_line)) {
        return 1;
    }
    if before_line.trim_end().ends_with(':') {
        SURE - 1
    } else {
        4
    }
}

/// Quotes and brackets around addresses.
const OPENERS: &[char] = &[
    '<', '"', '\'', '(', '[', '{', '`', ' ', '\t', '\u{201c}', '\u{2018}', '\u{ab}', '\u{300c}',
    '\u{ff1c}',
];
const CLOSERS: &[char] = &[
    '>', '"', '\'', ')', ']', '}', '`', ' ', '\t', '\u{201d}', '\u{2019}', '\u{bb}', '\u{300d}',
    '\u{ff1e}',
];

/// Without `mailto:`, `smtp:` and the like right in front of an address.
fn strip_kind(before: &str) -> &str {
    let lower = before.to_ascii_lowercase();
    for kind in [
        "mailto:",
        "smtp:",
        "rfc822;",
        "rfc822:",
        "email:",
        "internet:",
    ] {
        if lower.ends_with(kind) {
            return &before[..before.len() - kind.len()];
        }
    }
    before
}

/// An address that begins its line.
fn at_start(after: &str, lower: &Lower) -> i32 {
    let after = after.trim();
    if after.is_empty() {
        return SURE;
    }
    let follows = |starts: &[&str]| starts.iter().any(|start| after.starts_with(start));
    if follows(&[":", "...", "\u{2026}"]) {
        return SURE + 2;
    }
    if follows(&[
        ";", "- ", "-- ", "(", "[", ", ", "on ", "=>", "->", "\u{2013}", "/", "|", ".",
    ]) || lists().failure.is_in(lower)
    {
        return SURE;
    }
    if is_dated(after) {
        return SURE;
    }
    if after.starts_with("<mailto:") || after.starts_with('<') {
        return SURE;
    }
    2
}

/// `on 5.1.2004 10:01`, in any language.
fn is_dated(after: &str) -> bool {
    let mut words = after.split_whitespace();
    let short = words.next().is_some_and(|word| word.len() <= 4);
    short
        && words.next().is_some_and(|word| {
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            digits >= 4 && word.contains(['/', '.', '-'])
        })
}
