//! A campaign is sent again to some of those it had given up.
//!
//! The choice is written down first, in one transaction; then the rows are opened in the order of
//! their keys, a bounded part at a time, each part with the place it came to. Whatever is cut off is
//! finished from that place, and a row is never opened twice by one choice.

use super::campaign::update;
use super::choice::{Again, Place, Wanted, rows_behind};
use super::left_out::Doors;
use crate::model::{CampaignId, RunState, Timestamp};
use crate::store::code::run_state_name;
use crate::store::error::{Fault, Problem};
use crate::store::ledger::{Ledger, count, damaged, integer, natural};
use rusqlite::OptionalExtension;

/// A run that takes up again what earlier ones had given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    /// Its number; the first sending of a campaign is number 1.
    pub number: u32,
    /// Recipients that are pending again because of it.
    pub recipients: u64,
}

/// One bounded step of opening.
pub(crate) struct OpenedPart {
    pub(crate) run: Reopened,
    /// Whether nothing is left to open.
    pub(crate) done: bool,
}

/// Writes down who is sent to again and lets the campaign be sent: it has stopped, whatever it had
/// been before. Only the holder of the campaign's lock may ask for it.
pub(crate) fn begin_again(
    ledger: &Ledger,
    campaign: CampaignId,
    choice: &[Again],
    now: Timestamp,
) -> Result<u32, Fault> {
    if let Some(wrong) = choice.iter().find(|one| !one.state.may_be_sent_again()) {
        let why = format!("{} recipients cannot be sent to again", wrong.state);
        return Err(Problem::Illegal(why).into());
    }
    if unfinished(ledger, campaign)?.is_some() {
        let why = String::from("the recipients of an earlier choice are not opened yet");
        return Err(Problem::Illegal(why).into());
    }
    let number: u32 = ledger
        .prepare("SELECT coalesce(max(number), 1) + 1 FROM run WHERE campaign_id = ?1")?
        .query_row([campaign.0], |row| row.get(0))?;
    let states: Vec<_> = choice.iter().map(|one| one.state.as_str()).collect();
    ledger.execute(
        "INSERT INTO run (campaign_id, number, begun, states, recipients, choice, told)
         VALUES (?1, ?2, ?3, ?4, 0, ?5, 1)",
        (
            campaign.0,
            number,
            now.as_millis(),
            states.join(","),
            serde_json::to_string(choice).map_err(damaged)?,
        ),
    )?;
    update(
        ledger,
        campaign,
        "UPDATE campaign SET state = ?2, desired = 'run', finished = NULL WHERE id = ?1",
        (campaign.0, run_state_name(RunState::Stopped)),
    )?;
    Ok(number)
}

/// Looks at up to `limit` recipients behind the place an unfinished choice came to, and opens those
/// it is about. `None` where there is no unfinished choice.
pub(crate) fn open_part(
    ledger: &Ledger,
    campaign: CampaignId,
    limit: usize,
) -> Result<Option<OpenedPart>, Fault> {
    let Some(mut run) = unfinished(ledger, campaign)? else {
        return Ok(None);
    };
    let rows = rows_behind(ledger, campaign, run.place, limit)?;
    let wanted = Wanted::of(ledger, &run.choice)?;
    let mut doors = Doors::open(ledger, campaign)?;
    let mut open = ledger.prepare(
        "UPDATE delivery SET state = 0, next_attempt = 0,
           earlier_attempts = earlier_attempts + attempts, attempts = 0, earlier_doubts = doubts,
           earlier_first = coalesce(earlier_first, first_attempt), first_attempt = NULL
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
    )?;
    for row in &rows {
        run.place = row.place;
        if wanted.has(row)? && doors.shut(ledger, row.place.1)?.is_none() {
            run.recipients += count(open.execute((campaign.0, row.place.0, row.place.1))?);
        }
    }
    let done = rows.len() < limit;
    ledger.execute(
        "UPDATE run SET recipients = ?3, opened = ?4, domain_id = ?5, recipient_id = ?6
         WHERE campaign_id = ?1 AND number = ?2",
        (
            campaign.0,
            run.number,
            integer(run.recipients),
            done,
            run.place.0,
            run.place.1,
        ),
    )?;
    let run = Reopened {
        number: run.number,
        recipients: run.recipients,
    };
    Ok(Some(OpenedPart { run, done }))
}

/// A choice whose rows are not all opened.
struct Unfinished {
    number: u32,
    recipients: u64,
    choice: Vec<Again>,
    place: Place,
}

fn unfinished(ledger: &Ledger, campaign: CampaignId) -> Result<Option<Unfinished>, Fault> {
    let found: Option<(u32, i64, String, i64, i64)> = ledger
        .prepare(
            "SELECT number, recipients, choice, domain_id, recipient_id FROM run
             WHERE campaign_id = ?1 AND opened = 0 ORDER BY number LIMIT 1",
        )?
        .query_row([campaign.0], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .optional()?;
    let Some((number, recipients, choice, domain, recipient)) = found else {
        return Ok(None);
    };
    Ok(Some(Unfinished {
        number,
        recipients: natural(recipients),
        choice: serde_json::from_str(&choice).map_err(damaged)?,
        place: (domain, recipient),
    }))
}
