//! Claims recipients and renders their messages ahead of the connections.

use super::cores::Cores;
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

/// What claiming a batch came to.
pub(crate) struct Batch {
    /// The destination it was claimed for.
    pub(crate) lane: usize,
    /// Claimed, in this order.
    pub(crate) recipients: Vec<Recipient>,
    /// The domains that were asked for.
    pub(crate) asked: Vec<DomainId>,
    /// Those of them that have nothing due any more.
    pub(crate) drained: Vec<Drained>,
    /// Recipients that were settled instead of being claimed.
    pub(crate) settled: Vec<Moved>,
}

/// What a batch is claimed by.
pub(crate) struct Order {
    pub(crate) lane: usize,
    pub(crate) campaign: CampaignId,
    pub(crate) domains: Vec<DomainId>,
    pub(crate) limit: usize,
    pub(crate) now: Timestamp,
}

/// What rendering a batch came to.
#[derive(Default)]
pub(crate) struct Rendered {
    /// Ready to be sent, in the order of the claim.
    pub(crate) staged: Vec<Staged>,
    /// Claimed, but no message could be made of them.
    pub(crate) unrendered: Vec<(Recipient, RenderError)>,
}

/// Claims up to `order.limit` due recipients, which are durably `sending` from then on.
///
/// # Errors
/// Where the store could not claim.
pub(crate) async fn claim(store: Store, order: Order) -> Result<Batch, StoreError> {
    let Order {
        lane,
        campaign,
        domains,
        limit,
        now,
    } = order;
    let claimed = store.claim(campaign, domains.clone(), limit, now).await?;
    Ok(Batch {
        lane,
        recipients: claimed.recipients,
        asked: domains,
        drained: claimed.drained,
        settled: claimed.settled,
    })
}

/// Makes messages for claimed recipients, on all cores. `together` is whether messages that are the
/// same for all may go to several recipients at once.
pub(crate) async fn render(
    cores: Cores,
    letter: Arc<Letter>,
    recipients: Vec<Recipient>,
    together: bool,
    now: Timestamp,
) -> Rendered {
    if together && let Some(message) = render_for_all(&cores, &letter, now).await {
        let staged = recipients.into_iter().map(|recipient| Staged {
            recipient,
            message: message.clone(),
            alike: true,
        });
        return Rendered {
            staged: staged.collect(),
            unrendered: Vec::new(),
        };
    }
    let render = move |recipient: Recipient| {
        let addressee = Addressee {
            id: recipient.id,
            address: &recipient.address,
            fields: &recipient.fields,
        };
        let message = letter.render(&addressee, now);
        (recipient, message)
    };
    let mut rendered = Rendered::default();
    for (recipient, message) in cores.map(recipients, render).await {
        match message {
            Ok(message) => rendered.staged.push(Staged {
                recipient,
                message,
                alike: false,
            }),
            Err(error) => rendered.unrendered.push((recipient, error)),
        }
    }
    rendered
}

/// The message that all can get, if there is one.
async fn render_for_all(cores: &Cores, letter: &Arc<Letter>, now: Timestamp) -> Option<Message> {
    let letter = Arc::clone(letter);
    let render = move |()| letter.render_for_all(now).ok().flatten();
    cores.map(vec![()], render).await.pop().flatten()
}
