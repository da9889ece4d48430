//! The message on the wire, as a receiver takes it apart: mail-parser reads it, which had no hand
//! in making it.

use super::findings::{Findings, Who};
use super::rules::letter::{
    HEADER_INVALID, HEADER_MISSING, HEADER_REPEATED, LINE_TOO_LONG, MIME_BROKEN,
};
use super::words::cut;
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

/// The header fields that other rules ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers {
    /// Fields of the message in their order, unfolded: name and value.
    fields: Vec<(String, String)>,
}

impl Headers {
    /// The values of the fields with this name.
    pub(super) fn all<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let is = move |(field, _): &&(String, String)| field.eq_ignore_ascii_case(name);
        self.fields
            .iter()
            .filter(is)
            .map(|(_, value)| value.as_str())
    }

    /// The value of the first field with this name.
    pub(super) fn first<'h>(&'h self, name: &'h str) -> Option<&'h str> {
        self.all(name).next()
    }

    #[cfg(test)]
    pub(super) fn of(fields: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            fields: fields.iter().map(own).collect(),
        }
    }
}

/// Judges headers, lines and parts of a message, and gives its header fields.
pub(super) fn judge(octets: &[u8], who: Who<'_>, findings: &mut Findings) -> Headers {
    lines(octets, who, findings);
    let Some(message) = MessageParser::default().parse(octets) else {
        findings.sample(&MIME_BROKEN, "no header could be read", who);
        return Headers::default();
    };
    let fields = message
        .headers_raw()
        .map(|(name, value)| (name.to_owned(), unfolded(value)));
    let headers = Headers {
        fields: fields.collect(),
    };
    for name in NEEDED {
        if headers.all(name).all(str::is_empty) {
            findings.sample(&HEADER_MISSING, name, who);
        }
    }
    for name in NEEDED.iter().chain(&ONCE) {
        let count = headers.all(name).count();
        if count > 1 {
            findings.sample(&HEADER_REPEATED, format!("{name}, {count} times"), who);
        }
    }
    forms(&message, &headers, who, findings);
    parts(&message, octets, who, findings);
    headers
}

/// Whether what stands in the headers can be read.
fn forms(message: &Message<'_>, headers: &Headers, who: Who<'_>, findings: &mut Findings) {
    let mut wrong = |name: &str| {
        if let Some(value) = headers.first(name).filter(|value| !value.is_empty()) {
            findings.sample(&HEADER_INVALID, format!("{name}: {}", cut(value)), who);
        }
    };
    let address = |list: Option<&mail_parser::Address<'_>>| {
        list.and_then(|list| list.first())
            .and_then(|first| first.address())
            .is_some_and(is_address)
    };
    let from_one = message.from().is_some_and(|from| from.iter().count() == 1);
    if !address(message.from()) || !from_one {
        wrong("From");
    }
    // A group without members names nobody, and is right (RFC 5322 section 3.4).
    let group = message.to().is_some_and(|to| to.as_group().is_some());
    if !group && !address(message.to()) {
        wrong("To");
    }
    if headers.first("Reply-To").is_some() && !address(message.reply_to()) {
        wrong("Reply-To");
    }
    if !message.date().is_some_and(mail_parser::DateTime::is_valid) {
        wrong("Date");
    }
    let id = headers.first("Message-ID").unwrap_or_default().trim();
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    if !inner.is_some_and(|id| is_address(id) && !id.contains(['<', '>', ' '])) {
        wrong("Message-ID");
    }
}

