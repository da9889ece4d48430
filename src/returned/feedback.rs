//! Complaints and reports: feedback reports (RFC 5965) and their kin, DMARC (RFC 7489 section 7),
//! failed authentication (RFC 6591), TLS (RFC 8460).

use super::fields::{Group, groups, value};
use super::finding::one_line;
use super::notice::address::first_address;
use super::outline::Outline;
use super::words::holds;
use crate::model::{Returned, ReturnedKind};

/// What a feedback mail says; `None` where it is none.
pub(super) fn entries(outline: &Outline<'_>) -> Option<Vec<Returned>> {
    if let Some(report) = &outline.feedback {
        let fields: Group = groups(report).into_iter().flatten().collect();
        return Some(vec![entry(
            kind_of(value(&fields, "feedback-type").unwrap_or("abuse")),
            &fields,
            outline,
        )]);
    }
    let notice = outline.notice.to_ascii_lowercase();
    if notice.contains("feedback-type:") {
        let fields: Group = groups(&format!("{}\n{}", outline.notice, outline.further))
            .into_iter()
            .flatten()
            .collect();
        if let Some(kind) = value(&fields, "feedback-type") {
            return Some(vec![entry(kind_of(kind), &fields, outline)]);
        }
    }
    if is_report(outline, &notice) {
        return Some(vec![entry(ReturnedKind::Report, &Group::new(), outline)]);
    }
    is_complaint(outline, &notice)
        .then(|| vec![entry(ReturnedKind::Complaint, &Group::new(), outline)])
}

/// RFC 5965 section 7.3, RFC 6591 section 3.1, RFC 6430.
fn kind_of(feedback_type: &str) -> ReturnedKind {
    match feedback_type.trim().to_ascii_lowercase().as_str() {
        "auth-failure" | "dmarc" | "auth_failure" => ReturnedKind::Report,
        // The reader takes a complaint back.
        "not-spam" => ReturnedKind::Other,
        _ => ReturnedKind::Complaint,
    }
}

/// DMARC and TLS reports name themselves in types, file names and subjects.
fn is_report(outline: &Outline<'_>, notice: &str) -> bool {
    let kind = outline.media.report_type.as_deref().unwrap_or_default();
    let subject = outline.subject.to_lowercase();
    let aggregate = |file: &String| {
        let archive = holds(file, &["gzip", "zip", "xml", ".gz"]);
        file.contains("tlsrpt")
            || (archive && file.contains('!') && holds(file, &[".xml", ".zip", ".gz"]))
    };
    let named = |file: &String| file.contains('!') && holds(file, &[".xml", ".json"]);
    ["tlsrpt", "dmarc"].contains(&kind)
        || outline.head.get("tls-report-domain").is_some()
        || outline
            .files
            .iter()
            .any(|file| aggregate(file) || named(file))
        || outline.media.file.as_ref().is_some_and(named)
        || (subject.contains("report domain:") && subject.contains("submitter:"))
        || holds(
            &subject,
            &[
                "dmarc forensic",
                "dmarc failure report",
                "dmarc aggregate",
                "dmarc report",
                "authentication failure report",
                "dmarc authentication failure",
                "tls report for",
            ],
        )
        || notice.contains("has failed the published dmarc policy")
        || notice.contains("this is an authentication failure report")
}

/// Complaints without the form of RFC 5965.
fn is_complaint(outline: &Outline<'_>, notice: &str) -> bool {
    let subject = outline.subject.to_lowercase();
    outline.original("x-hmxmroriginalrecipient").is_some()
        || outline.media.report_type.as_deref() == Some("feedback-report")
        || holds(
            &subject,
            &[
                "complaint about message from",
                "email feedback report for",
                "abuse report for",
                "email abuse report",
                "spam complaint",
            ],
        )
        || holds(
            notice,
            &[
                "this is an email abuse report",
                "email abuse report for an email",
                "this is a spam report for an email",
                "this is an opt-out report for",
            ],
        )
}

fn entry(kind: ReturnedKind, fields: &Group, outline: &Outline<'_>) -> Returned {
    let named = [
        "original-rcpt-to",
        "removal-recipient",
        "final-recipient",
        "original-recipient",
    ]
    .iter()
    .find_map(|name| value(fields, name).and_then(first_address));
    let recipient = named.or_else(|| {
        [
            "x-hmxmroriginalrecipient",
            "x-original-to",
            "to",
            "delivered-to",
        ]
        .iter()
        .find_map(|name| outline.original(name).and_then(first_address))
    });
    Returned {
        kind,
        recipient,
        aliases: Vec::new(),
        action: None,
        status: None,
        judgement: None,
        diagnostic: one_line(&outline.notice),
    }
}
