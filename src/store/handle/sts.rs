//! MTA-STS policies, kept between runs.

use super::store::Store;
use crate::model::{Domain, Timestamp};
use crate::store::actor::Urgency;
use crate::store::error::StoreError;
use crate::store::read::StsRecord;
use crate::store::write;

impl Store {
    /// Keeps a domain's MTA-STS policy until it expires, in the place of the one before.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn keep_sts_policy(
        &self,
        domain: Domain,
        record: StsRecord,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.submit(Urgency::Soon, 1, move |ledger| {
            write::keep_sts_policy(ledger, &domain, &record, now)
        })
        .await
    }

    /// See [`Reader::sts_policy`](crate::store::Reader::sts_policy).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn sts_policy(
        &self,
        domain: Domain,
        now: Timestamp,
    ) -> Result<Option<StsRecord>, StoreError> {
        self.read(move |reader| reader.sts_policy(&domain, now))
            .await
    }
}
