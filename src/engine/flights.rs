//! Messages of one session that were submitted and not settled yet.

use super::connection::Attempt;
use super::stage::Staged;
use crate::model::{Outcome, Peer, Recipient, RecipientId};
use crate::proto::smtp_client::Transaction;
use std::collections::HashMap;
use std::sync::Arc;

/// A message that was submitted and not settled yet.
struct Flying {
    recipient: Recipient,
    message_id: String,
}

/// Messages of a session by transaction number and recipient.
#[derive(Default)]
pub(super) struct Flights {
    next: u64,
    delivered: u32,
    flying: HashMap<(u64, RecipientId), Flying>,
}

impl Flights {
    /// A transaction for one recipient and all others of the same message.
    pub(super) fn start(&mut self, first: Staged, others: Vec<Staged>) -> Transaction {
        let id = self.next;
        self.next += 1;
        let Staged {
            recipient, message, ..
        } = first;
        let others = others.into_iter().map(|staged| staged.recipient);
        let mut recipients = Vec::with_capacity(1 + others.len());
        for recipient in std::iter::once(recipient).chain(others) {
            let address = &recipient.address;
            recipients.push((recipient.id, address.to_string(), address.needs_smtputf8()));
            let flying = Flying {
                message_id: message.message_id.clone(),
                recipient,
            };
            self.flying.insert((id, flying.recipient.id), flying);
        }
        Transaction {
            id,
            reverse_path: message.reverse_path,
            recipients,
            content: message.content,
            size: message.size,
            smtputf8: message.smtputf8,
        }
    }

    pub(super) fn land(
        &mut self,
        flight: (u64, RecipientId),
        outcome: Outcome,
        peer: &Arc<Peer>,
    ) -> Option<Attempt> {
        let Flying {
            recipient,
            message_id,
        } = self.flying.remove(&flight)?;
        let delivered_before = self.delivered;
        if matches!(outcome, Outcome::Accepted(_)) {
            self.delivered = self.delivered.saturating_add(1);
        }
        let peer = Arc::clone(peer);
        Some(Attempt {
            recipient,
            message_id,
            peer,
            outcome,
            delivered_before,
        })
    }
}
