//! What outlives the campaign: strikes, suppressions, notes.

use super::news::{ReturnedFor, ReturnedNews};
use super::row::Row;
use crate::model::Timestamp;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::write::settle::cut;
use crate::store::write::strike::{Lasting, Remembered, draw};
use crate::store::write::suppress::{Suppression, SuppressionScope, SuppressionTarget, suppress};

/// Counts a bounce against the recipient's address, or suppresses it. Returns whether it is
/// suppressed because of it.
pub(super) fn remember(
    ledger: &Ledger,
    returned: &ReturnedFor,
    row: &Row,
    now: Timestamp,
) -> Result<bool, Fault> {
    let ReturnedNews::Bounced {
        judgement,
        diagnostic,
        remembered,
        ..
    } = &returned.news
    else {
        return Ok(false);
    };
    let patience = match remembered {
        Remembered::Nothing => return Ok(false),
        Remembered::Strike(patience) => Some(*patience),
        Remembered::Suppression => None,
    };
    // What is left of somebody who was erased is no address.
    let Some(address) = row.address.clone() else {
        return Ok(false);
    };
    let lasting = Lasting {
        address,
        reason: judgement.reason,
        words: diagnostic.clone(),
        patience,
    };
    let source = format!("returned mail, campaign {}", row.campaign_name);
    draw(ledger, returned.campaign, &lasting, &source, now)
}

/// Suppresses the recipient's address everywhere. Returns whether that is news.
pub(super) fn shut(
    ledger: &Ledger,
    row: &Row,
    reason: String,
    source: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    // What is left of somebody who was erased is no address.
    let Some(address) = row.address.clone() else {
        return Ok(false);
    };
    let entry = Suppression {
        target: SuppressionTarget::Address(address),
        scope: SuppressionScope::Everything,
        reason,
        source: format!("{source}, campaign {}", row.campaign_name),
        since: None,
    };
    Ok(suppress(ledger, vec![entry], now)? > 0)
}

/// Enters a note once of its kind. Returns whether that is news.
pub(super) fn note(
    ledger: &Ledger,
    returned: &ReturnedFor,
    kind: &str,
    detail: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let entered = ledger.execute(
        "INSERT INTO feedback (campaign_id, recipient_id, kind, at, source, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        (
            returned.campaign.0,
            returned.recipient.0,
            kind,
            now.as_millis(),
            &returned.source,
            cut(detail),
        ),
    )?;
    Ok(entered > 0)
}
