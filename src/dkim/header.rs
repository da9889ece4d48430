//! A message's header fields, found in pieces that may be cut anywhere, and those a signature covers.

use super::canonical::relaxed_field;
use bytes::Bytes;
use memchr::{memchr, memchr_iter};

/// The header fields that are signed, in this order, and which of them are oversigned: named once
/// more than they occur, so that nobody can add another (RFC 6376 section 8.15).
///
/// From must be signed (section 5.4). Of the others everything is here that tells a reader who
/// wrote what to whom and how it is to be read, and what RFC 8058 section 4 asks for. Trace fields
/// are left out: they change on the way.
const SIGNED: &[(&str, bool)] = &[
    ("From", true),
    ("To", true),
    ("Cc", false),
    ("Subject", true),
    ("Date", true),
    ("Message-ID", true),
    ("Reply-To", true),
    ("MIME-Version", false),
    ("Content-Type", true),
    ("Content-Transfer-Encoding", false),
    ("List-Unsubscribe", true),
    ("List-Unsubscribe-Post", true),
    ("List-ID", false),
    ("Feedback-ID", false),
];

/// What a signature says about header fields.
pub(super) struct Covered {
    /// Their names as h= lists them.
    pub(super) names: Vec<&'static str>,
    /// Their canonical forms in that order, each ending in CRLF.
    pub(super) canonical: Vec<u8>,
}

/// A header field without its last line end.
struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// The header of a message in one piece, its empty line included, and the pieces of the body.
pub(super) fn split(content: &[Bytes]) -> (Vec<u8>, impl Iterator<Item = &[u8]>) {
    let mut header = Vec::with_capacity(HEADER);
    let mut body = (content.len(), 0);
    'pieces: for (place, piece) in content.iter().enumerate() {
        let mut from = 0;
        for end in memchr_iter(b'\n', piece) {
            header.extend_from_slice(&piece[from..=end]);
            from = end + 1;
            if header == b"\r\n" || header.ends_with(b"\r\n\r\n") {
                body = (place, from);
                break 'pieces;
            }
        }
        header.extend_from_slice(&piece[from..]);
    }
    let (place, from) = body;
    let first = content.get(place).map(|piece| &piece[from..]);
    let others = content.iter().skip(place + 1).map(|piece| &piece[..]);
    (header, first.into_iter().chain(others))
}

/// What a signature over this header covers; `None` where it has no From.
pub(super) fn covered(header: &[u8]) -> Option<Covered> {
    let fields: Vec<Field<'_>> = fields(header).collect();
    let mut names = Vec::with_capacity(SIGNED.len() * 2);
    let mut canonical = Vec::with_capacity(header.len());
    for (name, oversigned) in SIGNED {
        let before = names.len();
        // Of several fields of a name the last one is meant first (RFC 6376 section 5.4.2).
        for field in fields.iter().rev().filter(|field| field.is(name)) {
            relaxed_field(field.name, field.value, &mut canonical);
            canonical.extend_from_slice(b"\r\n");
            names.push(*name);
        }
        if *name == "From" && names.len() == before {
            return None;
        }
        if *oversigned {
            names.push(name);
        }
    }
    Some(Covered { names, canonical })
}

impl Field<'_> {
    fn is(&self, name: &str) -> bool {
        self.name
            .trim_ascii_end()
            .eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a header, in order. Lines that are no field's are skipped.
fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (field, behind) = rest.split_at(field_end(rest));
            rest = behind;
            if let Some(colon) = memchr(b':', field) {
                return Some(Field {
                    name: &field[..colon],
                    value: &field[colon + 1..],
                });
            }
        }
        None
    })
}

/// Where the field that a header begins with ends: behind the first line end that no white space
/// follows.
fn field_end(header: &[u8]) -> usize {
    memchr_iter(b'\n', header)
        .filter(|at| *at > 0 && header[at - 1] == b'\r')
        .map(|at| at + 1)
        .find(|end| !matches!(header.get(*end), Some(b' ' | b'\t')))
        .unwrap_or(header.len())
}

/// Octets that a header has, about.
const HEADER: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(message: &str) -> Option<String> {
        let content = [Bytes::copy_from_slice(message.as_bytes())];
        covered(&split(&content).0).map(|covered| covered.names.join(":"))
    }

    #[test]
    fn what_is_not_there_is_kept_out_where_a_reader_would_see_it() {
        let names = names("from: a@example.com\r\n\r\n").unwrap();
        assert_eq!(
            names,
            "From:From:To:Subject:Date:Message-ID:Reply-To:Content-Type:List-Unsubscribe:List-Unsubscribe-Post"
        );
    }

    #[test]
    fn fields_are_covered_from_the_last_to_the_first() {
        let header = b"To: 1\r\nReceived: x\r\nCC : c\r\nFrom: a\r\n b\r\nTo:\r\n\t2\r\n\r\n";
        let covered = covered(header).unwrap();
        assert_eq!(covered.canonical, b"from:a b\r\nto:2\r\nto:1\r\ncc:c\r\n");
        assert!(
            covered
                .names
                .join(":")
                .starts_with("From:From:To:To:To:Cc:Subject")
        );
    }

    #[test]
    fn a_message_without_from_cannot_be_covered() {
        assert_eq!(names("To: a\r\n\r\n"), None);
        assert_eq!(names("\r\nFrom: in the body\r\n"), None);
        assert_eq!(names("From\r\n\r\n"), None);
    }

    proptest! {
        #[test]
        fn header_and_body_are_told_apart_however_they_are_cut(
            parts in proptest::collection::vec("(\r\n|\r|\n|a|: |\r\n\r\n){0,4}", 0..8)
        ) {
            let whole = parts.concat();
            let at = match whole.starts_with("\r\n") {
                true => 2,
                false => whole.find("\r\n\r\n").map_or(whole.len(), |at| at + 4),
            };
            let pieces: Vec<Bytes> = parts.into_iter().map(Bytes::from).collect();
            let (header, body) = split(&pieces);
            prop_assert_eq!(&header, &whole.as_bytes()[..at]);
            prop_assert_eq!(&body.collect::<Vec<_>>().concat(), &whole.as_bytes()[at..]);
            let _ = covered(&header);
        }
    }
}
