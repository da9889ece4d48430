//! What a set of mail servers is called.

/// Second-level labels under which registries sell names in many countries (`co.jp`, `com.br`).
const REGISTRY_LABELS: &[&str] = &[
    "ac", "ad", "co", "com", "ed", "edu", "gen", "go", "gob", "gov", "gr", "id", "lg", "ltd", "me",
    "mil", "ne", "net", "nom", "or", "org", "plc", "sch", "web",
];

/// A name longer than this is cut, and a digest of the whole set takes the place of the rest.
const LONGEST: usize = 100;

/// The organisational domain that all `hosts` share, `google.com` for Google's; the first host
/// where they share none. For people only: different sets of one organisation share it.
///
/// A simple rule without a public suffix list: the longest common suffix of labels, cut to two
/// labels, or to three below a two-letter country whose second level is a registry's (`co.jp`).
#[must_use]
pub fn organisation(hosts: &[&str]) -> String {
    let Some(first) = hosts.first() else {
        return String::new();
    };
    let common = common_suffix(hosts);
    let labels: Vec<&str> = common
        .split('.')
        .filter(|label| !label.is_empty())
        .collect();
    let wanted = match labels.as_slice() {
        [.., second, top] if top.len() == 2 && REGISTRY_LABELS.contains(second) => 3,
        _ => 2,
    };
    if labels.len() < wanted {
        return (*first).to_owned();
    }
    labels[labels.len() - wanted..].join(".")
}

/// The one name of a sorted set of hosts, different for every set: the host where it is one,
/// otherwise what they share and, in braces, what they do not: `ovh.net{mx1,mx2}`,
/// `aspmx.l.google.com{alt1,alt2,}`.
pub(super) fn of_set(sorted: &[&str]) -> String {
    if let [only] = sorted {
        return (*only).to_owned();
    }
    let common = common_suffix(sorted);
    let rest = |host: &str| -> String {
        let rest = host.strip_suffix(common).unwrap_or(host);
        rest.strip_suffix('.').unwrap_or(rest).to_owned()
    };
    let rests: Vec<String> = sorted.iter().map(|host| rest(host)).collect();
    let whole = format!("{common}{{{}}}", rests.join(","));
    if whole.len() <= LONGEST {
        return whole;
    }
    let first = rests.iter().find(|rest| !rest.is_empty());
    let first = first.map_or("", String::as_str);
    let digest = fnv1a(sorted);
    format!("{common}{{{first},+{},{digest:016x}}}", sorted.len() - 1)
}

/// The longest suffix of whole labels that all hosts end in; empty where they share none.
fn common_suffix<'a>(hosts: &[&'a str]) -> &'a str {
    let Some((first, others)) = hosts.split_first() else {
        return "";
    };
    let starts = first.match_indices('.').map(|(dot, _)| dot + 1);
    std::iter::once(0)
        .chain(starts)
        .map(|start| &first[start..])
        .find(|suffix| others.iter().all(|host| ends_in_labels(host, suffix)))
        .unwrap_or("")
}

fn ends_in_labels(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// FNV-1a, 64 bits: the same on every machine and in every version, as names in reports must be.
fn fnv1a(hosts: &[&str]) -> u64 {
    let bytes = hosts.iter().flat_map(|host| host.bytes().chain([b' ']));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_organisation_is_what_its_hosts_share() {
        for (hosts, name) in [
            (
                &["aspmx.l.google.com", "alt1.aspmx.l.google.com"][..],
                "google.com",
            ),
            (&["mx1.example.co.jp", "mx2.example.co.jp"], "example.co.jp"),
            (&["mx.example.jp"], "example.jp"),
            (&["mail.one.co.jp", "mail.two.co.jp"], "mail.one.co.jp"),
            (&["mx.example.com", "backup.example.net"], "mx.example.com"),
            (&["a.mail-one.com", "b.one.com"], "a.mail-one.com"),
            (&["mail"], "mail"),
            (&["example.com"], "example.com"),
            (&["mx.co.com", "mx2.co.com"], "co.com"),
            (&[], ""),
        ] {
            assert_eq!(organisation(hosts), name, "{hosts:?}");
        }
    }

    #[test]
    fn a_set_is_named_by_what_it_shares_and_what_it_does_not() {
        for (hosts, name) in [
            (&["mx.example.com"][..], "mx.example.com"),
            (&["mx1.ovh.net", "mx2.ovh.net"], "ovh.net{mx1,mx2}"),
            (
                &["alt1.aspmx.l.google.com", "aspmx.l.google.com"],
                "aspmx.l.google.com{alt1,}",
            ),
            (
                &["a.example.com", "b.example.net"],
                "{a.example.com,b.example.net}",
            ),
        ] {
            assert_eq!(of_set(hosts), name);
        }
    }

    #[test]
    fn an_endless_set_has_a_short_name_of_its_own() {
        let names: Vec<String> = (0..400).map(|n| format!("mx{n:03}.example.com")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let (whole, less) = (of_set(&all), of_set(&all[1..]));
        assert!(whole.len() <= LONGEST && whole.starts_with("example.com{mx000,+399,"));
        assert_ne!(whole, less);
        assert_ne!(
            of_set(&all[..300]),
            of_set(&[&all[..299], &all[300..301]].concat())
        );
    }

    proptest! {
        #[test]
        fn different_sets_never_share_a_name(
            one in prop::collection::btree_set("[ab]{1,2}(\\.[ab]{1,2}){0,3}", 1..5),
            two in prop::collection::btree_set("[ab]{1,2}(\\.[ab]{1,2}){0,3}", 1..5),
        ) {
            let name = |set: &BTreeSet<String>| {
                of_set(&set.iter().map(String::as_str).collect::<Vec<_>>())
            };
            prop_assert_eq!(one == two, name(&one) == name(&two));
        }
    }
}
