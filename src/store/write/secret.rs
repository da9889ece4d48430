//! The secret that tokens are made with.

use super::campaign::random;
use crate::store::error::Fault;
use crate::store::ledger::Ledger;
use crate::store::read;

/// The ledger's secret; made where there is none yet.
pub(crate) fn secret(ledger: &Ledger) -> Result<[u8; 32], Fault> {
    if let Some(known) = read::secret(ledger.connection())? {
        return Ok(known);
    }
    let fresh: [u8; 32] = random()?;
    ledger.execute("INSERT INTO secret (id, octets) VALUES (1, ?1)", [&fresh])?;
    Ok(fresh)
}
