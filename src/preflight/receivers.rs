//! Mailbox providers whose published rules are checked, by the domains of their addresses.
//!
//! Only addresses under the providers' own domains are known without asking DNS; a company whose
//! mail they host is not counted, and their rules for bulk mail do not hold for it either.

use crate::model::Domain;

/// A mailbox provider that publishes rules for senders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Receiver {
    /// Personal accounts of Google.
    Gmail,
    /// Yahoo and AOL, not Yahoo! JAPAN.
    Yahoo,
    /// Microsoft's consumer mail.
    Outlook,
    /// iCloud Mail.
    Apple,
    /// NTT docomo.
    Docomo,
    /// KDDI's au and UQ mobile.
    Au,
    /// SoftBank and Y!mobile.
    SoftBank,
}

/// What is known of one of them.
struct Entry {
    receiver: Receiver,
    name: &'static str,
    /// Whole domains; with a leading dot any name below; with `.*` at the end any top level.
    domains: &'static [&'static str],
    /// Octets of a message it takes.
    limit: u64,
}

const MB: u64 = 1_000_000;

const TABLE: [Entry; 7] = [
    Entry {
        receiver: Receiver::Gmail,
        name: "Gmail",
        domains: &["gmail.com", "googlemail.com"],
        limit: 25 * MB,
    },
    Entry {
        receiver: Receiver::Yahoo,
        name: "Yahoo/AOL",
        domains: &[
            "yahoo.*",
            "ymail.com",
            "rocketmail.com",
            "aol.*",
            "aim.com",
            "myyahoo.com",
        ],
        limit: 25 * MB,
    },
    Entry {
        receiver: Receiver::Outlook,
        name: "Outlook.com",
        domains: &[
            "outlook.*",
            "hotmail.*",
            "live.*",
            "msn.com",
            "passport.com",
        ],
        limit: 25 * MB,
    },
    Entry {
        receiver: Receiver::Apple,
        name: "iCloud",
        domains: &["icloud.com", "me.com", "mac.com"],
        limit: 20 * MB,
    },
    Entry {
        receiver: Receiver::Docomo,
        name: "docomo",
        domains: &["docomo.ne.jp"],
        limit: 10 * MB,
    },
    Entry {
        receiver: Receiver::Au,
        name: "au",
        domains: &[
            "ezweb.ne.jp",
            ".ezweb.ne.jp",
            "au.com",
            ".au.com",
            "uqmobile.jp",
        ],
        limit: 3 * MB,
    },
    Entry {
        receiver: Receiver::SoftBank,
        name: "SoftBank",
        domains: &[
            "softbank.ne.jp",
            "i.softbank.jp",
            "ymobile.ne.jp",
            "ymobile1.ne.jp",
            "y-mobile.ne.jp",
            "yahoo.ne.jp",
            ".vodafone.ne.jp",
        ],
        limit: 10 * MB,
    },
];

/// Other companies under a name that a pattern with `.*` would take for a provider's.
const OTHERS: &[&str] = &["yahoo.co.jp", "yahoo.ne.jp"];

impl Receiver {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|entry| entry.receiver)
    }

    /// The one that has the mailboxes of a domain.
    #[must_use]
    pub fn of(domain: &Domain) -> Option<Self> {
        let domain = domain.as_str();
        let entry = TABLE
            .iter()
            .find(|entry| entry.domains.iter().any(|pattern| fits(pattern, domain)))?;
        Some(entry.receiver)
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Octets of a message that it takes.
    #[must_use]
    pub fn limit(self) -> u64 {
        self.entry().limit
    }

    /// Octets of a message that every one of them takes.
    pub(super) fn least_limit() -> u64 {
        let limits = TABLE.iter().map(|entry| entry.limit);
        limits.min().unwrap_or(u64::MAX)
    }

    fn entry(self) -> &'static Entry {
        // The table is in the order of the names.
        &TABLE[self as usize]
    }
}

fn fits(pattern: &str, domain: &str) -> bool {
    if let Some(name) = pattern.strip_suffix("*") {
        // `yahoo.` and a suffix under which anybody may have a name, such as `co.uk`.
        let rest = domain.strip_prefix(name);
        return rest.is_some_and(|rest| {
            psl::suffix_str(domain) == Some(rest) && !OTHERS.contains(&domain)
        });
    }
    match pattern.strip_prefix('.') {
        Some(_) => domain.ends_with(pattern),
        None => domain == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Receiver> {
        Receiver::of(&Domain::parse(text).unwrap())
    }

    #[test]
    fn addresses_belong_to_their_providers() {
        for (domain, receiver) in [
            ("GMAIL.com", Receiver::Gmail),
            ("yahoo.com", Receiver::Yahoo),
            ("yahoo.co.uk", Receiver::Yahoo),
            ("aol.com", Receiver::Yahoo),
            ("hotmail.fr", Receiver::Outlook),
            ("live.com", Receiver::Outlook),
            ("me.com", Receiver::Apple),
            ("docomo.ne.jp", Receiver::Docomo),
            ("a2.ezweb.ne.jp", Receiver::Au),
            ("yahoo.ne.jp", Receiver::SoftBank),
            ("t.vodafone.ne.jp", Receiver::SoftBank),
        ] {
            assert_eq!(of(domain), Some(receiver), "{domain}");
        }
        for other in [
            "yahoo.co.jp",
            "notgmail.com",
            "gmail.com.example",
            "yahoo.example.com",
            "mail.example",
            "vodafone.ne.jp",
            "live.kaufen.example",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn the_table_is_in_the_order_of_the_names() {
        for receiver in Receiver::all() {
            assert_eq!(receiver.entry().receiver, receiver);
            assert!(receiver.limit() >= 3 * MB && !receiver.name().is_empty());
        }
    }
}
