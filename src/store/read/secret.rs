//! The secret that tokens are made with.

use crate::store::error::Fault;
use rusqlite::{Connection, OptionalExtension};

/// The ledger's secret, where it has one.
pub(crate) fn secret(connection: &Connection) -> Result<Option<[u8; 32]>, Fault> {
    let found = connection
        .prepare_cached("SELECT octets FROM secret WHERE id = 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(found)
}
