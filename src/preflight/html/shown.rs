//! Hosts that the text of a link names to its readers.

use url::{Host, Url};

/// The hosts that a text names: of words that begin as addresses do, or of the whole text where it
/// is a domain and nothing else.
pub(super) fn hosts_in(text: &str) -> Vec<String> {
    let words = text.split_whitespace().filter_map(address_in);
    let mut hosts: Vec<String> = words.filter_map(host).collect();
    let bare = text.trim();
    // `ASP.NET` is the name of a product: domains are written in small letters.
    if hosts.is_empty() && !bare.contains(char::is_uppercase) && !bare.contains("://") {
        hosts.extend(host(bare));
    }
    hosts
}

/// What of a word reads as an address. Japanese puts no space before it or behind.
fn address_in(word: &str) -> Option<&str> {
    // The lengths of both texts are the same: only ASCII letters change.
    let lower = word.to_ascii_lowercase();
    let begins = ["https://", "http://", "www."];
    let at = begins.iter().filter_map(|begin| lower.find(begin)).min()?;
    let before = word.get(..at)?.chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphanumeric() || "-.@".contains(c)) {
        return None;
    }
    let rest = word.get(at..)?;
    let ends = |c: char| !c.is_ascii_graphic() || "<>\"'`()[]{}|,;".contains(c);
    let address = rest.split(ends).next()?;
    Some(address.trim_end_matches(['.', '!', '?', ':']))
}

fn host(text: &str) -> Option<String> {
    if text.is_empty() || text.contains(char::is_whitespace) || text.contains('@') {
        return None;
    }
    let url = match text.contains("://") {
        true => Url::parse(text),
        false => Url::parse(&format!("https://{text}")),
    };
    let host = match url.ok()?.host()? {
        Host::Domain(host) => host.trim_end_matches('.').to_owned(),
        Host::Ipv4(_) | Host::Ipv6(_) => return None,
    };
    // `Node.js` is no address: its ending is none that anybody registers names under.
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    (known && host.contains('.')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_that_texts_name() {
        for (text, host) in [
            ("https://shop.example.com/sale", Some("shop.example.com")),
            (" example.com ", Some("example.com")),
            ("example.co.jp/news", Some("example.co.jp")),
            ("Visit www.bank.com now", Some("www.bank.com")),
            ("https://www.bank.com/ »", Some("www.bank.com")),
            ("(WWW.Bank.com).", Some("www.bank.com")),
            ("詳しくはhttps://www.bank.comへ", Some("www.bank.com")),
            ("ASP.NET", None),
            ("Example.com", None),
            ("learn asp.net today", None),
            ("node.js", None),
            ("Read more", None),
            ("ann@example.com", None),
            ("ann@www.example.com", None),
            ("e.g.", None),
            ("1.5", None),
            ("ftp://example.com", None),
        ] {
            let found = hosts_in(text);
            assert_eq!(found.first().map(String::as_str), host, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = hosts_in(&text);
        }
    }
}
