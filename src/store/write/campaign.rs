//! The campaign's own row: opened, loaded, started, steered, finished.

use crate::model::{CampaignId, RunState, Timestamp};
use crate::store::code::run_state_name;
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, count, integer};
use crate::store::read::{CampaignRecord, find_campaign};
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::OptionalExtension;

/// How much of a campaign's list is in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadState {
    /// None of it.
    Empty,
    /// Some of it: a process is at it, or died at it.
    Loading,
    /// All of it.
    Loaded,
}

impl LoadState {
    pub(crate) const ALL: [Self; 3] = [Self::Empty, Self::Loading, Self::Loaded];

    /// Its name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Loading => "loading",
            Self::Loaded => "loaded",
        }
    }
}

/// What people asked of a campaign, from whichever terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desired {
    /// Send.
    Run,
    /// Start nothing new.
    Pause,
    /// Give up what has not been sent.
    Cancel,
}

impl Desired {
    pub(crate) const ALL: [Self; 3] = [Self::Run, Self::Pause, Self::Cancel];

    /// Its name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Pause => "pause",
            Self::Cancel => "cancel",
        }
    }
}

/// What is kept of a list that was entered completely.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadSummary {
    /// The list's columns, as templates may name them.
    pub columns: Vec<String>,
    /// Data rows that were read, duplicates and rejects included.
    pub rows: u64,
}

/// Finds a campaign or creates it with a fresh uid.
pub(crate) fn open_campaign(
    ledger: &Ledger,
    name: &str,
    now: Timestamp,
) -> Result<CampaignRecord, Fault> {
    if let Some(found) = find_campaign(ledger.connection(), name)? {
        return Ok(found);
    }
    ledger.execute(
        "INSERT INTO campaign (name, uid, created, state) VALUES (?1, ?2, ?3, ?4)",
        (
            name,
            fresh_uid()?,
            now.as_millis(),
            run_state_name(RunState::Stopped),
        ),
    )?;
    find_campaign(ledger.connection(), name)?
        .ok_or_else(|| Problem::NoSuch(format!("campaign {name:?}")).into())
}

/// 128 random bits in hex.
fn fresh_uid() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Problem::Other(String::from("the system gave no random numbers")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Marks a load as begun. Suppressions are checked again at claims from here on.
pub(crate) fn begin_load(ledger: &Ledger, campaign: CampaignId) -> Result<(), Fault> {
    let load: Option<String> = ledger
        .prepare("SELECT load FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| row.get(0))
        .optional()?;
    if load.as_deref() == Some(LoadState::Loaded.as_str()) {
        let why = format!("campaign {campaign} is loaded already");
        return Err(Problem::Illegal(why).into());
    }
    let version = super::suppress::version(ledger)?;
    update(
        ledger,
        campaign,
        "UPDATE campaign SET load = 'loading', state = ?2, suppression_version = ?3,
           duplicates = 0, rows = 0, first_recipient = 0, last_recipient = 0 WHERE id = ?1",
        (campaign.0, run_state_name(RunState::Loading), version),
    )
}

/// Removes up to `limit` recipients that a load which was cut short left behind, and returns how
/// many it removed.
pub(crate) fn clear_chunk(
    ledger: &Ledger,
    campaign: CampaignId,
    limit: usize,
) -> Result<u64, Fault> {
    let limit = integer(count(limit));
    let mut removed = 0;
    // Each half may have what the other has not: invalid rows have no key.
    removed += ledger.execute(
        "DELETE FROM recipient_key WHERE campaign_id = ?1 AND hash IN
           (SELECT hash FROM recipient_key WHERE campaign_id = ?1 LIMIT ?2)",
        (campaign.0, limit),
    )?;
    removed += ledger.execute(
        "DELETE FROM recipient WHERE id IN
           (SELECT recipient_id FROM delivery WHERE campaign_id = ?1
            ORDER BY domain_id, recipient_id LIMIT ?2)",
        (campaign.0, limit),
    )?;
    removed += ledger.execute(
        "DELETE FROM delivery WHERE (campaign_id, domain_id, recipient_id) IN
           (SELECT campaign_id, domain_id, recipient_id FROM delivery WHERE campaign_id = ?1
            ORDER BY domain_id, recipient_id LIMIT ?2)",
        (campaign.0, limit),
    )?;
    Ok(count(removed))
}

/// Marks the list as completely entered.
pub(crate) fn loaded(
    ledger: &Ledger,
    campaign: CampaignId,
    summary: &LoadSummary,
) -> Result<(), Fault> {
    let columns = serde_json::to_string(&summary.columns).unwrap_or_else(|_| String::from("[]"));
    update(
        ledger,
        campaign,
        "UPDATE campaign SET load = 'loaded', columns = ?2, rows = ?3 WHERE id = ?1",
        (campaign.0, columns, integer(summary.rows)),
    )
}

/// Says that mail goes out.
pub(crate) fn start(ledger: &Ledger, campaign: CampaignId, now: Timestamp) -> Result<(), Fault> {
    update(
        ledger,
        campaign,
        "UPDATE campaign SET state = ?2, started = coalesce(started, ?3), finished = NULL
         WHERE id = ?1",
        (
            campaign.0,
            run_state_name(RunState::Running),
            now.as_millis(),
        ),
    )
}

/// Says how the run ended.
pub(crate) fn finish(
    ledger: &Ledger,
    campaign: CampaignId,
    state: RunState,
    now: Timestamp,
) -> Result<(), Fault> {
    update(
        ledger,
        campaign,
        "UPDATE campaign SET state = ?2, finished = ?3 WHERE id = ?1",
        (campaign.0, run_state_name(state), now.as_millis()),
    )
}

/// Keeps what people asked for.
pub(crate) fn set_desired(
    ledger: &Ledger,
    campaign: CampaignId,
    desired: Desired,
) -> Result<(), Fault> {
    update(
        ledger,
        campaign,
        "UPDATE campaign SET desired = ?2 WHERE id = ?1",
        (campaign.0, desired.as_str()),
    )
}

/// Keeps what the running process tells of itself.
pub(crate) fn put_live(
    ledger: &Ledger,
    campaign: CampaignId,
    json: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    ledger.execute(
        "INSERT INTO live (campaign_id, at, json) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET at = excluded.at, json = excluded.json",
        (campaign.0, now.as_millis(), json),
    )?;
    Ok(())
}

fn update(
    ledger: &Ledger,
    campaign: CampaignId,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<(), Fault> {
    match ledger.execute(sql, params)? {
        0 => Err(Problem::NoSuch(format!("campaign {campaign}")).into()),
        _ => Ok(()),
    }
}
