//! MTA-STS in mode `testing`: mail goes anyway, and what would have held it back is told.

use super::dispatch::Dispatcher;
use crate::model::Domain;
use crate::secure::{StsMode, StsPolicy};
use std::sync::Arc;

/// What a destination knows of domains that test their policies.
#[derive(Debug, Default)]
pub(crate) struct Testing {
    /// The first of them, and how many there are.
    domains: Option<(Domain, usize)>,
    /// Why the connection that came up last would not have been good enough.
    flaw: Option<String>,
    /// Flaws that were told already, no more than [`TOLD`].
    told: Vec<String>,
}

impl Testing {
    /// A connection came up, with this flaw or none.
    pub(super) fn seen(&mut self, flaw: Option<String>) {
        self.flaw = flaw;
    }

    /// What is to be told now, if it was not told before: every flaw once, however the servers of
    /// a destination take turns with theirs, and none beyond the bound, since servers word them.
    fn news(&mut self) -> Option<String> {
        let (first, count) = self.domains.as_ref()?;
        let flaw = self.flaw.as_ref()?;
        if self.told.contains(flaw) || self.told.len() >= TOLD {
            return None;
        }
        self.told.push(flaw.clone());
        let more = match count {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        Some(format!(
            "MTA-STS of {first}{more} (mode testing): in mode enforce this mail would wait: {flaw}"
        ))
    }
}

impl Dispatcher {
    /// A domain of the destination has this policy.
    pub(super) fn heed_testing(&mut self, lane: usize, domain: &Domain, policy: &StsPolicy) {
        if policy.mode != StsMode::Testing {
            return;
        }
        let destination = &mut self.destinations[lane];
        let testing = &mut destination.testing;
        match &mut testing.domains {
            Some((_, count)) => *count += 1,
            None => testing.domains = Some((domain.clone(), 1)),
        }
        let unnamed = destination
            .servers
            .names()
            .find(|host| !policy.allows(host));
        if let Some(host) = unnamed {
            let text = format!(
                "MTA-STS of {domain} (mode testing): in mode enforce no mail would go to {host}, \
                 which the policy does not name"
            );
            let name = Arc::clone(&destination.name);
            self.observer.notice(self.clock.now(), Some(&name), text);
        }
        self.tell_testing(lane);
    }

    /// Tells what would have held mail back, where somebody tests that.
    pub(super) fn tell_testing(&mut self, lane: usize) {
        let destination = &mut self.destinations[lane];
        if let Some(text) = destination.testing.news() {
            let name = Arc::clone(&destination.name);
            self.observer.notice(self.clock.now(), Some(&name), text);
        }
    }
}

/// Different flaws that are told of a destination.
const TOLD: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn testing() -> Testing {
        Testing {
            domains: Some((Domain::parse("example.test").unwrap(), 1)),
            ..Testing::default()
        }
    }

    #[test]
    fn flaws_that_alternate_are_told_once_each() {
        let mut testing = testing();
        let told = (0..100).filter(|n| {
            testing.seen(Some(format!("mx{} has a stranger's certificate", n % 2)));
            testing.news().is_some()
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn flaws_that_never_repeat_come_to_an_end() {
        let mut testing = testing();
        let told = (0..1_000).filter(|n| {
            testing.seen(Some(format!("the certificate is for host{n}")));
            testing.news().is_some()
        });
        assert_eq!(told.count(), TOLD);
    }
}
