//! A campaign's own row: opened, loaded, steered, told of.

use super::store::{CHUNK, Store};
use crate::model::{CampaignId, RunState, Timestamp};
use crate::store::actor::{Durability, Urgency};
use crate::store::error::StoreError;
use crate::store::read::{CampaignRecord, DomainBacklog, Tally};
use crate::store::write::{self, Desired, Enqueued, LoadSummary, NewRecipient, Prepared};

/// Recipients whose deliveries are entered in one transaction: a fraction of a second, which is
/// what another process's campaign may have to wait.
const LOAD_CHUNK: usize = 200_000;

impl Store {
    /// The secret of this ledger, by which tokens are made and opened; random, made once.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn secret(&self) -> Result<[u8; 32], StoreError> {
        self.write(|ledger| write::secret(ledger)).await
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

    /// Notes the list a campaign is sent to, whose suppressions it obeys; `None` where its recipients
    /// come from elsewhere.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn note_list(
        &self,
        campaign: CampaignId,
        list: Option<&str>,
    ) -> Result<(), StoreError> {
        let list = list.map(str::to_owned);
        self.write(move |ledger| write::note_list(ledger, campaign, list.as_deref()))
            .await
    }

    /// Notes where a campaign's recipients are about to come from, in the caller's own words: they
    /// are [given back](crate::store::CampaignRecord::audience) as they are.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn note_audience(
        &self,
        campaign: CampaignId,
        audience: String,
    ) -> Result<(), StoreError> {
        self.write(move |ledger| write::note_audience(ledger, campaign, &audience))
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
        while !self
            .write(move |ledger| write::clear_chunk(ledger, campaign, CHUNK))
            .await?
        {}
        Ok(())
    }

    /// Enters rows of the list, durably when the load ends: each address once, suppressed ones as `suppressed`, rejects as
    /// `invalid`. The others can be claimed when the list is [`loaded`](Self::loaded). Batches
    /// enter in the order of the calls; about 20,000 rows each and two at a time are best.
    ///
    /// # Errors
    /// Where this handle, or a clone of it, has not begun the load, or the store cannot be written.
    /// The load has to begin anew then.
    pub async fn enqueue(
        &self,
        campaign: CampaignId,
        rows: Vec<NewRecipient>,
    ) -> Result<Enqueued, StoreError> {
        let weight = rows.len();
        let prepare = || rows.into_iter().map(Prepared::new).collect::<Vec<_>>();
        self.enter(Durability::Later, weight, prepare, move |ledger, rows| {
            write::enqueue(ledger, campaign, rows)
        })
        .await
    }

    /// Ends the load: the list is completely entered, and its recipients can be claimed.
    ///
    /// # Errors
    /// As those of [`enqueue`](Self::enqueue).
    pub async fn loaded(
        &self,
        campaign: CampaignId,
        summary: LoadSummary,
    ) -> Result<(), StoreError> {
        let mut from = Some(0);
        while let Some(next) = from {
            from = self
                .write(move |ledger| write::deliver_chunk(ledger, campaign, next, LOAD_CHUNK))
                .await?;
        }
        self.write(move |ledger| write::loaded(ledger, campaign, &summary))
            .await
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

    /// See [`Reader::backlog`](crate::store::Reader::backlog).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn backlog(&self, campaign: CampaignId) -> Result<Vec<DomainBacklog>, StoreError> {
        self.read(move |reader| reader.backlog(campaign)).await
    }

    /// See [`Reader::tally`](crate::store::Reader::tally).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn tally(&self, campaign: CampaignId) -> Result<Tally, StoreError> {
        self.read(move |reader| reader.tally(campaign)).await
    }

    /// See [`Reader::desired`](crate::store::Reader::desired).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn desired(&self, campaign: CampaignId) -> Result<Desired, StoreError> {
        self.read(move |reader| reader.desired(campaign)).await
    }
}
