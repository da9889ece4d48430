//! A file as a MIME part, encoded once and shared by all messages that carry it.

use super::charset::{Variants, mime_name};
use super::clean::body_text;
use super::message::Content;
use super::parameters::{filename_parameter, name_parameter};
use super::transfer::{Fitness, fitness, is_canonical, write_base64, write_seven_bit, write_text};
use crate::model::Charset;
use crate::render::source::File;
use bytes::Bytes;

/// The type of what is known no better.
const OCTETS: &str = "application/octet-stream";

/// Where a file stands in a message.
#[derive(Debug, Clone, Copy)]
pub(in crate::render) enum Place<'a> {
    /// Beside the letter.
    Attached,
    /// In the HTML, which refers to it by this content id (RFC 2392).
    Inline(&'a str),
}

/// A file as a MIME part.
#[derive(Debug)]
pub(in crate::render) struct EncodedFile {
    /// Content-Type, Content-Disposition, Content-ID.
    head: Variants,
    /// Content-Transfer-Encoding, the blank line and the content.
    content: Bytes,
}

/// The type of a file, by its name.
pub(super) fn guess(name: &str) -> mime_guess::Mime {
    mime_guess::from_path(name).first_or_octet_stream()
}

impl EncodedFile {
    /// Encodes a file. Its type follows from its name.
    pub(in crate::render) fn new(file: &File, place: Place<'_>, charset: Charset) -> Self {
        Self::with_type(file, guess(&file.name).essence_str(), place, charset)
    }

    /// Encodes a file of a known type.
    pub(in crate::render) fn with_type(
        file: &File,
        media: &str,
        place: Place<'_>,
        charset: Charset,
    ) -> Self {
        let mut content = Vec::new();
        let media = write_content(&mut content, media, &file.content);
        let head = Variants::of(charset, |charset, out| {
            write_head(out, &media, &file.name, place, charset);
            Some(())
        });
        Self {
            head,
            content: content.into(),
        }
    }

    /// Appends the part to a message in `charset`. Its content is not copied.
    pub(in crate::render) fn write(&self, content: &mut Content, charset: Charset) {
        content.share(self.head.get(charset));
        content.share(&self.content);
    }

    /// The octets that it keeps.
    pub(in crate::render) fn octets(&self) -> usize {
        self.head.get(Charset::Utf8).len() + self.content.len()
    }
}

/// Appends the content, and tells the type that it is sent as, with its parameters.
fn write_content(out: &mut Vec<u8>, media: &str, octets: &[u8]) -> String {
    match media.split_once('/').map_or("", |(kind, _)| kind) {
        "text" => match std::str::from_utf8(octets) {
            Ok(text) => {
                write_plain(out, text);
                return format!("{media}; charset=\"{}\"", mime_name(Charset::Utf8));
            }
            // Nobody knows what it is written in, so nobody is told.
            Err(_) => write_base64(out, octets),
        },
        "message" => return write_message(out, media, octets),
        // A composite type needs its parameters.
        "multipart" => {
            write_base64(out, octets);
            return OCTETS.to_owned();
        }
        _ => write_base64(out, octets),
    }
    media.to_owned()
}

/// Text arrives octet by octet as it is: what is not lines that end in CRLF goes as base64.
fn write_plain(out: &mut Vec<u8>, text: &str) {
    if !is_canonical(text.as_bytes()) {
        return write_base64(out, text.as_bytes());
    }
    let mut part = Vec::new();
    write_text(&mut part, "text/plain", text.to_owned());
    // What stands before is the type, which is written with the file's name.
    let behind_type = memchr::memchr(b'\n', &part).map_or(0, |at| at + 1);
    out.extend_from_slice(&part[behind_type..]);
}

