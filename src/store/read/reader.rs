//! A read-only connection of its own.

use super::campaign::{self, CampaignRecord, DomainBacklog, Tally};
use super::erase;
use super::export::Export;
use super::list::{self, ListRecord, Subscriber, SuppressionRecord};
use super::mailbox::{self, MailboxMark};
use super::note::{self, Note};
use super::outcome::{self, Feedback, RunRecord, Standing};
use super::report;
use super::returned::{self, InCampaign, Mailed};
use super::sts::{self, StsRecord};
use super::trial::Trial;
use super::unsent::{self, Unsent};
use crate::model::{Address, CampaignId, Domain, ListId, RecipientId, ReportRow, State, Timestamp};
use crate::store::error::{Fault, StoreError};
use crate::store::ledger::Ledger;
use crate::store::schema::open_reader;
use crate::store::write::{self, Again, Desired, ImportRules, LeftOut, Moved, Seen};
use rusqlite::Connection;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Reads a store, whoever writes it at the same time. Needs no async runtime and never waits for
/// the writer. Every method may read the disk.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: Arc<Path>,
}

impl Reader {
    /// Opens the store at `path`.
    ///
    /// # Errors
    /// Where there is none, it is none of ours, or a newer one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = Arc::from(path);
        Ok(Self {
            connection: open_reader(&path)?,
            path,
        })
    }

    /// All campaigns, the newest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn campaigns(&self) -> Result<Vec<CampaignRecord>, StoreError> {
        self.read(campaign::campaigns)
    }

    /// The campaign of that name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn campaign(&self, name: &str) -> Result<Option<CampaignRecord>, StoreError> {
        self.read(|connection| campaign::find_campaign(connection, name))
    }

    /// Where a campaign's recipients stand: one pass over its rows.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn tally(&self, campaign: CampaignId) -> Result<Tally, StoreError> {
        self.read(|connection| campaign::tally(connection, campaign))
    }

    /// The domains with open work: one pass over the open rows.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn backlog(&self, campaign: CampaignId) -> Result<Vec<DomainBacklog>, StoreError> {
        self.read(|connection| campaign::backlog(connection, campaign))
    }

    /// What people asked of a campaign; to run, where there is no such campaign.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn desired(&self, campaign: CampaignId) -> Result<Desired, StoreError> {
        let found = self.read(|connection| campaign::desired(connection, campaign))?;
        Ok(found.unwrap_or(Desired::Run))
    }

    /// What the running process last told of itself, and when.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn live(&self, campaign: CampaignId) -> Result<Option<(Timestamp, String)>, StoreError> {
        self.read(|connection| campaign::live(connection, campaign))
    }

    /// How many recipients stand where, and why: one pass over the campaign's rows.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn standings(&self, campaign: CampaignId) -> Result<Vec<Standing>, StoreError> {
        self.read(|connection| outcome::standings(connection, campaign))
    }

    /// How many of a choice would not be sent to again, and why: one pass over the campaign's rows.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn left_out(self, campaign: CampaignId, choice: &[Again]) -> Result<LeftOut, StoreError> {
        write::left_out(&Ledger::new(self.connection), campaign, choice)
            .map_err(|fault| StoreError::from_fault(&self.path, fault))
    }

    /// What came back after messages had been taken.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn feedback(&self, campaign: CampaignId) -> Result<Feedback, StoreError> {
        self.read(|connection| outcome::feedback(connection, campaign))
    }

    /// The further runs of a campaign, the earliest first; none where it was sent once.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn runs(&self, campaign: CampaignId) -> Result<Vec<RunRecord>, StoreError> {
        self.read(|connection| outcome::runs(connection, campaign))
    }

    /// A campaign's recipients in list order: those in `states`, or all where `states` is empty.
    ///
    /// # Errors
    /// Where the file cannot be read; so may every row.
    pub fn report(
        self,
        campaign: CampaignId,
        states: &[State],
    ) -> Result<Export<ReportRow>, StoreError> {
        Export::new(self.connection, self.path, report::report(campaign, states))
    }

    /// A loaded campaign's recipients that may still be mailed and, `again`, those that can be chosen
    /// to be sent to again.
    ///
    /// # Errors
    /// Where the file cannot be read; so may every row.
    pub fn unsent(self, campaign: CampaignId, again: bool) -> Result<Export<Unsent>, StoreError> {
        Export::new(self.connection, self.path, unsent::unsent(campaign, again))
    }

    /// All lists, by name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn lists(&self) -> Result<Vec<ListRecord>, StoreError> {
        self.read(list::lists)
    }

    /// The list of that name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn list(&self, name: &str) -> Result<Option<ListRecord>, StoreError> {
        self.read(|connection| list::find_list(connection, name))
    }

    /// The subscribers of a list, in the order they entered it.
    ///
    /// # Errors
    /// Where the file cannot be read; so may every row.
    pub fn subscribers(self, list: ListId) -> Result<Export<Subscriber>, StoreError> {
        Export::new(self.connection, self.path, list::subscribers(list))
    }

    /// Tries out what an import into a list would come to; into a new list where there is none.
    #[must_use]
    pub fn trial(self, list: Option<ListId>, rules: ImportRules) -> Trial {
        Trial {
            connection: self.connection,
            path: self.path,
            list,
            rules,
            seen: Seen::default(),
            new: HashSet::new(),
        }
    }

    /// The recipients of all campaigns that have one of these addresses, or whose row held one
    /// among other text: one pass over all recipients.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn recipients_with(&self, addresses: &[Address]) -> Result<Vec<RecipientId>, StoreError> {
        self.read(|connection| erase::recipients_with(connection, addresses))
    }

    /// All suppressions: domains, then addresses.
    ///
    /// # Errors
    /// Where the file cannot be read; so may every row.
    pub fn suppressions(self) -> Result<Export<SuppressionRecord>, StoreError> {
        Export::new(self.connection, self.path, list::suppressions())
    }

    /// What came back besides bounces about recipients of a campaign, or of all.
    ///
    /// # Errors
    /// Where the file cannot be read; so may every row.
    pub fn notes(self, campaign: Option<CampaignId>) -> Result<Export<Note>, StoreError> {
        Export::new(self.connection, self.path, note::notes(campaign))
    }

    /// How many suppressions there are.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn suppression_count(&self) -> Result<u64, StoreError> {
        self.read(list::suppression_count)
    }

    /// The recipient of a campaign, where there is one.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn mailed(
        &self,
        campaign: CampaignId,
        recipient: RecipientId,
    ) -> Result<Option<Mailed>, StoreError> {
        self.read(|connection| returned::mailed(connection, (campaign, recipient)))
    }

    /// The recipient with this address that a message was tried for, of the newest such campaign.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn mailed_at(
        &self,
        address: &Address,
        campaign: &InCampaign,
    ) -> Result<Option<Mailed>, StoreError> {
        self.read(|connection| returned::mailed_at(connection, address, campaign))
    }

    /// How many recipients of a campaign others moved than the process that sends it, and between which
    /// states.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn moved_outside(&self, campaign: CampaignId) -> Result<Vec<Moved>, StoreError> {
        self.read(|connection| returned::moved_outside(connection, campaign))
    }

    /// Where a campaign's recipients stand, and what others had moved at that very moment: one pass
    /// over its rows.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn tally_and_moved(&self, campaign: CampaignId) -> Result<(Tally, Vec<Moved>), StoreError> {
        self.read(|connection| {
            let moment = connection.unchecked_transaction()?;
            let tally = campaign::tally(&moment, campaign)?;
            Ok((tally, returned::moved_outside(&moment, campaign)?))
        })
    }

    /// How far the IMAP folder called `mailbox` was looked through.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn mailbox_mark(&self, mailbox: &str) -> Result<Option<MailboxMark>, StoreError> {
        self.read(|connection| mailbox::mailbox_mark(connection, mailbox))
    }

    /// Which of these messages of the POP3 mailbox called `mailbox` were looked at, in their order.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn mailbox_seen(&self, mailbox: &str, uidls: &[String]) -> Result<Vec<bool>, StoreError> {
        self.read(|connection| mailbox::mailbox_seen(connection, mailbox, uidls))
    }

    /// The MTA-STS policy of a domain, where one is kept that holds at `now`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn sts_policy(
        &self,
        domain: &Domain,
        now: Timestamp,
    ) -> Result<Option<StsRecord>, StoreError> {
        self.read(|connection| sts::sts_policy(connection, domain, now))
    }

    fn read<T>(
        &self,
        statement: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        statement(&self.connection).map_err(|fault| StoreError::from_fault(&self.path, fault))
    }
}
