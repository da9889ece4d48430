//! The tables, the migrations that lead to them, and how connections are opened.

use super::error::{Fault, Problem, StoreError};
use super::private;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One script for each version: the first leads from an empty file to version 1, and so on. What
/// was released is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
    include_str!("schema/v5.sql"),
];

/// The version from which on the file holds the workspace's secret.
const SECRET: i64 = 3;

/// `HIKY`: marks the file as ours (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x4849_4b59;

/// How long a statement waits for another process's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the connection of the writer, creating the file, its folder and its tables.
pub(super) fn open_writer(path: &Arc<Path>) -> Result<Connection, StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| {
            StoreError::new(path, Problem::Unopenable(format!("its folder: {error}")))
        })?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Where the lock cannot be had, SQLite says better what is wrong with the place.
    let _turn = turn_to_open(path).ok();
    // Where it cannot be made, SQLite says better why.
    let _ = private::create(path);
    prepare_writer(path, flags).map_err(|fault| StoreError::from_fault(path, fault))
}

/// One process at a time makes a file a store: the change to WAL is refused at once, without the
/// busy time-out, while another process is at it. The lock dies with its file.
fn turn_to_open(path: &Path) -> io::Result<File> {
    let folder = path.parent().unwrap_or(Path::new("")).join("locks");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join("opening"))?;
    file.lock()?;
    Ok(file)
}

/// Opens a connection that only reads. An older schema is brought up to date first.
pub(super) fn open_reader(path: &Arc<Path>) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::new(path, Problem::Missing));
    }
    prepare_reader(path).map_err(|fault| StoreError::from_fault(path, fault))
}

/// Opens a database that no other process sees and that is gone with its connection: the addresses
/// of a campaign that is being loaded. SQLite keeps it in memory up to its cache and in a temporary
/// file beyond that. It has no journal: where anything fails, the load begins anew.
pub(super) fn open_scratch() -> Result<Connection, Fault> {
    let connection = Connection::open("")?;
    connection.execute_batch(
        "PRAGMA journal_mode = off; PRAGMA cache_size = -24576;
         CREATE TABLE recipient_key (
           campaign_id   INTEGER NOT NULL,
           hash          INTEGER NOT NULL,
           recipient_id  INTEGER NOT NULL,
           PRIMARY KEY (campaign_id, hash)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE recipient_key_unfiled (
           campaign_id   INTEGER NOT NULL,
           hash          INTEGER NOT NULL,
           recipient_id  INTEGER NOT NULL,
           PRIMARY KEY (campaign_id, hash)
         ) STRICT, WITHOUT ROWID;
         BEGIN",
    )?;
    Ok(connection)
}

fn prepare_writer(path: &Path, flags: OpenFlags) -> Result<Connection, Fault> {
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    check_version(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.execute_batch(
        "PRAGMA synchronous = full; PRAGMA cache_size = -24576; PRAGMA foreign_keys = off;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    connection.set_prepared_statement_cache_capacity(96);
    migrate(path, &mut connection)?;
    Ok(connection)
}

fn prepare_reader(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    if check_version(&connection)? < known() {
        drop(connection);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        drop(prepare_writer(path, flags)?);
        connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
    }
    connection.execute_batch("PRAGMA cache_size = -8192;")?;
    Ok(connection)
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The file's schema version, where it is ours and not newer than we are.
fn check_version(connection: &Connection) -> Result<i64, Fault> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let found = number("user_version")?;
    let owner = number("application_id")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != APPLICATION_ID && (owner != 0 || found != 0 || tables != 0) {
        return Err(Problem::Foreign.into());
    }
    if found > known() {
        return Err(Problem::Newer {
            found,
            known: known(),
        }
        .into());
    }
    Ok(found)
}

fn migrate(path: &Path, connection: &mut Connection) -> Result<(), Fault> {
    let found = check_version(connection)?;
    if found == known() {
        return Ok(());
    }
    if found < SECRET {
        // On a file of another owner this is not for us to decide.
        private::close(path).ok();
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found = usize::try_from(check_version(&transaction)?).unwrap_or(0);
    for script in &MIGRATIONS[found.min(MIGRATIONS.len())..] {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known())?;
    transaction.commit()?;
    Ok(())
}
