//! Addresses that were erased are known again when they come back.

use super::erased::Eraser;
use crate::model::Address;
use crate::store::error::Fault;
use crate::store::read;
use rusqlite::Connection;

/// Knows addresses that were erased.
pub(crate) struct Gone(Eraser);

impl Gone {
    /// `None` where nobody was erased.
    pub(crate) fn open(connection: &Connection) -> Result<Option<Self>, Fault> {
        let any: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM suppression WHERE key >= '#' AND key < '$')",
            )?
            .query_row([], |row| row.get(0))?;
        let secret = if any { read::secret(connection)? } else { None };
        Ok(secret.map(|secret| Self(Eraser::new(&secret))))
    }

    /// Whether this one was, and was not taken back.
    pub(crate) fn has(&self, connection: &Connection, address: &Address) -> Result<bool, Fault> {
        let found = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM suppression WHERE key = ?1)")?
            .query_row([self.0.key(address).to_string()], |row| row.get(0))?;
        Ok(found)
    }
}
