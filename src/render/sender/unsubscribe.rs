//! What an unsubscribe address has to be (RFC 2369, RFC 8058).

use crate::render::error::{Fault, RenderError};
use crate::render::mime::cut;

/// A header line holds 998 octets (RFC 5322 section 2.1.1), `List-Unsubscribe: <…>` among them.
const LONGEST: usize = 900;

/// How a recipient unsubscribes, in the forms that the campaign has.
#[derive(Debug, Clone, Default)]
pub(in crate::render) struct Unsubscribe {
    /// An `https` or `http` address.
    pub(in crate::render) web: Option<String>,
    /// A `mailto` address.
    pub(in crate::render) mail: Option<String>,
}

impl Unsubscribe {
    /// Checks what the templates made.
    ///
    /// # Errors
    /// Where a mail client could not use an address.
    pub(in crate::render) fn checked(
        web: Option<&str>,
        mail: Option<&str>,
    ) -> Result<Self, RenderError> {
        let check = |url: &str, problem: fn(&str) -> Option<&'static str>, key| {
            let url = url.trim();
            match problem(url) {
                None => Ok(url.to_owned()),
                Some(why) => {
                    let url = cut(url, 120).to_owned();
                    Err(RenderError::of(key, Fault::Unsubscribe { url, why }))
                }
            }
        };
        Ok(Self {
            web: web
                .map(|url| check(url, web_problem, "unsubscribe"))
                .transpose()?,
            mail: mail
                .map(|url| check(url, mail_problem, "unsubscribe_mailto"))
                .transpose()?,
        })
    }

    /// The addresses for List-Unsubscribe, the one to be preferred first (RFC 2369 section 2).
    pub(in crate::render) fn urls(&self) -> impl Iterator<Item = &str> {
        [&self.web, &self.mail]
            .into_iter()
            .filter_map(|url| url.as_deref())
    }

    /// Whether mail clients may unsubscribe with one POST: `https` only (RFC 8058 section 3.1).
    pub(in crate::render) fn is_one_click(&self) -> bool {
        self.web
            .as_deref()
            .is_some_and(|url| starts_with(url, "https://"))
    }
}

fn mail_problem(url: &str) -> Option<&'static str> {
    if !starts_with(url, "mailto:") {
        return Some("it does not begin with mailto:");
    }
    let rest = &url["mailto:".len()..];
    let address = rest.split('?').next().unwrap_or_default();
    match address.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => common_problem(url),
        _ => Some("it names no mail address"),
    }
}

fn web_problem(url: &str) -> Option<&'static str> {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| starts_with(url, scheme).then(|| &url[scheme.len()..]));
    let Some(rest) = rest else {
        return Some("it does not begin with https:// or http://");
    };
    if rest.split(['/', '?', '#']).next().is_none_or(str::is_empty) {
        return Some("it names no host");
    }
    common_problem(url)
}

fn common_problem(url: &str) -> Option<&'static str> {
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

    fn web(url: &str) -> Result<String, RenderError> {
        Unsubscribe::checked(Some(url), None).map(|made| made.web.unwrap())
    }

    #[test]
    fn only_addresses_that_a_client_can_open_pass() {
        for good in [
            "https://example.com/u/1",
            "HTTP://example.com",
            " https://a.example/?q=%20\n",
        ] {
            assert_eq!(web(good).unwrap(), good.trim(), "{good:?}");
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
            assert!(web(bad).is_err(), "{bad:?}");
        }
        assert!(web(&format!("https://a/{}", "x".repeat(900))).is_err());
    }

    #[test]
    fn only_mail_addresses_pass_as_such() {
        let mail = |url| Unsubscribe::checked(None, Some(url));
        assert!(mail("mailto:u@example.com?subject=x").is_ok());
        for bad in [
            "https://example.com",
            "mailto:",
            "mailto:@example.com",
            "mailto:u@?subject=x",
            "mailto:u@example.com?subject=a b",
            "mailto:u@example.com>,<x",
        ] {
            assert!(mail(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_click_needs_https() {
        let one_click = |url| {
            Unsubscribe::checked(Some(url), None)
                .unwrap()
                .is_one_click()
        };
        assert!(one_click("HTTPS://example.com"));
        assert!(!one_click("http://example.com"));
        assert!(
            !Unsubscribe::checked(None, Some("mailto:a@b.c"))
                .unwrap()
                .is_one_click()
        );
    }
}
