//! What a receiver would have to look up (RFC 7208 section 4.6.4).

use super::record::{Flaw, name, only_record};
use crate::preflight::domain::facts::{Answer, SpfFacts};
use mail_auth::spf::{Macro, Mechanism, Spf};
use std::collections::BTreeSet;

/// Counts what a receiver would look up (RFC 7208 section 4.6.4).
pub(super) struct Walk<'f> {
    facts: &'f SpfFacts,
    /// Look-ups so far.
    pub(super) lookups: u32,
    depth: u32,
    /// Domains whose records use ptr.
    pub(super) by_ptr: BTreeSet<String>,
    /// What is wrong with the records it leads to.
    pub(super) flaws: Vec<Found>,
}

/// What is wrong with a record that another leads to.
pub(super) enum Found {
    /// It cannot be used.
    Broken(String),
    /// Nobody knows: its domain, and why.
    Silent(String, String),
}

impl<'f> Walk<'f> {
    pub(super) fn new(facts: &'f SpfFacts) -> Self {
        Self {
            facts,
            lookups: 0,
            depth: 0,
            by_ptr: BTreeSet::new(),
            flaws: Vec::new(),
        }
    }

    /// Follows a record.
    pub(super) fn visit(&mut self, domain: &str, record: &Spf) {
        for directive in &record.directives {
            match &directive.mechanism {
                Mechanism::All | Mechanism::Ip4 { .. } | Mechanism::Ip6 { .. } => {}
                Mechanism::A { .. } | Mechanism::Mx { .. } | Mechanism::Exists { .. } => {
                    self.lookups += 1;
                }
                Mechanism::Ptr { .. } => {
                    self.lookups += 1;
                    self.by_ptr.insert(domain.to_owned());
                }
                Mechanism::Include { macro_string } => self.follow("include", macro_string, domain),
            }
        }
        if let Some(redirect) = &record.redirect {
            self.follow("redirect", redirect, domain);
        }
    }

    fn follow(&mut self, how: &str, named: &Macro, domain: &str) {
        self.lookups += 1;
        // A record that includes itself never ends.
        if self.lookups >= STOP || self.depth >= STOP {
            return;
        }
        let Some(name) = name(named, domain) else {
            return;
        };
        match self.facts.texts.get(&name) {
            Some(Answer::Found(texts)) => match only_record(texts) {
                Ok(Some(record)) => {
                    self.depth += 1;
                    self.visit(&name, &record);
                    self.depth -= 1;
                }
                Ok(None) => self
                    .flaws
                    .push(Found::Broken(format!("{how} {name} has no SPF record"))),
                Err(Flaw::Several(count)) => self.flaws.push(Found::Broken(format!(
                    "{how} {name} has {count} SPF records"
                ))),
                Err(Flaw::Unreadable(why)) => self
                    .flaws
                    .push(Found::Broken(format!("the record of {how} {name}: {why}"))),
            },
            Some(Answer::Nothing) => self
                .flaws
                .push(Found::Broken(format!("{how} {name} has no SPF record"))),
            Some(Answer::Unanswered(why)) => self.flaws.push(Found::Silent(name, why.clone())),
            None => {}
        }
    }
}

/// Where counting, and following, ends.
pub(super) const STOP: u32 = 30;
