//! The grammar of a record's terms (RFC 7208 section 12): one error makes the whole record one.

use crate::preflight::words::cut;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What is wrong with the first term that has an error. `terms` is the record without its version.
pub(super) fn flaw(terms: &str) -> Option<String> {
    let mut modifiers = Vec::new();
    for term in terms.split(' ').filter(|term| !term.is_empty()) {
        let wrong = match term.find(['=', ':', '/']) {
            Some(at) if term[at..].starts_with('=') => {
                let name = term[..at].to_ascii_lowercase();
                let wrong = modifier(&name, &term[at + 1..])
                    .or_else(|| modifiers.contains(&name).then_some("it stands twice"));
                if ONCE.contains(&name.as_str()) {
                    modifiers.push(name);
                }
                wrong
            }
            _ => mechanism(term),
        };
        if let Some(why) = wrong {
            return Some(format!("{}: {why}", cut(term)));
        }
    }
    None
}

/// Modifiers that are not known are ignored, whatever they say (section 6).
fn modifier(name: &str, value: &str) -> Option<&'static str> {
    let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let rest = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if MECHANISMS.contains(&name) {
        return Some("a mechanism is followed by a colon");
    }
    if !letter || !name.chars().all(rest) {
        return Some("it has no name");
    }
    if ONCE.contains(&name) {
        return domain(value);
    }
    None
}

fn mechanism(term: &str) -> Option<&'static str> {
    let bare = term.strip_prefix(['+', '-', '?', '~']).unwrap_or(term);
    let (name, rest) = bare.split_at(bare.find([':', '/']).unwrap_or(bare.len()));
    let value = rest.strip_prefix(':');
    match (name.to_ascii_lowercase().as_str(), value) {
        ("all", _) => (!rest.is_empty()).then_some("nothing may follow all"),
        ("include" | "exists", Some(value)) => domain(value),
        ("include" | "exists", None) => Some("it names no domain"),
        ("ptr", Some(value)) => domain(value),
        ("ptr", None) => (!rest.is_empty()).then_some("it has no prefix"),
        ("a" | "mx", value) => {
            let text = value.unwrap_or(rest);
            let (named, prefixes) = text.split_at(prefixes_at(text));
            let named = value.and_then(|_| domain(named));
            named.or_else(|| (!dual(prefixes)).then_some(PREFIX))
        }
        ("ip4", Some(value)) => network::<Ipv4Addr>(value, 32),
        ("ip6", Some(value)) => network::<Ipv6Addr>(value, 128),
        ("ip4" | "ip6", None) => Some("it names no address"),
        _ => Some("there is no such mechanism"),
    }
}

fn network<T: std::str::FromStr>(value: &str, longest: u8) -> Option<&'static str> {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (value, None),
    };
    if address.parse::<T>().is_err() {
        return Some("it names no address");
    }
    length
        .is_some_and(|length| !prefix(length, longest))
        .then_some(PREFIX)
}

/// Where the prefixes of `a` and `mx` begin: at the first slash that no macro holds.
fn prefixes_at(text: &str) -> usize {
    let mut within = false;
    let slash = text.char_indices().find(|(_, c)| {
        within = (within || *c == '{') && *c != '}';
        *c == '/' && !within
    });
    slash.map_or(text.len(), |(at, _)| at)
}

/// Nothing, `/24`, `//64` or `/24//64`.
fn dual(text: &str) -> bool {
    let (four, six) = match text.split_once("//") {
        Some((four, six)) => (four, Some(six)),
        None => (text, None),
    };
    let four = four.is_empty()
        || four
            .strip_prefix('/')
            .is_some_and(|length| prefix(length, 32));
    four && six.is_none_or(|length| prefix(length, 128))
}

fn prefix(text: &str, longest: u8) -> bool {
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    let plain = text == "0" || !text.starts_with('0');
    digits && plain && text.parse::<u8>().is_ok_and(|length| length <= longest)
}

/// A domain, or what macros make one of (section 7.1).
fn domain(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it names no domain");
    }
    if !text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Some("it holds other characters than ASCII");
    }
    let mut macros = text.split('%').skip(1);
    // `%%` leaves nothing between the two signs, and what follows is text.
    let escaped = text.contains("%%");
    let sound = |part: &str| match part.chars().next() {
        Some('_' | '-') => true,
        Some('{') => part.contains('}'),
        _ => escaped,
    };
    if !macros.all(sound) {
        return Some("% begins no macro");
    }
    (!text.contains(['.', '%'])).then_some("it is no whole domain")
}

const MECHANISMS: [&str; 8] = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];
/// Modifiers that may stand once.
const ONCE: [&str; 2] = ["redirect", "exp"];
const PREFIX: &str = "its prefix is no length";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_grammar_has_is_no_flaw() {
        for terms in [
            "",
            " -all",
            " +A MX/24 a:b.example/24//64 mx//64 ?ptr ptr:b.example ~ALL",
            " ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1 ip4:0.0.0.0/0",
            " include:_spf.b.example. exists:%{ir}.%{l1r+-/}._spf.%{d} redirect=%{d2}",
            " a:%{d/}/24 unknown=:/any exp=x.example",
        ] {
            assert_eq!(flaw(terms), None, "{terms}");
        }
    }

    #[test]
    fn what_it_lacks_is_one() {
        for term in [
            "includ:x.example",
            "include",
            "include:",
            "include=x.example",
            "include:localhost",
            "ip4:999.1.1.1",
            "ip4:192.0.2.1/33",
            "ip4:192.0.2.1/",
            "ip4",
            "ip6:192.0.2.1",
            "ip6:::1/129",
            "a/33",
            "mx/24/64",
            "all:x",
            "-all.",
            "a:%x.example",
            "exists:%{d.example",
            "redirect=",
            "=x",
            "192.0.2.1",
            "redirect=a.example redirect=b.example",
        ] {
            assert!(flaw(term).is_some(), "{term}");
        }
    }
}
