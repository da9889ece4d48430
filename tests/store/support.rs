//! A store in a folder of its own, and short ways to fill it.

use hikyaku::model::{
    Address, Blame, CampaignId, DomainId, Fields, RecipientId, ReportRow, State, Timestamp,
};
use hikyaku::store::{Enqueued, LoadSummary, NewRecipient, Reader, Settlement, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A folder that is removed at the end, and the store in it.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("inside/state.db")
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.path()).unwrap()
    }

    pub(crate) fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    /// The whole report.
    pub(crate) fn report(&self, campaign: CampaignId, states: &[State]) -> Vec<ReportRow> {
        let rows = self.reader().report(campaign, states).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn valid(row: u64, email: &str) -> NewRecipient {
    let fields: Fields = [("email", email), ("name", "Ann")].into_iter().collect();
    NewRecipient::Valid {
        row,
        address: Address::parse(email).unwrap(),
        fields,
    }
}

/// Opens a campaign and enters these addresses, as a load that goes on.
pub(crate) async fn load_of(store: &Store, name: &str, emails: &[&str]) -> (CampaignId, Enqueued) {
    let campaign = store.open_campaign(name, at(1)).await.unwrap().id;
    store.begin_load(campaign).await.unwrap();
    let rows = (1..).zip(emails).map(|(row, email)| valid(row, email));
    let sums = store.enqueue(campaign, rows.collect()).await.unwrap();
    (campaign, sums)
}

/// Opens a campaign and loads these addresses.
pub(crate) async fn campaign_of(
    store: &Store,
    name: &str,
    emails: &[&str],
) -> (CampaignId, Enqueued) {
    let (campaign, sums) = load_of(store, name, emails).await;
    store
        .loaded(campaign, LoadSummary::default())
        .await
        .unwrap();
    (campaign, sums)
}

/// The number of a domain with open work.
pub(crate) async fn domain_of(store: &Store, campaign: CampaignId, name: &str) -> DomainId {
    let backlog = store.backlog(campaign).await.unwrap();
    let found = backlog.iter().find(|entry| entry.domain.as_str() == name);
    found.unwrap().id
}

/// An outcome without words.
pub(crate) fn outcome(domain: DomainId, id: RecipientId, state: State, now: i64) -> Settlement {
    Settlement {
        id,
        domain,
        state,
        reason: None,
        blame: Blame::None,
        stage: None,
        code: None,
        enhanced: None,
        diagnostic: String::new(),
        peer: None,
        message_id: String::new(),
        destination: Arc::from(""),
        at: at(now),
        next_attempt: None,
        doubt: false,
        lasting: None,
        counts_attempt: true,
    }
}

/// A store as an earlier version of the program made it: its own scripts, and `rows` behind them.
pub(crate) fn old_store(path: &Path, version: usize, rows: &str) {
    const SCRIPTS: [&str; 4] = [
        include_str!("../../src/store/schema/v1.sql"),
        include_str!("../../src/store/schema/v2.sql"),
        include_str!("../../src/store/schema/v3.sql"),
        include_str!("../../src/store/schema/v4.sql"),
    ];
    let connection = rusqlite::Connection::open(path).unwrap();
    let owner = "PRAGMA application_id = 0x48494b59; PRAGMA journal_mode = wal;";
    let scripts = SCRIPTS[..version].concat();
    let batch = format!("{owner} {scripts} PRAGMA user_version = {version}; {rows}");
    connection.execute_batch(&batch).unwrap();
}
