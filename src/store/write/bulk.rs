//! Many recipients change state together, for a reason they share.
//!
//! Each function does one bounded step, so that a domain of a million recipients never holds the
//! writer up; [`Store`](crate::store::Store) repeats it until nothing is left.

use super::claim::next_due;
use super::settle::{cut, interned, next_attempt, not_empty};
use crate::model::{Blame, CampaignId, DomainId, Reason, Stage, State, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count, integer};
use std::fmt;
use std::sync::Arc;

/// Says when a recipient's next attempt is: from the attempts that have ended (the one that is
/// being counted included) and the time of the first. `None` gives up.
pub type NextAttempt = dyn Fn(u32, Timestamp) -> Option<Timestamp> + Send + Sync;

/// Why the due recipients of a domain could not be tried, and what follows.
#[derive(Clone)]
pub struct Deferral {
    /// When the attempt failed.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Whose matter that is.
    pub blame: Blame,
    /// How far it came.
    pub stage: Stage,
    /// What happened, in words.
    pub diagnostic: String,
    /// The destination's name; empty where there is none yet.
    pub destination: Arc<str>,
    /// When each is tried again. Times that are not after `at` count as one millisecond after it.
    pub next: Arc<NextAttempt>,
}

impl fmt::Debug for Deferral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferral")
            .field("at", &self.at)
            .field("reason", &self.reason)
            .field("stage", &self.stage)
            .field("diagnostic", &self.diagnostic)
            .field("destination", &self.destination)
            .finish_non_exhaustive()
    }
}

/// Why no recipient of a domain can ever be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// When that was found out.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Whose matter that is.
    pub blame: Blame,
    /// Where it was found out.
    pub stage: Stage,
    /// What was found, in words.
    pub diagnostic: String,
    /// The destination's name; empty where there is none.
    pub destination: Arc<str>,
}

/// How many recipients went from one state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// The state they were in.
    pub from: State,
    /// The state they are in.
    pub to: State,
    /// How many, at least 1.
    pub count: u64,
}

/// What a change did to one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainMoves {
    /// Which.
    pub domain: DomainId,
    /// What became of its recipients.
    pub moved: Vec<Moved>,
    /// When its next open recipient is due, if there is one.
    pub next_due: Option<Timestamp>,
}

/// One step of a change to a domain or a campaign.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) moved: Vec<Moved>,
    pub(crate) next_due: Option<Timestamp>,
    /// Whether nothing is left to do.
    pub(crate) done: bool,
}

/// Counts one recipient.
pub(crate) fn note(moved: &mut Vec<Moved>, from: State, to: State) {
    add(moved, Moved { from, to, count: 1 });
}

/// Adds to the sums.
pub(crate) fn add(moved: &mut Vec<Moved>, more: Moved) {
    match moved
        .iter_mut()
        .find(|moved| moved.from == more.from && moved.to == more.to)
    {
        Some(found) => found.count += more.count,
        None => moved.push(more),
    }
}

/// The interned words of a change.
struct Words {
    reason: Option<i64>,
    blame: Option<i64>,
    stage: Option<i64>,
    destination: Option<i64>,
}

impl Words {
    fn intern(
        ledger: &mut Ledger,
        reason: Reason,
        blame: Blame,
        stage: Stage,
        destination: &str,
    ) -> Result<Self, Fault> {
        Ok(Self {
            reason: interned(ledger, Some(reason.as_str()))?,
            blame: interned(ledger, Some(blame.as_str()))?,
            stage: interned(ledger, Some(stage.as_str()))?,
            destination: interned(ledger, not_empty(destination))?,
        })
    }
}

/// A row of the open work.
struct Open {
    id: i64,
    state: State,
    attempts: u32,
    first_attempt: Option<i64>,
}

/// Open rows of a domain that are due by `until`, up to `limit`, in key order.
fn open_rows(
    ledger: &Ledger,
    campaign: CampaignId,
    domain: DomainId,
    until: i64,
    limit: usize,
) -> Result<Vec<Open>, Fault> {
    let mut statement = ledger.prepare(
        "SELECT recipient_id, state, attempts, first_attempt
         FROM delivery INDEXED BY open_work
         WHERE campaign_id = ?1 AND domain_id = ?2 AND next_attempt <= ?3 AND state IN (0, 3)
         ORDER BY next_attempt, recipient_id LIMIT ?4",
    )?;
    let mut rows: Vec<Open> = statement
        .query_map(
            (campaign.0, domain.0, until, integer(count(limit))),
            |row| {
                Ok(Open {
                    id: row.get(0)?,
                    state: match row.get(1)? {
                        0 => State::Pending,
                        _ => State::Deferred,
                    },
                    attempts: row.get(2)?,
                    first_attempt: row.get(3)?,
                })
            },
        )?
        .collect::<Result<_, _>>()?;
    rows.sort_unstable_by_key(|row| row.id);
    Ok(rows)
}

