//! Moves that returned mail makes, counted for a campaign that is running.

use super::news::ReturnedFor;
use super::row::Row;
use crate::model::{Blame, CampaignId, Stage, State};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::settle::{cut, interned, not_empty};
use rusqlite::params;

/// Settles a recipient in doubt as delivered, because something came back about the message. Returns
/// whether it was in doubt.
pub(super) fn arrived(
    ledger: &mut Ledger,
    returned: &ReturnedFor,
    row: &Row,
    words: &str,
) -> Result<bool, Fault> {
    if !row.may_be_told(State::Delivered) {
        return Ok(false);
    }
    let blame = interned(ledger, Some(Blame::None.as_str()))?;
    let stage = interned(ledger, Some(Stage::Async.as_str()))?;
    ledger.execute(
        "UPDATE delivery SET state = ?4, next_attempt = 0, reason = NULL, blame = ?5, stage = ?6,
           code = NULL, enhanced = NULL, diagnostic = ?7
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        params![
            returned.campaign.0,
            row.domain,
            returned.recipient.0,
            State::Delivered.number(),
            blame,
            stage,
            not_empty(cut(row.words(words))),
        ],
    )?;
    count(ledger, returned.campaign, row.state, State::Delivered)?;
    Ok(true)
}

/// Counts a move.
pub(super) fn count(
    ledger: &Ledger,
    campaign: CampaignId,
    from: State,
    to: State,
) -> Result<(), Fault> {
    ledger.execute(
        "INSERT INTO moved_by_mail (campaign_id, from_state, to_state, count) VALUES (?1, ?2, ?3, 1)
         ON CONFLICT DO UPDATE SET count = count + 1",
        (campaign.0, from.number(), to.number()),
    )?;
    Ok(())
}
