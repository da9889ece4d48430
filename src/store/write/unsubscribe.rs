//! A reader does not want to hear from a sender any more.

use super::suppress::{Suppression, SuppressionScope, SuppressionTarget, suppress};
use crate::model::{Address, CampaignId, RecipientId, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use rusqlite::OptionalExtension;

/// What became of a wish to be left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribed {
    /// Who it was.
    pub address: Address,
    /// Where they will not be mailed any more.
    pub scope: SuppressionScope,
    /// The campaign whose message brought them here.
    pub campaign: String,
    /// Whether it is news: the same wish may come many times.
    pub is_new: bool,
}

/// Suppresses the recipient of a message: for the list the campaign was sent to, or for everything
/// where it had none. `how` says by which way the wish came. `None` where there is no such recipient.
pub(crate) fn unsubscribe(
    ledger: &Ledger,
    campaign: CampaignId,
    recipient: RecipientId,
    how: &str,
    now: Timestamp,
) -> Result<Option<Unsubscribed>, Fault> {
    let found: Option<(String, String, String)> = ledger
        .prepare(
            "SELECT r.email, c.name, c.list FROM recipient r JOIN campaign c ON c.id = r.campaign_id
             WHERE r.id = ?1 AND r.campaign_id = ?2",
        )?
        .query_row((recipient.0, campaign.0), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((email, campaign_name, list)) = found else {
        return Ok(None);
    };
    // What is left of somebody who was erased is no address.
    let Ok(address) = Address::parse(&email) else {
        return Ok(None);
    };
    let scope = match list.as_str() {
        "" => SuppressionScope::Everything,
        _ => SuppressionScope::List(list),
    };
    let entry = Suppression {
        target: SuppressionTarget::Address(address.clone()),
        scope: scope.clone(),
        reason: "unsubscribed".to_owned(),
        source: format!("{how}, campaign {campaign_name}"),
        since: None,
    };
    let is_new = suppress(ledger, vec![entry], now)? > 0;
    ledger.execute(
        "INSERT INTO feedback (campaign_id, recipient_id, kind, at, source, detail)
         VALUES (?1, ?2, 'unsubscribe', ?3, ?4, '') ON CONFLICT DO NOTHING",
        (campaign.0, recipient.0, now.as_millis(), how),
    )?;
    Ok(Some(Unsubscribed {
        address,
        scope,
        campaign: campaign_name,
        is_new,
    }))
}
