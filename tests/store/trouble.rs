//! Files that are missing, foreign, newer, damaged, full or not ours to write.

use crate::support::{Place, at, campaign_of, old_store};
use hikyaku::store::{Problem, Reader, Store};
use std::fs;

#[tokio::test]
async fn a_missing_store_is_named_with_what_to_do() {
    let place = Place::new();
    let error = Reader::open(&place.path()).unwrap_err();
    assert_eq!(*error.problem(), Problem::Missing);
    assert_eq!(error.path(), place.path());
    assert!(
        error
            .to_string()
            .ends_with("inside/state.db: there is no store here")
    );
    assert!(error.remedy().contains("store.path"));
    assert!(!place.path().exists(), "looking created it");
}

#[tokio::test]
async fn foreign_files_are_left_alone() {
    let place = Place::new();
    let text = place.folder.path().join("notes.txt");
    fs::write(&text, "These are my notes. ".repeat(200)).unwrap();
    let error = Store::open(&text).unwrap_err();
    assert_eq!(*error.problem(), Problem::Foreign, "{error}");
    let other = place.folder.path().join("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE cookies (a)")
        .unwrap();
    drop(connection);
    let before = fs::read(&other).unwrap();
    assert_eq!(
        *Store::open(&other).unwrap_err().problem(),
        Problem::Foreign
    );
    assert_eq!(
        *Reader::open(&other).unwrap_err().problem(),
        Problem::Foreign
    );
    assert_eq!(fs::read(&other).unwrap(), before);
    let folder = Store::open(place.folder.path()).unwrap_err();
    assert!(
        matches!(folder.problem(), Problem::Unopenable(_)),
        "{folder:?}"
    );
}

#[tokio::test]
async fn a_newer_schema_is_refused_with_both_versions() {
    let place = Place::new();
    place.open().close().await;
    let connection = rusqlite::Connection::open(place.path()).unwrap();
    let known: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert!(known >= 4, "{known}");
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let newer = Problem::Newer { found: 99, known };
    assert_eq!(*Store::open(&place.path()).unwrap_err().problem(), newer);
    assert_eq!(*Reader::open(&place.path()).unwrap_err().problem(), newer);
}

#[cfg(unix)]
#[tokio::test]
async fn the_secret_is_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let mode = |suffix: &str| {
        let mut name = place.path().as_os_str().to_owned();
        name.push(suffix);
        fs::metadata(name).unwrap().permissions().mode() & 0o777
    };
    let store = place.open();
    let modes = || ["", "-wal", "-shm"].map(mode);
    assert_eq!(modes(), [0o600; 3]);
    store.close().await;
    for ending in ["", "-wal", "-shm"] {
        let mut file = place.path().into_os_string();
        file.push(ending);
        let _ = fs::remove_file(file);
    }
    old_store(&place.path(), 2, "");
    fs::set_permissions(place.path(), PermissionsExt::from_mode(0o644)).unwrap();
    let store = place.open();
    assert_eq!(modes(), [0o600; 3], "brought up to date");
    store.close().await;
}

#[tokio::test]
async fn damage_is_an_error_and_not_a_panic() {
    let place = Place::new();
    let store = place.open();
    let emails: Vec<String> = (0..2_000).map(|n| format!("u{n}@x.example")).collect();
    let emails: Vec<&str> = emails.iter().map(String::as_str).collect();
    let (campaign, _) = campaign_of(&store, "welcome", &emails).await;
    store.close().await;
    let mut bytes = fs::read(place.path()).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xA5);
    fs::write(place.path(), bytes).unwrap();
    let store = place.open();
    let error = store.tally(campaign).await.unwrap_err();
    assert!(matches!(error.problem(), Problem::Damaged(_)), "{error:?}");
    let mut export = place.reader().report(campaign, &[]).unwrap();
    assert!(export.any(|row| row.is_err()));
    assert!(export.next().is_none(), "a stream ends after its error");
    let error = store.cancel(campaign).await.unwrap_err();
    assert!(matches!(error.problem(), Problem::Damaged(_)), "{error:?}");
    let again = store
        .put_live(campaign, String::new(), at(1))
        .await
        .unwrap_err();
    assert_eq!(again.problem(), error.problem(), "the writer went on");
}
