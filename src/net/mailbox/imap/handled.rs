//! What is done with mail that was handled.

use super::conversation::{TRY_CREATE, Terms};
use super::folder::{Imap, KEYWORD, uid};
use super::words::{folder, set};
use crate::model::Handled;
use crate::net::mailbox::either::Key;
use crate::net::mailbox::error::MailboxError;

/// Messages that are put away with one command: its line stays short.
const TOGETHER: usize = 250;

impl Imap {
    pub(in crate::net::mailbox) async fn put_away(
        &mut self,
        keys: &[Key],
    ) -> Result<(), MailboxError> {
        let uids: Vec<u32> = keys.iter().map(uid).filter(|uid| *uid > 0).collect();
        for some in uids.chunks(TOGETHER) {
            let uids = set(some);
            match self.settings.handled {
                Handled::Flag => {
                    let keyword = if self.keeps_keyword { KEYWORD } else { "" };
                    let flags = format!("{keyword} \\Seen");
                    self.flag(&uids, flags.trim()).await?;
                }
                Handled::Delete => self.remove(&uids).await?,
                Handled::Move => self.move_away(&uids).await?,
            }
        }
        Ok(())
    }

    async fn say(&mut self, what: &'static str, line: &str) -> Result<(), MailboxError> {
        let terms = Terms::list(what, self.patience.command);
        self.talk.command(line, terms, |_| ()).await
    }

    async fn flag(&mut self, uids: &str, flags: &str) -> Result<(), MailboxError> {
        let line = format!("UID STORE {uids} +FLAGS.SILENT ({flags})");
        self.say("STORE", &line).await
    }

    /// Marks messages as deleted, and removes them where exactly they can be named (UIDPLUS,
    /// RFC 4315): a plain EXPUNGE takes what others have marked as well.
    async fn remove(&mut self, uids: &str) -> Result<(), MailboxError> {
        self.flag(uids, "\\Deleted").await?;
        if self.talk.can("UIDPLUS") {
            let line = format!("UID EXPUNGE {uids}");
            self.say("EXPUNGE", &line).await?;
        }
        Ok(())
    }

    /// By MOVE (RFC 6851), else by a copy; into a folder that is made where there is none.
    async fn move_away(&mut self, uids: &str) -> Result<(), MailboxError> {
        let to = folder(&self.settings.handled_folder);
        let moves = self.talk.can("MOVE");
        let (verb, what) = match moves {
            true => ("MOVE", "MOVE to handled_folder"),
            false => ("COPY", "COPY to handled_folder"),
        };
        let line = format!("UID {verb} {uids} {to}");
        match self.say(what, &line).await {
            Err(MailboxError::Refused { said, .. }) if said.starts_with(TRY_CREATE) => {
                let create = format!("CREATE {to}");
                self.say("CREATE of handled_folder", &create).await?;
                self.say(what, &line).await?;
            }
            done => done?,
        }
        if !moves {
            self.remove(uids).await?;
        }
        Ok(())
    }
}
