//! What is known of a campaign before its list is read.

use super::findings::Findings;
use super::html::organisation;
use super::rules::audience::FULL_HOUR;
use crate::model::{Campaign, Domain, Law, Route, RouteMode, Sender, Settings, Timestamp};
use std::net::IpAddr;

/// Who sends what on which way, as far as rules ask.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The domain of From.
    pub from: Domain,
    /// The domain of the return path, on which SPF is looked up.
    pub return_path: Domain,
    /// How mail leaves.
    pub way: Way,
    /// Source addresses that were chosen.
    pub sources: Vec<IpAddr>,
    /// The keys that sign: of all that are configured those of From's domain and of the domains above
    /// it (RFC 7489 section 3.1.1), as [`Self::of`] chooses them.
    pub keys: Vec<Selector>,
    /// Who answers for the mail.
    pub sender: Sender,
    /// Laws to look at.
    pub laws: Vec<Law>,
    /// When it begins, where that is set.
    pub start: Option<Timestamp>,
}

/// How mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To each domain's own servers.
    Direct,
    /// Through relays, which may sign it and send it from addresses of their own.
    Relay,
    /// Everything to one configured server: a rehearsal.
    Override,
}

/// Where a signing key's record stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Selector {
    /// The signing domain.
    pub domain: String,
    /// The selector.
    pub selector: String,
}

impl Selector {
    /// The name of its record (RFC 6376 section 3.6.2.1).
    #[must_use]
    pub fn record(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// Whether the key signs mail of a From domain: it is its own, or that of a domain above it.
    fn signs_for(&self, from: &Domain) -> bool {
        let below = from.as_str().strip_suffix(self.domain.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl Sending {
    /// What a campaign and its settings come to.
    #[must_use]
    pub fn of(campaign: &Campaign, settings: &Settings) -> Self {
        let from = campaign.from.address.domain().clone();
        let bounces = settings.identity.bounce_domain.as_deref();
        let keys = settings.dkim.iter().map(|key| Selector {
            domain: key.domain.to_ascii_lowercase(),
            selector: key.selector.to_ascii_lowercase(),
        });
        let keys = keys.filter(|key| key.signs_for(&from)).collect();
        Self {
            return_path: bounces
                .and_then(|name| Domain::parse(name).ok())
                .unwrap_or_else(|| from.clone()),
            from,
            way: Way::of(&settings.route),
            sources: settings
                .route
                .sources
                .iter()
                .map(|source| source.ip)
                .collect(),
            keys,
            sender: settings.sender.clone(),
            laws: settings.check.laws.clone(),
            start: campaign.schedule.start,
        }
    }

    /// Whether the domain of From is one of those that are reserved for examples and tests (RFC
    /// 2606, RFC 6761): DNS says nothing of use about them.
    #[must_use]
    pub fn is_example(&self) -> bool {
        let from = self.from.as_str();
        let top = from.rsplit('.').next().unwrap_or(from);
        ["test", "example", "invalid", "localhost"].contains(&top)
            || ["example.com", "example.net", "example.org"].contains(&organisation(from))
    }

    /// Whether a domain belongs to the organisation of From (RFC 7489 section 3.1).
    pub(super) fn is_ours(&self, domain: &str) -> bool {
        let domain = domain.trim_end_matches('.').to_ascii_lowercase();
        organisation(&domain) == organisation(self.from.as_str())
    }

    /// Judges the hour at which it starts.
    pub fn judge_schedule(&self, findings: &mut Findings) {
        // Every zone with whole hours has its full hour with UTC's; Japan does.
        if let Some(start) = self.start
            && start.as_millis().rem_euclid(3_600_000) < 60_000
        {
            findings.campaign(&FULL_HOUR, start.to_string());
        }
    }
}

impl Way {
    fn of(route: &Route) -> Self {
        match (&route.override_to, &route.mode) {
            (Some(_), _) => Self::Override,
            (None, RouteMode::Relay(_)) => Self::Relay,
            (None, RouteMode::Mx) => Self::Direct,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::preflight::shares::Shares;

    /// Mail from `news@example.com`, sent directly, signed by its domain.
    pub(in crate::preflight) fn sending() -> Sending {
        let from = Domain::parse("example.com").unwrap();
        Sending {
            return_path: from.clone(),
            from,
            way: Way::Direct,
            sources: Vec::new(),
            keys: vec![Selector {
                domain: "example.com".into(),
                selector: "s".into(),
            }],
            sender: Sender::default(),
            laws: Vec::new(),
            start: None,
        }
    }

    #[test]
    fn the_organisation_counts_and_not_the_host() {
        let sending = sending();
        for ours in ["example.com", "bounces.EXAMPLE.com", "example.com."] {
            assert!(sending.is_ours(ours), "{ours}");
        }
        for other in ["example.org", "com", "badexample.com", ""] {
            assert!(!sending.is_ours(other), "{other}");
        }
    }

    #[test]
    fn keys_of_other_domains_do_not_sign() {
        let signs = |domain: &str| {
            let key = Selector {
                domain: domain.to_owned(),
                selector: "s".to_owned(),
            };
            key.signs_for(&Domain::parse("news.example.com").unwrap())
        };
        for ours in ["news.example.com", "example.com"] {
            assert!(signs(ours), "{ours}");
        }
        for other in [
            "other.example",
            "ample.com",
            "a.news.example.com",
            "mail.example.com",
        ] {
            assert!(!signs(other), "{other}");
        }
    }

    #[test]
    fn reserved_domains_are_known() {
        let of = |from: &str| {
            Sending {
                from: Domain::parse(from).unwrap(),
                ..sending()
            }
            .is_example()
        };
        for reserved in [
            "example.com",
            "news.example.org",
            "sender.test",
            "a.example",
        ] {
            assert!(of(reserved), "{reserved}");
        }
        for real in ["example.co.jp", "testing.com", "myexample.com"] {
            assert!(!of(real), "{real}");
        }
    }

    #[test]
    fn the_full_hour_is_noticed() {
        for (at, count) in [
            (1_796_083_200_000, 1),
            (1_796_083_259_999, 1),
            (1_796_083_260_000, 0),
        ] {
            let sending = Sending {
                start: Some(Timestamp::from_millis(at)),
                ..sending()
            };
            let mut findings = Findings::default();
            sending.judge_schedule(&mut findings);
            assert_eq!(
                findings.finish(&Shares::default(), 0, &[]).len(),
                count,
                "{at}"
            );
        }
    }
}
