//! What a change to many recipients came to.

use crate::model::{CampaignId, DomainId, State, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;

/// How many recipients went from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The state they were in.
    pub from: State,
    /// The state they are in.
    pub to: State,
    /// How many, at least 1.
    pub count: u64,
}

/// What a change did to one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainMoves {
    /// Which.
    pub domain: DomainId,
    /// What became of its recipients.
    pub moved: Vec<Moved>,
    /// When its next open recipient is due, if there is one.
    pub next_due: Option<Timestamp>,
}

/// One bounded step of a change to many.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) moved: Vec<Moved>,
    /// Whether nothing is left to do.
    pub(crate) done: bool,
}

/// Counts one recipient.
pub(crate) fn note(moved: &mut Vec<Moved>, from: State, to: State) {
    add(moved, Moved { from, to, count: 1 });
}

/// Adds to the sums.
pub(crate) fn add(moved: &mut Vec<Moved>, more: Moved) {
    match moved
        .iter_mut()
        .find(|moved| moved.from == more.from && moved.to == more.to)
    {
        Some(found) => found.count += more.count,
        None => moved.push(more),
    }
}

/// Counts one recipient whom somebody else moves than the process that sends the campaign.
pub(crate) fn count_outside(
    ledger: &Ledger,
    campaign: CampaignId,
    from: State,
    to: State,
) -> Result<(), Fault> {
    ledger.execute(
        "INSERT INTO moved_outside (campaign_id, from_state, to_state, count) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT DO UPDATE SET count = count + 1",
        (campaign.0, from.number(), to.number()),
    )?;
    Ok(())
}
