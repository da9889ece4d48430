//! Random histories against a model in memory: whatever is entered, claimed, settled, given back,
//! cancelled or cut off by a crash, both agree on every recipient.

use crate::support::{Place, at, outcome, valid};
use hikyaku::model::{
    Address, Blame, CampaignId, DomainId, InDoubtPolicy, Reason, RecipientId, Stage, State,
};
use hikyaku::store::{
    Deferral, LoadSummary, Store, Suppression, SuppressionScope, SuppressionTarget,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const DOMAINS: usize = 3;

/// One step of a history. Numbers are reduced to what exists.
#[derive(Debug, Clone)]
enum Step {
    Claim { domains: Vec<usize>, limit: usize },
    Settle { pick: usize, to: usize, delay: i64 },
    SettleStale { pick: usize },
    Release { pick: usize },
    Crash(bool),
    Suppress { user: usize, domain: usize },
    DeferDomain { domain: usize, delay: i64 },
    Cancel,
    Wait(i64),
}

fn user() -> impl Strategy<Value = (usize, usize)> {
    (0..12_usize, 0..DOMAINS)
}

/// The batches a list is entered in.
fn batches() -> impl Strategy<Value = Vec<Vec<(usize, usize)>>> {
    prop::collection::vec(prop::collection::vec(user(), 0..12), 1..5)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (prop::collection::vec(0..DOMAINS, 1..4), 0..6_usize)
            .prop_map(|(domains, limit)| Step::Claim { domains, limit }),
        8 => (any::<usize>(), 0..6_usize, 0..40_i64)
            .prop_map(|(pick, to, delay)| Step::Settle { pick, to, delay }),
        1 => any::<usize>().prop_map(|pick| Step::SettleStale { pick }),
        2 => any::<usize>().prop_map(|pick| Step::Release { pick }),
        2 => any::<bool>().prop_map(Step::Crash),
        1 => user().prop_map(|(user, domain)| Step::Suppress { user, domain }),
        1 => (0..DOMAINS, 0..40_i64)
            .prop_map(|(domain, delay)| Step::DeferDomain { domain, delay }),
        1 => Just(Step::Cancel),
        3 => (1..30_i64).prop_map(Step::Wait),
    ]
}

/// A recipient as it should stand.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    domain: usize,
    state: State,
    attempts: u32,
    doubts: u64,
    /// When it is due; 0 while it is pending.
    due: i64,
}

/// What should be in the store, by address in lower case.
#[derive(Default)]
struct World {
    now: i64,
    rows: BTreeMap<String, Expected>,
    order: Vec<String>,
    suppressed: Vec<String>,
    duplicates: u64,
    ids: BTreeMap<String, (DomainId, RecipientId)>,
}

fn email(user: usize, domain: usize) -> String {
    format!("u{user}@d{domain}.example")
}

struct Run {
    place: Place,
    store: Store,
    campaign: CampaignId,
    domains: [Option<DomainId>; DOMAINS],
    world: World,
    row: u64,
}

impl Run {
    async fn new() -> Self {
        let place = Place::new();
        let store = place.open();
        let campaign = store.open_campaign("history", at(1)).await.unwrap().id;
        store.begin_load(campaign).await.unwrap();
        let world = World {
            now: 100,
            ..World::default()
        };
        Self {
            place,
            store,
            campaign,
            domains: [None; DOMAINS],
            world,
            row: 0,
        }
    }

    async fn apply(&mut self, step: Step) {
        match step {
            Step::Claim { domains, limit } => self.claim(domains, limit).await,
            Step::Settle { pick, to, delay } => self.settle(pick, to, delay).await,
            Step::SettleStale { pick } => self.settle_stale(pick).await,
            Step::Release { pick } => self.release(pick).await,
            Step::Crash(resend) => self.crash(resend).await,
            Step::Suppress { user, domain } => self.suppress(email(user, domain)).await,
            Step::DeferDomain { domain, delay } => self.defer_domain(domain, delay).await,
            Step::Cancel => self.cancel().await,
            Step::Wait(millis) => self.world.now += millis,
        }
    }

    async fn enqueue(&mut self, users: Vec<(usize, usize)>) {
        let mut batch = Vec::new();
        for (user, domain) in users {
            self.row += 1;
            let email = email(user, domain);
            // The case of an address makes no other address.
            let given = match self.row % 2 {
                0 => email.to_uppercase(),
                _ => email.clone(),
            };
            batch.push(valid(self.row, &given));
            if self.world.rows.contains_key(&email) {
                self.world.duplicates += 1;
                continue;
            }
            let state = match self.world.suppressed.contains(&email) {
                true => State::Suppressed,
                false => State::Pending,
            };
            let row = Expected {
                domain,
                state,
                attempts: 0,
                doubts: 0,
                due: 0,
            };
            self.world.rows.insert(email.clone(), row);
            self.world.order.push(email);
        }
        self.store.enqueue(self.campaign, batch).await.unwrap();
    }

