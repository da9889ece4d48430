//! One look through a mailbox: what is new is fetched, taken, and put away where it was ours.
//!
//! What a mail does is in the ledger before the mail is moved: a crash between the two has the mail
//! looked at again, which changes nothing.

use super::fetcher::{Tell, Trouble};
use super::summary::Summary;
use super::told::Told;
use crate::intake::{Envelope, Intake, Taken};
use crate::net::Clock;
use crate::net::mailbox::{Fetched, Key, Listed, Mailbox};
use crate::store::{MailboxMark, Store, StoreError};
use std::collections::HashSet;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// Mails that are looked at before they are put away and the place is marked.
const STEP: usize = 500;
/// Mails, and about how many octets of them, that are taken together.
const TOGETHER: usize = 50;
const TOGETHER_OCTETS: usize = 2 << 20;

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
            let (asked, fetched) = self.fetch(mailbox, &listed[done..]).await?;
            done += asked;
            for (key, taken) in self.take(fetched).await? {
                summary.add(&taken);
                for told in Told::of(&self.memory.mailbox, &key, &taken) {
                    (self.tell)(&told);
                }
                if taken.is_handled() {
                    handled.push(key);
                } else if taken.is_too_early() {
                    early.push(key);
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

    /// Fetches the first few of these messages: how many those were, and those that are still there.
    async fn fetch(
        &self,
        mailbox: &mut Mailbox,
        listed: &[Listed],
    ) -> Result<(usize, Vec<Fetched>), Trouble> {
        let (mut asked, mut octets, mut all) = (0, 0, Vec::new());
        while asked < listed.len().min(TOGETHER) && octets < TOGETHER_OCTETS {
            if asked > 0 && self.stop.is_cancelled() {
                break;
            }
            let (more, fetched) = mailbox.fetch(&listed[asked..]).await?;
            asked = (asked + more.max(1)).min(listed.len());
            octets += fetched.iter().map(|mail| mail.octets.len()).sum::<usize>();
            all.extend(fetched);
        }
        Ok((asked, all))
    }

    /// Takes mails side by side, so that the ledger has them with few commits: what they come to does
    /// not depend on their order.
    async fn take(&self, fetched: Vec<Fetched>) -> Result<Vec<(Key, Taken)>, StoreError> {
        let mut tasks = JoinSet::new();
        for (place, mail) in fetched.into_iter().enumerate() {
            let (intake, now, dry_run) =
                (self.intake.clone(), self.clock.now(), self.memory.dry_run);
            tasks.spawn(async move {
                let nobody = Envelope::default();
                let taken = match dry_run {
                    true => intake.look(&mail.octets, &nobody, now).await,
                    false => intake.take(&mail.octets, &nobody, "mailbox", now).await,
                };
                (place, mail.key, taken)
            });
        }
        let mut all = Vec::new();
        while let Some(ended) = tasks.join_next().await {
            match ended.map_err(JoinError::try_into_panic) {
                Ok((place, key, taken)) => all.push((place, key, taken?)),
                Err(Ok(panic)) => std::panic::resume_unwind(panic),
                // Nobody cancels them.
                Err(Err(_)) => {}
            }
        }
        all.sort_unstable_by_key(|(place, ..)| *place);
        Ok(all
            .into_iter()
            .map(|(_, key, taken)| (key, taken))
            .collect())
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
