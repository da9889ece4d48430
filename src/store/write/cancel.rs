//! What has not been sent is given up.

use super::moved::{Chunk, note};
use crate::model::{CampaignId, State};
use crate::store::error::Fault;
use crate::store::ledger::{Ledger, count, integer};

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
