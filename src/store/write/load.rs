//! A campaign's list is entered: as a whole, or anew.
//!
//! While it is loaded, only the wide rows are written, in list order; its deliveries follow at the
//! end, in the order of claims. That way every page is written once, where entering both row by
//! row would write the same pages again with every batch.

use super::campaign::{LoadState, update};
use crate::model::{CampaignId, RunState, State};
use crate::store::code::run_state_name;
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, Load, count, integer};
use rusqlite::OptionalExtension;

/// What is kept of a list that was entered completely.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadSummary {
    /// The list's columns, as templates may name them.
    pub columns: Vec<String>,
    /// Data rows that were read, duplicates and rejects included.
    pub rows: u64,
}

/// Begins a load, and refuses where the list is entered already. Suppressions that come from here
/// on are looked up at claims.
pub(crate) fn begin_load(ledger: &mut Ledger, campaign: CampaignId) -> Result<(), Fault> {
    let found: Option<String> = ledger
        .prepare("SELECT load FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| row.get(0))
        .optional()?;
    if found.as_deref() == Some(LoadState::Loaded.as_str()) {
        let why = format!("campaign {campaign} is loaded already");
        return Err(Problem::Illegal(why).into());
    }
    let version = super::suppress::version(ledger)?;
    update(
        ledger,
        campaign,
        "UPDATE campaign SET load = 'loading', state = ?2, suppression_version = ?3 WHERE id = ?1",
        (campaign.0, run_state_name(RunState::Loading), version),
    )?;
    ledger.begin_load(campaign)
}

/// Removes up to `limit` recipients that a load which was cut short left behind. Returns whether
/// nothing is left.
pub(crate) fn clear_chunk(
    ledger: &Ledger,
    campaign: CampaignId,
    limit: usize,
) -> Result<bool, Fault> {
    let limit = integer(count(limit));
    let deliveries = ledger.execute(
        "DELETE FROM delivery WHERE (campaign_id, domain_id, recipient_id) IN
           (SELECT campaign_id, domain_id, recipient_id FROM delivery
            WHERE campaign_id = ?1 LIMIT ?2)",
        (campaign.0, limit),
    )?;
    let recipients = ledger.execute(
        "DELETE FROM recipient WHERE id IN
           (SELECT r.id FROM campaign AS c CROSS JOIN recipient AS r
              ON r.id BETWEEN c.first_recipient AND c.last_recipient AND r.campaign_id = c.id
            WHERE c.id = ?1 LIMIT ?2)",
        (campaign.0, limit),
    )?;
    if deliveries + recipients > 0 {
        return Ok(false);
    }
    update(
        ledger,
        campaign,
        "UPDATE campaign SET duplicates = 0, rows = 0, first_recipient = 0, last_recipient = 0
         WHERE id = ?1",
        [campaign.0],
    )?;
    Ok(true)
}

/// Enters the deliveries of up to `limit` recipients with ids from `from` on, in key order.
/// Returns where to go on; `None` where that was the last of them.
pub(crate) fn deliver_chunk(
    ledger: &Ledger,
    campaign: CampaignId,
    from: i64,
    limit: usize,
) -> Result<Option<i64>, Fault> {
    load(ledger, campaign)?;
    let (first, last): (i64, i64) = ledger
        .prepare("SELECT first_recipient, last_recipient FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let from = from.max(first);
    let to = last.min(from.saturating_add(integer(count(limit))));
    // Suppressed and invalid rows are there.
    ledger.execute(
        "INSERT INTO delivery (campaign_id, domain_id, recipient_id, state)
         SELECT campaign_id, domain_id, id, ?4 FROM recipient
         WHERE id BETWEEN ?2 AND ?3 AND campaign_id = ?1
         ORDER BY domain_id, id
         ON CONFLICT DO NOTHING",
        (campaign.0, from, to, State::Pending.number()),
    )?;
    Ok((to < last).then(|| to.saturating_add(1)))
}

/// Marks the list as completely entered.
pub(crate) fn loaded(
    ledger: &mut Ledger,
    campaign: CampaignId,
    summary: &LoadSummary,
) -> Result<(), Fault> {
    load(ledger, campaign)?;
    let columns = serde_json::to_string(&summary.columns).unwrap_or_else(|_| String::from("[]"));
    update(
        ledger,
        campaign,
        "UPDATE campaign SET load = 'loaded', columns = ?2, rows = ?3 WHERE id = ?1",
        (campaign.0, columns, integer(summary.rows)),
    )?;
    ledger.end_load(campaign);
    Ok(())
}

/// The addresses of a campaign that is being loaded. Refuses where the load was not begun here:
/// nobody would know which addresses the campaign has.
pub(crate) fn load(ledger: &Ledger, campaign: CampaignId) -> Result<&Load, Fault> {
    ledger.load(campaign).ok_or_else(|| {
        let why = format!("the load of campaign {campaign} was not begun by this process");
        Problem::Illegal(why).into()
    })
}
