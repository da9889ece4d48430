//! What became of a mail that was handed in.

use crate::model::{Address, Reason, ReportedAction, Returned, ReturnedKind};
use crate::store::ReturnedEffect;
use serde::Serialize;

/// By what a mail that came back was known to be about a recipient of ours; the most certain first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// An unsubscribe token of ours.
    UnsubscribeToken,
    /// The signed return path that only this recipient's message carried (VERP).
    ReturnPath,
    /// The Message-ID of this recipient's message, which is signed as well.
    MessageId,
    /// The campaign's own header, and an address that the campaign was sent to.
    Campaign,
    /// Nothing but an address that some campaign was sent to lately. Anybody can write that.
    Address,
}

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// One entry for each recipient it speaks of.
    pub entries: Vec<TakenEntry>,
}

/// What became of what a mail says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenEntry {
    /// What the mail says.
    pub returned: Returned,
    /// The recipient of ours, and by what it was known.
    pub matched: Option<Match>,
    /// What the ledger made of it.
    pub effect: ReturnedEffect,
}

/// A recipient of ours that a mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// By what it was known.
    pub evidence: Evidence,
    /// The campaign's name.
    pub campaign: String,
    /// The recipient's address; `None` where the person was erased.
    pub address: Option<Address>,
}

impl Taken {
    /// Whether the mail was about recipients of ours and is done with. What is not is somebody
    /// else's business and is left alone; what came too early is to be handed in again.
    #[must_use]
    pub fn is_handled(&self) -> bool {
        !self.is_too_early() && self.entries.iter().any(|entry| entry.matched.is_some())
    }

    /// Whether the outcome of the attempt that the mail is about is not in the ledger yet: nothing
    /// was done, and the same mail has to be handed in again.
    #[must_use]
    pub fn is_too_early(&self) -> bool {
        self.entries.iter().any(|entry| entry.effect.too_early)
    }

    /// Whether a bounce that says what became of a message, a complaint or a wish to be left alone was
    /// entered from it: the ledger holds what such a mail says. What only looks like a bounce may be a
    /// person's letter.
    #[must_use]
    pub fn is_news(&self) -> bool {
        let ours = self.entries.iter().filter(|entry| entry.matched.is_some());
        let mut said = ours.map(|entry| &entry.returned);
        said.any(|said| match said.kind {
            ReturnedKind::Bounce => said.action.is_some() || said.status.is_some(),
            ReturnedKind::Complaint | ReturnedKind::Unsubscribe => true,
            ReturnedKind::Delivered
            | ReturnedKind::Report
            | ReturnedKind::AutoReply
            | ReturnedKind::Challenge
            | ReturnedKind::Other => false,
        })
    }

    /// What it said of each recipient of ours: the kind, and why where it is a bounce.
    pub fn matched(&self) -> impl Iterator<Item = (ReturnedKind, Option<Reason>)> {
        let ours = self.entries.iter().filter(|entry| entry.matched.is_some());
        ours.map(|entry| {
            let judgement = entry.returned.judgement;
            (
                entry.returned.kind,
                judgement.map(|judgement| judgement.reason),
            )
        })
    }

    /// What the mail is, by its first recipient.
    #[must_use]
    pub fn kind(&self) -> ReturnedKind {
        let first = self.entries.first();
        first.map_or(ReturnedKind::Other, |entry| entry.returned.kind)
    }
}

/// What a report says became of the message, with a guess where it does not: by the class of its
/// status code (RFC 3463 section 3.1).
pub(super) fn action_of(returned: &Returned) -> ReportedAction {
    let class = returned.status.map(|status| status.class);
    match (returned.action, class) {
        (Some(action), _) => action,
        (None, Some(5)) => ReportedAction::Failed,
        (None, Some(2)) => ReportedAction::Delivered,
        (None, _) => ReportedAction::Delayed,
    }
}
