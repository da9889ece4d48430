//! A file's name in Content-Type and Content-Disposition, in any script.
//!
//! The name that counts is `filename` (RFC 2183), by RFC 2231 where it is not short ASCII. Readers
//! from before RFC 2231, which are still in use, look for an encoded word in `name`. RFC 2047
//! section 5 has no such thing, but mail programs have written both for decades, and those that know
//! the standard prefer the other.

use super::clean::file_name;
use super::words::encoded_words;
use crate::model::Charset;

/// The longest line of these fields.
const LINE: usize = 76;

/// Appends `; name=…` to a Content-Type, folded, and ends the line.
pub(in crate::render) fn name_parameter(out: &mut Vec<u8>, name: &str, charset: Charset) {
    const BEGIN: &str = ";\r\n name=\"";
    let name = file_name(name);
    out.extend_from_slice(BEGIN.as_bytes());
    if name.is_ascii() {
        out.extend_from_slice(quoted(&name).as_bytes());
    } else {
        // The line begins behind the fold, and a quotation mark ends it.
        let used = BEGIN.len() - ";\r\n".len() + 1;
        let words = encoded_words(&name, charset, LINE - used);
        out.extend_from_slice(words.join("\r\n ").as_bytes());
    }
    out.extend_from_slice(b"\"\r\n");
}

/// Appends `; filename=…` to a Content-Disposition, folded, and ends the line.
pub(in crate::render) fn filename_parameter(out: &mut Vec<u8>, name: &str) {
    const BEGIN: &str = " filename=\"";
    let name = file_name(name);
    let quoted = quoted(&name);
    out.extend_from_slice(b";\r\n");
    if name.is_ascii() && BEGIN.len() + quoted.len() < LINE {
        out.extend_from_slice(format!("{BEGIN}{quoted}\"\r\n").as_bytes());
        return;
    }
    let lines = extended(&name);
    for (number, line) in lines.iter().enumerate() {
        let section = match lines.len() {
            1 => String::new(),
            _ => format!("*{number}"),
        };
        let charset = if number == 0 { "utf-8''" } else { "" };
        let end = if number + 1 < lines.len() { ";" } else { "" };
        out.extend_from_slice(format!(" filename{section}*={charset}{line}{end}\r\n").as_bytes());
    }
}

/// The name in percent signs and digits, in pieces of whole characters that fit a line each.
fn extended(name: &str) -> Vec<String> {
    // The longest frame is that of the first section: ` filename*0*=utf-8''…;`.
    const ROOM: usize = LINE - 22;
    let mut lines = vec![String::new()];
    for c in name.chars() {
        let mut octets = [0; 4];
        let mut piece = String::new();
        for octet in c.encode_utf8(&mut octets).bytes() {
            // Fewer than `attribute-char` of RFC 2231 allows, so that no reader stumbles.
            if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_') {
                piece.push(char::from(octet));
            } else {
                piece.push_str(&format!("%{octet:02X}"));
            }
        }
        match lines.last_mut() {
            Some(line) if line.len() + piece.len() <= ROOM => line.push_str(&piece),
            _ => lines.push(piece),
        }
    }
    lines
}

/// The inside of a quoted string (RFC 2045 section 5.1, RFC 5322 section 3.2.4).
fn quoted(name: &str) -> String {
    name.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders as _};
    use proptest::prelude::*;

    fn written(name: &str) -> String {
        let mut out = b"Content-Type: application/pdf".to_vec();
        name_parameter(&mut out, name, Charset::Utf8);
        out.extend_from_slice(b"Content-Disposition: attachment");
        filename_parameter(&mut out, name);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn short_ascii_is_quoted_and_the_rest_extended() {
        assert_eq!(
            written("the \"menu\".pdf"),
            "Content-Type: application/pdf;\r\n name=\"the \\\"menu\\\".pdf\"\r\n\
             Content-Disposition: attachment;\r\n filename=\"the \\\"menu\\\".pdf\"\r\n"
        );
        assert_eq!(
            written("品書.pdf"),
            "Content-Type: application/pdf;\r\n name=\"=?utf-8?B?5ZOB5pu4LnBkZg==?=\"\r\n\
             Content-Disposition: attachment;\r\n filename*=utf-8''%E5%93%81%E6%9B%B8.pdf\r\n"
        );
    }

    fn check(name: &str) {
        let header = written(name);
        assert!(header.is_ascii());
        for line in header
            .split("\r\n")
            .filter(|line| !line.starts_with(" name=\""))
        {
            assert!(line.len() <= LINE, "{line}");
        }
        let message = format!("{header}\r\nx\r\n");
        let message = MessageParser::new().parse(message.as_bytes()).unwrap();
        assert_eq!(
            message.content_disposition().unwrap().attribute("filename"),
            Some(&*file_name(name))
        );
        let named = message.content_type().unwrap().attribute("name").unwrap();
        assert_eq!(named, &*file_name(name));
    }

    #[test]
    fn long_names_go_over_several_lines() {
        for name in [
            "とても長い名前".repeat(8),
            "long name ".repeat(15),
            "قائمة.pdf".to_owned(),
        ] {
            check(&name);
        }
    }

    proptest! {
        #[test]
        fn names_arrive_as_they_are(name in "\\PC{1,40}") {
            let header = written(&name);
            prop_assert!(header.is_ascii());
            let message = format!("{header}\r\nx\r\n");
            let message = MessageParser::new().parse(message.as_bytes()).unwrap();
            let disposition = message.content_disposition().unwrap();
            let clean = file_name(&name);
            prop_assert_eq!(disposition.attribute("filename"), Some(&*clean));
        }
    }
}
