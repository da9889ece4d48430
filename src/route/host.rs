//! Which names can be a mail server's.

use std::net::IpAddr;

/// Why `name` cannot be the name of a mail server; `None` where it can.
///
/// Underscores pass although no host name may hold them (RFC 1123 section 2.1): names such as
/// `_dc-mx.0a1b2c.example.com` are published by a large DNS host, resolve, and take mail.
pub(super) fn flaw(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("the name is empty");
    }
    if name.len() > 253 {
        return Some("the name is longer than 253 octets");
    }
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return Some("it is an IP address where a host name belongs (RFC 5321 section 5.1)");
    }
    let mut last = "";
    for label in name.split('.') {
        if let Some(flaw) = label_flaw(label) {
            return Some(flaw);
        }
        last = label;
    }
    if last.eq_ignore_ascii_case("localhost") {
        return Some("it names this machine");
    }
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Some("it ends in a number, as no top-level domain does");
    }
    None
}

fn label_flaw(label: &str) -> Option<&'static str> {
    if label.is_empty() {
        return Some("one of its labels is empty");
    }
    if label.len() > 63 {
        return Some("one of its labels is longer than 63 octets");
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if !label.bytes().all(allowed) {
        return Some("it holds characters no host name has");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Some("one of its labels begins or ends with a hyphen");
    }
    if !label.bytes().any(|b| b.is_ascii_alphanumeric()) {
        return Some("one of its labels has neither letter nor digit");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_the_wild_pass() {
        for name in [
            "mx.example.com",
            "gmail-smtp-in.l.google.com",
            "xn--bcher-kva.example",
            "_dc-mx.0a1b2c3d.example.com",
            "mail_1.example.jp",
            "mail",
            "1.example.com",
        ] {
            assert_eq!(flaw(name), None, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_a_host_is_named() {
        for name in [
            "",
            "192.0.2.1",
            "[192.0.2.1]",
            "2001:db8::1",
            "mx..example.com",
            "mx.example.com.",
            "localhost",
            "mail.localhost",
            "mx.example.com 10",
            "mx\r\nexample.com",
            "_._",
            "-mx.example.com",
            "example.123",
            "bücher.example",
        ] {
            assert!(flaw(name).is_some(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged(name in ".{0,300}") {
            if flaw(&name).is_none() {
                prop_assert!(name.is_ascii() && !name.contains(char::is_whitespace));
            }
        }
    }
}
