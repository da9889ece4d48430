//! MTA-STS: which policy a domain has, from the ledger or fetched anew (RFC 8461 section 3).

use crate::model::{Domain, Timestamp};
use crate::net::{Clock, PolicyClient, Resolver};
use crate::secure::{StsPolicy, policy_id};
use crate::store::{Store, StsRecord};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Finds policies out. A look-up never fails and never takes longer than [`LIMIT`]: where nothing
/// can be had, what was had before holds until it expires. None waits for another: how many are
/// under way at a time is the caller's business, so that one domain's slow host costs only itself.
pub(super) struct Policies {
    resolver: Resolver,
    client: PolicyClient,
    store: Store,
    clock: Clock,
    /// Domains whose policy could not be had, and when they may be asked again.
    failed: Mutex<HashMap<Domain, Timestamp>>,
}

/// A policy that was kept.
struct Kept {
    record: StsRecord,
    policy: StsPolicy,
}

impl Policies {
    pub(super) fn new(
        resolver: Resolver,
        client: PolicyClient,
        store: Store,
        clock: Clock,
    ) -> Self {
        Self {
            resolver,
            client,
            store,
            clock,
            failed: Mutex::default(),
        }
    }

    /// The policy that holds for `domain` now, if there is one; where that could not be found out,
    /// from when on it may be tried again.
    pub(super) async fn of(&self, domain: &Domain) -> (Option<StsPolicy>, Option<Timestamp>) {
        let kept = self.kept(domain).await;
        match timeout(LIMIT, self.look_up(domain, kept.as_ref())).await {
            Ok(Some(policy)) => return (Some(policy), None),
            Ok(None) => {}
            Err(_) => {
                self.remember_failure(domain);
                tracing::info!(%domain, "no MTA-STS policy within {} s", LIMIT.as_secs());
            }
        }
        match kept {
            Some(kept) => (Some(kept.policy), None),
            None => (None, self.failure(domain)),
        }
    }

    /// The policy that DNS announces: as kept where that is the same one, fetched otherwise. A
    /// domain that announces none has none, but what was kept of it still holds.
    async fn look_up(&self, domain: &Domain, kept: Option<&Kept>) -> Option<StsPolicy> {
        let texts = self.resolver.texts(&format!("_mta-sts.{domain}")).await;
        let Ok(texts) = texts else {
            self.remember(domain, SOON);
            return None;
        };
        let Some(id) = policy_id(texts.iter().map(String::as_str)) else {
            self.forget_failure(domain);
            return None;
        };
        let now = self.clock.now();
        if let Some(Kept { record, policy }) = kept
            && record.id == id
            && now.since(record.fetched) < REFRESH
        {
            return Some(policy.clone());
        }
        if self.failure(domain).is_some_and(|until| until > now) {
            return None;
        }
        match self.fetch(domain).await {
            Ok(policy) => {
                self.forget_failure(domain);
                self.keep(domain, id, &policy).await;
                Some(policy)
            }
            Err(why) => {
                self.remember_failure(domain);
                tracing::info!(%domain, "no MTA-STS policy although DNS announces one: {why}");
                None
            }
        }
    }

    async fn fetch(&self, domain: &Domain) -> Result<StsPolicy, String> {
        let text = self.client.fetch(domain.as_str()).await;
        let text = text.map_err(|error| error.to_string())?;
        text.parse::<StsPolicy>().map_err(|flaw| flaw.to_string())
    }

    async fn kept(&self, domain: &Domain) -> Option<Kept> {
        let found = self
            .store
            .sts_policy(domain.clone(), self.clock.now())
            .await;
        let record = found.unwrap_or_else(|error| {
            tracing::warn!("MTA-STS policies cannot be read: {error}");
            None
        })?;
        let policy = record.policy.parse().ok()?;
        Some(Kept { record, policy })
    }

    async fn keep(&self, domain: &Domain, id: &str, policy: &StsPolicy) {
        let now = self.clock.now();
        let record = StsRecord {
            id: id.to_owned(),
            policy: policy.to_string(),
            fetched: now,
            expires: now.after(policy.max_age),
        };
        let kept = self
            .store
            .keep_sts_policy(domain.clone(), record, now)
            .await;
        if let Err(error) = kept {
            tracing::warn!("MTA-STS policies cannot be kept: {error}");
        }
    }

    /// When a domain may be asked again whose policy could not be had.
    fn failure(&self, domain: &Domain) -> Option<Timestamp> {
        self.failures().get(domain).copied()
    }

    fn remember_failure(&self, domain: &Domain) {
        self.remember(domain, PAUSE);
    }

    /// A pause is never shortened.
    fn remember(&self, domain: &Domain, pause: Duration) {
        let until = self.clock.now().after(pause);
        let until = self.failure(domain).map_or(until, |known| known.max(until));
        let mut failed = self.failures();
        if failed.len() >= REMEMBERED {
            failed.clear();
        }
        failed.insert(domain.clone(), until);
    }

    fn forget_failure(&self, domain: &Domain) {
        self.failures().remove(domain);
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<Domain, Timestamp>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest mail waits for a policy.
const LIMIT: Duration = Duration::from_secs(10);
/// A policy is fetched anew after so long even where its identity is the same, so that it does not
/// expire in the middle of a campaign (RFC 8461 section 10.2 says daily).
const REFRESH: Duration = Duration::from_secs(24 * 3_600);
/// How long a domain whose policy could not be had is not asked again (RFC 8461 section 3.3).
const PAUSE: Duration = Duration::from_secs(300);
/// The same where DNS did not say whether there is a policy, which no policy host is to blame for.
const SOON: Duration = Duration::from_secs(5);
/// Failures that are remembered.
const REMEMBERED: usize = 65_536;
