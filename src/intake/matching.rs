//! From a mail that came back to the recipient of ours that it is about.
//!
//! Signed tokens come first: nobody can make one, so they decide alone, whatever address the mail
//! names. Where a person forwards mail and the forwarder's end bounces, the mail names an address we
//! have never seen, and the token still leads to the subscriber. A message whose copies are the same
//! for all carries tokens of its campaign only, and the address in the mail says who it was.

use super::taken::Evidence;
use crate::model::{
    Address, CampaignId, RecipientId, Returned, ReturnedKind, ReturnedMail, Timestamp, Traces,
};
use crate::render::{Purpose, Secret};
use crate::store::{InCampaign, Mailed, Store, StoreError};
use std::time::Duration;

/// How long after a message an address alone still leads to it. Servers give up after five days
/// (RFC 5321 section 4.5.4.1); people complain and answer for weeks.
const RECENT: Duration = Duration::from_secs(30 * 24 * 3600);
/// Traces of one kind that are looked at: a mail may hold as many as its writer likes.
const TRACES: usize = 64;
/// Further addresses of one recipient that are looked for.
const ALIASES: usize = 4;

/// Finds recipients in a ledger.
pub(super) struct Matcher<'a> {
    pub(super) store: &'a Store,
    pub(super) secret: &'a Secret,
    pub(super) now: Timestamp,
    /// Where the server was told to bring the mail; empty in a mailbox. What says nothing of a message
    /// is about whom a return path among them names, since nobody else looks at it; in a mailbox it is
    /// left to people.
    pub(super) told: &'a [String],
}

/// A recipient that was found.
pub(super) struct Found {
    pub(super) evidence: Evidence,
    pub(super) mailed: Mailed,
    /// The address that the mail names, where it is not the recipient's.
    pub(super) forwarded_to: Option<String>,
    /// The run of the campaign, where the return path tells.
    pub(super) run: Option<u32>,
}

/// What a mail's tokens lead to.
enum Signed {
    Nothing,
    /// A message of this campaign, whose copies are the same for all.
    Campaign(CampaignId, Option<u32>),
    /// A message to this recipient; the last is the run, where the return path tells.
    Recipient(Evidence, Mailed, Option<u32>),
}

