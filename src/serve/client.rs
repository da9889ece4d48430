//! Who a client is: the address it is known by, where a proxy stands in between, and how much of it
//! a log may keep.

use crate::model::Network;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A client as limits know it: an IPv4 address, or the /64 that is commonly one household's or one
/// server's, whose owner could take another address for every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Client(IpAddr);

impl Client {
    pub(super) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from_bits(network)))
            }
        }
    }
}

impl fmt::Display for Client {
    /// The network it is in, /24 or /48: enough to see who floods, too little to name a reader.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                write!(f, "{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                write!(f, "{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

/// Whether a peer is one of ours, which speaks for others.
pub(super) fn is_trusted(peer: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.holds(peer))
}

/// The client behind `peer`. A trusted proxy's `X-Forwarded-For` is read from its end, over all
/// trusted proxies, to the first address that one of them vouches for; what stands before it could
/// have been written by anybody.
pub(super) fn behind<'h>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'h str>,
    trusted: &[Network],
) -> Client {
    let mut client = peer;
    let hops = forwarded.rev().flat_map(|line| line.rsplit(',')).take(HOPS);
    for hop in hops {
        if !is_trusted(client, trusted) {
            break;
        }
        match hop_address(hop.trim()) {
            Some(address) => client = address,
            None => break,
        }
    }
    Client::of(client)
}

/// Proxies one after the other, at most.
const HOPS: usize = 16;

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trusted() -> Vec<Network> {
        vec![
            Network::new("127.0.0.0".parse().unwrap(), 8),
            Network::new("10.0.0.0".parse().unwrap(), 8),
        ]
    }

    fn found(peer: &str, lines: &[&str]) -> Client {
        behind(peer.parse().unwrap(), lines.iter().copied(), &trusted())
    }

    fn client(address: &str) -> Client {
        Client::of(address.parse().unwrap())
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let forged = found("203.0.113.9", &["192.0.2.1"]);
        assert_eq!(forged, client("203.0.113.9"));
        assert_eq!(found("127.0.0.1", &["192.0.2.1"]), client("192.0.2.1"));
        assert_eq!(found("127.0.0.1", &[]), client("127.0.0.1"));
    }

    #[test]
    fn what_a_client_wrote_itself_is_not_believed() {
        let lines = ["198.51.100.1, 192.0.2.7"];
        assert_eq!(found("127.0.0.1", &lines), client("192.0.2.7"));
        let lines = ["198.51.100.1", "192.0.2.7, 10.1.1.1"];
        assert_eq!(found("127.0.0.1", &lines), client("192.0.2.7"));
        let lines = ["192.0.2.7, rubbish"];
        assert_eq!(found("127.0.0.1", &lines), client("127.0.0.1"));
    }

    #[test]
    fn addresses_may_have_ports_and_brackets() {
        for (text, want) in [
            ("192.0.2.1:4711", "192.0.2.1"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ] {
            assert_eq!(found("127.0.0.1", &[text]), client(want), "{text}");
        }
    }

    #[test]
    fn a_network_of_the_sixth_version_is_one_client() {
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn a_log_does_not_name_a_reader() {
        assert_eq!(client("192.0.2.77").to_string(), "192.0.2.0/24");
        assert_eq!(client("2001:db8:1:2::1").to_string(), "2001:db8:1::/48");
    }

    proptest! {
        #[test]
        fn no_header_panics(lines in prop::collection::vec("\\PC{0,40}", 0..4)) {
            let _ = behind("127.0.0.1".parse().unwrap(), lines.iter().map(String::as_str), &trusted());
        }
    }
}
