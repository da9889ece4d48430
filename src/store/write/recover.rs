//! What a process that died left behind.

use crate::model::{CampaignId, InDoubtPolicy, State, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count};

/// What was found in the hands of a dead process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Recipients whose message may have arrived although nobody said so.
    pub in_doubt: u64,
}

/// Settles every row that is still `sending`. Only the process that holds the campaign's lock may
/// ask for it, before it claims.
pub(crate) fn recover(
    ledger: &Ledger,
    campaign: CampaignId,
    policy: InDoubtPolicy,
    now: Timestamp,
) -> Result<Recovered, Fault> {
    let (state, next, words) = match policy {
        InDoubtPolicy::Resend => (
            State::Deferred,
            now.as_millis().max(1),
            "the sender stopped before the outcome was known; sent again in doubt",
        ),
        InDoubtPolicy::Hold => (
            State::InDoubt,
            0,
            "the sender stopped before the outcome was known; held",
        ),
    };
    let in_doubt = ledger.execute(
        "UPDATE delivery SET state = ?2, next_attempt = ?3, attempts = attempts + 1,
           doubts = doubts + 1, first_attempt = coalesce(first_attempt, ?4), last_attempt = ?4,
           reason = NULL, blame = NULL, stage = NULL, code = NULL, enhanced = NULL,
           diagnostic = ?5
         WHERE campaign_id = ?1 AND state = 1",
        (campaign.0, state.number(), next, now.as_millis(), words),
    )?;
    Ok(Recovered {
        in_doubt: count(in_doubt),
    })
}
