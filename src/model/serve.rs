//! The settings of `hikyaku serve`.

use super::Rate;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

/// `[serve]`
#[derive(Debug, Clone, PartialEq)]
pub struct Serve {
    /// Where unsubscribes are taken by HTTP; `None` is nowhere.
    pub http: Option<SocketAddr>,
    /// Where metrics and health are told; `None` is nowhere. The same address as `http` is allowed.
    pub metrics: Option<SocketAddr>,
    /// Where returned mail is taken by SMTP; `None` is nowhere.
    pub smtp: Option<SocketAddr>,
    /// The domains mail is taken for, besides `identity.bounce_domain`.
    pub smtp_domains: Vec<String>,
    /// The Maildir for letters to postmaster and unsubscribe addresses that are about nobody; `None` is
    /// `postmaster` beside the ledger.
    pub letters: Option<PathBuf>,
    /// The certificate chain for STARTTLS, PEM.
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Who is believed about the address of a client.
    pub trusted_proxies: Vec<Network>,
    /// Requests of one client that lead nowhere; `None` is unlimited.
    pub rate: Option<Rate>,
    /// Connections of one listener at a time.
    pub connections: usize,
    /// Connections of one client to one listener at a time.
    pub connections_per_client: usize,
    /// Octets of one mail.
    pub max_message_size: usize,
    /// Octets of all mails that are being received.
    pub mail_memory: usize,
    /// The form of the log on standard error.
    pub log_format: LogFormat,
}

impl Default for Serve {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            http: Some(loopback(8025)),
            metrics: Some(loopback(9925)),
            smtp: None,
            smtp_domains: Vec::new(),
            letters: None,
            tls_cert: None,
            tls_key: None,
            trusted_proxies: vec![
                Network::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8),
                Network::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
            ],
            rate: Some(Rate { per_second: 1.0 }),
            connections: 512,
            connections_per_client: 32,
            max_message_size: 10 << 20,
            mail_memory: 64 << 20,
            log_format: LogFormat::Text,
        }
    }
}

/// `serve.log_format`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A network of addresses, as in `192.0.2.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// The addresses whose first `length` bits are those of `address`; all bits where it has fewer.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Self {
        let length = length.min(if address.is_ipv4() { 32 } else { 128 });
        let address = match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        };
        Self { address, length }
    }

    /// Whether an address is in it. An IPv4 address in IPv6 form counts as what it is.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && Self::new(address, self.length) == *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: (&str, u8), address: &str) -> bool {
        Network::new(network.0.parse().unwrap(), network.1).holds(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        assert!(holds(("10.0.0.0", 8), "10.255.0.1"));
        assert!(!holds(("10.0.0.0", 8), "11.0.0.1"));
        assert!(holds(("192.0.2.7", 32), "192.0.2.7"));
        assert!(!holds(("192.0.2.7", 32), "192.0.2.6"));
        assert!(holds(("0.0.0.0", 0), "203.0.113.1"));
        assert!(!holds(("0.0.0.0", 0), "2001:db8::1"));
        assert!(holds(("2001:db8::", 32), "2001:db8:1::1"));
        assert!(!holds(("2001:db8::", 32), "2001:db9::1"));
        assert!(holds(("127.0.0.0", 8), "::ffff:127.0.0.1"));
        assert!(holds(("::1", 255), "::1"));
    }
}
