//! Who is chosen to be sent to again, as the tables have it.

use crate::model::{CampaignId, Reason, State};
use crate::store::code::state;
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count, damaged, integer};
use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Recipients who are sent to again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The state they are in: one that [may be sent again](State::may_be_sent_again).
    pub state: State,
    /// Why they were not delivered to: one of these; `None` for any reason and for none.
    pub reasons: Option<Vec<Reason>>,
}

/// Domain and recipient: a row's place in the order of the keys.
pub(super) type Place = (i64, i64);

/// A row that may be opened.
pub(super) struct Settled {
    pub(super) place: Place,
    state: i64,
    reason: Option<i64>,
}

/// Up to `limit` rows of a campaign behind a place, in the order of their keys.
pub(super) fn rows_behind(
    ledger: &Ledger,
    campaign: CampaignId,
    place: Place,
    limit: usize,
) -> Result<Vec<Settled>, Fault> {
    let rows = ledger
        .prepare(
            "SELECT domain_id, recipient_id, state, reason FROM delivery
             WHERE campaign_id = ?1 AND (domain_id, recipient_id) > (?2, ?3)
             ORDER BY domain_id, recipient_id LIMIT ?4",
        )?
        .query_map(
            (campaign.0, place.0, place.1, integer(count(limit))),
            |row| {
                Ok(Settled {
                    place: (row.get(0)?, row.get(1)?),
                    state: row.get(2)?,
                    reason: row.get(3)?,
                })
            },
        )?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// A choice in the numbers of the tables.
pub(super) struct Wanted(Vec<(State, Option<HashSet<i64>>)>);

impl Wanted {
    pub(super) fn of(ledger: &Ledger, choice: &[Again]) -> Result<Self, Fault> {
        let mut wanted = Vec::with_capacity(choice.len());
        for one in choice {
            let reasons = match &one.reasons {
                None => None,
                Some(reasons) => Some(numbers(ledger, reasons)?),
            };
            wanted.push((one.state, reasons));
        }
        Ok(Self(wanted))
    }

    /// Whether a row is one of those.
    pub(super) fn has(&self, row: &Settled) -> Result<bool, Fault> {
        let stands =
            state(row.state).ok_or_else(|| damaged(format!("{} is no state", row.state)))?;
        Ok(self.0.iter().any(|(state, reasons)| {
            *state == stands
                && reasons
                    .as_ref()
                    .is_none_or(|reasons| row.reason.is_some_and(|one| reasons.contains(&one)))
        }))
    }
}

/// The numbers of reasons; one that no row was ever given has none.
fn numbers(ledger: &Ledger, reasons: &[Reason]) -> Result<HashSet<i64>, Fault> {
    let mut find = ledger.prepare("SELECT id FROM word WHERE text = ?1")?;
    let mut found = HashSet::new();
    for reason in reasons {
        found.extend(
            find.query_row([reason.as_str()], |row| row.get::<_, i64>(0))
                .optional()?,
        );
    }
    Ok(found)
}
