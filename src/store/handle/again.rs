//! A campaign is sent again to those it had given up.

use super::store::{CHUNK, Store};
use crate::model::{CampaignId, Timestamp};
use crate::store::error::StoreError;
use crate::store::write::{self, Again, Reopened};

impl Store {
    /// The number of the campaign's latest run; the first sending is number 1.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn run_number(&self, campaign: CampaignId) -> Result<u32, StoreError> {
        let runs = self.read(move |reader| reader.runs(campaign)).await?;
        Ok(runs.last().map_or(1, |run| run.number))
    }

    /// Writes down, durably, who is sent to again, and gives the run's number; from here on
    /// [`open_again`](Self::open_again) is owed. Only the holder of the campaign's
    /// [`CampaignLock`](crate::store::CampaignLock) may ask for it.
    ///
    /// # Errors
    /// Where a state is none that may be sent again, an earlier choice is not opened yet, or the
    /// store cannot be written.
    pub async fn begin_again(
        &self,
        campaign: CampaignId,
        choice: Vec<Again>,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        self.write(move |ledger| write::begin_again(ledger, campaign, &choice, now))
            .await
    }

    /// Makes those of the latest choice `pending`, their attempts and the time to give up begun
    /// anew. Goes on where an earlier call was cut off; `None` where nothing is left to open.
    ///
    /// # Errors
    /// Where the store cannot be written; what was opened before stays, and the next call goes on.
    pub async fn open_again(&self, campaign: CampaignId) -> Result<Option<Reopened>, StoreError> {
        loop {
            let part = self
                .write(move |ledger| write::open_part(ledger, campaign, CHUNK))
                .await?;
            match part {
                None => return Ok(None),
                Some(part) if part.done => return Ok(Some(part.run)),
                Some(_) => {}
            }
        }
    }
}
