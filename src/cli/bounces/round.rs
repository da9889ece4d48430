//! One look through a mailbox: what is new is fetched, taken, and put away where it was ours.
//!
//! What a mail does is in the ledger before the mail is moved: a crash between the two has the mail
//! looked at again, which changes nothing.

use super::fetcher::{Tell, Trouble};
use super::summary::Summary;
use super::told::Told;
use crate::intake::{Envelope, Intake, Taken};
use crate::net::Clock;
use crate::net::mailbox::{Key, Listed, Mailbox};
use crate::store::{MailboxMark, Store, StoreError};
use std::collections::HashSet;
use tokio_util::sync::CancellationToken;

/// Mails that are looked at before they are put away and the place is marked.
const STEP: usize = 100;

/// What a look through a mailbox works with.
pub(super) struct Round<'a> {
    pub(super) memory: Memory,
    pub(super) intake: &'a Intake,
    pub(super) clock: Clock,
    pub(super) tell: &'a Tell,
    pub(super) stop: &'a CancellationToken,
}

impl Round<'_> {
    /// Looks at everything that was not looked at before, or until it is told to stop.
    ///
    /// # Errors
    /// Where the mailbox or the ledger fails. What was done before stays done.
    pub(super) async fn look_through(
        &mut self,
        mailbox: &mut Mailbox,
        summary: &mut Summary,
    ) -> Result<(), Trouble> {
        let mut since = self.memory.begin(mailbox.validity()).await?;
        loop {
            let all = mailbox.list(since).await?;
            let listed = self.memory.unseen(&all).await?;
            for step in listed.chunks(STEP) {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                self.step(mailbox, step, summary).await?;
            }
            // POP3 lists all there is; an IMAP folder comes in parts.
            match all.last().map(|last| &last.key) {
                Some(Key::Uid(last)) => since = *last,
                Some(Key::Uidl { .. }) | None => {
                    return Ok(self.memory.end(&all).await?);
                }
            }
        }
    }

    async fn step(
        &mut self,
        mailbox: &mut Mailbox,
        listed: &[Listed],
        summary: &mut Summary,
    ) -> Result<(), Trouble> {
        let (mut handled, mut early) = (Vec::new(), Vec::new());
        let mut done = 0;
        // What is fetched is taken and put away, whoever says stop meanwhile; nothing more is fetched.
        while done < listed.len() && !self.stop.is_cancelled() {
            let (asked, fetched) = mailbox.fetch(&listed[done..]).await?;
            done = (done + asked.max(1)).min(listed.len());
            for mail in fetched {
                let taken = self.take(&mail.octets).await?;
                summary.add(&taken);
                for told in Told::of(&self.memory.mailbox, &mail.key, &taken) {
                    (self.tell)(&told);
                }
                if taken.is_handled() {
                    handled.push(mail.key);
                } else if taken.is_too_early() {
                    early.push(mail.key);
                }
            }
        }
        if !self.memory.dry_run {
            mailbox.put_away(&handled).await?;
        }
        // What is to go with the end of the session is known by being gone: where the end fails, it is
        // looked at again and deleted then.
        let again = if mailbox.deletes_when_closed() {
            early.into_iter().chain(handled).collect()
        } else {
            early
        };
        Ok(self.memory.looked_at(&listed[..done], &again).await?)
    }

    async fn take(&self, octets: &[u8]) -> Result<Taken, StoreError> {
        let (nobody, now) = (Envelope::default(), self.clock.now());
        if self.memory.dry_run {
            self.intake.look(octets, &nobody, now).await
        } else {
            let source = "mailbox";
            self.intake.take(octets, &nobody, source, now).await
        }
    }
}

/// What was looked at before, in the ledger: mail that was left alone is not fetched again.
pub(super) struct Memory {
    store: Store,
    mailbox: String,
    dry_run: bool,
    /// What was looked at before is looked at again.
    all: bool,
    validity: Option<u32>,
    /// IMAP: everything up to here was looked at.
    mark: u32,
    /// A mail that has to be looked at again: nothing behind it is marked.
    held: bool,
    /// IMAP: what was looked at behind such a mail, and need not be fetched again.
    beyond: HashSet<u32>,
}

impl Memory {
    pub(super) fn new(store: Store, mailbox: String, dry_run: bool, all: bool) -> Self {
        Self {
            store,
            mailbox,
            dry_run,
            all,
            validity: None,
            mark: 0,
            held: false,
            beyond: HashSet::new(),
        }
    }

    /// The UID behind which to begin.
    async fn begin(&mut self, validity: Option<u32>) -> Result<u32, StoreError> {
        if self.validity != validity {
            self.beyond.clear();
        }
        self.validity = validity;
        self.held = false;
        let known = self.store.mailbox_mark(&self.mailbox).await?;
        let known = known.filter(|mark| Some(mark.validity) == validity);
        self.mark = known.map_or(0, |mark| mark.uid);
        Ok(if self.all { 0 } else { self.mark })
    }

    /// Those that were not looked at before.
    async fn unseen(&self, listed: &[Listed]) -> Result<Vec<Listed>, StoreError> {
        if self.validity.is_some() {
            let is_new =
                |one: &&Listed| !matches!(one.key, Key::Uid(uid) if self.beyond.contains(&uid));
            return Ok(listed.iter().filter(is_new).cloned().collect());
        }
        if self.all {
            return Ok(listed.to_vec());
        }
        let seen = self
            .store
            .mailbox_seen(&self.mailbox, uidls(listed))
            .await?;
        let unseen = listed.iter().zip(seen).filter(|(_, seen)| !seen);
        Ok(unseen.map(|(listed, _)| listed.clone()).collect())
    }

    /// Notes what was looked at, without what has to be looked at `again`.
    async fn looked_at(&mut self, listed: &[Listed], again: &[Key]) -> Result<(), StoreError> {
        if self.dry_run {
            return Ok(());
        }
        let Some(validity) = self.validity else {
            let done = listed.iter().filter(|listed| !again.contains(&listed.key));
            let done: Vec<Listed> = done.cloned().collect();
            return self.store.saw_in_mailbox(&self.mailbox, uidls(&done)).await;
        };
        for one in listed {
            self.held |= again.contains(&one.key);
            match one.key {
                Key::Uid(uid) if !self.held => self.mark = self.mark.max(uid),
                Key::Uid(uid) if !again.contains(&one.key) => {
                    self.beyond.insert(uid);
                }
                Key::Uid(_) | Key::Uidl { .. } => {}
            }
        }
        let mark = MailboxMark {
            validity,
            uid: self.mark,
        };
        self.store.mark_mailbox(&self.mailbox, mark).await
    }

    /// Forgets what the mailbox does not have any more.
    async fn end(&self, all: &[Listed]) -> Result<(), StoreError> {
        if self.validity.is_some() || self.dry_run {
            return Ok(());
        }
        self.store.forget_unlisted(&self.mailbox, uidls(all)).await
    }
}

fn uidls(listed: &[Listed]) -> Vec<String> {
    let ids = listed.iter().filter_map(|listed| match &listed.key {
        Key::Uidl { uidl, .. } => Some(uidl.clone()),
        Key::Uid(_) => None,
    });
    ids.collect()
}