/// Counts an attempt for up to `limit` due recipients of a domain and defers or expires them.
pub(crate) fn defer_chunk(
    ledger: &mut Ledger,
    campaign: CampaignId,
    domain: DomainId,
    deferral: &Deferral,
    limit: usize,
) -> Result<Chunk, Fault> {
    let at = deferral.at;
    let words = Words::intern(
        ledger,
        deferral.reason,
        deferral.blame,
        deferral.stage,
        &deferral.destination,
    )?;
    let rows = open_rows(ledger, campaign, domain, at.as_millis(), limit)?;
    let mut chunk = Chunk {
        done: rows.len() < limit,
        ..Chunk::default()
    };
    for row in rows {
        let first = row.first_attempt.map_or(at, Timestamp::from_millis);
        let next = (deferral.next)(row.attempts.saturating_add(1), first);
        // A row that stayed due would be deferred again by the next step.
        let next = next.map(|next| next.max(Timestamp::from_millis(at.as_millis() + 1)));
        let state = match next {
            Some(_) => State::Deferred,
            None => State::Expired,
        };
        let next = next_attempt(state, next, at);
        let id = row.id;
        attempt_failed(
            ledger,
            (campaign, domain, id),
            state,
            next,
            at,
            &words,
            &deferral.diagnostic,
        )?;
        note(&mut chunk.moved, row.state, state);
    }
    chunk.next_due = next_due(ledger, campaign, domain)?;
    Ok(chunk)
}

/// Bounces up to `limit` open recipients of a domain, due or not.
pub(crate) fn bounce_chunk(
    ledger: &mut Ledger,
    campaign: CampaignId,
    domain: DomainId,
    rejection: &Rejection,
    limit: usize,
) -> Result<Chunk, Fault> {
    let at = rejection.at;
    let words = Words::intern(
        ledger,
        rejection.reason,
        rejection.blame,
        rejection.stage,
        &rejection.destination,
    )?;
    let rows = open_rows(ledger, campaign, domain, i64::MAX, limit)?;
    let mut chunk = Chunk {
        done: rows.len() < limit,
        ..Chunk::default()
    };
    for row in rows {
        let state = State::Bounced;
        let id = row.id;
        attempt_failed(
            ledger,
            (campaign, domain, id),
            state,
            0,
            at,
            &words,
            &rejection.diagnostic,
        )?;
        note(&mut chunk.moved, row.state, state);
    }
    Ok(chunk)
}

/// Enters a failed attempt that reached no server.
fn attempt_failed(
    ledger: &Ledger,
    (campaign, domain, id): (CampaignId, DomainId, i64),
    state: State,
    next: i64,
    at: Timestamp,
    words: &Words,
    diagnostic: &str,
) -> Result<(), Fault> {
    ledger.execute(
        "UPDATE delivery SET state = ?4, next_attempt = ?5, attempts = attempts + 1,
           first_attempt = coalesce(first_attempt, ?6), last_attempt = ?6,
           reason = ?7, blame = ?8, stage = ?9, code = NULL, enhanced = NULL, peer_id = NULL,
           destination = coalesce(?10, destination), diagnostic = ?11
         WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
        rusqlite::params![
            campaign.0,
            domain.0,
            id,
            state.number(),
            next,
            at.as_millis(),
            words.reason,
            words.blame,
            words.stage,
            words.destination,
            not_empty(cut(diagnostic)),
        ],
    )?;
    Ok(())
}

/// Cancels up to `limit` recipients that are pending or deferred.
pub(crate) fn cancel_chunk(
    ledger: &Ledger,
    campaign: CampaignId,
    limit: usize,
) -> Result<Chunk, Fault> {
    let rows: Vec<(i64, i64, i64)> = ledger
        .prepare(
            "SELECT domain_id, recipient_id, next_attempt FROM delivery INDEXED BY open_work
             WHERE campaign_id = ?1 AND state IN (0, 3)
             ORDER BY domain_id, next_attempt, recipient_id LIMIT ?2",
        )?
        .query_map((campaign.0, integer(count(limit))), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    let mut chunk = Chunk {
        done: rows.len() < limit,
        ..Chunk::default()
    };
    for (domain, id, next) in rows {
        ledger.execute(
            "UPDATE delivery SET state = ?4, next_attempt = 0
             WHERE campaign_id = ?1 AND domain_id = ?2 AND recipient_id = ?3",
            (campaign.0, domain, id, State::Cancelled.number()),
        )?;
        let from = match next {
            0 => State::Pending,
            _ => State::Deferred,
        };
        note(&mut chunk.moved, from, State::Cancelled);
    }
    Ok(chunk)
}
