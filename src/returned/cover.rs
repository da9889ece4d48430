//! What stands outside on a mail: from whom, about what, and when.

use super::fields::{groups, value};
use super::notice::address::first_address;
use super::outline::Outline;
use crate::model::{Cover, Timestamp};
use mail_parser::DateTime;

/// Reads it off.
pub(super) fn of(outline: &Outline<'_>) -> Cover {
    let sent = outline.originals.iter().find_map(|head| head.get("date"));
    let reported = [
        reported(outline, "arrival-date"),
        reported(outline, "last-attempt-date"),
    ];
    let written = || outline.head.get("date").and_then(time);
    Cover {
        from: outline.head.get("from").and_then(first_address),
        subject: outline.subject.clone(),
        sent: sent.and_then(time),
        reported: reported.into_iter().flatten().next().or_else(written),
    }
}

/// A time of the delivery report.
fn reported(outline: &Outline<'_>, name: &str) -> Option<Timestamp> {
    let groups = outline.status.iter().flat_map(|report| groups(report));
    groups.filter_map(|group| time(value(&group, name)?)).next()
}

/// A date and time of RFC 5322 section 3.3; none that stands for no time.
fn time(text: &str) -> Option<Timestamp> {
    let read = DateTime::parse_rfc822(text.trim()).filter(DateTime::is_valid)?;
    let seconds = read.to_timestamp();
    (seconds > 0).then(|| Timestamp::from_millis(seconds.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(mail: &str) -> Cover {
        of(&Outline::of(mail.replace('\n', "\r\n").as_bytes()))
    }

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    const REPORT: &str = "From: Mail System <mailer@far.example>
Subject: =?utf-8?q?Undelivered=3A_=C3=A4?=
Date: Fri, 06 Nov 2026 12:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; far.example
Arrival-Date: Sun, 01 Nov 2026 09:00:00 +0900 (JST)

Final-Recipient: rfc822; ann@far.example
Action: failed
Status: 5.1.1
Last-Attempt-Date: Mon, 02 Nov 2026 00:00:00 +0000

--b
Content-Type: message/rfc822

Date: Sat, 31 Oct 2026 23:59:58 +0000
Message-ID: <a@b.example>

Hello
--b--
";

    #[test]
    fn a_report_says_when_the_message_was_there() {
        let found = cover(REPORT);
        assert_eq!(found.from.as_deref(), Some("mailer@far.example"));
        assert_eq!(found.subject, "Undelivered: ä");
        assert_eq!(found.sent, at("2026-10-31T23:59:58Z"));
        assert_eq!(found.reported, at("2026-11-01T00:00:00Z"));
    }

    #[test]
    fn where_it_does_not_the_next_best_time_counts() {
        let without = REPORT.replace("Arrival-Date", "X-Arrival");
        assert_eq!(cover(&without).reported, at("2026-11-02T00:00:00Z"));
        let without = without.replace("Last-Attempt-Date", "X-Last");
        assert_eq!(cover(&without).reported, at("2026-11-06T11:00:00Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "yesterday",
            "Thu, 01 Jan 1970 00:00:00 +0000",
            "Fri, 99 Nov 2026 99:99:99",
        ] {
            assert_eq!(time(text), None, "{text:?}");
        }
        let bare = cover("Subject: x\n\nHello\n");
        assert_eq!((bare.sent, bare.reported), (None, None));
    }
}
