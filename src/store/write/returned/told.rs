//! A doubt that is settled by what came back.

use super::news::ReturnedFor;
use super::row::Row;
use crate::model::{Blame, Stage, State};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::moved::count_outside;
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
    if !row.may_be_told(State::Delivered, &returned.about) {
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
    count_outside(ledger, returned.campaign, row.state, State::Delivered)?;
    Ok(true)
}
