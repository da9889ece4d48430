//! Returned mail, and the mailboxes it is fetched from.

use super::store::Store;
use crate::model::{Address, CampaignId, RecipientId, Timestamp};
use crate::store::actor::Urgency;
use crate::store::error::StoreError;
use crate::store::read::{InCampaign, MailboxMark, Mailed};
use crate::store::write::{self, ReturnedEffect, ReturnedFor};
use tokio::sync::Mutex;

/// Anybody can write mails that name an address and nothing else, and to look for one takes long: one
/// at a time is looked for, so that such mails keep nobody else from reading the ledger.
static TURN: Mutex<()> = Mutex::const_new(());

impl Store {
    /// See [`Reader::mailed`](crate::store::Reader::mailed).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn mailed(
        &self,
        campaign: CampaignId,
        recipient: RecipientId,
    ) -> Result<Option<Mailed>, StoreError> {
        self.read(move |reader| reader.mailed(campaign, recipient))
            .await
    }

    /// See [`Reader::mailed_at`](crate::store::Reader::mailed_at).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn mailed_at(
        &self,
        address: Address,
        campaign: InCampaign,
    ) -> Result<Option<Mailed>, StoreError> {
        let _turn = match campaign {
            InCampaign::Since(_) => Some(TURN.lock().await),
            InCampaign::Number(_) | InCampaign::Uid(_) => None,
        };
        self.read(move |reader| reader.mailed_at(&address, &campaign))
            .await
    }

    /// Enters what one mail says of recipients of ours, in one transaction and in their order;
    /// `None` stands for a recipient that there is not. The same again changes nothing.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn take_back(
        &self,
        returned: Vec<ReturnedFor>,
        now: Timestamp,
    ) -> Result<Vec<Option<ReturnedEffect>>, StoreError> {
        self.submit(Urgency::Now, returned.len(), move |ledger| {
            let effects = returned
                .iter()
                .map(|one| write::take_back(ledger, one, now));
            effects.collect()
        })
        .await
    }

    /// See [`Reader::mailbox_mark`](crate::store::Reader::mailbox_mark).
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn mailbox_mark(&self, mailbox: &str) -> Result<Option<MailboxMark>, StoreError> {
        let mailbox = mailbox.to_owned();
        self.read(move |reader| reader.mailbox_mark(&mailbox)).await
    }

    /// Notes how far the IMAP folder called `mailbox` was looked through.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn mark_mailbox(&self, mailbox: &str, mark: MailboxMark) -> Result<(), StoreError> {
        let mailbox = mailbox.to_owned();
        self.write(move |ledger| write::mark_mailbox(ledger, &mailbox, mark))
            .await
    }

    /// Which of these messages of the POP3 mailbox called `mailbox` were looked at, in their order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub async fn mailbox_seen(
        &self,
        mailbox: &str,
        uidls: Vec<String>,
    ) -> Result<Vec<bool>, StoreError> {
        let mailbox = mailbox.to_owned();
        self.read(move |reader| reader.mailbox_seen(&mailbox, &uidls))
            .await
    }

    /// Notes messages of the POP3 mailbox called `mailbox` as looked at.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn saw_in_mailbox(
        &self,
        mailbox: &str,
        uidls: Vec<String>,
    ) -> Result<(), StoreError> {
        let mailbox = mailbox.to_owned();
        self.submit(Urgency::Now, uidls.len(), move |ledger| {
            write::saw_in_mailbox(ledger, &mailbox, &uidls)
        })
        .await
    }

    /// Forgets messages that the POP3 mailbox called `mailbox` does not have any more; `present`
    /// are all that it has.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn forget_unlisted(
        &self,
        mailbox: &str,
        present: Vec<String>,
    ) -> Result<(), StoreError> {
        let mailbox = mailbox.to_owned();
        self.submit(Urgency::Now, present.len(), move |ledger| {
            write::forget_unlisted(ledger, &mailbox, &present)
        })
        .await
    }
}
