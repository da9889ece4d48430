//! Where wishes and returned mail are handed in.

use crate::model::{CampaignId, RecipientId, Timestamp};
use crate::render::{Purpose, Secret};
use crate::store::{Store, StoreError, Unsubscribed};
use std::sync::Arc;

/// Takes what came back. Clones share the ledger.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    pub(super) secret: Arc<Secret>,
}

impl Intake {
    /// For a ledger, with its secret.
    #[must_use]
    pub fn new(store: Store, secret: Secret) -> Self {
        Self {
            store,
            secret: Arc::new(secret),
        }
    }

    /// Whose unsubscribe token it is, as far as the token itself tells; nothing is looked up.
    #[must_use]
    pub fn peek(&self, token: &str) -> Option<(CampaignId, RecipientId)> {
        self.secret.open(Purpose::Unsubscribe, token)
    }

    /// A reader wants to be left alone. `None` where the token is none of ours; the same wish twice
    /// changes nothing. `how` says by which way it came.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub async fn unsubscribe(
        &self,
        token: &str,
        how: &str,
        now: Timestamp,
    ) -> Result<Option<Unsubscribed>, StoreError> {
        match self.peek(token) {
            Some(whose) => self.store.unsubscribe(whose, how, now).await,
            None => Ok(None),
        }
    }
}
