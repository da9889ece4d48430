//! Header fields in wire form: folded, in any script, and each of them one field only.
//!
//! The encoding is mail-builder's. Texts must have passed `clean` before; what is added here is
//! that ASCII which looks like an encoded word is encoded, so that nobody decodes what a cell
//! brought along.

use super::charset::can_write;
use super::clean::{Role, cut, header_text};
use super::words::encoded_words;
use crate::model::{Charset, Mailbox, Timestamp};
use mail_builder::headers::Header;
use mail_builder::headers::address::Address as MailAddress;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::text::Text;
use mail_builder::headers::url::URL;
use std::borrow::Cow;

/// A display name longer than this is cut: it is a name, not a letter.
const LONGEST_NAME: usize = 120;
/// A line with an encoded word has at most 76 characters (RFC 2047 section 2).
const ENCODED_LINE: usize = 76;

/// Writes header fields to a buffer, in a charset that can write them all.
pub(in crate::render) struct Headers<'a>(
    pub(in crate::render) &'a mut Vec<u8>,
    pub(in crate::render) Charset,
);

impl Headers<'_> {
    /// A field whose value is known to be harmless ASCII.
    pub(in crate::render) fn plain(&mut self, name: &str, value: &str) {
        self.name(name);
        self.0.extend_from_slice(value.as_bytes());
        self.0.extend_from_slice(b"\r\n");
    }

    /// A field of unstructured text in any script. `text` has passed [`header_text`].
    pub(in crate::render) fn text(&mut self, name: &str, text: &str) {
        if self.needs_own_words(text) {
            self.name(name);
            self.words(name.len() + 2, text);
            self.0.extend_from_slice(b"\r\n");
        } else {
            self.value(name, &Text::new(text));
        }
    }

    /// A field of one mailbox or, for List-ID, one identifier. `display` may be hostile.
    pub(in crate::render) fn mailbox(&mut self, name: &str, display: Option<&str>, address: &str) {
        let display = display.map(display_name);
        match display.as_deref().filter(|text| !text.is_empty()) {
            Some(text) if self.needs_own_words(text) => {
                self.name(name);
                self.words(name.len() + 2, text);
                self.0.extend_from_slice(b"\r\n ");
                // Behind a fold, in column 1.
                MailAddress::new_address(None::<&str>, address).write_header(self.0, 1);
            }
            text => self.value(name, &MailAddress::new_address(text, address)),
        }
    }

    /// From, Reply-To.
    pub(in crate::render) fn person(&mut self, name: &str, mailbox: &Mailbox) {
        self.mailbox(name, mailbox.name.as_deref(), &mailbox.address.to_string());
    }

    /// Date, in UTC.
    pub(in crate::render) fn date(&mut self, at: Timestamp) {
        self.value("Date", &Date::new(at.as_secs()));
    }

    /// Message-ID, without its angle brackets.
    pub(in crate::render) fn message_id(&mut self, id: &str) {
        self.value("Message-ID", &MessageId::new(id));
    }

    /// List-Unsubscribe (RFC 2369), and the mark that one POST is enough (RFC 8058). The addresses
    /// have been checked; without any there is no field.
    pub(in crate::render) fn unsubscribe<'u>(
        &mut self,
        urls: impl Iterator<Item = &'u str>,
        one_click: bool,
    ) {
        let urls: Vec<&str> = urls.collect();
        if urls.is_empty() {
            return;
        }
        self.value("List-Unsubscribe", &URL::new_list(urls.into_iter()));
        if one_click {
            self.plain("List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
        }
    }

    fn value(&mut self, name: &str, value: &impl Header) {
        self.name(name);
        value.write_header(self.0, name.len() + 2);
    }

    fn name(&mut self, name: &str) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
    }

    /// Whether a text has to be encoded here: mail-builder knows UTF-8 only.
    fn needs_own_words(&self, text: &str) -> bool {
        looks_encoded(text) || (self.1 == Charset::Iso2022Jp && !text.is_ascii())
    }

    /// Encoded words.
    fn words(&mut self, column: usize, text: &str) {
        if text.is_ascii() {
            return self.ascii_words(column, text);
        }
        let words = encoded_words(text, self.1, ENCODED_LINE - column);
        self.0.extend_from_slice(words.join("\r\n ").as_bytes());
    }

    /// ASCII text as "Q" encoded words, of letters and digits only: allowed in every place
    /// (RFC 2047 section 5).
    fn ascii_words(&mut self, column: usize, text: &str) {
        const OPEN: &[u8] = b"=?utf-8?Q?";
        const CLOSE: &[u8] = b"?=";
        let room = |column: usize| ENCODED_LINE - column - OPEN.len() - CLOSE.len();
        let mut left = room(column);
        self.0.extend_from_slice(OPEN);
        for octet in text.bytes() {
            let plain = octet.is_ascii_alphanumeric() || octet == b' ';
            let needed = if plain { 1 } else { 3 };
            if needed > left {
                self.0.extend_from_slice(CLOSE);
                self.0.extend_from_slice(b"\r\n ");
                self.0.extend_from_slice(OPEN);
                left = room(1);
            }
            left -= needed;
            match octet {
                b' ' => self.0.push(b'_'),
                _ if plain => self.0.push(octet),
                _ => self.0.extend_from_slice(format!("={octet:02X}").as_bytes()),
            }
        }
        self.0.extend_from_slice(CLOSE);
    }
}

