//! Where a notice ends and the message it is about begins, in one text.

use super::mime::Head;

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
    let words: String = line
        .trim_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    words == "original message"
        || DIVIDERS.iter().any(|start| words.starts_with(start))
        || (line.starts_with("--") && WITHIN.iter().any(|inner| words.contains(inner)))
}

/// Beginnings of lines behind which the message stands.
const DIVIDERS: &[&str] = &[
    "below this line is a copy",
    "below this line is the",
    "enclosed is a copy of the",
    "enclosed please find a copy",
    "this is a copy of the message",
    "this is a copy of your message",
    "this is a copy of the headers",
    "this is a copy of the first",
    "original message follows",
    "original message header",
    "original message as received",
    "original mail as follows",
    "possibly truncated original",
    "original mail info",
    "original mail follows",
    "original message text",
    "original headers",
    "the original message follows",
    "the original message was as follows",
    "the header of the original message",
    "the body of the original message",
    "the header page of the original",
    "unsent message follows",
    "unsent message below",
    "returned message follows",
    "returned text follows",
    "message header follows",
    "message headers follow",
    "the message header follows",
    "message text follows",
    "message header",
    "header of the original message",
    "headers of the original message",
    "attachment is a copy of the message",
    "your original message follows",
    "your message reads",
    "your original message",
    "a copy of the original message",
    "a copy of your message",
    "copy of the original message",
    "copy of your message",
    "copy of the message",
    "below is a copy of the",
    "here is a copy of",
    "here is your returned mail",
    "here is the original message",
    "this is the original message",
    "it included details are as follows",
    "original email",
    "start of returned message",
    "start of original message",
    "begin of original message",
    "begin original message",
    "beginning of original message",
    "first few lines of the",
    "the first 50 lines of",
    "the first lines of",
    "included is a copy of the message header",
    "the following is a copy of the message",
    "forwarded original message",
    "weiter unten finden sie eine kopie",
    "es folgt eine kopie",
    "ursprüngliche nachricht",
    "originalnachricht",
    "kopfzeilen der ursprünglichen",
    "message d'origine",
    "message original",
    "voici le message",
    "ci-dessous",
    "en-têtes de message d'origine",
    "mensaje original",
    "encabezados de mensajes originales",
    "mensagem original",
    "cabeçalhos de mensagem originais",
    "messaggio originale",
    "oorspronkelijk bericht",
    "oryginalna wiadomo",
    "первоначальное сообщение",
    "исходное сообщение",
    "исходное письмо",
    "オリジナルのメッセージ",
    "元のメッセージ",
    "原始邮件",
    "原邮件",
];

/// What lines of dashes say within.
const WITHIN: &[&str] = &[
    "original message",
    "returned message",
    "unsent message",
    "message header",
    "copy of the message",
    "header of the message",
    "headers of the message",
    "undelivered message",
    "message attached",
    "message follows",
];

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
