//! What the ledger knows of the recipient that a mail is about.

use super::news::{About, ReturnedFor};
use super::run::Tries;
use crate::model::{Address, State, Timestamp};
use crate::store::code::state;
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, damaged};
use rusqlite::OptionalExtension;

/// The recipient's rows.
pub(super) struct Row {
    pub(super) campaign_name: String,
    pub(super) domain: i64,
    pub(super) address: Option<Address>,
    pub(super) state: State,
    pub(super) tried: bool,
    /// Whether some attempt of the last run ended without an answer.
    pub(super) doubted: bool,
    pub(super) tries: Tries,
}

impl Row {
    /// Whether returned mail may settle it like that, because its message was in doubt, and the mail is
    /// about that message for certain.
    pub(super) fn may_be_told(&self, next: State, about: &About) -> bool {
        let doubted = self.doubted || self.state == State::InDoubt;
        about.is_certain && doubted && self.state.may_be_told(next)
    }

    /// Of what a mail says of the recipient, what may be kept: it may name them, so that nothing of it
    /// is once they were erased.
    pub(super) fn words<'a>(&self, said: &'a str) -> &'a str {
        match self.address {
            Some(_) => said,
            None => "",
        }
    }
}

/// The recipient; `None` where there is none of that number in that campaign. A run that was begun
/// before the last attempt is the one that made it.
const FIND: &str = "SELECT c.name, r.domain_id, r.email, d.state,
       d.attempts + d.earlier_attempts > 0, d.doubts > d.earlier_doubts,
       run.number, run.begun, coalesce(d.earlier_first, d.first_attempt), run.told
     FROM recipient r JOIN campaign c ON c.id = r.campaign_id
     JOIN delivery d ON d.campaign_id = r.campaign_id
       AND d.domain_id = r.domain_id AND d.recipient_id = r.id
     LEFT JOIN run ON run.campaign_id = r.campaign_id AND run.number =
       (SELECT max(number) FROM run
        WHERE campaign_id = r.campaign_id AND begun <= d.last_attempt)
     WHERE r.id = ?1 AND r.campaign_id = ?2";

/// Looks the recipient up.
pub(super) fn find(ledger: &Ledger, returned: &ReturnedFor) -> Result<Option<Row>, Fault> {
    let found = ledger
        .prepare(FIND)?
        .query_row((returned.recipient.0, returned.campaign.0), |row| {
            let (email, number): (String, i64) = (row.get(2)?, row.get(3)?);
            let time = |at: Option<i64>| at.map(Timestamp::from_millis);
            let tries = Tries {
                run: row.get::<_, Option<u32>>(6)?.unwrap_or(1),
                begun: time(row.get(7)?),
                first: time(row.get(8)?),
                told: row.get::<_, Option<bool>>(9)?.unwrap_or(true),
            };
            let row = Row {
                campaign_name: row.get(0)?,
                domain: row.get(1)?,
                address: Address::parse(&email).ok(),
                state: State::Pending,
                tried: row.get(4)?,
                doubted: row.get(5)?,
                tries,
            };
            Ok((row, number))
        })
        .optional()?;
    let Some((row, number)) = found else {
        return Ok(None);
    };
    let state = state(number).ok_or_else(|| damaged(format!("{number} is no state")))?;
    Ok(Some(Row { state, ..row }))
}
