//! Where links lead.

use url::{Host, Url};

/// What a link or an image points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::preflight) enum Target {
    /// A web page, by http or https.
    Web {
        https: bool,
        host: String,
        /// Whether the host is a number and no name.
        number: bool,
    },
    /// A mail, a call, a short message: clients open it.
    Person,
    /// A part of the message (RFC 2392).
    Cid,
    /// The content itself (RFC 2397).
    Data,
    /// A place in the same letter.
    Fragment,
    /// Nothing that a mail client opens.
    Nowhere,
}

impl Target {
    /// Reads an address as browsers do, without a page that it could be relative to.
    pub(in crate::preflight) fn of(address: &str) -> Self {
        if address.len() > 1 && address.starts_with('#') {
            return Self::Fragment;
        }
        let Ok(url) = Url::parse(address) else {
            return Self::Nowhere;
        };
        match url.scheme() {
            "http" | "https" => match url.host() {
                Some(host) => Self::Web {
                    https: url.scheme() == "https",
                    number: !matches!(host, Host::Domain(_)),
                    host: host.to_string(),
                },
                None => Self::Nowhere,
            },
            "mailto" | "tel" | "sms" | "facetime" | "webcal" | "geo" => Self::Person,
            "cid" => Self::Cid,
            "data" => Self::Data,
            _ => Self::Nowhere,
        }
    }
}

/// The host that a text names to its readers, where it is an address or a domain and nothing else.
pub(super) fn host_in(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains('@') {
        return None;
    }
    let url = match text.split_once("://") {
        Some(("http" | "https", _)) => Url::parse(text),
        Some(_) => return None,
        None => Url::parse(&format!("https://{text}")),
    };
    let host = match url.ok()?.host()? {
        Host::Domain(host) => host.trim_end_matches('.').to_owned(),
        Host::Ipv4(_) | Host::Ipv6(_) => return None,
    };
    // `Node.js` is no address: its ending is none that anybody registers names under.
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    (known && host.contains('.')).then_some(host)
}

/// The organisation's domain of a host: what the DMARC specification compares (RFC 7489 section
/// 3.2). The host itself where it is a public suffix.
#[must_use]
pub fn organisation(host: &str) -> &str {
    psl::domain_str(host).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn targets() {
        let web = |https, host: &str, number| Target::Web {
            https,
            host: host.to_owned(),
            number,
        };
        for (address, target) in [
            ("https://A.example/x", web(true, "a.example", false)),
            ("HTTP://a.example", web(false, "a.example", false)),
            ("http://192.0.2.1/x", web(false, "192.0.2.1", true)),
            (
                "https://user@[2001:db8::1]:8/",
                web(true, "[2001:db8::1]", true),
            ),
            ("mailto:a@b.example", Target::Person),
            ("cid:logo", Target::Cid),
            ("data:image/png;base64,AA", Target::Data),
            ("#top", Target::Fragment),
            ("#", Target::Nowhere),
            ("", Target::Nowhere),
            ("example.com/x", Target::Nowhere),
            ("//example.com/x", Target::Nowhere),
            ("javascript:alert(1)", Target::Nowhere),
            ("https://", Target::Nowhere),
        ] {
            assert_eq!(Target::of(address), target, "{address}");
        }
    }

    #[test]
    fn hosts_that_texts_name() {
        for (text, host) in [
            ("https://shop.example.com/sale", Some("shop.example.com")),
            (" Example.com ", Some("example.com")),
            ("example.co.jp/news", Some("example.co.jp")),
            ("Node.js", None),
            ("Read more", None),
            ("ann@example.com", None),
            ("e.g.", None),
            ("1.5", None),
            ("ftp://example.com", None),
        ] {
            assert_eq!(host_in(text).as_deref(), host, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_address_panics(text in any::<String>()) {
            let _ = Target::of(&text);
            let _ = host_in(&text);
            let _ = organisation(&text);
        }
    }
}
