//! Campaigns, their counts and their backlog.

use crate::model::{CampaignId, Counts, Domain, DomainId, RunState, State, Timestamp};
use crate::store::code::{run_state, state};
use crate::store::error::Fault;
use crate::store::ledger::{damaged, natural};
use crate::store::write::{Desired, LoadState};
use rusqlite::{Connection, OptionalExtension, Row};

/// A campaign's own row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignRecord {
    /// Its number in this store.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
    /// 128 random bits in hex, drawn when the campaign was first opened: what makes its message
    /// IDs its own.
    pub uid: String,
    /// When it was first opened.
    pub created: Timestamp,
    /// What its process last said of the run. A process that died said `running`.
    pub state: RunState,
    /// What people asked for last.
    pub desired: Desired,
    /// The list it is sent to, by the name it has by now; `None` where its recipients come from
    /// elsewhere, or were never entered.
    pub list: Option<String>,
    /// Where its recipients came from, as whoever entered them wrote it down.
    pub audience: Option<String>,
    /// How much of the list is in the ledger.
    pub load: LoadState,
    /// The list's columns.
    pub columns: Vec<String>,
    /// Data rows of the list, duplicates and rejects included.
    pub rows: u64,
    /// Rows that were dropped because the campaign had the address.
    pub duplicates: u64,
    /// When mail first went out.
    pub started: Option<Timestamp>,
    /// When the last run ended.
    pub finished: Option<Timestamp>,
}

/// Where a campaign's recipients stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Recipients by state.
    pub counts: Counts,
    /// Attempts that left it in doubt whether the message arrived; with the policy `resend`, the
    /// most second copies there can be.
    pub doubts: u64,
    /// Rows of the list that were dropped because the campaign had the address.
    pub duplicates: u64,
}

/// Open work of one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainBacklog {
    /// Its number in this store.
    pub id: DomainId,
    /// Its name.
    pub domain: Domain,
    /// Recipients that were not tried yet.
    pub pending: u64,
    /// Recipients that wait for another attempt.
    pub deferred: u64,
    /// When the first of them is due; the epoch where one is pending.
    pub next_due: Option<Timestamp>,
}

const CAMPAIGN: &str =
    "SELECT id, name, uid, created, state, desired, list, audience, load, columns, rows,
    duplicates, started, finished FROM campaign";

/// All campaigns, the newest first.
pub(super) fn campaigns(connection: &Connection) -> Result<Vec<CampaignRecord>, Fault> {
    let mut statement = connection.prepare(&format!("{CAMPAIGN} ORDER BY id DESC"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(campaign_of(row)?);
    }
    Ok(found)
}

pub(crate) fn find_campaign(
    connection: &Connection,
    name: &str,
) -> Result<Option<CampaignRecord>, Fault> {
    let mut statement = connection.prepare(&format!("{CAMPAIGN} WHERE name = ?1"))?;
    let mut rows = statement.query([name])?;
    rows.next()?.map(campaign_of).transpose()
}

fn campaign_of(row: &Row<'_>) -> Result<CampaignRecord, Fault> {
    let text = |column| row.get_ref(column)?.as_str().map_err(damaged);
    let time = |column| -> Result<_, Fault> {
        Ok(row
            .get::<_, Option<i64>>(column)?
            .map(Timestamp::from_millis))
    };
    let columns = serde_json::from_str(text("columns")?).map_err(damaged)?;
    let run = text("state")?;
    Ok(CampaignRecord {
        id: CampaignId(row.get("id")?),
        name: row.get("name")?,
        uid: row.get("uid")?,
        created: Timestamp::from_millis(row.get("created")?),
        state: run_state(run).ok_or_else(|| damaged(format!("{run:?} is no run state")))?,
        desired: desired_of(text("desired")?)?,
        list: Some(text("list")?)
            .filter(|list| !list.is_empty())
            .map(str::to_owned),
        audience: row.get("audience")?,
        load: load_of(text("load")?)?,
        columns,
        rows: natural(row.get("rows")?),
        duplicates: natural(row.get("duplicates")?),
        started: time("started")?,
        finished: time("finished")?,
    })
}

fn desired_of(name: &str) -> Result<Desired, Fault> {
    Desired::ALL
        .into_iter()
        .find(|desired| desired.as_str() == name)
        .ok_or_else(|| damaged(format!("{name:?} cannot be asked of a campaign")))
}

fn load_of(name: &str) -> Result<LoadState, Fault> {
    LoadState::ALL
        .into_iter()
        .find(|load| load.as_str() == name)
        .ok_or_else(|| damaged(format!("{name:?} is no load state")))
}

/// What people asked for; `None` where there is no such campaign.
pub(super) fn desired(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Option<Desired>, Fault> {
    connection
        .prepare_cached("SELECT desired FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| row.get::<_, String>(0))
        .optional()?
        .map(|name| desired_of(&name))
        .transpose()
}

/// What the running process last told of itself, and when.
pub(super) fn live(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Option<(Timestamp, String)>, Fault> {
    let found = connection
        .prepare_cached("SELECT at, json FROM live WHERE campaign_id = ?1")?
        .query_row([campaign.0], |row| {
            Ok((Timestamp::from_millis(row.get(0)?), row.get(1)?))
        })
        .optional()?;
    Ok(found)
}

/// One pass over the campaign's deliveries.
pub(super) fn tally(connection: &Connection, campaign: CampaignId) -> Result<Tally, Fault> {
    let mut tally = Tally::default();
    let mut statement = connection.prepare_cached(
        "SELECT state, count(*), sum(doubts) FROM delivery WHERE campaign_id = ?1 GROUP BY state",
    )?;
    let mut rows = statement.query([campaign.0])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let state: State = state(number).ok_or_else(|| damaged(format!("{number} is no state")))?;
        tally.counts[state] = natural(row.get(1)?);
        tally.doubts += natural(row.get(2)?);
    }
    let duplicates = connection
        .prepare_cached("SELECT duplicates FROM campaign WHERE id = ?1")?
        .query_row([campaign.0], |row| row.get(0))
        .optional()?;
    tally.duplicates = natural(duplicates.unwrap_or(0));
    Ok(tally)
}

/// The domains with open work, by their number.
pub(super) fn backlog(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Vec<DomainBacklog>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT open.domain_id, domain.name, open.pending, open.deferred, open.next_due
         FROM (SELECT domain_id, sum(next_attempt = 0) AS pending,
                      sum(next_attempt <> 0) AS deferred, min(next_attempt) AS next_due
               FROM delivery INDEXED BY open_work
               WHERE campaign_id = ?1 AND state IN (0, 3) GROUP BY domain_id) AS open
         LEFT JOIN domain ON domain.id = open.domain_id ORDER BY open.domain_id",
    )?;
    let mut rows = statement.query([campaign.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let id = DomainId(row.get(0)?);
        let name: Option<String> = row.get(1)?;
        let name = name.ok_or_else(|| damaged(format!("domain {id} has no name")))?;
        found.push(DomainBacklog {
            id,
            domain: Domain::parse(&name).map_err(damaged)?,
            pending: natural(row.get(2)?),
            deferred: natural(row.get(3)?),
            next_due: Some(Timestamp::from_millis(row.get(4)?)),
        });
    }
    Ok(found)
}
