//! A person's traces are erased.

use super::store::{CHUNK, Store};
use crate::model::{Address, Timestamp};
use crate::store::actor::Urgency;
use crate::store::error::StoreError;
use crate::store::purge::purge;
use crate::store::write::{self, Erased};
use std::sync::Arc;
use tokio::task::spawn_blocking;

impl Store {
    /// Erases people: out of every list, and out of the rows of all campaigns, which stay and are
    /// counted as ever. Their suppressions and strikes are gone too; what is left is a keyed hash that
    /// suppresses them everywhere. The octets are overwritten in the file. One that was interrupted
    /// goes on when it is asked for again.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub async fn erase(
        &self,
        addresses: Vec<Address>,
        now: Timestamp,
    ) -> Result<Erased, StoreError> {
        let addresses: Arc<[Address]> = addresses.into();
        // First, so that no campaign takes them in while they are looked for.
        let who = Arc::clone(&addresses);
        let subscribers = self
            .submit(Urgency::Now, who.len(), move |ledger| {
                write::begin_erasing(ledger, &who, now)
            })
            .await?;
        let who = Arc::clone(&addresses);
        let recipients = self
            .read(move |reader| reader.recipients_with(&who))
            .await?;
        let mut all = Erased {
            subscribers,
            ..Erased::default()
        };
        for part in recipients.chunks(CHUNK) {
            let part = part.to_vec();
            let erased = self
                .submit(Urgency::Now, part.len(), move |ledger| {
                    write::erase_recipients(ledger, &part)
                })
                .await?;
            all.recipients += erased.recipients;
            all.suppressed += erased.suppressed;
            all.in_flight += erased.in_flight;
        }
        let path = Arc::from(self.path());
        let purged = spawn_blocking(move || purge(&path, &addresses)).await;
        all.left_over = purged.unwrap_or(true);
        Ok(all)
    }
}
