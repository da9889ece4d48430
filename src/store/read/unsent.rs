//! Recipients of a loaded campaign that may still be mailed, with what letters are made of.

use super::export::{NextPage, PAGE};
use crate::model::{CampaignId, Fields};
use crate::store::error::Fault;
use crate::store::ledger::{damaged, natural};

/// A recipient that may still be mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its row in the list, first is 1.
    pub row: u64,
    /// The address as its row has it.
    pub email: String,
    /// What the list said of this person.
    pub fields: Fields,
}

/// Those that are open and, `again`, those that can be chosen to be sent to again.
pub(super) fn unsent(campaign: CampaignId, again: bool) -> NextPage<Unsent> {
    // Pending, sending, deferred; and bounced, expired, in doubt, cancelled.
    let states = if again {
        "0, 1, 3, 4, 5, 6, 9"
    } else {
        "0, 1, 3"
    };
    let sql = format!(
        "SELECT d.domain_id, d.recipient_id, r.source_row, r.email, r.fields
         FROM delivery d JOIN recipient r ON r.id = d.recipient_id
         WHERE d.campaign_id = ?1 AND (d.domain_id, d.recipient_id) > (?2, ?3)
           AND d.state IN ({states})
         ORDER BY d.domain_id, d.recipient_id LIMIT ?4"
    );
    let mut after = (i64::MIN, i64::MIN);
    Box::new(move |connection, page| -> Result<(), Fault> {
        let mut statement = connection.prepare_cached(&sql)?;
        let mut rows = statement.query((campaign.0, after.0, after.1, PAGE))?;
        while let Some(row) = rows.next()? {
            after = (row.get(0)?, row.get(1)?);
            let fields = row.get_ref(4)?.as_str().map_err(damaged)?;
            page.push_back(Unsent {
                row: natural(row.get(2)?),
                email: row.get(3)?,
                fields: serde_json::from_str(fields).map_err(damaged)?,
            });
        }
        Ok(())
    })
}
