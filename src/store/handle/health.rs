//! Whether the ledger can be written.

use super::store::Store;
use crate::store::error::StoreError;

impl Store {
    /// Has the writer write the version it has found there once more: a transaction that changed
    /// nothing would reach no disk, and say that a full one is well.
    ///
    /// # Errors
    /// Why it cannot write.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.write(|ledger| {
            let version: i64 = ledger
                .prepare("PRAGMA user_version")?
                .query_row([], |row| row.get(0))?;
            ledger.execute(&format!("PRAGMA user_version = {version}"), [])?;
            Ok(())
        })
        .await
    }
}
