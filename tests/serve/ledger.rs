//! The desk in front of a real ledger.

use crate::support::service::sent;
use hikyaku::intake::Intake;
use hikyaku::model::{SuppressionPolicy, Timestamp};
use hikyaku::net::Clock;
use hikyaku::render::Secret;
use hikyaku::serve::{Desk, LedgerDesk};
use hikyaku::store::Store;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

/// Spoils what the ledger says of its own tables, as a disk may; and mends it.
struct Damage(Connection);

impl Damage {
    fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        // Whoever looks at the tables with this on is not kept from it by what is wrong with them.
        connection
            .pragma_update(None, "writable_schema", true)
            .unwrap();
        Self(connection)
    }

    fn write(&self, from: &str, to: &str) {
        let version: i64 = self
            .0
            .pragma_query_value(None, "schema_version", |row| row.get(0))
            .unwrap();
        let changed = self.0.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, ?1, ?2) WHERE name = 'suppression'",
            (from, to),
        );
        assert_eq!(changed.unwrap(), 1);
        self.0
            .pragma_update(None, "schema_version", version + 1)
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_failed_for_good_is_opened_anew_when_it_is_mended() {
    let sent = sent();
    let path = sent.workspace.store();
    let store = Store::open(&path).unwrap();
    let secret = Secret::new(&store.secret().await.unwrap());
    let intake_of = move |store| Intake::new(store, secret.clone(), SuppressionPolicy::default());
    let clock = Clock::anchored(Timestamp::from_millis(1_800_000_000_000));
    let desk = LedgerDesk::new(store, intake_of, clock);
    desk.check().await.unwrap();
    tokio::time::advance(Duration::from_secs(6)).await;

    let damage = Damage::open(&path);
    damage.write("CREATE TABLE", "CREATE NONSENSE");
    let wish = async || desk.unsubscribe(&sent.token, "page").await;
    assert!(wish().await.is_err());
    damage.write("CREATE NONSENSE", "CREATE TABLE");
    assert!(wish().await.is_err(), "not at every question");
    assert!(desk.check().await.is_err(), "and that is said");
    tokio::time::advance(Duration::from_secs(6)).await;
    // This wish finds the old one dead and has another opened.
    assert!(wish().await.is_err());
    assert!(wish().await.unwrap());
    assert!(desk.check().await.is_ok() && desk.at_hand().await.is_ok());
}
