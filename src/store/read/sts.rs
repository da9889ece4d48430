//! MTA-STS policies that were kept.

use crate::model::{Domain, Timestamp};
use crate::store::error::Fault;
use rusqlite::{Connection, OptionalExtension, Row};

/// A domain's MTA-STS policy as it was fetched last (RFC 8461 section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StsRecord {
    /// The identity its TXT record announced.
    pub id: String,
    /// The policy's text.
    pub policy: String,
    /// When it was fetched.
    pub fetched: Timestamp,
    /// Until when it holds.
    pub expires: Timestamp,
}

/// The policy of a domain, where one is kept that holds at `now`.
pub(crate) fn sts_policy(
    connection: &Connection,
    domain: &Domain,
    now: Timestamp,
) -> Result<Option<StsRecord>, Fault> {
    let record = |row: &Row<'_>| {
        Ok(StsRecord {
            id: row.get(0)?,
            policy: row.get(1)?,
            fetched: Timestamp::from_millis(row.get(2)?),
            expires: Timestamp::from_millis(row.get(3)?),
        })
    };
    let found = connection
        .prepare_cached(
            "SELECT id, policy, fetched, expires FROM mta_sts
             WHERE domain = ?1 AND expires > ?2",
        )?
        .query_row((domain.as_str(), now.as_millis()), record)
        .optional()?;
    Ok(found)
}
