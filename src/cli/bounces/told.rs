//! What is told of each mail that was fetched.

use crate::intake::{Evidence, Taken};
use crate::model::ReportedAction;
use crate::net::mailbox::Key;
use crate::progress::text;
use serde::Serialize;
use std::io::{self, Write};

/// A mail and one of the recipients it speaks of: the keys of `bounces read`, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Told {
    mailbox: String,
    /// The UID, or the unique id.
    message: String,
    kind: &'static str,
    recipient: Option<String>,
    action: Option<&'static str>,
    status: Option<String>,
    reason: Option<&'static str>,
    blame: Option<&'static str>,
    suppress: bool,
    diagnostic: String,
    campaign: Option<String>,
    /// The recipient of ours.
    email: Option<String>,
    /// By what it was known.
    evidence: Option<Evidence>,
    /// The recipient is bounced by now.
    bounced: bool,
    /// The recipient was in doubt, and is delivered by now.
    delivered: bool,
    /// It is a bounce of an earlier run of the campaign: it was noted and not applied.
    outdated: bool,
    /// The address was suppressed now.
    suppressed: bool,
    /// The mail is done with; otherwise it was left as it is.
    handled: bool,
}

impl Told {
    /// One for each recipient of a mail.
    pub(super) fn of(mailbox: &str, key: &Key, taken: &Taken) -> Vec<Self> {
        let message = match key {
            Key::Uid(uid) => uid.to_string(),
            Key::Uidl { uidl, .. } => uidl.clone(),
        };
        let entries = taken.entries.iter().map(|entry| {
            let (returned, matched) = (&entry.returned, entry.matched.as_ref());
            let judgement = returned.judgement;
            let address = matched.and_then(|matched| matched.address.as_ref());
            Self {
                mailbox: mailbox.to_owned(),
                message: message.clone(),
                kind: returned.kind.as_str(),
                recipient: returned.recipient.clone(),
                action: returned.action.map(ReportedAction::as_str),
                status: returned.status.map(|status| status.to_string()),
                reason: judgement.map(|judgement| judgement.reason.as_str()),
                blame: judgement.map(|judgement| judgement.blame.as_str()),
                suppress: returned.suppresses(),
                diagnostic: text::escape(&returned.diagnostic).into_owned(),
                campaign: matched.map(|matched| matched.campaign.clone()),
                email: address.map(ToString::to_string),
                evidence: matched.map(|matched| matched.evidence),
                bounced: entry.effect.bounced,
                delivered: entry.effect.delivered,
                outdated: entry.effect.outdated,
                suppressed: entry.effect.suppressed,
                handled: taken.is_handled(),
            }
        });
        entries.collect()
    }

    /// What it is.
    pub(in crate::cli) fn kind(&self) -> &'static str {
        self.kind
    }

    /// Whether it is about a recipient of ours.
    pub(in crate::cli) fn is_ours(&self) -> bool {
        self.campaign.is_some()
    }
}

/// A line for people.
pub(super) fn write_told(told: &Told, out: &mut dyn Write) -> io::Result<()> {
    let what = told.reason.unwrap_or(told.kind);
    let who = told.email.as_deref().unwrap_or("(erased)");
    let campaign = told.campaign.as_deref().unwrap_or_default();
    let mut done = Vec::new();
    if told.bounced {
        done.push("bounced");
    }
    if told.delivered {
        done.push("delivered after all");
    }
    if told.outdated {
        done.push("of an earlier run, noted");
    }
    if told.suppressed {
        done.push("suppressed");
    }
    writeln!(
        out,
        "{what:<18} {}  {}  {}",
        text::clean(who),
        text::clean(campaign),
        done.join(", ")
    )
}
