//! The write-ahead log is folded back into the file without holding the writer up.
//!
//! A checkpoint writes pages to where they belong and waits for the disk: tens of milliseconds in
//! which nothing could be committed, if the writer did it (as SQLite's own autocheckpoint does). So
//! another connection does it meanwhile, and when it is through, the writer copies the little that
//! was committed in between. Then the log is empty and starts over, which only works where nothing
//! is left in it; without the second step it would grow as long as mail goes out.

use super::error::Fault;
use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::task::{JoinHandle, spawn_blocking};

/// Pages of the log from which it is folded back: 16 MB.
const PAGES: u32 = 4_096;

/// Watches the writer's log.
pub(super) struct Checkpoints {
    path: Arc<Path>,
    /// Pages in the log at the last commit.
    log: Arc<AtomicU32>,
    /// Pages that were in it when the last checkpoint ended: where a reader of old rows keeps the
    /// log from starting over, the next one waits for as many again.
    base: u32,
    copying: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Takes checkpoints over from SQLite.
    pub(super) fn of(connection: &mut Connection, path: &Arc<Path>) -> Result<Self, Fault> {
        let log = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&log);
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            count.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            path: Arc::clone(path),
            log,
            base: 0,
            copying: None,
        })
    }

    /// To be asked between batches: begins to copy where the log is long enough, and returns
    /// whether the writer is to [`finish`] now.
    pub(super) fn step(&mut self) -> bool {
        let pages = self.log.load(Ordering::Relaxed);
        if pages < self.base {
            self.base = 0;
        }
        match &self.copying {
            Some(copying) if copying.is_finished() => {
                self.copying = None;
                self.base = pages;
                true
            }
            Some(_) => false,
            None => {
                if pages - self.base >= PAGES {
                    let path = Arc::clone(&self.path);
                    self.copying = Some(spawn_blocking(move || copy(&path)));
                }
                false
            }
        }
    }

    /// Waits for a copy that goes on.
    pub(super) async fn close(self) {
        if let Some(copying) = self.copying {
            // A copy that failed has lost nothing: the log still has it.
            let _ = copying.await;
        }
    }
}

/// Copies what is in the log now, while others write.
fn copy(path: &Path) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let done = Connection::open_with_flags(path, flags).and_then(|connection| finish(&connection));
    if let Err(error) = done {
        tracing::warn!(%error, "the store's log was not folded back");
    }
}

/// Copies what is left in the log; the next transaction starts it over if that is all of it.
pub(super) fn finish(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .wal_checkpoint_v2(None::<&str>, CheckpointMode::PASSIVE)
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use crate::model::Timestamp;
    use crate::store::Store;
    use std::fs;

    #[tokio::test]
    async fn the_log_does_not_grow_with_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let store = Store::open(&path).unwrap();
        let now = Timestamp::from_millis(1);
        let campaign = store.open_campaign("welcome", now).await.unwrap().id;
        let json = format!("\"{}\"", "x".repeat(4 << 20));
        let mut written = 0;
        let mut longest = 0;
        while written < 256 << 20 {
            store.put_live(campaign, json.clone(), now).await.unwrap();
            written += json.len();
            longest = longest.max(fs::metadata(path.with_extension("db-wal")).unwrap().len());
        }
        assert!(longest < 128 << 20, "{longest} octets");
        store.close().await;
        assert!(fs::metadata(&path).unwrap().len() > 4 << 20);
    }
}
