//! Which addresses of a destination's servers to try, and in which order.

use super::destination::splitmix;
use std::net::IpAddr;

/// A server and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its preference: lower is better, and equal ones are tried beside each other.
    pub rank: u32,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
}

/// An address to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The place of its server in the list.
    pub server: usize,
    /// The address.
    pub ip: IpAddr,
    /// How far it stands back: attempts come with ranks that do not fall.
    pub rank: u32,
}

/// The attempts for one connection to `servers`, which come best preference first. At most `most`,
/// and no more of one server than leave the next one its turn; what `failed` lately, told by a
/// server's place in the list and the address, comes last, behind all preferences, since a server that is known not to answer need not be waited for.
///
/// Within a server the families alternate (RFC 8305 section 4), and the dice say with which of each
/// it begins, so that load spreads. IPv4 comes first: the large providers refuse mail over IPv6 from
/// an address without a name of its own in DNS and are milder over IPv4, and whoever has set an IPv6
/// address up for mail names it as a source.
#[must_use]
pub fn attempts(
    servers: &[Located],
    most: usize,
    dice: u64,
    failed: impl Fn(usize, IpAddr) -> bool,
) -> Vec<Attempt> {
    let mut chosen = Vec::with_capacity(most);
    for (server, located) in servers.iter().enumerate() {
        let ips = alternating(&located.addresses, dice);
        let room = share_of(most, servers.len()).min(most - chosen.len());
        chosen.extend(ips.into_iter().take(room).map(|ip| Attempt {
            server,
            ip,
            rank: located.rank,
        }));
    }
    let (mut last, mut first): (Vec<_>, Vec<_>) = chosen
        .into_iter()
        .partition(|attempt| failed(attempt.server, attempt.ip));
    for attempt in &mut last {
        attempt.rank = u32::MAX;
    }
    first.append(&mut last);
    first
}

/// How many addresses of one server are tried where there are so many servers.
#[must_use]
fn share_of(most: usize, servers: usize) -> usize {
    if servers > 1 { most.div_ceil(2) } else { most }
}

/// The families in turn, IPv4 first, each rotated by the dice; every address once.
fn alternating(addresses: &[IpAddr], dice: u64) -> Vec<IpAddr> {
    let mut families: [Vec<IpAddr>; 2] = Default::default();
    for ip in addresses {
        let family = &mut families[usize::from(ip.is_ipv6())];
        if !family.contains(ip) {
            family.push(*ip);
        }
    }
    let [mut four, mut six] = families;
    rotate(&mut four, splitmix(!dice));
    rotate(&mut six, splitmix(!dice));
    let mut mixed = Vec::with_capacity(four.len() + six.len());
    let (mut four, mut six) = (four.into_iter(), six.into_iter());
    loop {
        let before = mixed.len();
        mixed.extend(four.next());
        mixed.extend(six.next());
        if mixed.len() == before {
            return mixed;
        }
    }
}

fn rotate(ips: &mut [IpAddr], dice: u64) {
    if let Ok(count) = u64::try_from(ips.len())
        && count > 0
    {
        // Below `count`, which came from a usize.
        ips.rotate_left((dice % count) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn located(rank: u32, addresses: &[&str]) -> Located {
        let addresses = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        Located { rank, addresses }
    }

    fn ips(attempts: &[Attempt]) -> Vec<String> {
        attempts
            .iter()
            .map(|attempt| attempt.ip.to_string())
            .collect()
    }

    #[test]
    fn families_alternate_beginning_with_ipv4() {
        let servers = [located(10, &["2001:db8::1", "2001:db8::2", "192.0.2.1"])];
        for dice in 0..20 {
            let found = attempts(&servers, 8, dice, |_, _| false);
            assert_eq!(found.len(), 3);
            assert!(found[0].ip.is_ipv4() && found[1].ip.is_ipv6() && found[2].ip.is_ipv6());
        }
    }

    #[test]
    fn every_address_of_a_server_comes_first_sometimes() {
        let servers = [located(10, &["192.0.2.1", "192.0.2.2", "192.0.2.3"])];
        let firsts: std::collections::HashSet<IpAddr> = (0..100)
            .map(|dice| attempts(&servers, 8, dice, |_, _| false)[0].ip)
            .collect();
        assert_eq!(firsts.len(), 3);
    }

    #[test]
    fn many_addresses_of_the_first_server_leave_the_second_its_turn() {
        let many: Vec<String> = (1..=20).map(|n| format!("192.0.2.{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let servers = [located(10, &many), located(20, &["198.51.100.1"])];
        let found = attempts(&servers, 8, 1, |_, _| false);
        assert_eq!(found.len(), 5);
        assert_eq!((found[4].server, found[4].rank), (1, 20));
        assert_eq!(attempts(&servers[..1], 8, 1, |_, _| false).len(), 8);
    }

    #[test]
    fn what_failed_lately_comes_last_whatever_its_preference() {
        let servers = [
            located(10, &["192.0.2.1"]),
            located(20, &["192.0.2.2", "2001:db8::2"]),
        ];
        let dead: IpAddr = "192.0.2.1".parse().unwrap();
        let found = attempts(&servers, 8, 0, |_, ip| ip == dead);
        assert_eq!(ips(&found), ["192.0.2.2", "2001:db8::2", "192.0.2.1"]);
        assert!(found.is_sorted_by_key(|attempt| attempt.rank));
        let found = attempts(&servers, 8, 0, |_, _| true);
        assert_eq!(found.len(), 3, "nothing is left out for having failed");
    }

    proptest! {
        #[test]
        fn attempts_are_bounded_ordered_and_of_their_server(
            mut servers in prop::collection::vec(
                (0_u32..4, prop::collection::vec(any::<IpAddr>(), 0..6))
                    .prop_map(|(rank, addresses)| Located { rank, addresses }),
                0..5,
            ),
            most in 1_usize..10,
            dice: u64,
            odd: bool,
        ) {
            servers.sort_by_key(|server| server.rank);
            let failed = |_, ip: IpAddr| odd && ip.is_ipv6();
            let found = attempts(&servers, most, dice, failed);
            prop_assert!(found.len() <= most);
            prop_assert!(found.is_sorted_by_key(|attempt| attempt.rank));
            for attempt in &found {
                prop_assert!(servers[attempt.server].addresses.contains(&attempt.ip));
            }
            let any = servers.iter().any(|server| !server.addresses.is_empty());
            prop_assert_eq!(any, !found.is_empty());
        }
    }
}
