//! The file after an erasure: nothing of what was deleted is left in it.
//!
//! A database keeps what it deleted in free pages and in its log until something is written over
//! it. The erasing connection overwrites what it deletes; what earlier ones left behind is found by
//! searching the files themselves, and gone when the file was written anew.

use super::lock::any_is_held;
use super::schema::open_writer;
use crate::model::Address;
use memchr::memmem::Finder;
use rusqlite::Connection;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folds the log into the file, and writes the file anew where it still holds one of the addresses
/// and no campaign is being sent. Returns whether it holds one afterwards.
pub(super) fn purge(path: &Arc<Path>, addresses: &[Address]) -> bool {
    let Ok(connection) = open_writer(path) else {
        return true;
    };
    empty_log(&connection);
    if !holds(path, addresses).unwrap_or(true) {
        return false;
    }
    // Writing a large file anew keeps all others out for longer than a process that sends can wait:
    // its outcomes would be lost. The file stays as it is then, and that is told.
    if any_is_held(path) {
        return true;
    }
    if let Err(error) = connection.execute_batch("VACUUM") {
        tracing::warn!(%error, "the ledger could not be written anew");
    }
    empty_log(&connection);
    holds(path, addresses).unwrap_or(true)
}

/// Folds the log back and cuts it to nothing, where no reader holds it.
fn empty_log(connection: &Connection) {
    let done = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    if let Err(error) = done {
        tracing::warn!(%error, "the store's log was not folded back");
    }
}

/// Whether the letters of one of the addresses stand in the file or its log, in any case.
fn holds(path: &Path, addresses: &[Address]) -> io::Result<bool> {
    let keys: Vec<String> = addresses.iter().map(Address::key).collect();
    let finders: Vec<_> = keys.iter().map(|key| Finder::new(key.as_bytes())).collect();
    let overlap = keys.iter().map(String::len).max().unwrap_or(0);
    for path in [path.to_owned(), log_of(path)] {
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut window = vec![0; overlap + PIECE];
        let mut filled = 0;
        loop {
            let read = file.read(&mut window[filled..])?;
            if read == 0 {
                break;
            }
            window[filled..filled + read].make_ascii_lowercase();
            filled += read;
            if finders
                .iter()
                .any(|finder| finder.find(&window[..filled]).is_some())
            {
                return Ok(true);
            }
            // What may be the beginning of an address stays.
            let from = filled.saturating_sub(overlap);
            window.copy_within(from..filled, 0);
            filled -= from;
        }
    }
    Ok(false)
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Octets of a file that are searched at a time.
const PIECE: usize = 1 << 20;
