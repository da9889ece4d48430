//! Domains whose MX records name the same hosts are one destination.

use super::{host, name};
use crate::model::{Domain, MxAnswer, MxHost, Reason};
use std::fmt;
use std::sync::Arc;

/// Where the mail of one or more domains goes: a set of mail servers that share their limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its name in reports and on the dashboard: the host where it has one, otherwise what the
    /// hosts share and what they do not, `ovh.net{mx1,mx2}`. A function of the key alone, and
    /// different for every key.
    pub name: String,
    /// The organisation behind it, `google.com`. For people: many destinations may share it.
    pub organisation: String,
    /// What makes it the same destination.
    pub key: DestinationKey,
    /// Its mail servers, best preference first, equal ones by name; never empty. Shuffle with
    /// [`order`] before each connection.
    pub hosts: Vec<MxHost>,
    /// MX records that cannot be used.
    pub skipped: Vec<Skipped>,
}

/// The identity of a destination: the set of its hosts' names, whatever their preferences.
/// Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DestinationKey(Arc<str>);

/// An MX record that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The name it gives.
    pub name: String,
    /// What is wrong with that.
    pub why: &'static str,
}

/// Why a domain has no destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoute {
    /// Its mail can never be delivered: the recipients bounce.
    Permanent {
        /// The reason, in the taxonomy.
        reason: Reason,
        /// The reason, in words.
        why: String,
    },
    /// DNS gave no usable answer: to be asked again.
    TryAgain {
        /// The reason, in words.
        why: String,
    },
}

impl DestinationKey {
    /// The names of its hosts, sorted.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ')
    }
}

impl fmt::Display for DestinationKey {
    /// The sorted host names with spaces between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The destination of a domain's mail, by what DNS says of it (RFC 5321 section 5.1, RFC 7505).
///
/// # Errors
/// [`NoRoute`] where there is none, permanently or for now.
pub fn destination(domain: &Domain, answer: &MxAnswer) -> Result<Destination, NoRoute> {
    let permanent = |why: String| NoRoute::Permanent {
        reason: Reason::DomainUnknown,
        why,
    };
    match answer {
        MxAnswer::Hosts(hosts) => {
            let (usable, skipped) = sift(hosts);
            if usable.is_empty() {
                return Err(permanent(unusable(domain, &skipped)));
            }
            Ok(assemble(usable, skipped))
        }
        MxAnswer::Implicit => {
            let itself = MxHost {
                preference: 0,
                name: domain.as_str().to_owned(),
            };
            Ok(assemble(vec![itself], Vec::new()))
        }
        MxAnswer::NullMx => Err(permanent(format!(
            "{domain} says that it takes no mail (null MX, RFC 7505)"
        ))),
        MxAnswer::NoSuchDomain => Err(permanent(format!("the domain {domain} does not exist"))),
        MxAnswer::NoAddress => Err(permanent(format!(
            "{domain} has neither MX records nor an address"
        ))),
        MxAnswer::Failed(why) => Err(NoRoute::TryAgain {
            why: format!("no DNS answer for {domain}: {why}"),
        }),
    }
}

/// The order in which to try `hosts` this time: by preference, and equal preferences shuffled
/// by the dice, as RFC 5321 section 5.1 wants it so that load spreads.
#[must_use]
pub fn order(hosts: &[MxHost], dice: u64) -> Vec<MxHost> {
    let mut ordered = hosts.to_vec();
    ordered.sort();
    let mut dice = dice;
    for group in ordered.chunk_by_mut(|a, b| a.preference == b.preference) {
        for last in (1..group.len()).rev() {
            dice = splitmix(dice);
            let among = last as u64 + 1;
            // Below `among`, which came from a usize.
            let pick = (dice % among) as usize;
            group.swap(last, pick);
        }
    }
    ordered
}

/// The usable hosts, each once at its best preference and in order, and the others.
fn sift(hosts: &[MxHost]) -> (Vec<MxHost>, Vec<Skipped>) {
    let mut usable: Vec<MxHost> = Vec::with_capacity(hosts.len());
    let mut skipped = Vec::new();
    let mut by_preference: Vec<&MxHost> = hosts.iter().collect();
    by_preference.sort();
    let mut seen = std::collections::HashSet::with_capacity(hosts.len());
    for host in by_preference {
        let name = host.name.to_ascii_lowercase();
        match host::flaw(&name) {
            Some(why) => skipped.push(Skipped { name, why }),
            None if seen.insert(name.clone()) => usable.push(MxHost {
                preference: host.preference,
                name,
            }),
            None => {}
        }
    }
    usable.sort();
    (usable, skipped)
}

fn assemble(hosts: Vec<MxHost>, skipped: Vec<Skipped>) -> Destination {
    let by_preference: Vec<&str> = hosts.iter().map(|host| host.name.as_str()).collect();
    let mut sorted = by_preference.clone();
    sorted.sort_unstable();
    Destination {
        name: name::of_set(&sorted),
        organisation: name::organisation(&by_preference),
        key: DestinationKey(sorted.join(" ").into()),
        hosts,
        skipped,
    }
}

fn unusable(domain: &Domain, skipped: &[Skipped]) -> String {
    match skipped.first() {
        Some(Skipped { name, why }) => {
            format!("no MX record of {domain} can be used: {name:?}: {why}")
        }
        None => format!("{domain} has an empty list of mail servers"),
    }
}

/// One step of the SplitMix64 generator.
pub(super) fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    fn hosts(list: &[(u16, &str)]) -> Vec<MxHost> {
        let host = |&(preference, name): &(u16, &str)| MxHost {
            preference,
            name: name.to_owned(),
        };
        list.iter().map(host).collect()
    }

