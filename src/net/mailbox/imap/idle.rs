//! Waiting for new mail (RFC 2177).

use super::answer::{Answer, Kind};
use super::conversation::{Terms, verdict};
use super::folder::Imap;
use crate::net::mailbox::error::MailboxError;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

impl Imap {
    pub(in crate::net::mailbox) fn can_idle(&self) -> bool {
        self.talk.can("IDLE")
    }

    /// Waits until messages are announced, the wait wants renewing, or `stop`.
    pub(in crate::net::mailbox) async fn idle(
        &mut self,
        stop: &CancellationToken,
    ) -> Result<(), MailboxError> {
        // What was announced while other commands ran is not announced again.
        if self.talk.news || !self.can_idle() {
            return Ok(());
        }
        let time = self.patience.command;
        self.talk.allow(Terms::small("IDLE", time));
        let begun = timeout(time, self.begin()).await;
        let silent = MailboxError::Silent {
            what: "IDLE",
            limit: time,
        };
        let tag = begun.map_err(|_| silent)??;
        self.hear(stop).await?;
        self.talk.allow(Terms::small("DONE", time));
        let silent = MailboxError::Silent {
            what: "DONE",
            limit: time,
        };
        timeout(time, self.end(&tag)).await.map_err(|_| silent)?
    }

    async fn begin(&mut self) -> Result<String, MailboxError> {
        let tag = self.talk.send("IDLE").await?;
        loop {
            match self.talk.read().await? {
                Answer::Continue(_) => return Ok(tag),
                Answer::Done(_, condition) => {
                    verdict(condition, "IDLE")?;
                    return Err(MailboxError::Nonsense("IDLE ended at once".to_owned()));
                }
                other => self.talk.note(&other),
            }
        }
    }

    async fn hear(&mut self, stop: &CancellationToken) -> Result<(), MailboxError> {
        let renewal = sleep(self.patience.idle);
        tokio::pin!(renewal);
        while !self.talk.news {
            tokio::select! {
                answer = self.talk.read() => match answer? {
                    Answer::Untagged(said) if said.kind == Kind::Bye => {
                        return Err(MailboxError::PutOff(said.words));
                    }
                    answer => self.talk.note(&answer),
                },
                () = &mut renewal => return Ok(()),
                () = stop.cancelled() => return Ok(()),
            }
        }
        Ok(())
    }

    async fn end(&mut self, tag: &str) -> Result<(), MailboxError> {
        self.talk.send_raw("DONE\r\n").await?;
        loop {
            match self.talk.read().await? {
                Answer::Done(done, condition) if done == tag => return verdict(condition, "IDLE"),
                other => self.talk.note(&other),
            }
        }
    }
}
