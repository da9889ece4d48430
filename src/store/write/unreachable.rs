//! Domains that cannot be reached: their recipients are deferred or bounced together.
//!
//! Each function does one bounded step, so that a domain of a million recipients never holds the
//! writer up; [`Store`](crate::store::Store) repeats it until nothing is left.

use super::claim::next_due;
use super::moved::{Chunk, DomainMoves, note};
use super::settle::{cut, interned, next_attempt, not_empty, refused_in};
use super::strike::{Lasting, draw};
use crate::model::{
    Address, Blame, CampaignId, DomainId, Reason, SoftBounces, Stage, State, Timestamp,
};
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count, integer};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

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
    /// How often recipients may be refused like this before they are suppressed.
    pub patience: SoftBounces,
}

/// The interned words of a change.
struct Words {
    reason: Option<i64>,
    blame: Option<i64>,
    stage: Option<i64>,
    destination: Option<i64>,
}

impl Words {
    fn of_deferral(ledger: &mut Ledger, deferral: &Deferral) -> Result<Self, Fault> {
        Self::intern(
            ledger,
            (deferral.reason, deferral.blame, deferral.stage),
            &deferral.destination,
        )
    }

    fn of_rejection(ledger: &mut Ledger, rejection: &Rejection) -> Result<Self, Fault> {
        Self::intern(
            ledger,
            (rejection.reason, rejection.blame, rejection.stage),
            &rejection.destination,
        )
    }

    fn intern(
        ledger: &mut Ledger,
        (reason, blame, stage): (Reason, Blame, Stage),
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

/// One bounded step through a list of domains.
#[derive(Debug, Default)]
pub(crate) struct DomainSteps {
    /// What was done, domain by domain; the last one may not be finished.
    pub(crate) moves: Vec<DomainMoves>,
    /// How many of the domains are finished.
    pub(crate) finished: usize,
}

/// Counts an attempt for the due recipients of domains and defers or expires each, about `limit`
/// of them.
pub(crate) fn defer(
    ledger: &mut Ledger,
    campaign: CampaignId,
    domains: &[DomainId],
    deferral: &Deferral,
    limit: usize,
) -> Result<DomainSteps, Fault> {
    let words = Words::of_deferral(ledger, deferral)?;
    let mut steps = DomainSteps::default();
    let mut room = limit;
    for domain in domains {
        let chunk = defer_domain(ledger, (campaign, *domain), deferral, &words, room)?;
        // Looking at a domain costs about as much as a few of its rows.
        let rows: u64 = 4 + chunk.moved.iter().map(|moved| moved.count).sum::<u64>();
        room = room.saturating_sub(usize::try_from(rows).unwrap_or(usize::MAX));
        steps.moves.push(DomainMoves {
            domain: *domain,
            moved: chunk.moved,
            next_due: next_due(ledger, campaign, *domain)?,
        });
        if !chunk.done {
            break;
        }
        steps.finished += 1;
        if room == 0 {
            break;
        }
    }
    Ok(steps)
}

fn defer_domain(
    ledger: &Ledger,
    (campaign, domain): (CampaignId, DomainId),
    deferral: &Deferral,
    words: &Words,
    limit: usize,
) -> Result<Chunk, Fault> {
    let at = deferral.at;
    let rows = open_rows(ledger, campaign, domain, at.as_millis(), limit)?;
    let mut chunk = Chunk {
        done: rows.len() < limit,
        ..Chunk::default()
    };
    for row in rows {
        let first = row.first_attempt.map_or(at, Timestamp::from_millis);
        let next = (deferral.next)(row.attempts.saturating_add(1), first);
        // A row that stayed due would be deferred again by the next step.
        let next = next.map(|next| next.max(at.after(Duration::from_millis(1))));
        let state = match next {
            Some(_) => State::Deferred,
            None => State::Expired,
        };
        let attempt = Failed {
            state,
            next: next_attempt(state, next, at),
            at,
            diagnostic: &deferral.diagnostic,
        };
        attempt.enter(ledger, (campaign, domain, row.id), words)?;
        note(&mut chunk.moved, row.state, state);
    }
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
    let words = Words::of_rejection(ledger, rejection)?;
    let rows = open_rows(ledger, campaign, domain, i64::MAX, limit)?;
    let mut chunk = Chunk {
        done: rows.len() < limit,
        ..Chunk::default()
    };
    let source = refused_in(ledger, campaign)?;
    for row in rows {
        count_against(ledger, campaign, row.id, rejection, &source)?;
        let attempt = Failed {
            state: State::Bounced,
            next: 0,
            at: rejection.at,
            diagnostic: &rejection.diagnostic,
        };
        attempt.enter(ledger, (campaign, domain, row.id), &words)?;
        note(&mut chunk.moved, row.state, State::Bounced);
    }
    Ok(chunk)
}

/// A rejection of the whole domain counts against each of its recipients.
fn count_against(
    ledger: &Ledger,
    campaign: CampaignId,
    id: i64,
    rejection: &Rejection,
    source: &str,
) -> Result<(), Fault> {
    if rejection.blame != Blame::Recipient || rejection.patience.count.is_none() {
        return Ok(());
    }
    let email: String = ledger
        .prepare("SELECT email FROM recipient WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    if let Ok(address) = Address::parse(&email) {
        let lasting = Lasting {
            address,
            reason: rejection.reason,
            words: String::new(),
            patience: Some(rejection.patience),
        };
        draw(ledger, campaign, &lasting, source, rejection.at)?;
    }
    Ok(())
}

/// An attempt that reached no server.
struct Failed<'a> {
    state: State,
    next: i64,
    at: Timestamp,
    diagnostic: &'a str,
}

impl Failed<'_> {
    fn enter(
        &self,
        ledger: &Ledger,
        (campaign, domain, id): (CampaignId, DomainId, i64),
        words: &Words,
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
                self.state.number(),
                self.next,
                self.at.as_millis(),
                words.reason,
                words.blame,
                words.stage,
                words.destination,
                not_empty(cut(self.diagnostic)),
            ],
        )?;
        Ok(())
    }
}
