//! A session: what is there, what it holds, and what goes.

use super::conversation::Conversation;
use super::login::enter;
use crate::model::{Handled, MailboxSettings};
use crate::net::mailbox::either::{Fetched, Key, Listed};
use crate::net::mailbox::error::MailboxError;
use crate::net::mailbox::open::{Patience, Way};
use secrecy::SecretString;

/// Octets of a list of messages: some 200,000 of them.
const LIST: usize = 16 << 20;
/// Lines of a message that is too large to be fetched: what TOP asks for.
const TOP_LINES: u32 = 5_000;

/// An open POP3 mailbox. Messages are deleted when it is closed, not before (RFC 1939 section 6).
pub(in crate::net::mailbox) struct Pop3 {
    talk: Conversation,
    settings: MailboxSettings,
    patience: Patience,
    read_only: bool,
}

impl Pop3 {
    pub(in crate::net::mailbox) async fn open(
        settings: &MailboxSettings,
        secret: &SecretString,
        way: &Way,
        read_only: bool,
    ) -> Result<Self, MailboxError> {
        Ok(Self {
            talk: enter(settings, secret, way).await?,
            settings: settings.clone(),
            patience: way.patience,
            read_only,
        })
    }

    pub(in crate::net::mailbox) async fn list(&mut self) -> Result<Vec<Listed>, MailboxError> {
        let limit = self.patience.fetch;
        let sizes = self.talk.text("LIST", "LIST", limit, LIST).await?;
        let ids = self.talk.text("UIDL", "UIDL", limit, LIST).await?;
        let sizes: std::collections::HashMap<u32, u32> = pairs(&sizes)
            .filter_map(|(number, size)| Some((number, size.parse().ok()?)))
            .collect();
        let listed = pairs(&ids).map(|(number, uidl)| Listed {
            size: sizes.get(&number).copied().unwrap_or(0),
            key: Key::Uidl {
                number,
                uidl: uidl.to_owned(),
            },
        });
        Ok(listed.collect())
    }

    /// One message: POP3 has no command for several.
    pub(in crate::net::mailbox) async fn fetch(
        &mut self,
        listed: &[Listed],
    ) -> Result<(usize, Vec<Fetched>), MailboxError> {
        let Some(one) = listed.first() else {
            return Ok((0, Vec::new()));
        };
        let Key::Uidl { number, .. } = &one.key else {
            return Ok((1, Vec::new()));
        };
        // The beginning is enough of a large one: reports stand before what they return.
        let (line, what) = if one.size > self.settings.max_size && self.talk.can("TOP") {
            (format!("TOP {number} {TOP_LINES}"), "TOP")
        } else {
            (format!("RETR {number}"), "RETR")
        };
        let most = usize::try_from(self.settings.max_size).unwrap_or(usize::MAX);
        match self.talk.text(&line, what, self.patience.fetch, most).await {
            Ok(octets) => {
                let key = one.key.clone();
                Ok((1, vec![Fetched { key, octets }]))
            }
            // It is gone: another session deleted it.
            Err(MailboxError::Refused { .. }) => Ok((1, Vec::new())),
            Err(error) => Err(error),
        }
    }

    /// Whether messages that are put away are deleted.
    pub(in crate::net::mailbox) fn deletes(&self) -> bool {
        self.settings.handled == Handled::Delete && !self.read_only
    }

    pub(in crate::net::mailbox) async fn put_away(
        &mut self,
        keys: &[Key],
    ) -> Result<(), MailboxError> {
        if !self.deletes() {
            return Ok(());
        }
        for key in keys {
            if let Key::Uidl { number, .. } = key {
                let line = format!("DELE {number}");
                self.talk
                    .command(&line, "DELE", self.patience.command)
                    .await?;
            }
        }
        Ok(())
    }

    pub(in crate::net::mailbox) async fn close(mut self) -> Result<(), MailboxError> {
        let quit = self.talk.command("QUIT", "QUIT", self.patience.fetch);
        quit.await.map(|_| ())
    }
}

/// Lines of a number and a word.
fn pairs(text: &[u8]) -> impl Iterator<Item = (u32, &str)> {
    text.split(|octet| *octet == b'\n').filter_map(|line| {
        let mut words = std::str::from_utf8(line).ok()?.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?))
    })
}
