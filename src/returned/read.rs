//! What a mail that came back is, decided in the order of certainty: what machines wrote for machines
//! first, words last.

use super::bounds::{FORWARDS, RECIPIENTS};
use super::finding::{Finding, one_line};
use super::notice::address::first_address;
use super::outline::Outline;
use super::{answer, cloud, cover, failure, feedback, notice, robots, status, traces};
use crate::model::{Judge, ReportedAction, Returned, ReturnedKind, ReturnedMail};

/// Reads a mail that came back. Any octets are read; what is nothing else is `other`.
#[must_use]
pub fn read(octets: &[u8], judge: &dyn Judge) -> ReturnedMail {
    let outline = Outline::of(octets);
    let mut mail = forwarded(&outline, judge, FORWARDS).unwrap_or_else(|| ReturnedMail {
        recipients: entries(&outline, judge),
        traces: traces::of(&outline),
        cover: cover::of(&outline),
    });
    mail.recipients.truncate(RECIPIENTS);
    mail
}

/// One entry for each recipient; never none.
fn entries(outline: &Outline<'_>, judge: &dyn Judge) -> Vec<Returned> {
    if let Some(entries) = feedback::entries(outline) {
        return entries;
    }
    let reported = reported(outline);
    if !reported.is_empty() {
        return reported
            .into_iter()
            .map(|finding| finding.returned(judge))
            .collect();
    }
    if outline.disposition.is_some()
        || outline.media.report_type.as_deref() == Some("disposition-notification")
    {
        // A mailbox that rejects a message may say so in this form (RFC 5429).
        if failure::tells_of_rejection(outline) {
            return told(outline, None, judge);
        }
        return vec![plain(ReturnedKind::Other, outline)];
    }
    if let Some(entries) = cloud::entries(outline, judge) {
        return entries;
    }
    if failure::is_success(outline) {
        return told(outline, Some(ReportedAction::Delivered), judge);
    }
    let answer = answer::kind(outline);
    let fails = failure::is_failure(outline);
    match answer {
        // Reports quote answers, and answers speak of mail: a mail system's report stands above.
        Some(kind) if !(fails && robots::is_mail_system(&outline.head)) => {
            vec![plain(kind, outline)]
        }
        _ if fails => told(outline, None, judge),
        _ if answer::is_automatic(&outline.head) || robots::has_null_path(&outline.head) => {
            vec![plain(ReturnedKind::AutoReply, outline)]
        }
        _ => vec![plain(ReturnedKind::Other, outline)],
    }
}

/// The recipients of a delivery report, in its part or within the words.
fn reported(outline: &Outline<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = outline
        .status
        .iter()
        .flat_map(|report| status::findings(report))
        .collect();
    if found.is_empty() {
        for words in [&outline.notice, &outline.further] {
            if found.is_empty() && words.to_ascii_lowercase().contains("final-recipient:") {
                found = status::findings(words);
            }
        }
    }
    let alone = found.len() == 1;
    let names: Vec<String> = found
        .iter()
        .filter_map(|finding| finding.recipient.clone())
        .collect();
    for finding in &mut found {
        notice::add_to(finding, outline, &names);
    }
    if alone && let Some(finding) = found.first_mut() {
        notice::find_address(finding, outline);
    }
    if found.iter().any(|finding| finding.recipient.is_none()) {
        let mut named = notice::findings(outline).into_iter();
        for finding in found
            .iter_mut()
            .filter(|finding| finding.recipient.is_none())
        {
            let Some(other) = named.next() else {
                break;
            };
            finding.recipient = other.recipient;
            finding.texts.extend(other.texts);
        }
    }
    found
}

/// The recipients that a notice for people names.
fn told(outline: &Outline<'_>, action: Option<ReportedAction>, judge: &dyn Judge) -> Vec<Returned> {
    notice::findings(outline)
        .into_iter()
        .map(|finding| {
            let action = action.or(finding.action);
            Finding { action, ..finding }.returned(judge)
        })
        .collect()
}

/// An entry that is about nobody's mailbox.
fn plain(kind: ReturnedKind, outline: &Outline<'_>) -> Returned {
    // Who does not want to hear any more is who writes.
    let reader = (kind == ReturnedKind::Unsubscribe)
        .then(|| outline.head.get("from").and_then(first_address))
        .flatten();
    Returned {
        kind,
        recipient: reader,
        aliases: Vec::new(),
        action: None,
        status: None,
        judgement: None,
        diagnostic: one_line(&outline.notice),
    }
}

/// A report that somebody passed on. What is itself a report holds the message it is about, which
/// is none.
fn forwarded(outline: &Outline<'_>, judge: &dyn Judge, depth: usize) -> Option<ReturnedMail> {
    if !outline.status.is_empty() || outline.feedback.is_some() {
        return None;
    }
    let quoted = outline.quoted_message();
    let quoted = quoted.as_deref().map(str::as_bytes);
    for message in outline
        .messages
        .iter()
        .take(3)
        .map(AsRef::as_ref)
        .chain(quoted)
    {
        let inner = Outline::of(message);
        let reports = !inner.status.is_empty() || inner.feedback.is_some();
        let tells = || failure::is_failure(&inner) && !failure::is_failure(outline);
        if reports || tells() {
            let entries = entries(&inner, judge);
            return Some(ReturnedMail {
                recipients: entries,
                traces: traces::of(&inner),
                cover: cover::of(&inner),
            });
        }
        if depth > 1
            && let Some(deeper) = forwarded(&inner, judge, depth - 1)
        {
            return Some(deeper);
        }
    }
    None
}
