//! What the ledger knows of the recipient that a mail is about.

use super::news::ReturnedFor;
use crate::model::{Address, State};
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
}

impl Row {
    /// Of what a mail says of the recipient, what may be kept: it may name them, so that nothing of it
    /// is once they were erased.
    pub(super) fn words<'a>(&self, said: &'a str) -> &'a str {
        match self.address {
            Some(_) => said,
            None => "",
        }
    }
}

/// The recipient; `None` where there is none of that number in that campaign.
pub(super) fn find(ledger: &Ledger, returned: &ReturnedFor) -> Result<Option<Row>, Fault> {
    let found = ledger
        .prepare(
            "SELECT c.name, r.domain_id, r.email, d.state, d.attempts + d.earlier_attempts > 0
             FROM recipient r JOIN campaign c ON c.id = r.campaign_id
             JOIN delivery d ON d.campaign_id = r.campaign_id
               AND d.domain_id = r.domain_id AND d.recipient_id = r.id
             WHERE r.id = ?1 AND r.campaign_id = ?2",
        )?
        .query_row((returned.recipient.0, returned.campaign.0), |row| {
            let (email, number): (String, i64) = (row.get(2)?, row.get(3)?);
            let tried = row.get(4)?;
            Ok((row.get(0)?, row.get(1)?, email, number, tried))
        })
        .optional()?;
    let Some((campaign_name, domain, email, number, tried)) = found else {
        return Ok(None);
    };
    Ok(Some(Row {
        campaign_name,
        domain,
        address: Address::parse(&email).ok(),
        state: state(number).ok_or_else(|| damaged(format!("{number} is no state")))?,
        tried,
    }))
}