fn is_address(text: &str) -> bool {
    text.rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// Whether every part can be decoded, and every multipart comes to its end.
fn parts(message: &Message<'_>, octets: &[u8], who: Who<'_>, findings: &mut Findings) {
    let mut broken = |what: String| findings.sample(&MIME_BROKEN, what, who);
    for (number, part) in message.parts.iter().enumerate() {
        if part.is_encoding_problem {
            broken(format!("part {number} cannot be decoded"));
        }
        let boundary = part
            .content_type()
            .and_then(|kind| kind.attribute("boundary"));
        match (&part.body, boundary) {
            (PartType::Multipart(children), Some(boundary)) => {
                let end = format!("\r\n--{boundary}--");
                if memchr::memmem::find(octets, end.as_bytes()).is_none() {
                    broken(format!(
                        "part {number}: the boundary {boundary:?} is never closed"
                    ));
                }
                if children.is_empty() {
                    broken(format!("part {number} is a multipart without parts"));
                }
            }
            (PartType::Multipart(_), None) => broken(format!("part {number} names no boundary")),
            (_, Some(boundary)) => {
                broken(format!("nothing stands between the boundary {boundary:?}"));
            }
            _ => {}
        }
    }
    if message.text_body.is_empty() && message.html_body.is_empty() {
        broken("there is nothing to read in it".to_owned());
    }
}

/// Line ends and lengths (RFC 5322 sections 2.1.1 and 2.2).
fn lines(octets: &[u8], who: Who<'_>, findings: &mut Findings) {
    let mut from = 0;
    for at in memchr::memchr_iter(b'\n', octets).chain([octets.len()]) {
        let line = &octets[from..at];
        from = at + 1;
        let whole = line.strip_suffix(b"\r");
        let bare = (whole.is_none() && at < octets.len()) || whole.unwrap_or(line).contains(&b'\r');
        let what = match whole.unwrap_or(line).len() {
            _ if bare => "a bare CR or LF".to_owned(),
            length if length > LONGEST_LINE => format!("{length} octets in a line"),
            _ => continue,
        };
        return findings.sample(&LINE_TOO_LONG, what, who);
    }
}

fn unfolded(value: &str) -> String {
    value.replace(['\r', '\n'], "").trim().to_owned()
}

/// Without the line's end.
const LONGEST_LINE: usize = 998;
/// What every message has to have: RFC 5322 asks for two of them, receivers for all.
const NEEDED: [&str; 5] = ["From", "Date", "Message-ID", "To", "Subject"];
/// What may stand once besides those (RFC 5322 section 3.6, RFC 2045 section 4).
const ONCE: [&str; 6] = [
    "Sender",
    "Reply-To",
    "Cc",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::shares::Shares;
    use proptest::prelude::*;

    const SOUND: &str = "From: News <n@example.com>\r\nTo: \"A\" <a@example.org>\r\nSubject: Hi\r\n\
        Date: Sun, 22 Nov 2026 03:00:00 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nHi\r\n\
        --b1\r\nContent-Type: text/html\r\n\r\n<p>Hi</p>\r\n--b1--\r\n";

    fn found(message: &str) -> Vec<(&'static str, String)> {
        let mut findings = Findings::default();
        judge(
            message.as_bytes(),
            Who {
                row: 1,
                recipient: "",
            },
            &mut findings,
        );
        let found = findings.finish(&Shares::default(), 1, &[]);
        let detail =
            |finding: crate::model::Finding| (finding.rule, finding.details[0].text.clone());
        found.into_iter().map(detail).collect()
    }

    fn rule(message: &str) -> Vec<&'static str> {
        found(message).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn a_sound_message() {
        assert_eq!(found(SOUND), []);
        assert_eq!(
            found(&SOUND.replace("To: \"A\" <a@example.org>", "To: undisclosed-recipients:;")),
            []
        );
    }

    #[test]
    fn headers_have_to_be_there_once_and_readable() {
        for name in ["From", "Date", "Message-ID", "To", "Subject"] {
            let (before, rest) = SOUND.split_once(&format!("{name}: ")).unwrap();
            let (line, after) = rest.split_once("\r\n").unwrap();
            let without = format!("{before}{after}");
            assert_eq!(
                found(&without),
                [("header-missing", name.to_owned())],
                "{name}"
            );
            let empty = format!("{before}{name}: \r\n{after}");
            assert!(rule(&empty).contains(&"header-missing"), "{name}");
            let twice = format!("{name}: {line}\r\n{SOUND}");
            assert_eq!(
                found(&twice),
                [("header-repeated", format!("{name}, 2 times"))]
            );
        }
        for (from, to) in [
            ("News <n@example.com>", "News"),
            ("News <n@example.com>", "a@example.com, b@example.com"),
            ("Sun, 22 Nov 2026 03:00:00 +0000", "soon"),
            ("<1@example.com>", "1"),
        ] {
            assert_eq!(rule(&SOUND.replace(from, to)), ["header-invalid"], "{to}");
        }
    }

    #[test]
    fn lines_end_in_crlf_and_are_not_too_long() {
        let long = |length: usize| SOUND.replace("<p>Hi</p>", &"x".repeat(length));
        assert_eq!(rule(&long(998)), [""; 0]);
        assert_eq!(rule(&long(999)), ["line-too-long"]);
        assert_eq!(rule(&SOUND.replace("<p>", "<p>\n")), ["line-too-long"]);
        assert_eq!(rule(&SOUND.replace("<p>", "<p>\r")), ["line-too-long"]);
    }

    #[test]
    fn parts_come_to_their_end() {
        assert_eq!(rule(&SOUND.replace("--b1--", "--b1")), ["mime-broken"]);
        assert_eq!(
            rule(&SOUND.replace("boundary=\"b1\"", "boundary=\"other\"")),
            ["mime-broken"]
        );
        let coded = SOUND.replace(
            "text/html\r\n",
            "text/html\r\nContent-Transfer-Encoding: base64\r\n",
        );
        assert_eq!(rule(&coded.replace("<p>Hi</p>", "!!!")), ["mime-broken"]);
    }

    proptest! {
        #[test]
        fn no_message_panics(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            judge(&octets, Who { row: 1, recipient: "" }, &mut Findings::default());
        }

        #[test]
        fn no_headers_panic(text in "((From|To|Date|Message-ID|Content-Type|List-Unsubscribe|DKIM-Signature): [ -~あ]{0,40}\r?\n){0,8}(\r\n.{0,40})?") {
            judge(text.as_bytes(), Who { row: 1, recipient: "" }, &mut Findings::default());
        }
    }
}
