//! How octets travel: as they are, quoted-printable or base64, whichever is shortest and 7-bit clean
//! with no line over 998 octets (RFC 5322 section 2.1.1, RFC 6376 section 5.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;
use memchr::{memchr, memchr_iter, memmem};

/// RFC 5322 section 2.1.1.
const LONGEST_LINE: usize = 998;
/// What becomes a base64 line of 76 characters (RFC 2045 section 6.8).
const LINE_OF_OCTETS: usize = 57;

/// Begins every boundary. It holds what neither quoted-printable nor base64 can hold (RFC 2045
/// section 6.7 recommends just that), and 7-bit parts are checked for it, so no part can end its
/// multipart.
pub(in crate::render) const BOUNDARY: &str = "=_";

/// How a text can travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Fitness {
    /// It can go as it is.
    SevenBit,
    /// It has to be encoded.
    Encode,
    /// It has to be base64 because it could be taken for a boundary.
    Hide,
}

/// How `text`, whose lines end in CRLF, can travel.
pub(in crate::render) fn fitness(text: &[u8]) -> Fitness {
    if !text.is_ascii() || has_long_line(text) {
        Fitness::Encode
    } else if memmem::find(text, b"--=_").is_some() {
        Fitness::Hide
    } else {
        Fitness::SevenBit
    }
}

/// Whether octets are lines that end in CRLF, with neither of the two alone, and without NUL.
pub(in crate::render) fn is_canonical(octets: &[u8]) -> bool {
    memchr(0, octets).is_none()
        && memchr_iter(b'\r', octets).all(|at| octets.get(at + 1) == Some(&b'\n'))
        && memchr_iter(b'\n', octets).all(|at| at > 0 && octets[at - 1] == b'\r')
}

/// Appends Content-Type, Content-Transfer-Encoding, a blank line and the text, which is canonical,
/// in the shortest encoding. `content_type` is one short line.
pub(in crate::render) fn write_text(out: &mut Vec<u8>, content_type: &str, text: String) {
    let typed = |text| MimePart::raw(text).header("Content-Type", Raw::new(content_type));
    match fitness(text.as_bytes()) {
        Fitness::SevenBit => typed(text).transfer_encoding("7bit").write_part(out),
        // Quoted-printable or base64, whichever is shorter.
        Fitness::Encode => typed(text).write_part(out),
        Fitness::Hide => {
            out.extend_from_slice(format!("Content-Type: {content_type}\r\n").as_bytes());
            write_base64(out, text.as_bytes());
        }
    }
}

/// Appends Content-Transfer-Encoding, a blank line and the octets as they are: they are canonical
/// and [`fitness`] says that they can.
pub(in crate::render) fn write_seven_bit(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(b"Content-Transfer-Encoding: 7bit\r\n\r\n");
    out.extend_from_slice(octets);
}

/// Appends Content-Transfer-Encoding, a blank line and the octets in base64.
pub(in crate::render) fn write_base64(out: &mut Vec<u8>, octets: &[u8]) {
    out.extend_from_slice(b"Content-Transfer-Encoding: base64\r\n\r\n");
    out.reserve(octets.len().div_ceil(LINE_OF_OCTETS) * 78);
    let mut line = [0; 76];
    for part in octets.chunks(LINE_OF_OCTETS) {
        // The line holds what a full part becomes.
        let length = STANDARD.encode_slice(part, &mut line).unwrap_or(0);
        out.extend_from_slice(&line[..length]);
        out.extend_from_slice(b"\r\n");
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
        write_text(&mut out, "text/plain; charset=\"utf-8\"", text.to_owned());
        let part = String::from_utf8(out).unwrap();
        assert!(part.is_ascii());
        assert!(part.split("\r\n").all(|line| line.len() <= LONGEST_LINE));
        let (_, encoding) = part.split_once("Content-Transfer-Encoding: ").unwrap();
        encoding.split_once("\r\n").unwrap().0.to_owned()
    }

    #[test]
    fn the_encoding_follows_the_content() {
        assert_eq!(encoding("plain\r\n.\r\n"), "7bit");
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

    #[test]
    fn base64_lines_have_76_characters() {
        let mut out = Vec::new();
        write_base64(&mut out, &[0xFF; 120]);
        let text = String::from_utf8(out).unwrap();
        let lengths: Vec<_> = text.split("\r\n").skip(2).map(str::len).collect();
        assert_eq!(lengths, [76, 76, 8, 0]);
    }

    #[test]
    fn canonical_lines_end_in_crlf_only() {
        assert!(is_canonical(b"a\r\nb") && is_canonical(b""));
        for bad in [&b"a\nb"[..], b"a\rb", b"\n", b"a\r", b"a\0"] {
            assert!(!is_canonical(bad));
        }
    }
}
