//! Whether the ledger can be written.

use super::store::Store;
use crate::store::error::StoreError;

impl Store {
    /// Has the writer begin and end a transaction that changes nothing.
    ///
    /// # Errors
    /// Why it cannot write.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(())).await
    }
}
