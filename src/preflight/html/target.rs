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
    /// Another program, by a scheme of its own: some clients open it.
    App,
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
            scheme if is_app(scheme, address) => Self::App,
            _ => Self::Nowhere,
        }
    }
}

/// Whether an address begins like one that a program registered for itself (RFC 7595). A dot makes
/// the "scheme" a host with a port, and what holds `tp` is a misspelt http, or FTP.
fn is_app(scheme: &str, address: &str) -> bool {
    let named = address
        .get(scheme.len()..)
        .is_some_and(|rest| rest.starts_with("://"));
    named
        && !scheme.contains('.')
        && !scheme.contains("tp")
        && !["javascript", "vbscript", "file", "about", "blob"].contains(&scheme)
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
            ("line://ti/p/x", Target::App),
            ("javascript://x", Target::Nowhere),
            ("file:///etc/x", Target::Nowhere),
            ("htps://a.example", Target::Nowhere),
            ("example.com:8080/x", Target::Nowhere),
        ] {
            assert_eq!(Target::of(address), target, "{address}");
        }
    }

    proptest! {
        #[test]
        fn no_address_panics(text in any::<String>()) {
            let _ = Target::of(&text);
            let _ = organisation(&text);
        }
    }
}
