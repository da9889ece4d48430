//! The providers, as data.

/// How one simulated mailbox provider behaves.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// The word that leads to it, and its name.
    pub word: &'static str,
    /// Its MX records.
    pub hosts: &'static [Host],
    /// Its share of the domains that hold no word, in parts of the sum of all shares.
    pub share: u64,
    /// Whether it knows EHLO and the extensions; otherwise it answers HELO only.
    pub extended: bool,
    /// Whether it offers STARTTLS.
    pub starttls: bool,
    /// Whether the first attempt of every sender and recipient is put off.
    pub greylists: bool,
    /// Messages on one connection before MAIL gets 421.
    pub messages_per_connection: Option<u32>,
    /// Connections at a time; more get 421 as greeting.
    pub connections: Option<usize>,
    /// Transactions a second; more get 450 or 451.
    pub rate: Option<u32>,
    /// The least and the most milliseconds before a reply.
    pub delay: Option<(u64, u64)>,
    /// Octets a second it reads.
    pub reads: Option<u32>,
    /// Which mailboxes it has.
    pub users: Users,
    /// Which connections it drops.
    pub drops: Option<Drops>,
}

/// One MX record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: &'static str,
    /// Its preference.
    pub preference: u16,
    /// The last octet of its address.
    pub octet: u8,
    /// Whether somebody listens there; otherwise connections are refused.
    pub alive: bool,
}

/// Which mailboxes a provider has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// All that are asked for.
    All,
    /// All but those whose local part begins with `unknown` (550 5.1.1) or `blocked` (550 5.7.1);
    /// `full` is over quota, for good (552 5.2.2) or, for half of them, at the first two attempts
    /// (452 4.2.2); `spam` finds every content to be spam (554 5.7.1).
    Strict,
}

/// How often a connection is dropped, in messages of a thousand; at most twice for one recipient,
/// so that everything arrives in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drops {
    /// Instead of an answer to RCPT.
    pub at_command: u64,
    /// In the middle of the content.
    pub at_content: u64,
    /// After the content, before it is answered; every other message was accepted all the same.
    pub at_end: u64,
}

/// Accepts everything, offers everything but STARTTLS, and hurries.
const PLAIN: Manners = Manners {
    word: "plain",
    hosts: &[
        live("mx1.plain-mail.test", 10, 10),
        live("mx2.plain-mail.test", 10, 11),
    ],
    share: 6,
    extended: true,
    starttls: false,
    greylists: false,
    messages_per_connection: None,
    connections: None,
    rate: None,
    delay: None,
    reads: None,
    users: Users::All,
    drops: None,
};

/// Every provider that accepts mail.
pub const MANNERS: &[Manners] = &[
    PLAIN,
    Manners {
        word: "tls",
        hosts: &[live("mx.tls-mail.test", 10, 20)],
        share: 5,
        starttls: true,
        ..PLAIN
    },
    Manners {
        word: "grey",
        hosts: &[live("mx.grey-mail.test", 10, 30)],
        share: 1,
        greylists: true,
        ..PLAIN
    },
    Manners {
        word: "batch",
        hosts: &[
            dead("mx1.batch-mail.test", 10),
            live("mx2.batch-mail.test", 20, 40),
        ],
        share: 2,
        messages_per_connection: Some(20),
        ..PLAIN
    },
    Manners {
        word: "strict",
        hosts: &[
            live("mx1.strict-mail.test", 10, 50),
            live("mx2.strict-mail.test", 20, 51),
        ],
        share: 3,
        users: Users::Strict,
        ..PLAIN
    },
    Manners {
        word: "slow",
        hosts: &[live("mx.slow-mail.test", 10, 60)],
        share: 1,
        delay: Some((50, 150)),
        reads: Some(128 * 1024),
        ..PLAIN
    },
    Manners {
        word: "flaky",
        hosts: &[live("mx.flaky-mail.test", 10, 70)],
        share: 1,
        drops: Some(Drops {
            at_command: 20,
            at_content: 20,
            at_end: 20,
        }),
        ..PLAIN
    },
    Manners {
        word: "limit",
        hosts: &[live("mx.limit-mail.test", 10, 80)],
        share: 1,
        connections: Some(2),
        rate: Some(50),
        ..PLAIN
    },
    Manners {
        word: "old",
        hosts: &[live("mx.old-mail.test", 10, 90)],
        share: 1,
        extended: false,
        ..PLAIN
    },
];

/// The only host of `dead` domains.
pub(super) const DEAD_HOST: Host = dead("mx.dead-mail.test", 10);

/// The provider of `nomx` and `servfail` domains.
pub(super) const FALLBACK: &Manners = &PLAIN;

const fn live(name: &'static str, preference: u16, octet: u8) -> Host {
    Host {
        name,
        preference,
        octet,
        alive: true,
    }
}

const fn dead(name: &'static str, preference: u16) -> Host {
    Host {
        name,
        preference,
        octet: 2,
        alive: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn words_names_and_addresses_are_told_apart() {
        let words: HashSet<&str> = MANNERS.iter().map(|m| m.word).collect();
        assert_eq!(words.len(), MANNERS.len());
        let hosts: Vec<&Host> = MANNERS.iter().flat_map(|m| m.hosts).collect();
        let names: HashSet<&str> = hosts.iter().map(|h| h.name).collect();
        assert_eq!(names.len(), hosts.len());
        let live: Vec<u8> = hosts.iter().filter(|h| h.alive).map(|h| h.octet).collect();
        assert_eq!(live.iter().collect::<HashSet<_>>().len(), live.len());
        assert!(!live.contains(&DEAD_HOST.octet));
        assert!(MANNERS.iter().all(|m| m.hosts.iter().any(|h| h.alive)));
    }
}
