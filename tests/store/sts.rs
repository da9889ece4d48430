//! MTA-STS policies outlive the process that fetched them, and no longer than they hold.

use crate::support::old_store;
use hikyaku::model::{Domain, Timestamp};
use hikyaku::store::{Reader, Store, StsRecord};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_000 * seconds)
}

fn record(id: &str, expires: i64) -> StsRecord {
    StsRecord {
        id: id.to_owned(),
        policy: format!("version: STSv1\nmode: none\nmax_age: {expires}\n"),
        fetched: at(1),
        expires: at(expires),
    }
}

#[tokio::test]
async fn a_policy_is_kept_replaced_and_dropped_when_it_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = Store::open(&path).unwrap();
    let (one, two) = (domain("one.example"), domain("two.example"));
    store
        .keep_sts_policy(one.clone(), record("a", 100), at(1))
        .await
        .unwrap();
    store
        .keep_sts_policy(two.clone(), record("b", 500), at(1))
        .await
        .unwrap();
    store
        .keep_sts_policy(one.clone(), record("c", 200), at(2))
        .await
        .unwrap();
    store.close().await;
    let store = Store::open(&path).unwrap();
    let found = store.sts_policy(one.clone(), at(199)).await.unwrap();
    assert_eq!(found, Some(record("c", 200)));
    assert_eq!(store.sts_policy(one.clone(), at(200)).await.unwrap(), None);
    store
        .keep_sts_policy(two.clone(), record("d", 600), at(300))
        .await
        .unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.sts_policy(&one, at(0)).unwrap(), None, "dropped");
    assert_eq!(
        reader.sts_policy(&two, at(0)).unwrap(),
        Some(record("d", 600))
    );
    store.close().await;
}

#[tokio::test]
async fn a_store_of_the_first_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    old_store(
        &path,
        1,
        "INSERT INTO campaign (name, uid, created, state) VALUES ('welcome', 'u', 1, 'finished');
         INSERT INTO suppression VALUES ('@dead.example', '@dead.example', 'gone', 'me', 5000);",
    );
    let reader = Reader::open(&path).unwrap();
    assert_eq!(
        reader.sts_policy(&domain("one.example"), at(1)).unwrap(),
        None
    );
    assert_eq!(reader.campaign("welcome").unwrap().unwrap().uid, "u");
    let kept: Vec<_> = reader.suppressions().unwrap().map(Result::unwrap).collect();
    let [entry] = &kept[..] else {
        panic!("{kept:?}")
    };
    assert_eq!(
        (&*entry.target, &*entry.scope, &*entry.reason, entry.added),
        ("@dead.example", "everything", "gone", at(5))
    );
}

#[tokio::test]
async fn the_secret_is_made_once_for_each_store() {
    let folder = tempfile::tempdir().unwrap();
    let secret = async |name: &str| {
        let store = Store::open(&folder.path().join(name)).unwrap();
        let (first, again) = (store.secret().await.unwrap(), store.secret().await.unwrap());
        store.close().await;
        assert_eq!(first, again);
        first
    };
    let one = secret("one.db").await;
    assert_eq!(secret("one.db").await, one);
    assert_ne!(secret("other.db").await, one);
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}
