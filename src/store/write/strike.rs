//! Refusals that suppress nobody by themselves, and how many of them do.

use super::erased::Eraser;
use super::suppress::{Suppression, SuppressionScope, SuppressionTarget, suppress};
use crate::model::{Address, CampaignId, Reason, SoftBounces, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;

/// What a final refusal means for an address beyond its campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lasting {
    /// Whose it is.
    pub address: Address,
    /// Why it was refused.
    pub reason: Reason,
    /// The server's words, for whoever asks later.
    pub words: String,
    /// How long the patience lasts; `None` where it is at an end: the address is suppressed.
    pub patience: Option<SoftBounces>,
}

/// What is remembered of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remembered {
    /// Nothing: it was not the recipient's matter.
    Nothing,
    /// That it happened; so often within so long suppresses the address.
    Strike(SoftBounces),
    /// The address is suppressed.
    Suppression,
}

/// Draws the consequence. Returns whether the address is suppressed because of it. Somebody who was
/// erased stays so: their hash keeps them out, and their address is not written down again.
pub(crate) fn draw(
    ledger: &Ledger,
    campaign: CampaignId,
    lasting: &Lasting,
    source: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    if is_erased(ledger, &lasting.address)? {
        return Ok(false);
    }
    let reason = match lasting.patience {
        None => match lasting.words.as_str() {
            "" => lasting.reason.to_string(),
            words => brief(lasting.reason, words),
        },
        Some(patience) => match strike(ledger, campaign, lasting, patience, now)? {
            Some(reason) => reason,
            None => return Ok(false),
        },
    };
    let entry = Suppression {
        target: SuppressionTarget::Address(lasting.address.clone()),
        scope: SuppressionScope::Everything,
        reason,
        source: source.to_owned(),
        since: None,
    };
    Ok(suppress(ledger, vec![entry], now)? > 0)
}

fn is_erased(ledger: &Ledger, address: &Address) -> Result<bool, Fault> {
    let key = Eraser::of(ledger)?.key(address).to_string();
    let found = ledger
        .prepare("SELECT EXISTS (SELECT 1 FROM suppression WHERE key = ?1)")?
        .query_row([key], |row| row.get(0))?;
    Ok(found)
}

/// Counts a refusal, once for each campaign; says why patience is at an end, where it is.
fn strike(
    ledger: &Ledger,
    campaign: CampaignId,
    lasting: &Lasting,
    patience: SoftBounces,
    now: Timestamp,
) -> Result<Option<String>, Fault> {
    let Some(count) = patience.count else {
        return Ok(None);
    };
    let key = lasting.address.key();
    ledger.execute(
        "INSERT INTO strike (key, campaign_id, at, reason) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
        (&key, campaign.0, now.as_millis(), lasting.reason.as_str()),
    )?;
    let window = i64::try_from(patience.window.as_millis()).unwrap_or(i64::MAX);
    let strikes: u32 = ledger
        .prepare("SELECT count(*) FROM strike WHERE key = ?1 AND at >= ?2")?
        .query_row((&key, now.as_millis().saturating_sub(window)), |row| {
            row.get(0)
        })?;
    let days = patience.window.as_secs().div_ceil(86_400);
    let ends = strikes >= count.get();
    Ok(ends.then(|| {
        format!(
            "{strikes} campaigns refused within {days} d, the last with {}",
            lasting.reason
        )
    }))
}

/// `mailbox_unknown: 550 5.1.1 no such user`, in one line and not too long.
fn brief(reason: Reason, words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut brief = format!("{reason}: {}", words.join(" "));
    brief.truncate(brief.floor_char_boundary(REASON_MAX));
    brief.trim_end_matches([':', ' ']).to_owned()
}

/// Octets of a reason in the suppression list.
const REASON_MAX: usize = 200;
