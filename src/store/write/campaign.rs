//! The campaign's own row: opened, loaded, started, steered, finished.

use crate::model::{CampaignId, RunState, Timestamp};
use crate::store::code::run_state_name;
use crate::store::error::{Fault, Problem};
use crate::store::ledger::Ledger;
use crate::store::read::{CampaignRecord, find_campaign};
use ring::rand::{SecureRandom, SystemRandom};

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

/// Notes the list a campaign is sent to, whose suppressions it obeys; `None` where it has none.
pub(crate) fn note_list(
    ledger: &Ledger,
    campaign: CampaignId,
    list: Option<&str>,
) -> Result<(), Fault> {
    ledger.execute(
        "UPDATE campaign SET list = ?2 WHERE id = ?1",
        (campaign.0, list.unwrap_or_default()),
    )?;
    Ok(())
}

/// Notes where a campaign's recipients are about to come from.
pub(crate) fn note_audience(
    ledger: &Ledger,
    campaign: CampaignId,
    audience: &str,
) -> Result<(), Fault> {
    ledger.execute(
        "UPDATE campaign SET audience = ?2 WHERE id = ?1",
        (campaign.0, audience),
    )?;
    Ok(())
}

/// 128 random bits in hex.
fn fresh_uid() -> Result<String, Fault> {
    Ok(format!("{:032x}", u128::from_be_bytes(random()?)))
}

/// Random octets of the system's.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut octets = [0; N];
    SystemRandom::new()
        .fill(&mut octets)
        .map_err(|_| Problem::Other(String::from("the system gave no random numbers")))?;
    Ok(octets)
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

/// Changes a campaign's row, or refuses where there is none.
pub(crate) fn update(
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
