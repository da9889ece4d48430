//! Where a notice ends and the message it is about begins, in one text.

use super::mime::Head;
use super::words::{Lower, lists};

/// A text parted.
#[derive(Debug, Default)]
pub(super) struct Parted {
    /// What was written about the message.
    pub(super) notice: String,
    /// The header of the message itself, where it follows.
    pub(super) original: Option<Head>,
    /// Where the notice ends in the text.
    pub(super) end: usize,
}

/// Parts a text at the first divider, or where the header of a message begins.
pub(super) fn part(text: &str) -> Parted {
    let mut place = 0;
    let mut previous_blank = true;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if !trimmed.is_empty() {
            let divides = divides(trimmed);
            if divides || (previous_blank && begins_header(&text[place..])) {
                let from = if divides { place + line.len() } else { place };
                return Parted {
                    notice: text[..place].to_owned(),
                    original: original(&text[from..]),
                    end: place,
                };
            }
        }
        previous_blank = trimmed.is_empty() || is_rule(trimmed) || trimmed.ends_with(':');
        place += line.len();
    }
    Parted {
        notice: text.to_owned(),
        original: None,
        end: text.len(),
    }
}

/// Whether a line says that the message follows.
fn divides(line: &str) -> bool {
    if line.len() > 160 {
        return false;
    }
    let words = line.trim_matches(|c: char| !c.is_alphanumeric());
    let words = if words.is_ascii() {
        words.to_ascii_lowercase()
    } else {
        words.to_lowercase()
    };
    words == "original message"
        || lists().dividers.begins(&words)
        || (line.starts_with("--") && lists().divider_words.is_in(&Lower::of(&words)))
}

/// A line of signs alone.
fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|c| "-=_*#~. ".contains(c))
}

/// Whether a message's header stands here: several fields, one of them such as only messages have.
fn begins_header(text: &str) -> bool {
    let (mut fields, mut telling) = (0, false);
    for line in text.lines().take(12) {
        let line = line
            .strip_prefix('>')
            .map_or(line, |rest| rest.trim_start());
        if line.starts_with([' ', '\t']) && fields > 0 {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            break;
        };
        let name = name.to_ascii_lowercase();
        if REPORT_NAMES.contains(&name.as_str()) {
            return false;
        }
        if TELLING_NAMES.contains(&name.as_str()) {
            telling = true;
        } else if !COMMON_NAMES.contains(&name.as_str()) && !name.starts_with("x-") {
            break;
        }
        fields += 1;
    }
    telling && (fields >= 2 || text.starts_with("Received: from "))
}

const TELLING_NAMES: &[&str] = &[
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "dkim-signature",
];
const COMMON_NAMES: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "reply-to",
    "sender",
    "content-type",
    "delivered-to",
    "content-transfer-encoding",
    "list-unsubscribe",
    "list-id",
    "precedence",
    "references",
    "in-reply-to",
    "authentication-results",
    "thread-index",
    "importance",
    "organization",
    "user-agent",
];
const REPORT_NAMES: &[&str] = &[
    "reporting-mta",
    "final-recipient",
    "original-recipient",
    "action",
];

/// The header behind a divider.
fn original(text: &str) -> Option<Head> {
    let mut from = 0;
    for line in text.split_inclusive('\n').take(8) {
        let trimmed = line.trim();
        if trimmed.is_empty() || is_rule(trimmed) {
            from += line.len();
        } else {
            break;
        }
    }
    let text = &text[from..];
    let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
    let quoted = text.starts_with('>');
    let (head, _) = if quoted || indent > 0 {
        let plain: String = text
            .lines()
            .take(300)
            .take_while(|line| !line.trim_matches('>').trim().is_empty())
            .map(|line| {
                let line = line.strip_prefix('>').unwrap_or(line);
                let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
                format!("{}\n", &line[blanks.min(indent.max(usize::from(quoted)))..])
            })
            .collect();
        Head::parse(plain.as_bytes())
    } else {
        Head::parse(text.as_bytes())
    };
    (!head.is_empty()).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_is_found_behind_all_kinds_of_dividers() {
        for divider in [
            "--- Below this line is a copy of the message.\n\n",
            "------ This is a copy of the message, including all the headers. ------\n\n",
            "Original message follows.\n\n",
            "   ----- Original message follows -----\n",
            "\n",
            "========\n",
            "Original message headers:\n\n",
        ] {
            let text = format!(
                "<a@b.example>:\nno\n\n{divider}Return-Path: <c@d.example>\nSubject: x\n\nhi\n"
            );
            let parted = part(&text);
            assert_eq!(
                parted.notice.trim_end_matches(['=', '\n']),
                "<a@b.example>:\nno",
                "{divider:?}"
            );
            let original = parted.original.unwrap();
            assert_eq!(original.get("subject"), Some("x"), "{divider:?}");
        }
    }

    #[test]
    fn a_report_in_the_text_is_no_original() {
        let text = "Failed\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\n";
        assert!(part(text).original.is_none());
    }
}
