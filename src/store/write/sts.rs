//! MTA-STS policies are kept until they expire.

use crate::model::{Domain, Timestamp};
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::read::StsRecord;

/// Keeps a domain's policy in the place of the one before, and drops those that have expired.
pub(crate) fn keep_sts_policy(
    ledger: &Ledger,
    domain: &Domain,
    record: &StsRecord,
    now: Timestamp,
) -> Result<(), Fault> {
    ledger.execute("DELETE FROM mta_sts WHERE expires <= ?1", [now.as_millis()])?;
    ledger.execute(
        "INSERT OR REPLACE INTO mta_sts (domain, id, policy, fetched, expires)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            domain.as_str(),
            &record.id,
            &record.policy,
            record.fetched.as_millis(),
            record.expires.as_millis(),
        ),
    )?;
    Ok(())
}