/// A display name as it is written. What comes from a list may be hostile, and long.
fn display_name(text: &str) -> Cow<'_, str> {
    match header_text(cut(text, LONGEST_NAME * 4), Role::Name) {
        Cow::Borrowed(text) => Cow::Borrowed(cut(text, LONGEST_NAME)),
        Cow::Owned(text) => Cow::Owned(cut(&text, LONGEST_NAME).to_owned()),
    }
}

/// Whether `charset` can write a display name, or there is none.
pub(in crate::render) fn can_name(charset: Charset, display: Option<&str>) -> bool {
    display.is_none_or(|text| can_write(charset, &display_name(text)))
}

/// Whether mail clients may take plain ASCII for an encoded word. Other text becomes encoded words
/// as a whole anyway.
fn looks_encoded(text: &str) -> bool {
    text.is_ascii() && text.contains("=?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Headers<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Headers(&mut out, Charset::Utf8));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_in_any_script_and_hostile_names() {
        let to = |name: &str| written(|h| h.mailbox("To", Some(name), "a@example.com"));
        assert_eq!(to("Ann"), "To: \"Ann\" <a@example.com>\r\n");
        assert_eq!(to(" "), "To: <a@example.com>\r\n");
        assert_eq!(to("山田"), "To: =?utf-8?B?5bGx55Sw?= <a@example.com>\r\n");
        assert_eq!(to("x\r\nBcc: y"), "To: \"x Bcc: y\" <a@example.com>\r\n");
        assert_eq!(
            to("a\" <b@c>, \"\\"),
            "To: \"a\\\" <b@c>, \\\"\\\\\" <a@example.com>\r\n"
        );
        assert_eq!(
            to("=?utf-8?Q?x?="),
            "To: =?utf-8?Q?=3D=3Futf=2D8=3FQ=3Fx=3F=3D?=\r\n <a@example.com>\r\n"
        );
    }

    #[test]
    fn iso_2022_jp_words_begin_and_end_in_ascii() {
        let mut out = Vec::new();
        let mut headers = Headers(&mut out, Charset::Iso2022Jp);
        headers.mailbox("To", Some("山田"), "a@example.com");
        headers.text("Subject", &"日本の長い件名 and more、".repeat(9));
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("To: =?iso-2022-jp?B?GyRCOzNFRBsoQg==?=\r\n <a@example.com>\r\n"),
            "{text}"
        );
        assert!(text.split("\r\n").all(|line| line.len() <= 76), "{text}");
        assert!(!text.contains("utf-8"), "{text}");
    }

    #[test]
    fn long_subjects_are_folded_within_76_columns() {
        for text in [
            "=?".repeat(60),
            "題".repeat(90),
            "word ".repeat(40),
            "x".repeat(300),
        ] {
            let header = written(|h| h.text("Subject", text.trim()));
            for line in header.split("\r\n") {
                assert!(line.len() <= 76, "{line}");
            }
        }
    }
}