impl Matcher<'_> {
    /// The recipients that a mail is about, for each of its entries.
    pub(super) async fn find(&self, mail: &ReturnedMail) -> Result<Vec<Option<Found>>, StoreError> {
        let signed = self.signed(&mail.traces).await?;
        let mut found = Vec::with_capacity(mail.recipients.len());
        for entry in &mail.recipients {
            found.push(match entry.kind {
                ReturnedKind::Report | ReturnedKind::Other => self.letter().await?,
                ReturnedKind::Unsubscribe => self.unsubscriber(mail, entry, &signed).await?,
                ReturnedKind::Bounce
                | ReturnedKind::Delivered
                | ReturnedKind::Complaint
                | ReturnedKind::AutoReply
                | ReturnedKind::Challenge => self.recipient(mail, entry, &signed).await?,
            });
        }
        Ok(found)
    }

    async fn signed(&self, traces: &Traces) -> Result<Signed, StoreError> {
        let paths = traces.sent_to.iter().take(TRACES);
        let paths = paths.filter_map(|address| self.path(address));
        let paths = paths.map(|(whose, run)| (Evidence::ReturnPath, whose, run));
        let ids = traces.message_ids.iter().take(TRACES).filter_map(|id| {
            let token = id.trim_matches(['<', '>']).split('@').next()?;
            let whose = self.secret.open(Purpose::Message, token)?;
            Some((Evidence::MessageId, whose, None))
        });
        // What is left of a message that was made unreadable often holds its List-Unsubscribe.
        let tokens = traces.tokens.iter().take(TRACES);
        let tokens = tokens.chain(traces.wishes.iter().take(TRACES));
        let tokens = tokens.filter_map(|token| {
            let whose = self.secret.open(Purpose::Unsubscribe, token)?;
            Some((Evidence::UnsubscribeToken, whose, None))
        });
        let mut campaign = None;
        for (evidence, (of, recipient), run) in paths.chain(ids).chain(tokens) {
            if recipient == RecipientId(0) {
                campaign.get_or_insert((of, run));
            } else if let Some(mailed) = self.store.mailed(of, recipient).await? {
                return Ok(Signed::Recipient(evidence, mailed, run));
            }
        }
        Ok(campaign.map_or(Signed::Nothing, |(of, run)| Signed::Campaign(of, run)))
    }

    /// Whose return path an address is, and of which run.
    fn path(&self, address: &str) -> Option<((CampaignId, RecipientId), Option<u32>)> {
        let (local, _) = address.rsplit_once('@')?;
        let whose = self.secret.open_reverse_path(local)?;
        Some((whose, self.secret.run_of_reverse_path(local)))
    }

    /// Mail to a return path that is about no message: a person's answer, spam. What the mail says of
    /// itself does not count: who forwards a message of ours to postmaster quotes its return path.
    async fn letter(&self) -> Result<Option<Found>, StoreError> {
        for address in self.told.iter().take(TRACES) {
            if let Some(((campaign, recipient), run)) = self.path(address)
                && let Some(mailed) = self.store.mailed(campaign, recipient).await?
            {
                return Ok(Some(Found {
                    run,
                    ..found(Evidence::ReturnPath, mailed)
                }));
            }
        }
        Ok(None)
    }

    async fn recipient(
        &self,
        mail: &ReturnedMail,
        entry: &Returned,
        signed: &Signed,
    ) -> Result<Option<Found>, StoreError> {
        if let Signed::Recipient(evidence, mailed, run) = signed {
            let is_ours =
                |entry: &Returned| addresses(entry).any(|named| is_address(mailed, named));
            let named = addresses(entry).next();
            let about_another = named.is_some_and(|_| !is_ours(entry));
            // One message has one recipient, and the token is theirs: who else stands in a report that
            // names them is nobody's proof, and whoever got the token could name anybody.
            if about_another && mail.recipients.iter().any(is_ours) {
                return Ok(None);
            }
            let other = named.filter(|_| about_another);
            return Ok(Some(Found {
                evidence: *evidence,
                mailed: mailed.clone(),
                forwarded_to: other.map(str::to_owned),
                run: *run,
            }));
        }
        for address in addresses(entry).filter_map(|named| Address::parse(named).ok()) {
            if let Some(found) = self.by_address(mail, entry, address, signed).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// By the address, in the campaign that the mail names, else in those of late.
    async fn by_address(
        &self,
        mail: &ReturnedMail,
        entry: &Returned,
        address: Address,
        signed: &Signed,
    ) -> Result<Option<Found>, StoreError> {
        let uid = mail.traces.campaign.clone().filter(|uid| !uid.is_empty());
        let named = match (signed, uid) {
            (Signed::Campaign(id, run), _) => {
                Some((Evidence::MessageId, InCampaign::Number(*id), *run))
            }
            (Signed::Nothing | Signed::Recipient(..), Some(uid)) => {
                Some((Evidence::Campaign, InCampaign::Uid(uid), None))
            }
            (Signed::Nothing | Signed::Recipient(..), None) => None,
        };
        if let Some((evidence, campaign, run)) = named {
            let mailed = self.store.mailed_at(address.clone(), campaign).await?;
            return Ok(mailed.map(|mailed| Found {
                run,
                ..found(evidence, mailed)
            }));
        }
        // People answer other mail of ours in the same mailbox: an address alone says too little.
        if !matches!(entry.kind, ReturnedKind::Bounce | ReturnedKind::Complaint) {
            return Ok(None);
        }
        let mailed = self.of_late(address).await?;
        Ok(mailed.map(|mailed| found(Evidence::Address, mailed)))
    }

    async fn of_late(&self, address: Address) -> Result<Option<Mailed>, StoreError> {
        let recent = i64::try_from(RECENT.as_millis()).unwrap_or(i64::MAX);
        let since = Timestamp::from_millis(self.now.as_millis().saturating_sub(recent));
        self.store
            .mailed_at(address, InCampaign::Since(since))
            .await
    }

    /// Who wants to be left alone: by an unsubscribe token, else the writer, where it is a recipient
    /// of ours. Nobody unsubscribes anybody else by quoting their message: only the subject and the
    /// addresses it was sent to are asked for a token.
    async fn unsubscriber(
        &self,
        mail: &ReturnedMail,
        entry: &Returned,
        signed: &Signed,
    ) -> Result<Option<Found>, StoreError> {
        for token in mail.traces.wishes.iter().take(TRACES) {
            if let Some((campaign, recipient)) = self.secret.open(Purpose::Unsubscribe, token)
                && let Some(mailed) = self.store.mailed(campaign, recipient).await?
            {
                return Ok(Some(found(Evidence::UnsubscribeToken, mailed)));
            }
        }
        let Some(writer) = entry.recipient.as_deref() else {
            return Ok(None);
        };
        if let Signed::Recipient(evidence, mailed, _) = signed
            && is_address(mailed, writer)
        {
            return Ok(Some(found(*evidence, mailed.clone())));
        }
        let Ok(address) = Address::parse(writer) else {
            return Ok(None);
        };
        let mailed = self.of_late(address).await?;
        Ok(mailed.map(|mailed| found(Evidence::Address, mailed)))
    }
}

fn found(evidence: Evidence, mailed: Mailed) -> Found {
    Found {
        evidence,
        mailed,
        forwarded_to: None,
        run: None,
    }
}

/// The addresses that a mail has for one recipient.
fn addresses(entry: &Returned) -> impl Iterator<Item = &str> {
    let aliases = entry.aliases.iter().take(ALIASES);
    entry.recipient.iter().chain(aliases).map(String::as_str)
}

fn is_address(mailed: &Mailed, named: &str) -> bool {
    let (known, named) = (mailed.address.as_ref(), Address::parse(named).ok());
    known
        .zip(named)
        .is_some_and(|(known, named)| known.key() == named.key())
}
