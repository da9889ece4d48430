//! Claims recipients and renders their messages ahead of the connections.

use crate::model::{CampaignId, DomainId, Recipient, Timestamp};
use crate::render::{Addressee, Letter, Message, RenderError};
use crate::store::{Drained, Moved, Store, StoreError};
use std::sync::Arc;

/// A claimed recipient and the message for it.
pub(crate) struct Staged {
    /// Whom it is for; its row says `sending`.
    pub(crate) recipient: Recipient,
    /// What is sent.
    pub(crate) message: Message,
    /// Others that are alike get the very same message, which may go to all of them at once.
    pub(crate) alike: bool,
}

/// What staging a batch came to.
pub(crate) struct Batch {
    /// The destination it was staged for.
    pub(crate) lane: usize,
    /// Ready to be sent, in the order of the claim.
    pub(crate) staged: Vec<Staged>,
    /// Claimed, but no message could be made of them.
    pub(crate) unrendered: Vec<(Recipient, RenderError)>,
    /// The domains that were asked for.
    pub(crate) asked: Vec<DomainId>,
    /// Those of them that have nothing due any more.
    pub(crate) drained: Vec<Drained>,
    /// Recipients that were settled instead of being claimed.
    pub(crate) settled: Vec<Moved>,
}

/// What a batch is staged from.
pub(crate) struct Order {
    pub(crate) lane: usize,
    pub(crate) campaign: CampaignId,
    pub(crate) domains: Vec<DomainId>,
    pub(crate) limit: usize,
    /// Whether messages that are the same for all may go to several recipients at once.
    pub(crate) together: bool,
    pub(crate) now: Timestamp,
}

/// Claims up to `order.limit` due recipients, which are durably `sending` from then on, and
/// renders them on a thread that may block.
///
/// # Errors
/// Where the store could not claim. Recipients that cannot be rendered are part of the result.
pub(crate) async fn stage(
    store: Store,
    letter: Arc<Letter>,
    order: Order,
) -> Result<Batch, StoreError> {
    let Order {
        lane,
        campaign,
        domains,
        limit,
        together,
        now,
    } = order;
    let claimed = store.claim(campaign, domains.clone(), limit, now).await?;
    let (drained, settled) = (claimed.drained, claimed.settled);
    let recipients = claimed.recipients;
    // Small batches are rendered where they are: handing them over costs more than they do.
    let (staged, unrendered) = if recipients.len() <= INLINE {
        render_all(&letter, recipients, together, now)
    } else {
        let rendering =
            tokio::task::spawn_blocking(move || render_all(&letter, recipients, together, now));
        match rendering.await {
            Ok(rendered) => rendered,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    };
    Ok(Batch {
        lane,
        staged,
        unrendered,
        asked: domains,
        drained,
        settled,
    })
}

type Rendered = (Vec<Staged>, Vec<(Recipient, RenderError)>);

fn render_all(
    letter: &Letter,
    recipients: Vec<Recipient>,
    together: bool,
    now: Timestamp,
) -> Rendered {
    if together && let Ok(Some(message)) = letter.render_for_all(now) {
        let staged = recipients.into_iter().map(|recipient| Staged {
            recipient,
            message: message.clone(),
            alike: true,
        });
        return (staged.collect(), Vec::new());
    }
    let mut staged = Vec::with_capacity(recipients.len());
    let mut failed = Vec::new();
    for recipient in recipients {
        let addressee = Addressee {
            id: recipient.id,
            address: &recipient.address,
            fields: &recipient.fields,
        };
        match letter.render(&addressee, now) {
            Ok(message) => staged.push(Staged {
                recipient,
                message,
                alike: false,
            }),
            Err(error) => failed.push((recipient, error)),
        }
    }
    (staged, failed)
}

/// Up to this many messages are rendered without changing the thread.
const INLINE: usize = 4;
