//! The writer: one task, one connection, one transaction for each batch of jobs.
//!
//! Jobs wait in a bounded channel. The task takes what is there, runs it as one transaction on the
//! blocking pool, and the callers get their answers after COMMIT: what was answered is on the
//! disk. A batch of outcomes waits [`LINGER`] for more of them, because nobody stands still for an
//! outcome and a commit costs the same for one as for a thousand; as soon as somebody waits (a
//! claim), it goes.
//!
//! A failure that lasts (disk full, I/O) is kept and answers every later job: a process that
//! cannot write its ledger must not send.

use super::checkpoint::{Checkpoints, finish};
use super::error::{Fault, StoreError};
use super::ledger::Ledger;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// Jobs that may wait. Every one has a caller that waits for its answer, so the bound is only
/// reached by thousands of concurrent callers; those then wait for room.
pub(super) const WAITING_JOBS: usize = 1024;

/// How long a batch of nothing but outcomes waits for more. An outcome must be durable within
/// 50 ms of the reply; this leaves the greater part to the disk.
const LINGER: Duration = Duration::from_millis(8);

/// Rows of a batch from which waiting for more gains nothing and makes a claim wait.
const FULL_BATCH: usize = 1_024;

/// Whether somebody stands still until the job is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Starts the batch at once.
    Now,
    /// May wait for company.
    Soon,
}

/// When what a job changed has to be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// Before its caller is answered.
    AtCommit,
    /// With a later job that asks for it: rows of a load, which begins anew where it is cut short.
    Later,
}

/// One caller's share of a transaction.
pub(super) struct Job {
    urgency: Urgency,
    durability: Durability,
    rows: usize,
    work: Box<dyn Work>,
    refused: Option<StoreError>,
}

/// A job without its type.
trait Work: Send {
    fn run(&mut self, ledger: &mut Ledger) -> Result<(), Fault>;
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Typed<T, F> {
    work: Option<F>,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work for Typed<T, F>
where
    T: Send,
    F: FnOnce(&mut Ledger) -> Result<T, Fault> + Send,
{
    fn run(&mut self, ledger: &mut Ledger) -> Result<(), Fault> {
        if let Some(work) = self.work.take() {
            self.done = Some(work(ledger)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { done, reply, .. } = *self;
        if let Some(answer) = outcome.map(|()| done).transpose() {
            // Nobody listens where the caller was cancelled; the work is done all the same.
            let _ = reply.send(answer);
        }
    }
}

impl Job {
    /// A job and where its answer will come. `rows` is about how many rows it changes.
    pub(super) fn new<T: Send + 'static>(
        (urgency, durability): (Urgency, Durability),
        rows: usize,
        work: impl FnOnce(&mut Ledger) -> Result<T, Fault> + Send + 'static,
    ) -> (Self, oneshot::Receiver<Result<T, StoreError>>) {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(Typed {
            work: Some(work),
            done: None,
            reply,
        });
        let job = Self {
            urgency,
            durability,
            rows,
            work,
            refused: None,
        };
        (job, answer)
    }
}

/// Runs until every handle is gone and every job that was sent is done.
pub(super) async fn run(
    ledger: Ledger,
    mut checkpoints: Checkpoints,
    path: Arc<Path>,
    mut jobs: mpsc::Receiver<Job>,
) {
    let mut writer = Writer {
        ledger,
        path,
        failed: None,
    };
    while let Some(first) = jobs.recv().await {
        let batch = gather(first, &mut jobs).await;
        let fold = checkpoints.step();
        let done = spawn_blocking(move || {
            writer.write(batch);
            if fold {
                writer.fold();
            }
            writer
        });
        writer = match done.await {
            Ok(writer) => writer,
            Err(panic) => {
                tracing::error!(%panic, "the store's writer has ended");
                return;
            }
        };
    }
    checkpoints.close().await;
}

/// Takes what waits; lingers where nobody stands still.
async fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut rows = first.rows;
    let mut urgent = first.urgency == Urgency::Now;
    let mut batch = vec![first];
    let linger = sleep(LINGER);
    tokio::pin!(linger);
    while rows < FULL_BATCH {
        let job = match jobs.try_recv() {
            Ok(job) => job,
            Err(_) if urgent => break,
            Err(_) => tokio::select! {
                biased;
                job = jobs.recv() => match job {
                    Some(job) => job,
                    None => break,
                },
                () = &mut linger => break,
            },
        };
        rows += job.rows;
        urgent |= job.urgency == Urgency::Now;
        batch.push(job);
    }
    batch
}

struct Writer {
    ledger: Ledger,
    path: Arc<Path>,
    /// The failure after which nothing is written any more.
    failed: Option<StoreError>,
}

impl Writer {
    /// Runs a batch as one transaction and answers its callers.
    fn write(&mut self, mut batch: Vec<Job>) {
        let outcome = self.transact(&mut batch);
        if let Err(error) = &outcome
            && error.problem().is_lasting()
            && self.failed.is_none()
        {
            tracing::error!(%error, "nothing is written to the store any more");
            self.failed = Some(error.clone());
        }
        for mut job in batch {
            let own = job.refused.take().map_or_else(|| outcome.clone(), Err);
            job.work.answer(own);
        }
    }

    /// Folds the rest of the log back, after the callers have their answers.
    fn fold(&self) {
        if let Err(error) = finish(self.ledger.connection()) {
            tracing::warn!(%error, "the store's log was not folded back");
        }
    }

    fn transact(&mut self, batch: &mut [Job]) -> Result<(), StoreError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        self.run(batch).map_err(|fault| {
            // Fails where SQLite has rolled back already, which is as good.
            let _ = self.ledger.execute("ROLLBACK", []);
            self.ledger.forget();
            StoreError::from_fault(&self.path, fault)
        })
    }

    /// A job that is refused changed nothing, and the others go on; any other failure ends the
    /// transaction.
    fn run(&mut self, batch: &mut [Job]) -> Result<(), Fault> {
        let later = batch.iter().all(|job| job.durability == Durability::Later);
        self.ledger.set_synchronous(!later)?;
        self.ledger.execute("BEGIN IMMEDIATE", [])?;
        for job in batch {
            match job.work.run(&mut self.ledger) {
                Ok(()) => {}
                Err(Fault::Problem(problem)) if problem.is_refusal() => {
                    job.refused = Some(StoreError::new(&self.path, problem));
                }
                Err(fault) => return Err(fault),
            }
        }
        self.ledger.execute("COMMIT", [])?;
        Ok(())
    }
}
