//! A body as a MIME part: headers and content in a transfer encoding that is 7-bit clean, with
//! no line over 998 octets.

use super::clean::body_text;
use super::message::Content;
use crate::render::template::Slot;
use bytes::Bytes;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use memchr::{memchr_iter, memmem};
use std::borrow::Cow;

/// RFC 5322 section 2.1.1.
const LONGEST_LINE: usize = 998;

/// Begins every boundary. It holds what neither quoted-printable nor base64 can hold (RFC 2045
/// section 6.7 recommends just that), and 7-bit parts are checked for it, so no part can end its
/// multipart.
pub(in crate::render) const BOUNDARY: &str = "=_";

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Kind {
    Plain,
    Html,
}

/// A body of the letter, in its encoded form where that is always the same.
#[derive(Debug)]
pub(in crate::render) struct Part {
    kind: Kind,
    shared: Option<Bytes>,
}

impl Part {
    /// The part that `slot` makes.
    pub(in crate::render) fn new(slot: &Slot, kind: Kind) -> Self {
        let shared = match slot {
            Slot::Same(text) => {
                let mut out = Vec::new();
                encode(&mut out, kind, text.clone());
                Some(out.into())
            }
            Slot::Template(_) => None,
        };
        Self { kind, shared }
    }

    /// Appends the part with the text that its template made.
    pub(in crate::render) fn write(&self, content: &mut Content, text: Cow<'_, str>) {
        match &self.shared {
            Some(octets) => content.share(octets),
            None => encode(content.open(), self.kind, text.into_owned()),
        }
    }
}

/// Appends Content-Type, Content-Transfer-Encoding, a blank line and the content.
pub(in crate::render) fn encode(out: &mut Vec<u8>, kind: Kind, text: String) {
    let media = match kind {
        Kind::Plain => "text/plain",
        Kind::Html => "text/html",
    };
    let text = body_text(text);
    let part = match fitness(&text) {
        Fitness::SevenBit => MimePart::new(media, text).transfer_encoding("7bit"),
        // Quoted-printable or base64, whichever is shorter.
        Fitness::Encode => MimePart::new(media, text),
        // As octets it becomes base64 in any case.
        Fitness::Hide => MimePart::raw(BodyPart::Binary(text.into_bytes().into())).header(
            "Content-Type",
            Raw::new(format!("{media}; charset=\"utf-8\"")),
        ),
    };
    part.write_part(out);
}

enum Fitness {
    /// It can go as it is.
    SevenBit,
    /// It has to be encoded, and mail-builder sees that by itself.
    Encode,
    /// It has to be encoded because it could be taken for a boundary.
    Hide,
}

fn fitness(text: &str) -> Fitness {
    if !text.is_ascii() || has_long_line(text.as_bytes()) {
        Fitness::Encode
    } else if memmem::find(text.as_bytes(), b"--=_").is_some() {
        Fitness::Hide
    } else {
        Fitness::SevenBit
    }
}

fn has_long_line(text: &[u8]) -> bool {
    let mut start = 0;
    for end in memchr_iter(b'\r', text).chain([text.len()]) {
        if end - start > LONGEST_LINE {
            return true;
        }
        start = end + 2;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(text: &str) -> String {
        let mut out = Vec::new();
        encode(&mut out, Kind::Plain, text.to_owned());
        let part = String::from_utf8(out).unwrap();
        assert!(part.is_ascii());
        assert!(part.split("\r\n").all(|line| line.len() <= LONGEST_LINE));
        let (_, encoding) = part.split_once("Content-Transfer-Encoding: ").unwrap();
        encoding.split_once("\r\n").unwrap().0.to_owned()
    }

    #[test]
    fn the_encoding_follows_the_content() {
        assert_eq!(encoding("plain\n.\n"), "7bit");
        assert_eq!(encoding(&"x".repeat(998)), "7bit");
        assert_eq!(encoding(&"x".repeat(999)), "quoted-printable");
        assert_eq!(
            encoding(&format!("ü{}", "x".repeat(99))),
            "quoted-printable"
        );
        assert_eq!(encoding("日本語の手紙"), "base64");
        assert_eq!(encoding("--=_0\r\n"), "base64");
        assert_eq!(encoding(""), "7bit");
    }
}
