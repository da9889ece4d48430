//! Whether words tell of a message that did not arrive, and whether it still may.

use super::bounds::cut;
use super::outline::Outline;
use super::robots;
use super::words::{List, Lower, holds, lists};
use crate::model::ReportedAction;

/// Whether a mail without a readable report tells of a failed delivery. No one sign is enough: people
/// write about failed mail, too.
pub(super) fn is_failure(outline: &Outline<'_>) -> bool {
    let head = &outline.head;
    let mut weight = 0;
    let (system, null_path) = (robots::is_mail_system(head), robots::has_null_path(head));
    if system {
        weight += 3;
    }
    if null_path {
        weight += 2;
    }
    // A machine that sends a message back has not delivered it.
    if (system || null_path) && !outline.originals.is_empty() {
        weight += 2;
    } else if !outline.originals.is_empty() {
        weight += 1;
    }
    if ["x-failed-recipients", "x-failed-recipient"]
        .iter()
        .any(|name| head.get(name).is_some())
    {
        weight += 6;
    }
    if outline.media.report_type.as_deref() == Some("delivery-status") || !outline.status.is_empty()
    {
        weight += 5;
    }
    let lists = lists();
    let subject = outline.title();
    let answers =
        !system && !null_path && subject.as_str().starts_with("re:") && quotes(&outline.notice);
    if !answers && lists.failure_subjects.is_in(subject) {
        weight += 3;
    }
    let words = outline.beginning();
    if lists.failure_sentences.is_in(words) {
        weight += 3;
    }
    if lists.failure.is_in(words) {
        weight += 1;
    }
    if lists.machines.is_in(words) {
        weight += 2;
    }
    if quotes_refusal(&outline.notice) {
        weight += 2;
    }
    // Parcels are undeliverable, too: a report names somebody, or shows what it returns.
    let names_nobody = !outline.notice.contains('@') && outline.originals.is_empty();
    if names_nobody && !system && !null_path {
        weight -= 4;
    }
    weight >= if system { 4 } else { 5 }
}

/// Whether somebody quotes what is answered.
fn quotes(notice: &str) -> bool {
    notice
        .lines()
        .take(300)
        .any(|line| line.starts_with('>') || line.starts_with("-----Original Message"))
}

/// Whether a disposition notification tells of a rejection.
pub(super) fn tells_of_rejection(outline: &Outline<'_>) -> bool {
    holds(
        outline.beginning().as_str(),
        &["rejected", "quota exceeded", "refused"],
    ) && holds(outline.title().as_str(), &["reject", "undeliver", "refus"])
}

/// Whether nothing but a success is told.
pub(super) fn is_success(outline: &Outline<'_>) -> bool {
    let (lists, words) = (lists(), outline.beginning());
    (lists.delivered.is_in(words) || lists.delivered.is_in(outline.title()))
        && !lists.failure_sentences.is_in(words)
        && (robots::is_mail_system(&outline.head) || robots::has_null_path(&outline.head))
}

/// Whether the message is still being tried, by the words of a notice.
pub(super) fn action(subject: &Lower, notice: &str) -> ReportedAction {
    let lists = lists();
    let words = Lower::spaced(cut(notice, 6000));
    let either = |list: &List| list.is_in(&words) || list.is_in(subject);
    if lists.no_more.is_in(&words) {
        return ReportedAction::Failed;
    }
    if either(&lists.delay) && !either(&lists.given_up) {
        return ReportedAction::Delayed;
    }
    // Whoever says that it goes on trying means it, whatever template surrounds it.
    if either(&lists.goes_on) {
        return ReportedAction::Delayed;
    }
    ReportedAction::Failed
}

/// The words of a notice that may say why, without those that are in every notice.
pub(super) fn telling_words(subject: &str, notice: &str) -> String {
    let lists = lists();
    let mut words = without_title(subject).to_owned();
    for line in notice.lines() {
        let line = without_request(line.trim());
        if line.is_empty() {
            continue;
        }
        let comparable = Lower::of(line);
        let lower = comparable.as_str();
        let says_nothing = lower == "the mail system"
            || asks_for_help(&comparable)
            || lists.courtesies.is_in(&comparable)
            || ["subject:", "date:", "from:", "sent:", "to:", "message-id:"]
                .iter()
                .any(|name| lower.starts_with(name));
        if says_nothing {
            continue;
        }
        words.push_str(". ");
        words.push_str(line);
        if words.len() > 2800 {
            break;
        }
    }
    words
}

/// A Subject, unless it is a template's title, which names no cause.
fn without_title(subject: &str) -> &str {
    const TITLES: &[&str] = &["mail system error", "mail error", "error during delivery"];
    if holds(&subject.to_lowercase(), TITLES) {
        return "";
    }
    subject
}

/// A line up to what it asks the reader to do: `address unknown (please check the spelling)`.
fn without_request(line: &str) -> &str {
    const SHORTEST: usize = 12;
    [
        "(please ",
        ". Please ",
        "; please ",
        ". You may ",
        ". If you ",
    ]
    .iter()
    .filter_map(|request| line.find(request))
    .filter(|place| *place >= SHORTEST)
    .min()
    .map_or(line, |place| &line[..place])
}

/// Whether a line begins with a refusal, or quotes one.
fn quotes_refusal(notice: &str) -> bool {
    notice.lines().take(300).any(|line| {
        let line = line
            .trim()
            .trim_start_matches(['<', '>', '*', '#', '-', ' ']);
        let octets = line.as_bytes();
        matches!(
            octets,
            [b'4' | b'5', b'0'..=b'7', b'0'..=b'9', b' ' | b'-', ..]
        ) || memchr::memchr2_iter(b'4', b'5', octets)
            .any(|place| place > 0 && is_refusal(octets[place - 1], &octets[place..]))
    })
}

/// Whether an answer stands here: `said: 550 no`, `550 5.1.1`, `550-5.1.1`.
fn is_refusal(before: u8, here: &[u8]) -> bool {
    let [class, b'0'..=b'7', b'0'..=b'9', b' ' | b'-', rest @ ..] = here else {
        return false;
    };
    let quoted = matches!(
        before,
        b' ' | b'\'' | b'"' | b'(' | b'[' | b':' | b'#' | b';'
    );
    let enhanced = matches!(rest, [own, b'.', b'0'..=b'9', b'.', b'0'..=b'9', ..] if own == class)
        || matches!(rest, [own, b'.', b'0'..=b'9', b'0'..=b'9', b'.', ..] if own == class)
        || matches!(rest, [b'#', own, b'.', ..] if own == class);
    quoted && enhanced
}

/// Whether a line says whom to ask, not who failed. The one somebody tried to contact is not asked.
pub(super) fn asks_for_help(line: &Lower) -> bool {
    lists().help.is_in(line) && !holds(line.as_str(), &["tried to contact", "trying to contact"])
}
