//! Recipients: claimed, settled, given back, changed together.

use super::store::{CHUNK, Store};
use crate::model::{Blame, CampaignId, DomainId, InDoubtPolicy, RecipientId, State, Timestamp};
use crate::store::actor::Urgency;
use crate::store::error::{Fault, StoreError};
use crate::store::ledger::Ledger;
use crate::store::write::{
    self, Chunk, Claimed, Deferral, DomainMoves, Moved, Recovered, Rejection, Settlement,
    Settlements,
};
use std::sync::Arc;

impl Store {
    /// Takes over from a process that died: rows it left `sending` become due again or `in_doubt`,
    /// by `policy`, each with one attempt and one doubt more. Only the holder of the campaign's
    /// [`CampaignLock`](crate::store::CampaignLock) may ask for it, before its first claim.
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
            settled: raw.suppressed,
        };
        let mut unusable = Vec::new();
        for recipient in raw.recipients {
            let was = recipient.was();
            match recipient.parse() {
                Ok(recipient) => claimed.recipients.push(recipient),
                Err(wrong) => {
                    write::note(&mut claimed.settled, was, State::Invalid);
                    unusable.push(unusable_row(wrong, now));
                }
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
        let (domains, deferral) = (Arc::new(domains), Arc::new(deferral));
        let mut moves: Vec<DomainMoves> = Vec::with_capacity(domains.len());
        let mut finished = 0;
        while finished < domains.len() {
            let (domains, deferral) = (Arc::clone(&domains), Arc::clone(&deferral));
            let steps = self
                .write(move |ledger| {
                    write::defer(ledger, campaign, &domains[finished..], &deferral, CHUNK)
                })
                .await?;
            finished += steps.finished;
            for step in steps.moves {
                join(&mut moves, step);
            }
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
            sum.done = chunk.done;
        }
        Ok(sum)
    }
}

/// Adds what one step did to a domain.
fn join(moves: &mut Vec<DomainMoves>, step: DomainMoves) {
    match moves.last_mut() {
        Some(last) if last.domain == step.domain => {
            for moved in step.moved {
                write::add(&mut last.moved, moved);
            }
            last.next_due = step.next_due;
        }
        _ => moves.push(step),
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
        lasting: None,
        counts_attempt: false,
    }
}
