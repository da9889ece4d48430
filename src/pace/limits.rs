//! Which limits hold for a destination.

use super::profiles::PROFILES;
use crate::model::{DestinationRule, Domain, Matcher, Rate, TlsPolicy};

/// The limits of one destination, every one of them decided.
#[derive(Debug, Clone, PartialEq)]
pub struct DestinationLimits {
    /// Connections at a time, from each source address.
    pub connections: usize,
    /// Messages, of all connections from one source address; `None` is unlimited.
    pub rate: Option<Rate>,
    /// Messages on one connection; `None` is unlimited.
    pub messages_per_connection: Option<u32>,
    /// Recipients of one transaction.
    pub recipients_per_transaction: u32,
    /// Higher is served first.
    pub priority: i32,
    /// What TLS it must hold, where that is not the policy of the whole run.
    pub tls: Option<TlsPolicy>,
}

impl Default for DestinationLimits {
    /// What a server that nothing is known of usually bears.
    fn default() -> Self {
        Self {
            connections: 10,
            rate: None,
            messages_per_connection: Some(100),
            recipients_per_transaction: 1,
            priority: 0,
            tls: None,
        }
    }
}

/// The limits of the destination whose servers are `mx`, for mail to `domain`. Each limit comes
/// from the first rule that matches and sets it, then from the provider's profile, then from
/// [`DestinationLimits::default`].
#[must_use]
pub fn limits_for(rules: &[DestinationRule], mx: &[String], domain: &Domain) -> DestinationLimits {
    with_rules(behind_the_rules(mx), rules, mx, Some(domain))
}

/// The limits of a server that was configured, a relay or an override, which takes the mail of
/// every domain. Rules for domains do not hold for it. It is the sender's own, so without a rule
/// it is not left after so many messages.
#[must_use]
pub fn limits_for_configured(rules: &[DestinationRule], names: &[String]) -> DestinationLimits {
    let limits = DestinationLimits {
        messages_per_connection: None,
        ..DestinationLimits::default()
    };
    with_rules(limits, rules, names, None)
}

fn with_rules(
    mut limits: DestinationLimits,
    rules: &[DestinationRule],
    mx: &[String],
    domain: Option<&Domain>,
) -> DestinationLimits {
    // From the last to the first, so that an earlier rule overwrites a later one.
    for rule in rules.iter().rev().filter(|rule| holds(rule, mx, domain)) {
        let limits = &mut limits;
        set(&mut limits.connections, rule.connections);
        set(&mut limits.rate, rule.rate);
        let messages = rule.messages_per_connection.map(|n| (n > 0).then_some(n));
        set(&mut limits.messages_per_connection, messages);
        set(
            &mut limits.recipients_per_transaction,
            rule.recipients_per_transaction,
        );
        set(&mut limits.priority, rule.priority);
        set(&mut limits.tls, rule.tls.map(Some));
    }
    limits
}

/// The limits where no rule says anything.
fn behind_the_rules(mx: &[String]) -> DestinationLimits {
    let mut limits = DestinationLimits::default();
    let profile = PROFILES
        .iter()
        .find(|profile| profile.mx.iter().any(|pattern| any(pattern, mx)));
    if let Some(profile) = profile {
        set(&mut limits.connections, profile.connections);
        let messages = profile.messages_per_connection.map(Some);
        set(&mut limits.messages_per_connection, messages);
        let rate = profile
            .per_second
            .map(|per_second| Some(Rate { per_second }));
        set(&mut limits.rate, rate);
        limits.tls = profile.tls;
    }
    limits
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

fn holds(rule: &DestinationRule, mx: &[String], domain: Option<&Domain>) -> bool {
    match &rule.matches {
        Matcher::Mx(pattern) => any(pattern, mx),
        Matcher::Domain(pattern) => domain.is_some_and(|domain| matches(pattern, domain.as_str())),
        Matcher::All => true,
    }
}

fn any(pattern: &str, names: &[String]) -> bool {
    names.iter().any(|name| matches(pattern, name))
}

/// Whether a lower-case pattern fits a name: as it stands, or with one or more labels for a
/// leading `*.`.
fn matches(pattern: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    match pattern.strip_prefix('*') {
        None => name.eq_ignore_ascii_case(pattern),
        Some(end) => {
            let start = name.len().checked_sub(end.len());
            let tail = start
                .filter(|start| *start > 0)
                .and_then(|start| name.get(start..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(matches: Matcher) -> DestinationRule {
        DestinationRule {
            matches,
            connections: None,
            rate: None,
            messages_per_connection: None,
            recipients_per_transaction: None,
            priority: None,
            tls: None,
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_star_stands_for_one_or_more_labels() {
        assert!(matches("*.example.com", "mx.example.com"));
        assert!(matches("*.example.com", "a.b.Example.COM."));
        assert!(matches("mx.example.com", "MX.example.com"));
        for name in [
            "example.com",
            "badexample.com",
            ".example.com.x",
            "",
            "ü.com",
        ] {
            assert!(!matches("*.example.com", name), "{name}");
        }
    }

    #[test]
    fn the_first_rule_that_sets_a_limit_wins() {
        let all = Rate { per_second: 3.0 };
        let rules = [
            DestinationRule {
                connections: Some(7),
                ..rule(Matcher::Domain("example.jp".into()))
            },
            DestinationRule {
                connections: Some(1),
                rate: Some(None),
                messages_per_connection: Some(0),
                ..rule(Matcher::Mx("*.example.com".into()))
            },
            DestinationRule {
                rate: Some(Some(all)),
                priority: Some(4),
                ..rule(Matcher::All)
            },
        ];
        let domain = Domain::parse("example.jp").unwrap();
        let limits = limits_for(&rules, &names(&["mx.example.com"]), &domain);
        assert_eq!(limits.connections, 7);
        assert_eq!(
            limits.rate, None,
            "an explicit unlimited stands before a later limit"
        );
        assert_eq!(limits.messages_per_connection, None);
        assert_eq!(limits.priority, 4);
        let other = Domain::parse("example.org").unwrap();
        let limits = limits_for(&rules, &names(&["mx.example.org"]), &other);
        assert_eq!(limits.connections, 10);
        assert_eq!(limits.rate, Some(all));
        assert_eq!(limits.messages_per_connection, Some(100));
    }

    #[test]
    fn profiles_stand_behind_the_rules() {
        let domain = Domain::parse("example.jp").unwrap();
        let google = names(&["alt1.aspmx.l.google.com", "aspmx.l.google.com"]);
        let limits = limits_for(&[], &google, &domain);
        assert_eq!(
            (limits.connections, limits.messages_per_connection),
            (5, Some(50))
        );
        let rules = [DestinationRule {
            connections: Some(2),
            ..rule(Matcher::All)
        }];
        let limits = limits_for(&rules, &google, &domain);
        assert_eq!(
            (limits.connections, limits.messages_per_connection),
            (2, Some(50))
        );
        let yahoo = limits_for(&[], &names(&["mta5.am0.yahoodns.net"]), &domain);
        assert_eq!(
            (yahoo.connections, yahoo.messages_per_connection),
            (10, Some(20))
        );
        let japan = limits_for(&[], &names(&["mx1.mail.yahoo.co.jp"]), &domain);
        assert_eq!(japan.rate, Some(Rate { per_second: 10.0 }));
    }
}
