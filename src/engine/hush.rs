//! Suppressions that arrive while a campaign runs.
//!
//! Claims look suppressions up by themselves. What was claimed before one arrived, and has not been
//! handed to a connection, is taken back here and claimed anew, so that the ledger decides: between
//! a wish to be left alone and the silence lies a fraction of a second.

use super::dispatch::Dispatcher;
use super::ends::TaskEnd;
use super::stage::Staged;
use crate::model::{Address, Recipient};
use crate::store::StoreError;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// What this run has heard of.
pub(super) struct Hush {
    /// The ledger's count of changes, as far as this run has asked.
    version: i64,
    /// Counts the times that something was new. What was claimed before the last of them is to be
    /// looked at.
    epoch: u64,
    /// Hashes of suppressed addresses and domains. Two that fall together only make somebody be
    /// claimed twice.
    keys: HashSet<u64>,
    hasher: RandomState,
    /// The last epoch that suppressed somebody whom only the ledger knows.
    unknown: u64,
    asking: bool,
}

/// When something was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Epoch(u64);

impl Hush {
    /// From the version that the first claim of the run looks up.
    pub(super) fn new(version: i64) -> Self {
        Self {
            version,
            epoch: 1,
            keys: HashSet::new(),
            hasher: RandomState::new(),
            unknown: 0,
            asking: false,
        }
    }

    pub(super) fn epoch(&self) -> Epoch {
        Epoch(self.epoch)
    }

    fn learn(&mut self, keys: &[String], version: i64) {
        self.version = version;
        if keys.is_empty() {
            return;
        }
        self.epoch += 1;
        if keys.iter().any(|key| key.starts_with('#')) {
            self.unknown = self.epoch;
        }
        let hashes = keys.iter().map(|key| self.hasher.hash_one(key.as_str()));
        self.keys.extend(hashes);
    }

    /// Whether a recipient that was claimed at `epoch` is to be claimed anew.
    fn concerns(&self, recipient: &Recipient, epoch: Epoch) -> bool {
        epoch.0 < self.epoch && (epoch.0 < self.unknown || self.knows(&recipient.address))
    }

    fn knows(&self, address: &Address) -> bool {
        let has = |key: &str| self.keys.contains(&self.hasher.hash_one(key));
        has(&address.key()) || has(&format!("@{}", address.domain()))
    }
}

impl Dispatcher {
    /// Asks the ledger who is suppressed by now, one question at a time.
    pub(super) fn watch_suppressions(&mut self) {
        if self.hush.asking {
            return;
        }
        self.hush.asking = true;
        let (store, campaign) = (self.setup.store.clone(), self.setup.campaign.id);
        let version = self.hush.version;
        self.tasks.spawn(async move {
            tokio::time::sleep(WATCH).await;
            TaskEnd::Hushed(store.suppressed_since(campaign, version).await)
        });
    }

    /// Takes back what was claimed for people who are suppressed by now.
    pub(super) fn hushed(&mut self, heard: Result<(Vec<String>, i64), StoreError>) {
        self.hush.asking = false;
        let Some((keys, version)) = self.stored(heard) else {
            return;
        };
        let before = self.hush.epoch();
        self.hush.learn(&keys, version);
        if self.hush.epoch() == before {
            return;
        }
        for lane in 0..self.destinations.len() {
            let hush = &self.hush;
            let concerned = |staged: &Staged| hush.concerns(&staged.recipient, before);
            let withdrawn = self.destinations[lane].lane.withdraw(concerned);
            self.release(withdrawn.into_iter().map(|staged| staged.recipient));
        }
    }

    /// Of messages that were claimed at `epoch`, those that may be sent; the others go back.
    pub(super) fn still_wanted(&mut self, staged: Vec<Staged>, epoch: Epoch) -> Vec<Staged> {
        if epoch == self.hush.epoch() {
            return staged;
        }
        let (concerned, wanted): (Vec<_>, Vec<_>) = staged
            .into_iter()
            .partition(|staged| self.hush.concerns(&staged.recipient, epoch));
        self.release(concerned.into_iter().map(|staged| staged.recipient));
        wanted
    }
}

/// How often the ledger is asked.
const WATCH: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DomainId, Fields, RecipientId};

    fn recipient(email: &str) -> Recipient {
        Recipient {
            id: RecipientId(1),
            domain: DomainId(1),
            address: Address::parse(email).unwrap(),
            fields: Fields::new(),
            attempts: 0,
            first_attempt: None,
        }
    }

    #[test]
    fn what_was_claimed_before_is_looked_at_and_nothing_else() {
        let mut hush = Hush::new(7);
        let first = hush.epoch();
        let (ann, bob) = (recipient("Ann@one.example"), recipient("bob@two.example"));
        hush.learn(&[], 8);
        assert_eq!(hush.epoch(), first);
        hush.learn(&["ann@one.example".to_owned()], 9);
        assert!(hush.concerns(&ann, first));
        assert!(!hush.concerns(&bob, first));
        assert!(!hush.concerns(&ann, hush.epoch()), "the ledger has decided");
        let second = hush.epoch();
        hush.learn(&["@two.example".to_owned()], 10);
        assert!(hush.concerns(&bob, second));
    }

    #[test]
    fn the_erased_are_known_to_the_ledger_alone() {
        let mut hush = Hush::new(1);
        let first = hush.epoch();
        hush.learn(&["#00".to_owned()], 2);
        let anybody = recipient("ann@one.example");
        assert!(hush.concerns(&anybody, first));
        assert!(!hush.concerns(&anybody, hush.epoch()));
    }
}
