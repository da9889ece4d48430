//! Octets to text: transfer encodings, character sets, encoded words.

use super::html::words_of;
use super::{Head, Media};
use crate::returned::bounds::{NOTICE, cut};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use std::borrow::Cow;

/// The octets of a part without their transfer encoding (RFC 2045 section 6). What cannot be decoded
/// is taken as it is.
pub(in crate::returned) fn plain<'a>(head: &Head, body: &'a [u8]) -> Cow<'a, [u8]> {
    let encoding = head.get("content-transfer-encoding").unwrap_or_default();
    let encoding = encoding.split([' ', ';', '(']).next().unwrap_or_default();
    let decoded = if encoding.eq_ignore_ascii_case("base64") {
        let end = body.len()
            - body
                .iter()
                .rev()
                .take_while(|o| o.is_ascii_whitespace())
                .count();
        base64_decode(&body[..end]).filter(|decoded| !decoded.is_empty())
    } else if encoding.eq_ignore_ascii_case("quoted-printable") {
        Some(quoted_printable(body))
    } else {
        None
    };
    decoded.map_or(Cow::Borrowed(body), Cow::Owned)
}

/// The words of a part, with line feeds alone between lines, as far as they are looked at.
pub(in crate::returned) fn text_of(media: &Media, octets: &[u8]) -> String {
    let octets = &octets[..octets.len().min(NOTICE)];
    let text = match media.charset.as_deref() {
        // Octets beyond ASCII that are UTF-8 by chance are as good as none.
        Some(_) if !octets.is_ascii() && std::str::from_utf8(octets).is_ok() => {
            String::from_utf8_lossy(octets).into_owned()
        }
        _ if holds_escapes(octets) => decoded("iso-2022-jp", octets),
        Some(charset) if !["us-ascii", "utf-8", "ascii"].contains(&charset) => {
            decoded(charset, octets)
        }
        _ => charset_guessed(octets).into_owned(),
    };
    let mut text = text;
    if memchr::memchr2(b'\r', 0, text.as_bytes()).is_some() {
        text.retain(|c| c != '\r' && c != '\0');
    }
    if media.name == "text/html" || looks_like_html(&text) {
        text = words_of(&text);
    }
    if let Cow::Owned(spaced) = spaces(&text) {
        text = spaced;
    }
    text
}

/// Blanks of all kinds to spaces, so that words are found between them.
fn spaces(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() && text.contains(['\u{a0}', '\u{3000}', '\u{200b}', '\u{feff}']) {
        let text = text.replace(['\u{a0}', '\u{3000}'], " ");
        return Cow::Owned(text.replace(['\u{200b}', '\u{feff}'], ""));
    }
    Cow::Borrowed(text)
}

fn decoded(charset: &str, octets: &[u8]) -> String {
    match charset_decoder(charset.as_bytes()) {
        Some(decode) => decode(octets),
        None => charset_guessed(octets).into_owned(),
    }
}

/// ISO-2022-JP shows itself, whatever the part says (RFC 1468).
fn holds_escapes(octets: &[u8]) -> bool {
    memchr::memmem::find(octets, b"\x1b$").is_some()
}

/// UTF-8, or else Windows-1252, in which any octets are some text.
pub(super) fn charset_guessed(octets: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        // A character that was cut at the end makes no other charset of the rest.
        Err(error) if error.error_len().is_none() && !octets[..error.valid_up_to()].is_ascii() => {
            String::from_utf8_lossy(octets)
        }
        Err(_) => match charset_decoder(b"windows-1252") {
            Some(decode) => Cow::Owned(decode(octets)),
            None => String::from_utf8_lossy(octets),
        },
    }
}

/// A field's value with its encoded words decoded.
pub(super) fn encoded_words(value: &str) -> String {
    if !value.contains("=?") {
        if holds_escapes(value.as_bytes()) {
            return decoded("iso-2022-jp", value.as_bytes());
        }
        return value.to_owned();
    }
    let line = format!("{value}\n");
    let text = MessageStream::new(line.as_bytes()).parse_unstructured();
    text.as_text().unwrap_or(value).to_owned()
}

fn looks_like_html(text: &str) -> bool {
    let start = cut(text.trim_start(), 15).to_ascii_lowercase();
    start.starts_with("<html") || start.starts_with("<!doctype html")
}

/// Quoted-printable (RFC 2045 section 6.7); what is not, stays as it is.
fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(place) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..place]);
        rest = &rest[place..];
        let line_end = rest.iter().take(80).position(|octet| *octet == b'\n');
        let soft = line_end.filter(|end| rest[1..*end].iter().all(u8::is_ascii_whitespace));
        if let Some(end) = soft {
            rest = &rest[end + 1..];
            continue;
        }
        let digit = |place: usize| {
            rest.get(place)
                .and_then(|octet| char::from(*octet).to_digit(16))
        };
        match (digit(1), digit(2)) {
            (Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = &rest[3..];
            }
            _ => {
                out.push(b'=');
                rest = &rest[1..];
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_is_read_leniently() {
        for (text, meant) in [
            ("a=3Db=\nc", "a=bc"),
            ("a=\r\nb =  \nc", "ab c"),
            ("a=zz=", "a=zz="),
            ("=C3=A9", "é"),
        ] {
            assert_eq!(
                quoted_printable(text.as_bytes()),
                meant.as_bytes(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn escapes_are_japanese_whatever_the_part_says() {
        let media = Media {
            charset: Some("us-ascii".to_owned()),
            ..Media::default()
        };
        assert_eq!(text_of(&media, b"\x1b$B$\"\x1b(B"), "あ");
        assert_eq!(text_of(&Media::default(), b"inconnu \xe9"), "inconnu é");
        assert_eq!(encoded_words("=?utf-8?q?a=C3=A9?= b"), "aé b");
    }
}
