//! What came back about recipients besides bounces.

use super::export::{NextPage, PAGE};
use crate::model::{CampaignId, Timestamp};

/// A note: something that came back about a recipient, and is no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The campaign's name.
    pub campaign: String,
    /// The recipient's address, or what stands in its place where the person was erased.
    pub email: String,
    /// What came, in a word: `complaint`, `unsubscribe`, `auto_reply`, `other`, `earlier_bounce`.
    pub kind: String,
    /// When it came first.
    pub at: Timestamp,
    /// By which way.
    pub source: String,
    /// What it says; other people's words.
    pub detail: String,
}

/// The notes of a campaign, or of all, in the order of campaigns and recipients.
pub(super) fn notes(campaign: Option<CampaignId>) -> NextPage<Note> {
    let first = campaign.map_or(0, |campaign| campaign.0);
    let last = campaign.map_or(i64::MAX, |campaign| campaign.0);
    let mut after = (first, i64::MIN, String::new());
    Box::new(move |connection, page| {
        let mut statement = connection.prepare_cached(
            "SELECT f.campaign_id, f.recipient_id, f.kind, c.name, r.email, f.at, f.source, f.detail
             FROM feedback f JOIN campaign c ON c.id = f.campaign_id
             JOIN recipient r ON r.id = f.recipient_id
             WHERE (f.campaign_id, f.recipient_id, f.kind) > (?1, ?2, ?3) AND f.campaign_id <= ?4
             ORDER BY f.campaign_id, f.recipient_id, f.kind LIMIT ?5",
        )?;
        let mut rows = statement.query((after.0, after.1, &after.2, last, PAGE))?;
        let mut reached = None;
        while let Some(row) = rows.next()? {
            let kind: String = row.get(2)?;
            reached = Some((row.get(0)?, row.get(1)?, kind.clone()));
            page.push_back(Note {
                campaign: row.get(3)?,
                email: row.get(4)?,
                kind,
                at: Timestamp::from_millis(row.get(5)?),
                source: row.get(6)?,
                detail: row.get(7)?,
            });
        }
        drop(rows);
        drop(statement);
        if let Some(reached) = reached {
            after = reached;
        }
        Ok(())
    })
}
