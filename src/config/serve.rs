//! The keys of `[serve]`: where unsubscribes and returned mail are taken, and the limits of that.

use super::addresses;
use super::error::Faults;
use super::key::Kind::{Address, Addresses, Path, Rate, Size, Whole, WordList, Words};
use super::key::Shown::{Default as Is, Example};
use super::key::{Key, key, put};
use super::loader::Draft;
use super::units::{Wrong, wrong};
use crate::model::{LogFormat, Network};
use std::net::{IpAddr, SocketAddr};

pub(super) const SERVE: &[Key<Draft>] = &[
    key(
        "serve.http",
        Address,
        Is("\"127.0.0.1:8025\""),
        "where `serve` takes unsubscribes by HTTP, usually behind a web server that does HTTPS; \"off\": nowhere",
        |d, v| put(&mut d.settings.serve.http, v.form(listener)),
    ),
    key(
        "serve.metrics",
        Address,
        Is("\"127.0.0.1:9925\""),
        "where `serve` tells /metrics and /healthz; \"off\": nowhere",
        |d, v| put(&mut d.settings.serve.metrics, v.form(listener)),
    ),
    key(
        "serve.smtp",
        Address,
        Is("\"off\""),
        "where `serve` takes returned mail by SMTP, as in \"0.0.0.0:25\"; the MX of the bounce domain points there",
        |d, v| put(&mut d.settings.serve.smtp, v.form(listener)),
    ),
    key(
        "serve.smtp_domains",
        WordList,
        Example("[\"bounces.example.com\", \"example.com\"]"),
        "domains that mail is taken for; identity.bounce_domain and the domains of unsubscribe_mailto where it is not set",
        |d, v| {
            let domains = v.list(|v| v.form(addresses::domain))?;
            put::<_, _, Faults>(&mut d.settings.serve.smtp_domains, Ok(domains))
        },
    ),
    key(
        "serve.letters",
        Path,
        Example("\"postmaster\""),
        "Maildir for letters to postmaster and unsubscribe addresses, 256 KiB of each, 1,000 of them or 64 MiB; `postmaster` beside the ledger where it is not set",
        |d, v| put(&mut d.settings.serve.letters, v.path()),
    ),
    key(
        "serve.tls_cert",
        Path,
        Example("\"tls/fullchain.pem\""),
        "certificate chain for STARTTLS, PEM; SIGHUP reads it again",
        |d, v| put(&mut d.settings.serve.tls_cert, v.path()),
    ),
    key(
        "serve.tls_key",
        Path,
        Example("\"tls/privkey.pem\""),
        "private key of that certificate, PEM",
        |d, v| put(&mut d.settings.serve.tls_key, v.path()),
    ),
    key(
        "serve.trusted_proxies",
        Addresses,
        Is("[\"127.0.0.0/8\", \"::1\"]"),
        "addresses and networks whose X-Forwarded-For is believed, for the limits of each client",
        |d, v| {
            let networks = v.list(|v| v.form(network))?;
            put::<_, _, Faults>(&mut d.settings.serve.trusted_proxies, Ok(networks))
        },
    ),
    key(
        "serve.rate",
        Rate,
        Is("\"60/m\""),
        "requests and recipients of one client that lead nowhere; what is meant for a reader has a limit of its own",
        |d, v| put(&mut d.settings.serve.rate, v.rate()),
    ),
    key(
        "serve.connections",
        Whole,
        Is("512"),
        "connections of one listener at a time; when they are all in use, the oldest makes room",
        |d, v| {
            put(
                &mut d.settings.serve.connections,
                v.whole::<usize>(1..=50_000),
            )
        },
    ),
    key(
        "serve.connections_per_client",
        Whole,
        Is("32"),
        "of them by one client; trusted proxies are not counted",
        |d, v| {
            put(
                &mut d.settings.serve.connections_per_client,
                v.whole::<usize>(1..=50_000),
            )
        },
    ),
    key(
        "serve.max_message_size",
        Size,
        Is("\"10MiB\""),
        "octets of one mail",
        |d, v| {
            put(
                &mut d.settings.serve.max_message_size,
                v.size(65_536..=256 << 20),
            )
        },
    ),
    key(
        "serve.mail_memory",
        Size,
        Is("\"64MiB\""),
        "octets of all mails that are being received; more are put off with 452",
        |d, v| put(&mut d.settings.serve.mail_memory, v.size(65_536..=16 << 30)),
    ),
    key(
        "serve.log_format",
        Words(&["text", "json"]),
        Is("\"text\""),
        "the form of the log on standard error",
        |d, v| {
            put(
                &mut d.settings.serve.log_format,
                v.word(&[("text", LogFormat::Text), ("json", LogFormat::Json)]),
            )
        },
    ),
];

/// `127.0.0.1:8025`, `[::]:25`; port 0 is any that is free; `off` is nowhere.
fn listener(text: &str) -> Result<Option<SocketAddr>, Wrong> {
    let text = text.trim();
    if text == "off" {
        return Ok(None);
    }
    match text.parse() {
        Ok(address) => Ok(Some(address)),
        Err(_) => wrong(
            format!("{text:?} is no address to listen on"),
            "write an IP address and a port, as in \"127.0.0.1:8025\" or \"[::]:25\", or \"off\"",
        ),
    }
}

/// `192.0.2.0/24`, `2001:db8::/32`, or one address.
fn network(text: &str) -> Result<Network, Wrong> {
    let text = text.trim();
    let (address, length) = match text.split_once('/') {
        None => (text, None),
        Some((address, length)) => (address, Some(length.parse::<u8>().ok())),
    };
    let bits = |address: &IpAddr| if address.is_ipv4() { 32 } else { 128 };
    match (address.parse::<IpAddr>(), length) {
        (Ok(address), None) => Ok(Network::new(address, bits(&address))),
        (Ok(address), Some(Some(length))) if length <= bits(&address) => {
            Ok(Network::new(address, length))
        }
        _ => wrong(
            format!("{text:?} is no address and no network"),
            "write it as in \"192.0.2.1\", \"192.0.2.0/24\" or \"2001:db8::/32\"",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_addresses_with_ports() {
        assert_eq!(listener("off"), Ok(None));
        let address = "[::1]:25".parse().unwrap();
        assert_eq!(listener(" [::1]:25 "), Ok(Some(address)));
        for text in [
            "",
            "127.0.0.1",
            ":25",
            "localhost:25",
            "1.2.3.4:70000",
            "none",
        ] {
            assert!(listener(text).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_have_a_length_that_fits() {
        assert!(network("10.0.0.0/8").is_ok_and(|net| net.holds("10.1.1.1".parse().unwrap())));
        assert!(network("::1").is_ok_and(|net| net.holds("::1".parse().unwrap())));
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "::1/129",
            "a/8",
        ] {
            assert!(network(text).is_err(), "{text}");
        }
    }
}
