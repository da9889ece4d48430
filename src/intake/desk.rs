//! Where wishes and returned mail are handed in.

use super::effect::news;
use super::matching::{Found, Matcher};
use super::taken::{Evidence, Match, Taken, TakenEntry};
use crate::classify::Classifier;
use crate::model::{
    CampaignId, Domain, RecipientId, ReturnedKind, ReturnedMail, SuppressionPolicy, Timestamp,
};
use crate::render::{Purpose, Secret};
use crate::store::{About, ReturnedEffect, ReturnedFor, Store, StoreError, Unsubscribed};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Takes what came back. Clones share the ledger.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    secret: Arc<Secret>,
    policy: SuppressionPolicy,
    domain: Option<Arc<Domain>>,
    /// Plain unsubscribe mailboxes, lower case.
    mailboxes: Arc<BTreeSet<String>>,
}

/// How a mail was sent, where it came over SMTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// MAIL FROM; `None` is the null path of notifications, or unknown.
    pub from: Option<String>,
    /// RCPT TO.
    pub to: Vec<String>,
}

impl Intake {
    /// For a ledger, with its secret. `policy` says what refusals mean for the address.
    #[must_use]
    pub fn new(store: Store, secret: Secret, policy: SuppressionPolicy) -> Self {
        Self {
            store,
            secret: Arc::new(secret),
            policy,
            domain: None,
            mailboxes: Arc::default(),
        }
    }

    /// With the domain of return paths: [`Intake::owns`] then takes addresses of no other one.
    #[must_use]
    pub fn for_domain(mut self, domain: Option<Domain>) -> Self {
        self.domain = domain.map(Arc::new);
        self
    }

    /// With the addresses that letters name for wishes to be left alone, where the token is in the
    /// subject: [`Intake::owns`] takes them in any case.
    #[must_use]
    pub fn with_mailboxes(mut self, mailboxes: impl IntoIterator<Item = String>) -> Self {
        let mailboxes = mailboxes.into_iter().map(|one| one.to_ascii_lowercase());
        self.mailboxes = Arc::new(mailboxes.collect());
        self
    }

    /// Whose unsubscribe token it is, as far as the token itself tells; nothing is looked up.
    #[must_use]
    pub fn peek(&self, token: &str) -> Option<(CampaignId, RecipientId)> {
        self.secret.open(Purpose::Unsubscribe, token)
    }

    /// Whether an address is a return path of ours that opens, or takes wishes to be left alone:
    /// with a token for its local part or behind its `+`, one of [`Intake::with_mailboxes`], or
    /// plainly `unsubscribe` where the domain of return paths is known. Nothing is looked up.
    #[must_use]
    pub fn owns(&self, address: &str) -> bool {
        let address = address.trim_end_matches('.');
        if self.mailboxes.contains(&address.to_ascii_lowercase()) {
            return true;
        }
        let Some((local, domain)) = address.rsplit_once('@') else {
            return false;
        };
        let is_ours = |ours: &Arc<Domain>| {
            Domain::parse(domain).is_ok_and(|domain| domain.as_str() == ours.as_str())
        };
        match &self.domain {
            Some(ours) if !is_ours(ours) => return false,
            Some(_) if local.eq_ignore_ascii_case("unsubscribe") => return true,
            Some(_) | None => {}
        }
        self.opens(local)
    }

    /// Whether an address holds a token of ours, whatever its domain: it names a message, and not a
    /// mailbox that people may write to. Nothing is looked up.
    #[must_use]
    pub fn names_a_message(&self, address: &str) -> bool {
        let local = address.rsplit_once('@').map(|(local, _)| local);
        local.is_some_and(|local| self.opens(local))
    }

    fn opens(&self, local: &str) -> bool {
        self.secret.open_reverse_path(local).is_some() || self.peek(behind_plus(local)).is_some()
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

    /// Takes a mail as it came: reads it, finds out whom it is about, and enters what it says.
    /// `source` says by which way it came, in words. The same mail twice changes nothing.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub async fn take(
        &self,
        octets: &[u8],
        envelope: &Envelope,
        source: &str,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mail = self.read(octets, envelope);
        self.enter(&mail, &envelope.to, source, now).await
    }