/// A message may not be encoded (RFC 2046 section 5.2.1). One that cannot go as it is becomes a
/// file like others, which mail programs open by its name.
fn write_message(out: &mut Vec<u8>, media: &str, octets: &[u8]) -> String {
    let text = std::str::from_utf8(octets)
        .ok()
        .filter(|text| text.is_ascii());
    let lines = text.map(|text| body_text(text.to_owned()));
    match lines {
        Some(lines)
            if media == "message/rfc822"
                && has_a_header(&lines)
                && fitness(lines.as_bytes()) == Fitness::SevenBit =>
        {
            write_seven_bit(out, lines.as_bytes());
            media.to_owned()
        }
        _ => {
            write_base64(out, octets);
            OCTETS.to_owned()
        }
    }
}

/// Whether it is a header section and the empty line that ends it (RFC 5322 section 2.1). Without that
/// line, readers take the boundary behind the part for one more line of the header.
fn has_a_header(message: &str) -> bool {
    let mut lines = message.split("\r\n");
    let mut fields = 0;
    loop {
        match lines.next() {
            None => return false,
            // The text behind the last line break is no line of its own.
            Some("") => return fields > 0 && lines.next().is_some(),
            Some(line) if is_field(line) => fields += 1,
            Some(line) if fields > 0 && line.starts_with([' ', '\t']) => {}
            Some(_) => return false,
        }
    }
}

/// Whether a line begins as a field does (RFC 5322 section 2.2).
fn is_field(line: &str) -> bool {
    let name = line.split_once(':').map_or("", |(name, _)| name);
    !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic())
}

fn write_head(out: &mut Vec<u8>, media: &str, name: &str, place: Place<'_>, charset: Charset) {
    out.extend_from_slice(b"Content-Type: ");
    out.extend_from_slice(media.as_bytes());
    name_parameter(out, name, charset);
    out.extend_from_slice(b"Content-Disposition: ");
    out.extend_from_slice(match place {
        Place::Attached => b"attachment",
        Place::Inline(_) => b"inline",
    });
    filename_parameter(out, name);
    if let Place::Inline(id) = place {
        out.extend_from_slice(format!("Content-ID: <{id}>\r\n").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, octets: &[u8]) -> String {
        let file = File {
            name: name.to_owned(),
            content: Bytes::copy_from_slice(octets),
        };
        let part = EncodedFile::new(&file, Place::Attached, Charset::Utf8);
        let mut content = Content::begin(&Bytes::new(), 0);
        part.write(&mut content, Charset::Utf8);
        let (chunks, _) = content.finish();
        String::from_utf8(chunks.concat()).unwrap()
    }

    #[test]
    fn the_encoding_follows_type_and_content() {
        for (name, octets, media, encoding) in [
            ("a.pdf", &b"%PDF"[..], "application/pdf", "base64"),
            ("a.csv", b"a,b\r\n", "text/csv; charset=\"utf-8\"", "7bit"),
            ("a.csv", b"a,b\n", "text/csv; charset=\"utf-8\"", "base64"),
            (
                "a.txt",
                "ü and a long line of others\r\n".as_bytes(),
                "text/plain; charset=\"utf-8\"",
                "quoted-printable",
            ),
            ("a.txt", b"\xFF\xFE", "text/plain", "base64"),
            (
                "a.txt",
                b"--=_x\r\n",
                "text/plain; charset=\"utf-8\"",
                "base64",
            ),
            ("a.eml", b"Subject: x\n\ny\n", "message/rfc822", "7bit"),
            ("a.eml", b"Subject: x\n\n--=_y\n", OCTETS, "base64"),
            ("a.eml", "Subject: ü\n\ny\n".as_bytes(), OCTETS, "base64"),
            ("a.eml", b"no message", OCTETS, "base64"),
            ("a.eml", b"!:", OCTETS, "base64"),
            ("a.eml", b"Subject: x\nTo: y\n", OCTETS, "base64"),
            ("a.eml", b"A: x\n y\nB: z\n\n", "message/rfc822", "7bit"),
            ("a", b"", OCTETS, "base64"),
            ("a.unknown-to-all", b"x", OCTETS, "base64"),
        ] {
            let part = written(name, octets);
            assert!(
                part.starts_with(&format!("Content-Type: {media};\r\n name=\"{name}\"\r\n")),
                "{part}"
            );
            let encoding = format!("\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n");
            assert!(part.contains(&encoding), "{part}");
        }
    }
}
