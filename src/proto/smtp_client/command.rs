//! Command lines, and what may stand in one (RFC 5321 section 4.1).
//!
//! The only place where text from outside becomes a command. Whatever could end a path or a line
//! early is refused here, so that no address can carry a parameter or a second command.

use bytes::{BufMut, BytesMut};

/// Octets of a path without its angle brackets (RFC 5321 section 4.5.3.1.3).
pub(super) const MAX_PATH: usize = 254;

/// What MAIL says besides the return path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MailParameters {
    /// The message's octets, where SIZE is offered.
    pub size: Option<u64>,
    /// BODY=8BITMIME
    pub eight_bit: bool,
    /// SMTPUTF8
    pub smtputf8: bool,
}

/// What is wrong with an address in wire form; `None` where it is safe inside `<` and `>`.
///
/// This is no check whether the address is valid, only whether every server must read it as one
/// path: no control characters anywhere; spaces and angle brackets only in a quoted string, which
/// is the whole local part or not there.
pub(super) fn address_fault(address: &str) -> Option<&'static str> {
    if address.len() > MAX_PATH {
        return Some("is longer than the 254 octets of a path");
    }
    if address.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Some("holds a control character");
    }
    let plain = match address.strip_prefix('"') {
        None => address,
        Some(quoted) => match behind_quotes(quoted) {
            Some(rest) if rest.starts_with('@') => rest,
            _ => return Some("has a quoted part that does not end before the @"),
        },
    };
    plain
        .contains([' ', '<', '>', '"', '\\'])
        .then_some("holds a space, a quote, a backslash or an angle bracket")
}

/// What stands behind the end of a quoted string whose first quote was taken off.
fn behind_quotes(quoted: &str) -> Option<&str> {
    let mut escaped = false;
    let end = quoted.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    quoted.get(end + 1..)
}

/// Whether a name can stand behind EHLO.
pub(super) fn is_hostname(name: &str) -> bool {
    (1..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
}

/// `EHLO name` or `HELO name`.
pub(super) fn greet(out: &mut BytesMut, verb: &str, hostname: &str) {
    put(out, &[verb, " ", hostname, "\r\n"]);
}

/// `MAIL FROM:<path>` with its parameters.
pub(super) fn mail(out: &mut BytesMut, path: &str, parameters: MailParameters) {
    put(out, &["MAIL FROM:<", path, ">"]);
    if let Some(size) = parameters.size {
        put(out, &[" SIZE=", &size.to_string()]);
    }
    if parameters.eight_bit {
        put(out, &[" BODY=8BITMIME"]);
    }
    if parameters.smtputf8 {
        put(out, &[" SMTPUTF8"]);
    }
    put(out, &["\r\n"]);
}

/// `RCPT TO:<path>`.
pub(super) fn rcpt(out: &mut BytesMut, path: &str) {
    put(out, &["RCPT TO:<", path, ">\r\n"]);
}

fn put(out: &mut BytesMut, words: &[&str]) {
    for word in words {
        out.put_slice(word.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_addresses_are_safe() {
        for address in [
            "ann@example.net",
            "\"a b\"@example.net",
            "\"a>b\"@example.net",
            r#""a\"b"@example.net"#,
            "a..b.@example.ne.jp",
            "用户@例え.jp",
            "a'b+c=d@example.net",
        ] {
            assert_eq!(address_fault(address), None, "{address}");
        }
    }

    #[test]
    fn what_could_leave_the_path_is_not() {
        for address in [
            "a@b>\r\nRCPT TO:<c@d",
            "a@b\n",
            "a\0@b",
            "a@b\u{85}",
            "a@b\u{2028}",
            "a@b> SIZE=1",
            "a b@c",
            "<a@b",
            "\"a@b",
            r#""a\"@b> X"#,
            r#"a\" b"@c"#,
            r#""a"> X"@c"#,
            r#""a"b"@c"#,
            r#"a@"b c""#,
            r#"a\@c"#,
        ] {
            assert!(address_fault(address).is_some(), "{address}");
        }
        assert!(address_fault(&"a".repeat(255)).is_some());
    }

    #[test]
    fn hostnames_are_one_printable_word() {
        assert!(is_hostname("mx1.example.com"));
        assert!(is_hostname("[192.0.2.1]"));
        for name in ["", "a b", "a\r\nQUIT", "é.example", &"a".repeat(256)] {
            assert!(!is_hostname(name), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn a_safe_address_makes_exactly_one_line(address in "[a\"\\\\<> @\r\n\0é\u{85}]{0,20}") {
            if address_fault(&address).is_none() {
                let mut out = BytesMut::new();
                rcpt(&mut out, &address);
                let line = std::str::from_utf8(&out).unwrap();
                prop_assert_eq!(line.find(['\r', '\n']), Some(line.len() - 2));
                prop_assert!(!line[..line.len() - 2].contains(char::is_control));
            }
        }
    }
}
