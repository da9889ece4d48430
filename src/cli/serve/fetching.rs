//! Mailboxes that returned mail is fetched from while the service runs.

use crate::cli::bounces::{self, Fetcher};
use crate::cli::fail::{Failure, Outcome};
use crate::model::{MailboxSettings, Settings};
use crate::serve::LedgerDesk;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A mailbox that returned mail is fetched from beside everything else.
pub(super) struct Fetching {
    mailbox: MailboxSettings,
    settings: Arc<Settings>,
    desk: Arc<LedgerDesk>,
}

/// One for each mailbox: none of them waits for another to be mended.
pub(super) fn fetching(settings: &Settings, desk: &Arc<LedgerDesk>) -> Vec<Fetching> {
    let settings = Arc::new(settings.clone());
    let each = settings.mailboxes.iter().map(|mailbox| Fetching {
        mailbox: mailbox.clone(),
        settings: Arc::clone(&settings),
        desk: Arc::clone(desk),
    });
    each.collect()
}

impl Fetching {
    /// Fetches until `stop`. What somebody has to mend first (a password) is said and tried again
    /// later: readers who want to leave need not suffer for it.
    pub(super) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            // Cancelled by the fetcher where the mailbox fails.
            let round = stop.child_token();
            if let Err(failure) = self.round(&round).await {
                tracing::error!(target: "mailbox", error = %failure, "returned mail cannot be fetched");
            }
            let pause = tokio::time::sleep(MEND);
            let _ = stop.run_until_cancelled(pause).await;
        }
    }

    /// With the ledger as it is now: one that failed may have been opened anew.
    async fn round(&self, stop: &CancellationToken) -> Outcome {
        let (store, intake) = self.desk.at_hand().await.map_err(Failure::new)?;
        let tell = Arc::new(|told: &bounces::Told| {
            tracing::info!(target: "mailbox", kind = told.kind(), ours = told.is_ours(), "a mail");
        });
        let notice = Arc::new(|words: &str| tracing::warn!(target: "mailbox", "{words}"));
        let fetcher = Fetcher::new(&self.settings, store, intake, tell)?.noticing(notice);
        fetcher
            .watch(std::slice::from_ref(&self.mailbox), stop)
            .await
    }
}

/// Until mailboxes that failed are tried again.
const MEND: Duration = Duration::from_secs(300);
