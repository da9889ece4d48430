//! Whom a mail that came back is about.

use crate::model::{Address, CampaignId, RecipientId, State, Timestamp};
use crate::store::code::state;
use crate::store::error::Fault;
use crate::store::ledger::{damaged, natural};
use crate::store::write::Moved;
use rusqlite::{Connection, OptionalExtension, Row};

/// Campaigns that are looked through for an address, the newest first.
const CAMPAIGNS: i64 = 50;

/// A recipient of a campaign, as returned mail needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub campaign_name: String,
    /// The recipient.
    pub recipient: RecipientId,
    /// Its address; `None` where the person was erased.
    pub address: Option<Address>,
    /// Where it stands.
    pub state: State,
    /// Whether it was ever tried: a message may have left.
    pub tried: bool,
}

/// Which campaigns to look for an address in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InCampaign {
    /// This one.
    Number(CampaignId),
    /// The one with this uid, as the header `X-Hikyaku-Campaign` names it.
    Uid(String),
    /// Any that tried the address at this time or later.
    Since(Timestamp),
}

const MAILED: &str = "SELECT c.id, c.name, r.id, r.email, d.state, d.attempts + d.earlier_attempts";

/// The recipient of a number, where there is one.
pub(super) fn mailed(
    connection: &Connection,
    (campaign, recipient): (CampaignId, RecipientId),
) -> Result<Option<Mailed>, Fault> {
    connection
        .prepare_cached(&format!(
            "{MAILED} FROM recipient r JOIN campaign c ON c.id = r.campaign_id
             JOIN delivery d ON d.campaign_id = r.campaign_id
               AND d.domain_id = r.domain_id AND d.recipient_id = r.id
             WHERE r.id = ?1 AND r.campaign_id = ?2"
        ))?
        .query_row((recipient.0, campaign.0), |row| Ok(mailed_of(row)))
        .optional()?
        .transpose()
}

/// The recipient with an address, of the newest campaign that tried it. Recipients are found by
/// domain, so that no index over all addresses has to be kept for the few mails that name nothing
/// else: this takes a microsecond for each recipient that the campaigns have in the domain.
pub(super) fn mailed_at(
    connection: &Connection,
    address: &Address,
    campaign: &InCampaign,
) -> Result<Option<Mailed>, Fault> {
    let since = match campaign {
        InCampaign::Since(since) => since.as_millis(),
        InCampaign::Number(_) | InCampaign::Uid(_) => 0,
    };
    let domain: Option<i64> = connection
        .prepare_cached("SELECT id FROM domain WHERE name = ?1")?
        .query_row([address.domain().as_str()], |row| row.get(0))
        .optional()?;
    let Some(domain) = domain else {
        return Ok(None);
    };
    let sql = format!(
        "{MAILED} FROM delivery d JOIN recipient r ON r.id = d.recipient_id
         JOIN campaign c ON c.id = d.campaign_id
         WHERE d.campaign_id = ?1 AND d.domain_id = ?2 AND coalesce(d.last_attempt, 0) >= ?3
           AND r.email = ?4 COLLATE NOCASE
           AND d.attempts + d.earlier_attempts > 0"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    for id in campaigns(connection, campaign, since)? {
        let found = statement
            .query_row((id, domain, since, address.to_string()), |row| {
                Ok(mailed_of(row))
            })
            .optional()?
            .transpose()?;
        let same = |mailed: &Mailed| {
            let known = mailed.address.as_ref();
            known.is_some_and(|known| known.key() == address.key())
        };
        if let Some(mailed) = found.filter(same) {
            return Ok(Some(mailed));
        }
    }
    Ok(None)
}

/// What others moved than the process that sends the campaign, by the states.
pub(super) fn moved_outside(
    connection: &Connection,
    campaign: CampaignId,
) -> Result<Vec<Moved>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT from_state, to_state, count FROM moved_outside WHERE campaign_id = ?1",
    )?;
    let mut rows = statement.query([campaign.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let state = |number| state(number).ok_or_else(|| damaged(format!("{number} is no state")));
        found.push(Moved {
            from: state(row.get(0)?)?,
            to: state(row.get(1)?)?,
            count: natural(row.get(2)?),
        });
    }
    Ok(found)
}

/// The campaigns that are meant, the newest first, without those that had ended by `since`.
fn campaigns(connection: &Connection, wanted: &InCampaign, since: i64) -> Result<Vec<i64>, Fault> {
    if let InCampaign::Number(campaign) = wanted {
        return Ok(vec![campaign.0]);
    }
    let uid = match wanted {
        InCampaign::Uid(uid) => uid.as_str(),
        InCampaign::Number(_) | InCampaign::Since(_) => "",
    };
    let found = connection
        .prepare_cached(
            "SELECT id FROM campaign
             WHERE (?1 = '' OR uid = ?1) AND coalesce(finished, ?3) >= ?3
             ORDER BY id DESC LIMIT ?2",
        )?
        .query_map((uid, CAMPAIGNS, since), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

fn mailed_of(row: &Row<'_>) -> Result<Mailed, Fault> {
    let number: i64 = row.get(4)?;
    let email = row.get_ref(3)?.as_str().map_err(damaged)?;
    Ok(Mailed {
        campaign: CampaignId(row.get(0)?),
        campaign_name: row.get(1)?,
        recipient: RecipientId(row.get(2)?),
        address: Address::parse(email).ok(),
        state: state(number).ok_or_else(|| damaged(format!("{number} is no state")))?,
        tried: natural(row.get(5)?) > 0,
    })
}