    fn route(list: &[(u16, &str)]) -> Result<Destination, NoRoute> {
        destination(&domain("example.com"), &MxAnswer::Hosts(hosts(list)))
    }

    #[test]
    fn the_same_hosts_are_the_same_destination_whatever_their_preferences() {
        let one = route(&[(10, "mx1.host.net"), (20, "MX2.host.net")]).unwrap();
        let two = route(&[(5, "mx2.host.net"), (5, "mx1.host.net")]).unwrap();
        assert_eq!(one.key, two.key);
        assert_eq!(one.name, two.name);
        assert_eq!(one.name, "host.net{mx1,mx2}");
        assert_eq!(one.organisation, "host.net");
        assert_eq!(one.hosts[0].name, "mx1.host.net");
        assert_eq!(
            one.key.hosts().collect::<Vec<_>>(),
            ["mx1.host.net", "mx2.host.net"]
        );
    }

    #[test]
    fn one_host_more_is_another_destination() {
        let one = route(&[(10, "mx1.host.net")]).unwrap();
        let two = route(&[(10, "mx1.host.net"), (20, "mx2.host.net")]).unwrap();
        assert_ne!(one.key, two.key);
        assert_ne!(one.name, two.name);
    }

    #[test]
    fn a_host_named_twice_counts_once_at_its_best() {
        let found = route(&[(20, "mx.host.net"), (10, "mx.host.net")]).unwrap();
        assert_eq!(found.hosts, hosts(&[(10, "mx.host.net")]));
    }

    #[test]
    fn records_that_name_no_host_are_skipped_with_the_reason() {
        let found = route(&[(0, "192.0.2.1"), (5, ""), (10, "mx.host.net")]).unwrap();
        assert_eq!(found.hosts, hosts(&[(10, "mx.host.net")]));
        assert_eq!(found.skipped.len(), 2);
        assert_eq!(found.skipped[0].name, "192.0.2.1");
        let NoRoute::Permanent { reason, why } = route(&[(0, "192.0.2.1")]).unwrap_err() else {
            panic!("not permanent");
        };
        assert_eq!(reason, Reason::DomainUnknown);
        assert!(
            why.contains("192.0.2.1") && why.contains("example.com"),
            "{why}"
        );
    }

    #[test]
    fn without_mx_the_domain_is_its_own_server() {
        let found = destination(&domain("example.com"), &MxAnswer::Implicit).unwrap();
        assert_eq!(found.hosts, hosts(&[(0, "example.com")]));
        assert_eq!(found.name, "example.com");
    }

    #[test]
    fn what_dns_denies_is_permanent_and_what_it_fails_at_is_not() {
        let at = domain("example.com");
        for answer in [
            MxAnswer::NullMx,
            MxAnswer::NoSuchDomain,
            MxAnswer::NoAddress,
        ] {
            let no = destination(&at, &answer).unwrap_err();
            assert!(
                matches!(&no, NoRoute::Permanent { reason: Reason::DomainUnknown, why }
                    if why.contains("example.com")),
                "{no:?}"
            );
        }
        let no = destination(&at, &MxAnswer::Failed("SERVFAIL".to_owned())).unwrap_err();
        assert!(matches!(no, NoRoute::TryAgain { why } if why.contains("SERVFAIL")));
    }

    #[test]
    fn equal_preferences_come_in_every_order() {
        let list = hosts(&[(10, "a.net"), (10, "b.net"), (10, "c.net"), (20, "d.net")]);
        let orders: HashSet<Vec<MxHost>> = (0..200).map(|dice| order(&list, dice)).collect();
        assert_eq!(orders.len(), 6);
        assert!(orders.iter().all(|order| order[3].name == "d.net"));
    }

    proptest! {
        #[test]
        fn an_order_is_a_permutation_by_preference(
            list in prop::collection::vec((0u16..4, "[a-c]{1,2}"), 0..12),
            dice: u64,
        ) {
            let list: Vec<MxHost> = list
                .into_iter()
                .map(|(preference, name)| MxHost { preference, name })
                .collect();
            let ordered = order(&list, dice);
            prop_assert!(ordered.is_sorted_by_key(|host| host.preference));
            let (mut one, mut two) = (list, ordered);
            one.sort();
            two.sort();
            prop_assert_eq!(one, two);
        }

        #[test]
        fn any_answer_is_judged(list in prop::collection::vec((any::<u16>(), ".{0,20}"), 0..8)) {
            let list = list
                .into_iter()
                .map(|(preference, name)| MxHost { preference, name })
                .collect();
            if let Ok(found) = destination(&domain("example.com"), &MxAnswer::Hosts(list)) {
                prop_assert!(!found.hosts.is_empty());
                prop_assert_eq!(found.key.hosts().count(), found.hosts.len());
            }
        }
    }
}