    /// What [`Intake::take`] would do, without doing it: whom the mail is about.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub async fn look(
        &self,
        octets: &[u8],
        envelope: &Envelope,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mail = self.read(octets, envelope);
        let found = self.matcher(now, &envelope.to).find(&mail).await?;
        Ok(taken(&mail, &found))
    }

    fn read(&self, octets: &[u8], envelope: &Envelope) -> ReturnedMail {
        let mut mail = crate::returned::read(octets, Classifier::builtin());
        // What the server was told is more certain than what the mail says of itself.
        let told = envelope.to.iter().cloned();
        mail.traces.sent_to.splice(0..0, told);
        let words = envelope.to.iter().filter_map(|address| {
            let (local, _) = address.rsplit_once('@')?;
            Some(behind_plus(local).to_owned())
        });
        let words: Vec<String> = words.filter(|word| self.peek(word).is_some()).collect();
        mail.traces.wishes.splice(0..0, words);
        self.hear_wish(&mut mail);
        for entry in &mut mail.recipients {
            if entry.kind == ReturnedKind::Unsubscribe && entry.recipient.is_none() {
                entry.recipient.clone_from(&envelope.from);
            }
        }
        mail
    }

    /// A mail client that follows `mailto:TOKEN@…` sends a mail without words: that it was sent
    /// there, or has the token for its subject, is the wish (RFC 2369 section 3.2).
    fn hear_wish(&self, mail: &mut ReturnedMail) {
        if !mail
            .traces
            .wishes
            .iter()
            .any(|word| self.peek(word).is_some())
        {
            return;
        }
        for entry in &mut mail.recipients {
            if matches!(entry.kind, ReturnedKind::Other | ReturnedKind::AutoReply) {
                entry.kind = ReturnedKind::Unsubscribe;
            }
        }
    }

    /// Enters what a mail that was read says, in one transaction.
    ///
    /// # Errors
    /// Where the store cannot be read or written.
    pub async fn apply(
        &self,
        mail: &ReturnedMail,
        source: &str,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        self.enter(mail, &[], source, now).await
    }

    async fn enter(
        &self,
        mail: &ReturnedMail,
        told: &[String],
        source: &str,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let found = self.matcher(now, told).find(mail).await?;
        let mut taken = taken(mail, &found);
        let (mut places, mut returned) = (Vec::new(), Vec::new());
        for (place, (entry, found)) in mail.recipients.iter().zip(&found).enumerate() {
            let Some(found) = found else { continue };
            let Some(news) = news(
                entry,
                found.forwarded_to.as_deref(),
                &mail.cover,
                &self.policy,
            ) else {
                continue;
            };
            places.push(place);
            returned.push(ReturnedFor {
                campaign: found.mailed.campaign,
                recipient: found.mailed.recipient,
                about: About {
                    is_certain: found.evidence != Evidence::Address,
                    run: found.run,
                    sent: mail.cover.sent,
                    reported: mail.cover.reported,
                },
                news,
                source: source.to_owned(),
            });
        }
        if returned.is_empty() {
            return Ok(taken);
        }
        let effects = self.store.take_back(returned, now).await?;
        for (place, effect) in places.into_iter().zip(effects) {
            taken.entries[place].effect = effect.unwrap_or_default();
        }
        Ok(taken)
    }

    fn matcher<'a>(&'a self, now: Timestamp, told: &'a [String]) -> Matcher<'a> {
        Matcher {
            store: &self.store,
            secret: &self.secret,
            now,
            told,
        }
    }
}

/// The token of `unsubscribe+TOKEN`, or all of it.
fn behind_plus(local: &str) -> &str {
    local.rsplit('+').next().unwrap_or(local)
}

fn taken(mail: &ReturnedMail, found: &[Option<Found>]) -> Taken {
    let entries = mail.recipients.iter().zip(found).map(|(entry, found)| {
        let matched = found.as_ref().map(|found| Match {
            evidence: found.evidence,
            campaign: found.mailed.campaign_name.clone(),
            address: found.mailed.address.clone(),
        });
        TakenEntry {
            returned: entry.clone(),
            matched,
            effect: ReturnedEffect::default(),
        }
    });
    Taken {
        entries: entries.collect(),
    }
}
