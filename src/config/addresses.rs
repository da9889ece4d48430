//! Texts that name a place: hosts, ports, IP addresses, mailboxes.

use super::units::{Wrong, wrong};
use crate::model::{Address, Mailbox};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// `mx.example.com:25`, `192.0.2.1:25`, `[2001:db8::1]:25`: the host without brackets, and the port.
pub(super) fn host_port(text: &str) -> Result<(String, u16), Wrong> {
    let text = text.trim();
    if text.parse::<Ipv6Addr>().is_ok() {
        return wrong(
            format!("{text:?} has no port"),
            format!("an IPv6 address needs brackets: write \"[{text}]:25\""),
        );
    }
    let Some((name, number)) = text.rsplit_once(':') else {
        return wrong(
            format!("{text:?} has no port"),
            format!("write \"{text}:25\""),
        );
    };
    let name = match name.strip_prefix('[').map(|name| name.strip_suffix(']')) {
        None => host(name)?,
        Some(inner) => match inner.map(str::parse::<Ipv6Addr>) {
            Some(Ok(address)) => address.to_string(),
            _ => {
                return wrong(
                    format!("{name:?} is not an IPv6 address in brackets"),
                    "write an address as in \"[::1]:25\"",
                );
            }
        },
    };
    Ok((name, port(number)?))
}

/// A port in digits.
fn port(text: &str) -> Result<u16, Wrong> {
    match text.parse() {
        Ok(0) | Err(_) => wrong(
            format!("{text:?} is not a port"),
            "a port is a number from 1 to 65535",
        ),
        Ok(port) => Ok(port),
    }
}

/// An address or a host name, normalised.
pub(super) fn host(text: &str) -> Result<String, Wrong> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => domain(text),
    }
}

/// A host name or domain in A-labels. Unlike the domain of an address it may have one label only
/// (`localhost`, a selector) and end in a number.
pub(super) fn domain(text: &str) -> Result<String, Wrong> {
    let plain = |label: &str| {
        let sound = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        (1..=63).contains(&label.len()) && label.bytes().all(sound)
    };
    match idna::domain_to_ascii(text.trim().trim_end_matches('.')) {
        Ok(name) if name.len() <= 253 && name.split('.').all(plain) => Ok(name),
        Ok(_) | Err(_) => wrong(
            format!("{text:?} is not a host name"),
            "write a name such as \"mail.example.com\", without a scheme or path",
        ),
    }
}

/// A name server: `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`.
pub(super) fn name_server(text: &str) -> Result<SocketAddr, Wrong> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, 53));
    }
    text.parse().or_else(|_| {
        wrong(
            format!("{text:?} is not the address of a name server"),
            "write an IP address, with a port where it is not 53, as in \"127.0.0.1:5353\"",
        )
    })
}

/// An IP address.
pub(super) fn ip(text: &str) -> Result<IpAddr, Wrong> {
    text.trim().parse().or_else(|_| {
        wrong(
            format!("{text:?} is not an IP address"),
            "write an address of this machine, such as \"192.0.2.10\"",
        )
    })
}

/// `Name <address>`, `"Quoted, name" <address>` or a bare address.
pub(super) fn mailbox(text: &str) -> Result<Mailbox, Wrong> {
    const HINT: &str = "write \"Name <name@example.com>\" or \"name@example.com\"";
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return wrong(
            "the address holds a line break or another control character",
            HINT,
        );
    }
    let (name, address) = match text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
    {
        Some((name, address)) => (display_name(name.trim()), address),
        None => (None, text),
    };
    match Address::parse(address) {
        Ok(address) => Ok(Mailbox { name, address }),
        Err(error) => wrong(
            format!("{address:?} is not an address: {}", error.why),
            HINT,
        ),
    }
}

/// Where a mail unsubscribes: a template of a `mailto:` address. A bare address gets the token as
/// the mail's subject.
pub(super) fn unsubscribe_mailto(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    if text.starts_with("mailto:") || text.starts_with("{{") {
        return Ok(text.to_owned());
    }
    match Address::parse(text) {
        Ok(address) => Ok(format!("mailto:{address}?subject={{{{ token }}}}")),
        Err(error) => wrong(
            format!("{text:?} is not an address: {}", error.why),
            "write \"unsubscribe@example.com\", or \"mailto:unsubscribe@example.com?subject={{ token }}\"",
        ),
    }
}

/// A display name without its quotes; nothing where it is empty.
fn display_name(text: &str) -> Option<String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    let name = match inner {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_and_ports() {
        assert_eq!(host_port("127.0.0.1:2525"), Ok(("127.0.0.1".into(), 2525)));
        assert_eq!(host_port("[::1]:25"), Ok(("::1".into(), 25)));
        assert_eq!(
            host_port("MX.Example.com:25"),
            Ok(("mx.example.com".into(), 25))
        );
        for text in [
            "",
            "::1",
            "127.0.0.1",
            "a:0",
            "a:65536",
            "[::1:25",
            "[a]:25",
            "a b:25",
            ":25",
        ] {
            assert!(host_port(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mailboxes() {
        let parts = |text| {
            mailbox(text).map(|m: Mailbox| (m.name.unwrap_or_default(), m.address.to_string()))
        };
        let ann = "ann@example.com".to_owned();
        assert_eq!(
            parts("Ann <ann@example.com>"),
            Ok(("Ann".into(), ann.clone()))
        );
        assert_eq!(
            parts("\"A, \\\"B\\\"\" <ann@example.com>"),
            Ok(("A, \"B\"".into(), ann.clone()))
        );
        assert_eq!(parts("ann@example.com"), Ok((String::new(), ann)));
        for text in [
            "",
            "Ann",
            "Ann <>",
            "Ann <ann>",
            "Ann\r\nBcc: x <ann@example.com>",
        ] {
            assert!(mailbox(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = host_port(&text);
            let _ = name_server(&text);
            let _ = mailbox(&text);
        }
    }
}
