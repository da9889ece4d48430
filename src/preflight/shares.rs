//! Whose mailboxes a campaign goes to.

use super::receivers::Receiver;
use crate::model::Domain;
use std::collections::HashMap;

/// How many recipients each domain and each large provider has. Duplicates and suppressed
/// recipients are not counted.
#[derive(Debug, Clone, Default)]
pub struct Shares {
    domains: HashMap<Box<str>, u64>,
    recipients: u64,
    rows: u64,
}

impl Shares {
    /// Counts a recipient.
    pub fn add(&mut self, domain: &Domain) {
        self.recipients += 1;
        match self.domains.get_mut(domain.as_str()) {
            Some(count) => *count += 1,
            None => {
                self.domains.insert(domain.as_str().into(), 1);
            }
        }
    }

    /// Counts rows, whatever is in them.
    pub fn add_rows(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// Everybody who would get a letter.
    #[must_use]
    pub fn recipients(&self) -> u64 {
        self.recipients
    }

    /// Rows of the list.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Recipients with an address at a provider.
    #[must_use]
    pub fn at(&self, receiver: Receiver) -> u64 {
        let there = self
            .domains
            .iter()
            .filter(|(domain, _)| of(domain) == Some(receiver));
        there.map(|(_, count)| count).sum()
    }

    /// Every domain with its recipients, in no order.
    pub fn domains(&self) -> impl Iterator<Item = (&str, u64)> {
        self.domains
            .iter()
            .map(|(domain, count)| (&**domain, *count))
    }

    /// Providers and domains with their recipients, the most first, equal ones by name.
    #[must_use]
    pub fn destinations(&self) -> Vec<(String, u64)> {
        let mut providers: HashMap<Receiver, u64> = HashMap::new();
        let mut all = Vec::new();
        for (domain, count) in self.domains() {
            match of(domain) {
                Some(receiver) => *providers.entry(receiver).or_default() += count,
                None => all.push((domain.to_owned(), count)),
            }
        }
        all.extend(
            providers
                .into_iter()
                .map(|(receiver, count)| (receiver.name().to_owned(), count)),
        );
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }
}

fn of(domain: &str) -> Option<Receiver> {
    Receiver::of(&Domain::parse(domain).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_summed_over_their_domains() {
        let mut shares = Shares::default();
        for domain in [
            "gmail.com",
            "example.org",
            "googlemail.com",
            "yahoo.fr",
            "gmail.com",
        ] {
            shares.add(&Domain::parse(domain).unwrap());
        }
        assert_eq!(shares.at(Receiver::Gmail), 3);
        assert_eq!(shares.at(Receiver::Docomo), 0);
        assert_eq!(shares.recipients(), 5);
        let named = shares.destinations();
        let named: Vec<_> = named
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        assert_eq!(named, [("Gmail", 3), ("Yahoo/AOL", 1), ("example.org", 1)]);
    }
}