    async fn loaded(&mut self) {
        let summary = LoadSummary::default();
        self.store.loaded(self.campaign, summary).await.unwrap();
        for entry in self.store.backlog(self.campaign).await.unwrap() {
            for (n, domain) in self.domains.iter_mut().enumerate() {
                if entry.domain.as_str() == format!("d{n}.example") {
                    *domain = Some(entry.id);
                }
            }
        }
    }

    async fn claim(&mut self, wanted: Vec<usize>, limit: usize) {
        let now = self.world.now;
        let asked: Vec<DomainId> = wanted.iter().filter_map(|n| self.domains[*n]).collect();
        let claimed = self
            .store
            .claim(self.campaign, asked, limit, at(now))
            .await
            .unwrap();
        let gone: u64 = claimed.settled.iter().map(|moved| moved.count).sum();
        let mut seen = 0;
        for recipient in &claimed.recipients {
            let key = recipient.address.to_string().to_lowercase();
            let row = self.world.rows.get_mut(&key).unwrap();
            assert!(
                matches!(row.state, State::Pending | State::Deferred),
                "{key} {row:?}"
            );
            assert!(row.due <= now && wanted.contains(&row.domain));
            assert_eq!(recipient.attempts, row.attempts);
            assert!(!self.world.suppressed.contains(&key), "{key} is suppressed");
            row.state = State::Sending;
            self.world.ids.insert(key, (recipient.domain, recipient.id));
        }
        // Whatever was looked at and suppressed is so in the report.
        for row in self.place.report(self.campaign, &[State::Suppressed]) {
            let expected = self.world.rows.get_mut(&row.email.to_lowercase()).unwrap();
            if expected.state != State::Suppressed {
                assert!(self.world.suppressed.contains(&row.email.to_lowercase()));
                expected.state = State::Suppressed;
                expected.due = 0;
                seen += 1;
            }
        }
        assert_eq!(seen, gone);
        let due_left = |domain: usize| {
            self.world.rows.values().any(|row| {
                row.domain == domain
                    && matches!(row.state, State::Pending | State::Deferred)
                    && row.due <= now
            })
        };
        for drained in &claimed.drained {
            let n = self
                .domains
                .iter()
                .position(|d| *d == Some(drained.domain))
                .unwrap();
            assert!(!due_left(n), "domain {n} was said to be drained");
        }
        if claimed.recipients.len() < limit {
            for n in wanted {
                assert!(self.domains[n].is_none() || !due_left(n), "{n} has more");
            }
        }
    }

    /// The `pick`th recipient that is `sending`.
    fn sending(&self, pick: usize) -> Option<String> {
        let sending: Vec<_> = self
            .world
            .rows
            .iter()
            .filter(|(_, row)| row.state == State::Sending)
            .collect();
        (!sending.is_empty()).then(|| sending[pick % sending.len()].0.clone())
    }

    async fn settle(&mut self, pick: usize, to: usize, delay: i64) {
        let Some(key) = self.sending(pick) else {
            return;
        };
        let (domain, id) = self.world.ids[&key];
        let to = [
            State::Delivered,
            State::Deferred,
            State::Bounced,
            State::Expired,
            State::InDoubt,
            State::Pending,
        ][to];
        let now = self.world.now;
        let mut settlement = outcome(domain, id, to, now);
        settlement.next_attempt = Some(at(now + delay));
        settlement.counts_attempt = to != State::Pending;
        settlement.doubt = to == State::InDoubt || delay == 7;
        let row = self.world.rows.get_mut(&key).unwrap();
        row.state = to;
        row.attempts += u32::from(settlement.counts_attempt);
        row.doubts += u64::from(settlement.doubt);
        row.due = if to == State::Deferred {
            now + delay
        } else {
            0
        };
        let sums = self
            .store
            .settle(self.campaign, vec![settlement])
            .await
            .unwrap();
        assert_eq!((sums.settled, sums.stale), (1, 0));
    }

    async fn settle_stale(&mut self, pick: usize) {
        let keys: Vec<_> = self.world.ids.iter().collect();
        if keys.is_empty() {
            return;
        }
        let (key, (domain, id)) = keys[pick % keys.len()];
        if self.world.rows[key].state == State::Sending {
            return;
        }
        let settlement = outcome(*domain, *id, State::Delivered, self.world.now);
        let sums = self
            .store
            .settle(self.campaign, vec![settlement])
            .await
            .unwrap();
        assert_eq!((sums.settled, sums.stale), (0, 1));
    }

