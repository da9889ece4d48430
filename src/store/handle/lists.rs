//! Lists and suppressions.

use super::store::Store;
use crate::model::{Address, CampaignId, ColumnType, ListId, RecipientId, Timestamp};
use crate::store::actor::{Durability, Urgency};
use crate::store::error::StoreError;
use crate::store::read::ListRecord;
use crate::store::write::{
    self, Import, ImportRules, Imported, NewSubscriber, PreparedSubscriber, Suppression,
    SuppressionScope, SuppressionTarget, Unsubscribed,
};
use std::sync::Arc;

/// Subscribers that are removed in one transaction.
const CHUNK: usize = 20_000;

impl Store {
    /// Finds the list of that name, or creates it.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn open_list(&self, name: &str, now: Timestamp) -> Result<ListRecord, StoreError> {
        let name = name.to_owned();
        self.write(move |ledger| write::open_list(ledger, &name, now))
            .await
    }

    /// Enters a part of an import. Parts enter in the order of the calls; about 20,000 rows each and
    /// two at a time are best. The list's columns become those of all its imports together. What a
    /// part entered survives a crash of the machine from [`finish_import`](Self::finish_import) on.
    ///
    /// # Errors
    /// Where there is no such list, or the store cannot be written.
    pub async fn import_part(
        &self,
        import: &Import,
        rows: Vec<NewSubscriber>,
    ) -> Result<Imported, StoreError> {
        self.import_rows(import, rows, Durability::Later).await
    }

    async fn import_rows(
        &self,
        import: &Import,
        rows: Vec<NewSubscriber>,
        durability: Durability,
    ) -> Result<Imported, StoreError> {
        let weight = rows.len();
        let prepare = || {
            let prepared = rows.into_iter().map(PreparedSubscriber::new);
            prepared.collect::<Vec<_>>()
        };
        let part = import.clone();
        let sums = self
            .enter(durability, weight, prepare, move |ledger, rows| {
                write::import(ledger, &part, rows)
            })
            .await?;
        if import.is_filing_due() {
            self.file_keys(import).await?;
        }
        Ok(sums)
    }

    /// Ends an import, at the time `now`: what it entered is on the disk, and as quick to find as it can
    /// be.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn finish_import(&self, import: &Import, now: Timestamp) -> Result<(), StoreError> {
        self.file_keys(import).await?;
        let import = import.clone();
        self.write(move |ledger| write::finish_import(ledger, &import, now))
            .await
    }

    async fn file_keys(&self, import: &Import) -> Result<(), StoreError> {
        let limit = import.filed_at_once();
        while self
            .write(move |ledger| write::file_keys(ledger, limit))
            .await?
        {}
        Ok(())
    }

    /// An import of one part, by the usual rules.
    ///
    /// # Errors
    /// Where there is no such list, or the store cannot be written.
    pub async fn import(
        &self,
        list: ListId,
        columns: Arc<[String]>,
        rows: Vec<NewSubscriber>,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        let import = Import::new(list, columns, ImportRules::default(), now);
        let sums = self
            .import_rows(&import, rows, Durability::AtCommit)
            .await?;
        self.file_keys(&import).await?;
        Ok(sums)
    }

    /// Sets the types of a list's columns; `None` forgets one, so that it is found out anew. That the
    /// cells fit is the caller's to know.
    ///
    /// # Errors
    /// Where there is no such list, or the store cannot be written.
    pub async fn set_types(
        &self,
        list: ListId,
        types: Vec<(String, Option<ColumnType>)>,
    ) -> Result<(), StoreError> {
        self.write(move |ledger| write::set_types(ledger, list, &types))
            .await
    }

    /// Gives a list another name; suppressions of this list alone and its campaigns go with it.
    ///
    /// # Errors
    /// Where another list has that name, or the store cannot be written.
    pub async fn rename_list(&self, list: &ListRecord, to: &str) -> Result<(), StoreError> {
        let (id, from, to) = (list.id, list.name.clone(), to.to_owned());
        self.write(move |ledger| write::rename_list(ledger, id, &from, &to))
            .await
    }

    /// Takes addresses out of a list, without suppressing them. Returns how many were in it.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn take_out(
        &self,
        list: ListId,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.submit(Urgency::Now, addresses.len(), move |ledger| {
            write::take_out(ledger, Some(list), &addresses, now)
        })
        .await
    }

    /// Removes a list with its subscribers, in steps; one that was interrupted goes on when it is
    /// asked for again. Returns how many subscribers it had.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn remove_list(&self, list: ListId) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let step = self
                .write(move |ledger| write::remove_list_chunk(ledger, list, CHUNK))
                .await?;
            if step == 0 {
                return Ok(removed);
            }
            removed += step;
        }
    }

    /// Adds suppressions; those that are there keep their reason and date. Campaigns that run obey
    /// them from their next claim on. Returns how many are new.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn suppress(
        &self,
        entries: Vec<Suppression>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.submit(Urgency::Now, entries.len(), move |ledger| {
            write::suppress(ledger, entries, now)
        })
        .await
    }

    /// Takes suppressions of one scope back. Recipients that were suppressed because of them stay so.
    /// Returns how many were there.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn unsuppress(
        &self,
        targets: Vec<SuppressionTarget>,
        scope: SuppressionScope,
    ) -> Result<u64, StoreError> {
        self.submit(Urgency::Now, targets.len(), move |ledger| {
            write::unsuppress(ledger, &targets, &scope)
        })
        .await
    }

    /// Who was suppressed for a campaign after `version`, as keys ([`SuppressionTarget`]s'), and the
    /// version now.
    ///
    /// # Errors
    /// Where there is no such campaign, or the store cannot be read.
    pub async fn suppressed_since(
        &self,
        campaign: CampaignId,
        version: i64,
    ) -> Result<(Vec<String>, i64), StoreError> {
        self.write(move |ledger| write::suppressed_since(ledger, campaign, version))
            .await
    }

    /// A recipient of a campaign wants to be left alone: suppressed for the campaign's list, or for
    /// everything where it has none. `how` says by which way the wish came. `None` where there is no
    /// such recipient.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn unsubscribe(
        &self,
        (campaign, recipient): (CampaignId, RecipientId),
        how: &str,
        now: Timestamp,
    ) -> Result<Option<Unsubscribed>, StoreError> {
        let how = how.to_owned();
        self.submit(Urgency::Now, 1, move |ledger| {
            write::unsubscribe(ledger, campaign, recipient, &how, now)
        })
        .await
    }
}
