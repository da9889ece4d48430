//! What comes back: bounce mails, complaints, answers of people and machines.

use super::outcome::named;
use super::{Action, EnhancedCode, Judgement, Reply, Stage, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

named! {
    /// What a mail that came back is.
    ReturnedKind {
        /// A message could not be delivered, for good or for now.
        Bounce = "bounce",
        /// A message was delivered (a success notification, RFC 3464 section 2.3.3).
        Delivered = "delivered",
        /// A reader complained about a message (RFC 5965 section 3.3: `abuse`, `opt-out` and the like).
        Complaint = "complaint",
        /// A report that is about no recipient's mailbox: DMARC, authentication failures, TLS.
        Report = "report",
        /// An answer no person wrote: away, out of the office, received with thanks (RFC 3834).
        AutoReply = "auto_reply",
        /// The sender is to prove to be a person before the message is delivered.
        Challenge = "challenge",
        /// A reader does not want to hear from this list any more (RFC 2369 section 3.2).
        Unsubscribe = "unsubscribe",
        /// None of these: a person's answer, spam.
        Other = "other",
    }
}

named! {
    /// What a report says became of a message (RFC 3464 section 2.3.3).
    ReportedAction {
        /// It will not be delivered.
        Failed = "failed",
        /// It is still being tried.
        Delayed = "delayed",
        /// It was delivered, or passed on to a system that sends no reports (`relayed`, `expanded`).
        Delivered = "delivered",
    }
}

/// What a mail that came back says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// What it is.
    pub kind: ReturnedKind,
    /// The recipient's address as the mail has it, without brackets and comments; `None` where it
    /// names nobody.
    pub recipient: Option<String>,
    /// Other addresses the mail has for the same recipient: where it was forwarded to or from.
    pub aliases: Vec<String>,
    /// What became of the message, for bounces and deliveries.
    pub action: Option<ReportedAction>,
    /// The most telling enhanced code of the mail (RFC 3463).
    pub status: Option<EnhancedCode>,
    /// Why, and what to do; for bounces.
    pub judgement: Option<Judgement>,
    /// The far end's own words; empty where there are none.
    pub diagnostic: String,
}

impl Returned {
    /// Whether the address must not be mailed again because of this: a final bounce that blames the
    /// recipient, a complaint, the wish to be left alone.
    #[must_use]
    pub fn suppresses(&self) -> bool {
        match self.kind {
            ReturnedKind::Bounce => {
                self.action == Some(ReportedAction::Failed)
                    && self
                        .judgement
                        .is_some_and(|judgement| judgement.action == Action::Suppress)
            }
            ReturnedKind::Complaint | ReturnedKind::Unsubscribe => true,
            ReturnedKind::Delivered
            | ReturnedKind::Report
            | ReturnedKind::AutoReply
            | ReturnedKind::Challenge
            | ReturnedKind::Other => false,
        }
    }
}

/// A mail that came back, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReturnedMail {
    /// One entry for each recipient it speaks of; never empty for what was read.
    pub recipients: Vec<Returned>,
    /// What may lead to the campaign and the recipient of ours.
    pub traces: Traces,
    /// From whom it is, about what, and when.
    pub cover: Cover,
}

/// What stands outside on a mail that came back. Nothing of it is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cover {
    /// The address in From.
    pub from: Option<String>,
    /// The Subject, decoded; other people's text.
    pub subject: String,
    /// The Date of the returned original: when the message was made, by its sender's own clock.
    pub sent: Option<Timestamp>,
    /// By the reporter's clock, a time at which the message was on its way: when it arrived there or
    /// was last tried (RFC 3464 sections 2.2.5 and 2.3.7), else when the mail itself was written.
    pub reported: Option<Timestamp>,
}

/// What in a mail that came back may lead to one of our messages. Nothing of it is trusted: a token
/// that does not open, an address nobody was mailed at, lead nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traces {
    /// Addresses the mail was sent to, most reliable first: envelope, Delivered-To, X-Original-To, To;
    /// and the returned original's Return-Path. One of them may be a signed return path (VERP).
    pub sent_to: Vec<String>,
    /// Message-IDs of the returned original, of References and In-Reply-To, without angle brackets.
    pub message_ids: Vec<String>,
    /// The returned original's `X-Hikyaku-Campaign`.
    pub campaign: Option<String>,
    /// Words of the returned or quoted original that may be unsubscribe tokens: they tell whose
    /// message it was, and nobody's wish.
    pub tokens: Vec<String>,
    /// Words of the subject and of the addresses the mail was sent to that may be unsubscribe tokens:
    /// whoever writes them there asks to be left alone.
    pub wishes: Vec<String>,
}

/// Something that tells why a server refused: one classifier serves session replies, returned mail
/// and reports.
pub trait Judge: Sync {
    /// Why a server refused, whose matter it is and what to do. `stage` is what it was asked, where
    /// that is known; `provider` its name, or the provider's, and may be empty.
    fn judge(&self, reply: &Reply, stage: Option<Stage>, provider: &str) -> Judgement;
}
