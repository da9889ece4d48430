//! What an unsubscribe address has to be (RFC 2369, RFC 8058).

use super::clean::cut;
use super::error::Fault;

/// A header line holds 998 octets (RFC 5322 section 2.1.1), `List-Unsubscribe: <…>` among them.
const LONGEST: usize = 900;

/// Whether mail clients may unsubscribe with one POST: `https` only (RFC 8058 section 3.1).
pub(super) fn is_one_click(url: &str) -> bool {
    starts_with(url, "https://")
}

/// The address without surrounding white space, if a mail client can use it.
pub(super) fn check(rendered: &str) -> Result<&str, Fault> {
    let url = rendered.trim();
    match problem(url) {
        None => Ok(url),
        Some(why) => Err(Fault::Unsubscribe {
            url: cut(url, 120).to_owned(),
            why,
        }),
    }
}

fn problem(url: &str) -> Option<&'static str> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| starts_with(url, scheme).then(|| &url[scheme.len()..]));
    let Some(rest) = rest else {
        return Some("it does not begin with https:// or http://");
    };
    if rest.split(['/', '?', '#']).next().is_none_or(str::is_empty) {
        return Some("it names no host");
    }
    if url.len() > LONGEST {
        return Some("it is longer than 900 octets");
    }
    // RFC 3986 section 2 and appendix C: these never stand in an address as they are.
    let stray = |octet: u8| !octet.is_ascii_graphic() || b"<>\"\\^`{|}".contains(&octet);
    url.bytes()
        .any(stray)
        .then_some("it holds a character that has to be percent-encoded")
}

fn starts_with(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_a_client_can_open_pass() {
        for good in [
            "https://example.com/u/1",
            "HTTP://example.com",
            " https://a.example/?q=%20\n",
        ] {
            assert_eq!(check(good), Ok(good.trim()), "{good:?}");
        }
        for bad in [
            "",
            "example.com",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "https://a/b c",
            "https://a/\r\nBcc: x",
            "https://a/<x>",
            "https://a/ü",
            "https://a/\0",
            "mailto:a@b.example",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        assert!(check(&format!("https://a/{}", "x".repeat(900))).is_err());
    }

    #[test]
    fn one_click_needs_https() {
        assert!(is_one_click("HTTPS://example.com"));
        assert!(!is_one_click("http://example.com"));
    }
}
