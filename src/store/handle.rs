//! The handle of a process that writes: campaigns.

use super::actor::{self, Job, Urgency, WAITING_JOBS};
use super::error::{Fault, Problem, StoreError};
use super::ledger::Ledger;
use super::read::{CampaignRecord, DomainBacklog, Reader, Tally};
use super::schema::open_writer;
use super::write::{
    self, Chunk, Claimed, Deferral, Desired, DomainMoves, Enqueued, LoadSummary, Moved,
    NewRecipient, Prepared, Recovered, Rejection, Settlement, Settlements,
};
use crate::model::{
    Blame, CampaignId, DomainId, InDoubtPolicy, RecipientId, RunState, State, Timestamp,
};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_util::task::TaskTracker;

/// Rows of one step of a change to many.
const CHUNK: usize = 5_000;

/// A store that is open for writing. Clones share one writer, which ends when the last is gone.
///
/// Every method that changes something returns when that is on the disk. Where the file cannot be
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
        let ledger = Ledger::new(open_writer(&path)?);
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        let writer = TaskTracker::new();
        writer.spawn(actor::run(ledger, Arc::clone(&path), waiting));
        writer.close();
        let reader = Mutex::new(None);
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                jobs,
                writer,
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

    /// Finds the campaign of that name, or creates it with a fresh uid.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn open_campaign(
        &self,
        name: &str,
        now: Timestamp,
    ) -> Result<CampaignRecord, StoreError> {
        let name = name.to_owned();
        self.write(move |ledger| write::open_campaign(ledger, &name, now))
            .await
    }

    /// Begins to load a campaign's list, and clears what a load that was cut short left behind:
    /// a list is entered as a whole or anew.
    ///
    /// # Errors
    /// Where the campaign is loaded already, or the store cannot be written.
    pub async fn begin_load(&self, campaign: CampaignId) -> Result<(), StoreError> {
        self.write(move |ledger| write::begin_load(ledger, campaign))
            .await?;
        while self
            .write(move |ledger| write::clear_chunk(ledger, campaign, CHUNK))
            .await?
            > 0
        {}
        Ok(())
    }

    /// Enters rows of the list: each address once, suppressed ones as `suppressed`, rejects as
    /// `invalid`. About 20,000 rows a batch are best.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn enqueue(
        &self,
        campaign: CampaignId,
        rows: Vec<NewRecipient>,
    ) -> Result<Enqueued, StoreError> {
        let prepared = self
            .compute(move || rows.into_iter().map(Prepared::new).collect::<Vec<_>>())
            .await?;
        let weight = prepared.len();
        self.submit(Urgency::Now, weight, move |ledger| {
            write::enqueue(ledger, campaign, &prepared)
        })
        .await
    }

    /// Marks the list as completely entered.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn loaded(
        &self,
        campaign: CampaignId,
        summary: LoadSummary,
    ) -> Result<(), StoreError> {
        self.write(move |ledger| write::loaded(ledger, campaign, &summary))
            .await
    }

    /// Takes over from a process that died: rows it left `sending` become due again or `in_doubt`,
    /// by `policy`, each with one attempt and one doubt more. Only the holder of the campaign's
    /// [`CampaignLock`](super::CampaignLock) may ask for it, before its first claim.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn recover(
        &self,
        campaign: CampaignId,
        policy: InDoubtPolicy,
        now: Timestamp,
    ) -> Result<Recovered, StoreError> {
        self.write(move |ledger| write::recover(ledger, campaign, policy, now))
            .await
    }

    /// Claims up to `limit` due recipients of `domains`, in the order of the domains. They are
    /// `sending`, durably, when this returns.
    ///
    /// # Errors
    /// Where the store cannot be written: then nothing was claimed, and nothing may be sent.
    pub async fn claim(
        &self,
        campaign: CampaignId,
        domains: Vec<DomainId>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let raw = self
            .submit(Urgency::Now, limit, move |ledger| {
                write::claim(ledger, campaign, &domains, limit, now)
            })
            .await?;
        let mut claimed = Claimed {
            recipients: Vec::with_capacity(raw.recipients.len()),
            drained: raw.drained,
            suppressed: raw.suppressed,
        };
        let mut unusable = Vec::new();
        for recipient in raw.recipients {
            match recipient.parse() {
                Ok(recipient) => claimed.recipients.push(recipient),
                Err(wrong) => unusable.push(unusable_row(wrong, now)),
            }
        }
        if !unusable.is_empty() {
            self.settle(campaign, unusable).await?;
        }
        Ok(claimed)
    }

    /// Enters outcomes. Rows that are not `sending` any more are left as they are and counted.
    /// Waits a few milliseconds for others, unless a claim is waiting.
    ///
    /// # Errors
    /// Where a state may not follow `sending`, or the store cannot be written.
    pub async fn settle(
        &self,
        campaign: CampaignId,
        mut settlements: Vec<Settlement>,
    ) -> Result<Settlements, StoreError> {
        self.submit(Urgency::Soon, settlements.len(), move |ledger| {
            write::settle(ledger, campaign, &mut settlements)
        })
        .await
    }

    /// Gives claimed recipients back untried. Returns how many of them were still `sending`.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn release(
        &self,
        campaign: CampaignId,
        mut recipients: Vec<(DomainId, RecipientId)>,
    ) -> Result<u64, StoreError> {
        self.submit(Urgency::Soon, recipients.len(), move |ledger| {
            write::release(ledger, campaign, &mut recipients)
        })
        .await
    }

    /// Counts a failed attempt for every due recipient of domains that cannot be reached, and
    /// defers or expires each.
    ///
    /// # Errors
    /// Where the store cannot be written; what was done before stays.
    pub async fn defer_domains(
        &self,
        campaign: CampaignId,
        domains: Vec<DomainId>,
        deferral: Deferral,
    ) -> Result<Vec<DomainMoves>, StoreError> {
        let deferral = Arc::new(deferral);
        let mut moves = Vec::with_capacity(domains.len());
        for domain in domains {
            let deferral = Arc::clone(&deferral);
            let done = self
                .in_chunks(move |ledger| {
                    write::defer_chunk(ledger, campaign, domain, &deferral, CHUNK)
                })
                .await?;
            moves.push(DomainMoves {
                domain,
                moved: done.moved,
                next_due: done.next_due,
            });
        }
        Ok(moves)
    }

    /// Bounces every open recipient of a domain that does not exist or takes no mail, due or not.
    ///
    /// # Errors
    /// Where the store cannot be written; what was done before stays.
    pub async fn bounce_domain(
        &self,
        campaign: CampaignId,
        domain: DomainId,
        rejection: Rejection,
    ) -> Result<Vec<Moved>, StoreError> {
        let rejection = Arc::new(rejection);
        let done = self
            .in_chunks(move |ledger| {
                write::bounce_chunk(ledger, campaign, domain, &rejection, CHUNK)
            })
            .await?;
        Ok(done.moved)
    }

    /// Cancels every recipient that is pending or deferred. Those that are `sending` are left to
    /// be settled; where they come back deferred, cancel again.
    ///
    /// # Errors
    /// Where the store cannot be written; what was done before stays.
    pub async fn cancel(&self, campaign: CampaignId) -> Result<Vec<Moved>, StoreError> {
        let done = self
            .in_chunks(move |ledger| write::cancel_chunk(ledger, campaign, CHUNK))
            .await?;
        Ok(done.moved)
    }

    /// Notes that mail goes out from now on.
    ///
    /// # Errors
    /// Where there is no such campaign, or the store cannot be written.
    pub async fn start(&self, campaign: CampaignId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |ledger| write::start(ledger, campaign, now))
            .await
    }

    /// Notes how the run ended.
    ///
    /// # Errors
    /// Where there is no such campaign, or the store cannot be written.
    pub async fn finish(
        &self,
        campaign: CampaignId,
        state: RunState,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |ledger| write::finish(ledger, campaign, state, now))
            .await
    }

    /// Asks something of a campaign, whichever process sends it.
    ///
    /// # Errors
    /// Where there is no such campaign, or the store cannot be written.
    pub async fn set_desired(
        &self,
        campaign: CampaignId,
        desired: Desired,
    ) -> Result<(), StoreError> {
        self.write(move |ledger| write::set_desired(ledger, campaign, desired))
            .await
    }

    /// Replaces what this process tells other processes of the run.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn put_live(
        &self,
        campaign: CampaignId,
        json: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.submit(Urgency::Soon, 1, move |ledger| {
            write::put_live(ledger, campaign, &json, now)
        })
        .await
    }

    /// See [`Reader::backlog`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn backlog(&self, campaign: CampaignId) -> Result<Vec<DomainBacklog>, StoreError> {
        self.read(move |reader| reader.backlog(campaign)).await
    }

    /// See [`Reader::tally`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn tally(&self, campaign: CampaignId) -> Result<Tally, StoreError> {
        self.read(move |reader| reader.tally(campaign)).await
    }

    /// See [`Reader::desired`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn desired(&self, campaign: CampaignId) -> Result<Desired, StoreError> {
        self.read(move |reader| reader.desired(campaign)).await
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
        self.compute(move || {
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
        })
        .await?
    }

    /// Repeats one bounded step until nothing is left, and adds up what it moved.
    async fn in_chunks(
        &self,
        step: impl Fn(&mut Ledger) -> Result<Chunk, Fault> + Send + Sync + 'static,
    ) -> Result<Chunk, StoreError> {
        let step = Arc::new(step);
        let mut sum = Chunk::default();
        while !sum.done {
            let step = Arc::clone(&step);
            let chunk = self.write(move |ledger| step(ledger)).await?;
            for moved in chunk.moved {
                write::add(&mut sum.moved, moved);
            }
            sum.next_due = chunk.next_due;
            sum.done = chunk.done;
        }
        Ok(sum)
    }

    /// A change that somebody waits for.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.submit(Urgency::Now, 1, work).await
    }

    /// Hands a job to the writer and waits for its COMMIT.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        urgency: Urgency,
        rows: usize,
        work: impl FnOnce(&mut Ledger) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answer) = Job::new(urgency, rows, work);
        let stopped = || StoreError::new(&self.inner.path, Problem::Stopped);
        self.inner.jobs.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Runs what takes longer than an async thread should be held.
    pub(super) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        spawn_blocking(work)
            .await
            .map_err(|_| StoreError::new(&self.inner.path, Problem::Stopped))
    }
}

/// How a claimed row is settled that holds no address any more: the file was changed by others.
fn unusable_row((domain, id, why): (DomainId, RecipientId, String), at: Timestamp) -> Settlement {
    Settlement {
        id,
        domain,
        state: State::Invalid,
        reason: None,
        blame: Blame::None,
        stage: None,
        code: None,
        enhanced: None,
        diagnostic: why,
        peer: None,
        message_id: String::new(),
        destination: Arc::from(""),
        at,
        next_attempt: None,
        doubt: false,
        counts_attempt: false,
    }
}