    async fn release(&mut self, pick: usize) {
        let Some(key) = self.sending(pick) else {
            return;
        };
        let back = vec![self.world.ids[&key]];
        assert_eq!(self.store.release(self.campaign, back).await.unwrap(), 1);
        let row = self.world.rows.get_mut(&key).unwrap();
        row.state = match row.due {
            0 => State::Pending,
            _ => State::Deferred,
        };
    }

    /// The process dies and another takes over.
    async fn crash(&mut self, resend: bool) {
        self.store = self.place.open();
        let (policy, state) = match resend {
            true => (InDoubtPolicy::Resend, State::Deferred),
            false => (InDoubtPolicy::Hold, State::InDoubt),
        };
        let now = self.world.now;
        let recovered = self
            .store
            .recover(self.campaign, policy, at(now))
            .await
            .unwrap();
        let mut count = 0;
        for row in self.world.rows.values_mut() {
            if row.state == State::Sending {
                count += 1;
                row.state = state;
                row.attempts += 1;
                row.doubts += 1;
                row.due = if resend { now } else { 0 };
            }
        }
        assert_eq!(recovered.in_doubt, count);
    }

    async fn suppress(&mut self, email: String) {
        let entry = Suppression {
            scope: SuppressionScope::Everything,
            since: None,
            target: SuppressionTarget::Address(Address::parse(&email).unwrap()),
            reason: String::from("complained"),
            source: String::from("test"),
        };
        self.store
            .suppress(vec![entry], at(self.world.now))
            .await
            .unwrap();
        self.world.suppressed.push(email);
    }

    async fn defer_domain(&mut self, domain: usize, delay: i64) {
        let Some(id) = self.domains[domain] else {
            return;
        };
        let now = self.world.now;
        let next = move |attempts: u32| (attempts < 4).then_some(now + delay.max(1));
        let deferral = Deferral {
            at: at(now),
            reason: Reason::Unreachable,
            blame: Blame::Network,
            stage: Stage::Connect,
            diagnostic: String::from("no route"),
            destination: Arc::from("d"),
            next: Arc::new(move |attempts, _| next(attempts).map(at)),
        };
        self.store
            .defer_domains(self.campaign, vec![id], deferral)
            .await
            .unwrap();
        for row in self.world.rows.values_mut() {
            let open = matches!(row.state, State::Pending | State::Deferred);
            if row.domain == domain && open && row.due <= now {
                row.attempts += 1;
                (row.state, row.due) = match next(row.attempts) {
                    Some(due) => (State::Deferred, due),
                    None => (State::Expired, 0),
                };
            }
        }
    }

    async fn cancel(&mut self) {
        self.store.cancel(self.campaign).await.unwrap();
        for row in self.world.rows.values_mut() {
            if matches!(row.state, State::Pending | State::Deferred) {
                row.state = State::Cancelled;
                row.due = 0;
            }
        }
    }

    /// The report in list order, the tally and the backlog agree with the model.
    async fn compare(&self) {
        let report = self.place.report(self.campaign, &[]);
        let emails: Vec<_> = report.iter().map(|row| row.email.to_lowercase()).collect();
        assert_eq!(emails, self.world.order);
        for row in &report {
            let expected = &self.world.rows[&row.email.to_lowercase()];
            assert_eq!(
                (row.state, row.attempts),
                (expected.state, expected.attempts)
            );
            let next = (expected.state == State::Deferred).then(|| at(expected.due));
            assert_eq!(row.next_attempt, next);
        }
        let tally = self.store.tally(self.campaign).await.unwrap();
        let doubts: u64 = self.world.rows.values().map(|row| row.doubts).sum();
        assert_eq!(
            (tally.doubts, tally.duplicates),
            (doubts, self.world.duplicates)
        );
        assert_eq!(tally.counts.total(), report.len() as u64);
        let open: u64 = self
            .store
            .backlog(self.campaign)
            .await
            .unwrap()
            .iter()
            .map(|entry| entry.pending + entry.deferred)
            .sum();
        assert_eq!(open + tally.counts.sending, tally.counts.open());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_history_ends_as_the_model_says(
        suppressed in prop::option::of(user()),
        batches in batches(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut run = Run::new().await;
            if let Some((user, domain)) = suppressed {
                run.suppress(email(user, domain)).await;
            }
            for batch in batches {
                run.enqueue(batch).await;
            }
            run.loaded().await;
            for step in steps {
                run.apply(step).await;
            }
            run.compare().await;
        });
    }
}
