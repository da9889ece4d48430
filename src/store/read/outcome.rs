//! What came of a campaign besides its counts: reasons, what came back, its runs.

use crate::model::{CampaignId, Reason, ReturnedKind, Stage, State, Timestamp};
use crate::store::code::state;
use crate::store::error::Fault;
use crate::store::ledger::{damaged, natural};
use rusqlite::{Connection, OptionalExtension};

/// How many recipients stand somewhere for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Their state.
    pub state: State,
    /// Why, where a reason was found.
    pub reason: Option<Reason>,
    /// How many; at least 1.
    pub count: u64,
}

/// What came back about a campaign's recipients after their servers had taken the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Feedback {
    /// Recipients who complained (RFC 5965).
    pub complaints: u64,
    /// Recipients who do not want to hear from the list any more.
    pub unsubscribes: u64,
    /// Recipients whose message came back in a bounce mail.
    pub returned: u64,
}

/// A sending of a campaign to those that earlier ones had given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Its number; the first sending is number 1 and has no record.
    pub number: u32,
    /// When it was asked for.
    pub begun: Timestamp,
    /// The states its recipients were in.
    pub states: Vec<State>,
    /// How many were taken up again.
    pub recipients: u64,
    /// Whether all of them have been; false where that was cut off.
    pub opened: bool,
}

/// One pass over the campaign's deliveries.
pub(super) fn standings(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Vec<Standing>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT state, word.text, count FROM
           (SELECT state, reason, count(*) AS count FROM delivery
            WHERE campaign_id = ?1 GROUP BY state, reason)
         LEFT JOIN word ON word.id = reason ORDER BY state, count DESC",
    )?;
    let mut rows = statement.query([campaign.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let reason: Option<String> = row.get(1)?;
        found.push(Standing {
            state: state(number).ok_or_else(|| damaged(format!("{number} is no state")))?,
            reason: reason
                .map(|reason| reason.parse())
                .transpose()
                .map_err(damaged)?,
            count: natural(row.get(2)?),
        });
    }
    Ok(found)
}

/// Complaints and unsubscribes from their table; bounce mails in one pass over the deliveries.
pub(super) fn feedback(connection: &Connection, campaign: CampaignId) -> Result<Feedback, Fault> {
    let mut of_kind = connection
        .prepare_cached("SELECT count(*) FROM feedback WHERE campaign_id = ?1 AND kind = ?2")?;
    let mut kind = |kind: ReturnedKind| -> Result<u64, Fault> {
        Ok(natural(
            of_kind.query_row((campaign.0, kind.as_str()), |row| row.get(0))?,
        ))
    };
    let (complaints, unsubscribes) = (
        kind(ReturnedKind::Complaint)?,
        kind(ReturnedKind::Unsubscribe)?,
    );
    let stage: Option<i64> = connection
        .prepare_cached("SELECT id FROM word WHERE text = ?1")?
        .query_row([Stage::Async.as_str()], |row| row.get(0))
        .optional()?;
    let returned = match stage {
        None => 0,
        Some(stage) => connection
            .prepare_cached(
                "SELECT count(*) FROM delivery WHERE campaign_id = ?1 AND state = ?2 AND stage = ?3",
            )?
            .query_row((campaign.0, State::Bounced.number(), stage), |row| row.get(0))?,
    };
    Ok(Feedback {
        complaints,
        unsubscribes,
        returned: natural(returned),
    })
}

/// The campaign's further runs, the first of them first.
pub(super) fn runs(connection: &Connection, campaign: CampaignId) -> Result<Vec<RunRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT number, begun, states, recipients, opened FROM run
         WHERE campaign_id = ?1 ORDER BY number",
    )?;
    let mut rows = statement.query([campaign.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let states: String = row.get(2)?;
        found.push(RunRecord {
            number: row.get(0)?,
            begun: Timestamp::from_millis(row.get(1)?),
            states: states
                .split(',')
                .filter(|name| !name.is_empty())
                .map(str::parse)
                .collect::<Result<_, _>>()
                .map_err(damaged)?,
            recipients: natural(row.get(3)?),
            opened: row.get(4)?,
        });
    }
    Ok(found)
}
