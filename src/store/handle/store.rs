//! The handle itself: opened, closed, and the two ways to the database, writing and reading.

use crate::store::actor::{self, Durability, Job, Urgency, WAITING_JOBS};
use crate::store::checkpoint::Checkpoints;
use crate::store::error::{Fault, Problem, StoreError};
use crate::store::ledger::Ledger;
use crate::store::read::Reader;
use crate::store::schema::open_writer;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turn, mpsc};
use tokio::task::spawn_blocking;
use tokio_util::task::TaskTracker;

/// Rows of one step of a change to many.
pub(super) const CHUNK: usize = 5_000;

/// A store that is open for writing. Clones share one writer, which ends when the last is gone.
///
/// Every method that changes something returns when that is on the disk, except the rows of a load,
/// which are there when it has ended. Where the file cannot be
/// written any more ([`Problem::is_lasting`]), every later change fails with the same error.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: Arc<Path>,
    jobs: mpsc::Sender<Job>,
    writer: TaskTracker,
    /// Held from the moment a batch of rows asks to be entered until its job is with the writer,
    /// so that batches that are prepared side by side enter in the order of the calls.
    turn: Turn<()>,
    /// A connection for the short reads of this process, made when the first is asked for.
    reader: Mutex<Option<Reader>>,
}

impl Store {
    /// Opens the store at `path`, creating its folder, file and tables, and starts its writer.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Where the file cannot be created, is none of ours, or a newer one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path: Arc<Path> = Arc::from(path);
        let mut connection = open_writer(&path)?;
        let checkpoints = Checkpoints::of(&mut connection, &path)
            .map_err(|fault| StoreError::from_fault(&path, fault))?;
        let ledger = Ledger::new(connection);
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        let writer = TaskTracker::new();
        writer.spawn(actor::run(ledger, checkpoints, Arc::clone(&path), waiting));
        writer.close();
        let reader = Mutex::new(None);
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                jobs,
                writer,
                turn: Turn::new(()),
                reader,
            }),
        })
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Gives this handle up and waits for the writer to end, if it was the last one.
    pub async fn close(self) {
        let writer = self.inner.writer.clone();
        if Arc::into_inner(self.inner).is_some() {
            writer.wait().await;
        }
    }

    /// A read-only connection of its own.
    ///
    /// # Errors
    /// Where the file cannot be opened.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.inner.path)
    }

    /// Runs a short read on this process's own reader, off the async threads. A long stream takes
    /// a [`Store::reader`] of its own.
    ///
    /// # Errors
    /// Those of the read.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let read = spawn_blocking(move || {
            let kept = || inner.reader.lock().unwrap_or_else(PoisonError::into_inner);
            // Taken out, so that two reads at a time open two connections instead of waiting.
            let reader = kept().take();
            let reader = match reader {
                Some(reader) => reader,
                None => Reader::open(&inner.path)?,
            };
            let answer = read(&reader);
            *kept() = Some(reader);
            answer
        });
        read.await.map_err(|_| self.stopped())?
    }

    /// A change that somebody waits for.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(Urgency::Now, 1, work).await
    }

    /// Prepares a batch of rows on another thread and hands it to the writer, in the order of the
    /// calls.
    pub(super) async fn enter<P: Send + 'static, T: Send + 'static>(
        &self,
        durability: Durability,
        rows: usize,
        prepare: impl FnOnce() -> P + Send + 'static,
        work: impl FnOnce(&mut Ledger, &P) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let prepared = spawn_blocking(prepare);
        let turn = self.inner.turn.lock().await;
        let prepared = prepared.await.map_err(|_| self.stopped())?;
        let how = (Urgency::Now, durability);
        let (job, answer) = Job::new(how, rows, move |ledger| work(ledger, &prepared));
        let sent = self.inner.jobs.send(job).await;
        drop(turn);
        sent.map_err(|_| self.stopped())?;
        answer.await.map_err(|_| self.stopped())?
    }

    /// Hands a job to the writer and waits for its COMMIT.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        urgency: Urgency,
        rows: usize,
        work: impl FnOnce(&mut Ledger) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answer) = Job::new((urgency, Durability::AtCommit), rows, work);
        let sent = self.inner.jobs.send(job).await;
        sent.map_err(|_| self.stopped())?;
        answer.await.map_err(|_| self.stopped())?
    }

    fn stopped(&self) -> StoreError {
        StoreError::new(&self.inner.path, Problem::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, CampaignId, Fields, Timestamp};
    use crate::store::{Enqueued, NewRecipient};

    async fn fill(store: &Store, campaign: CampaignId, from: u64) -> Result<Enqueued, StoreError> {
        let rows = (from..from + 500).map(|row| NewRecipient::Valid {
            row,
            address: Address::parse(&format!("u{row}@x.example")).unwrap(),
            fields: Fields::new(),
        });
        store.enqueue(campaign, rows.collect()).await
    }

    #[tokio::test]
    async fn a_full_disk_ends_writing_with_one_error_and_keeps_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let store = Store::open(&path).unwrap();
        let now = Timestamp::from_millis(1);
        let campaign = store.open_campaign("welcome", now).await.unwrap().id;
        store.begin_load(campaign).await.unwrap();
        fill(&store, campaign, 1).await.unwrap();
        store
            .write(|ledger| {
                let sql = "SELECT * FROM pragma_page_count()";
                let connection = ledger.connection();
                let pages: i64 = connection.query_row(sql, [], |row| row.get(0))?;
                connection.query_row(
                    &format!("PRAGMA max_page_count = {pages}"),
                    [],
                    |_| Ok(()),
                )?;
                Ok(())
            })
            .await
            .unwrap();
        let full = fill(&store, campaign, 1_000).await.unwrap_err();
        assert_eq!(*full.problem(), Problem::Full);
        assert!(
            full.to_string().ends_with("state.db: the disk is full"),
            "{full}"
        );
        assert!(full.remedy().contains("free some space"));
        let later = store.open_campaign("other", now).await.unwrap_err();
        assert_eq!(*later.problem(), Problem::Full, "writing went on");
        let names = store.read(Reader::campaigns).await.unwrap();
        assert_eq!(names.len(), 1, "what was written is still there");
    }

    #[tokio::test]
    async fn a_job_that_panics_stops_the_writer_and_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let broken = store.write(|_| -> Result<(), Fault> { panic!("on purpose") });
        assert_eq!(*broken.await.unwrap_err().problem(), Problem::Stopped);
        let later = store.open_campaign("welcome", Timestamp::ZERO).await;
        assert_eq!(*later.unwrap_err().problem(), Problem::Stopped);
        store.close().await;
    }
}
