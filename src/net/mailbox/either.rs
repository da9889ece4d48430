//! A mailbox, whichever protocol it speaks.

use super::error::MailboxError;
use super::imap::Imap;
use super::open::Way;
use super::pop3::Pop3;
use crate::model::{MailboxProtocol, MailboxSettings};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

/// An open mailbox. Dropped without [`Mailbox::close`], the connection is simply gone: nothing that
/// was not done yet is done then.
pub struct Mailbox(Either);

enum Either {
    Imap(Box<Imap>),
    Pop3(Box<Pop3>),
}

/// What names a message in its mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// IMAP: its UID.
    Uid(u32),
    /// POP3: its number in this session, and its unique id.
    Uidl {
        /// The number.
        number: u32,
        /// The id.
        uidl: String,
    },
}

/// A message that waits to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub key: Key,
    /// Its size in octets, as the server says.
    pub size: u32,
}

/// A message, or as much of it as is fetched of a large one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its name.
    pub key: Key,
    /// What it holds, from its beginning.
    pub octets: Vec<u8>,
}

impl Mailbox {
    /// Reaches the server, logs in and opens the folder. With `read_only` nothing can be changed
    /// afterwards, by us or by accident.
    ///
    /// # Errors
    /// Where any of it fails.
    pub async fn open(
        settings: &MailboxSettings,
        secret: &SecretString,
        way: &Way,
        read_only: bool,
    ) -> Result<Self, MailboxError> {
        Ok(Self(match settings.protocol {
            MailboxProtocol::Imap => Either::Imap(Box::new(
                Imap::open(settings, secret, way, read_only).await?,
            )),
            MailboxProtocol::Pop3 => Either::Pop3(Box::new(
                Pop3::open(settings, secret, way, read_only).await?,
            )),
        }))
    }

    /// The folder's UIDVALIDITY, where it is IMAP's: as long as it is the same, UIDs mean what they
    /// meant.
    #[must_use]
    pub fn validity(&self) -> Option<u32> {
        match &self.0 {
            Either::Imap(imap) => Some(imap.validity()),
            Either::Pop3(_) => None,
        }
    }

    /// Messages behind the UID `since`, in order; of a large mailbox the next few thousand. Over
    /// POP3 all of them. What carries our flag already, or is deleted, is left out.
    ///
    /// # Errors
    /// Where the server fails.
    pub async fn list(&mut self, since: u32) -> Result<Vec<Listed>, MailboxError> {
        match &mut self.0 {
            Either::Imap(imap) => imap.list(since).await,
            Either::Pop3(pop3) => pop3.list().await,
        }
    }

    /// Fetches the first few of these messages, as many as fit together; at least one is looked
    /// for. Returns how many those were, and those that are still there.
    ///
    /// # Errors
    /// Where the server fails.
    pub async fn fetch(
        &mut self,
        listed: &[Listed],
    ) -> Result<(usize, Vec<Fetched>), MailboxError> {
        match &mut self.0 {
            Either::Imap(imap) => imap.fetch(listed).await,
            Either::Pop3(pop3) => pop3.fetch(listed).await,
        }
    }

    /// Puts handled messages away, as the settings say.
    ///
    /// # Errors
    /// Where the server fails. What was not put away will be looked at again.
    pub async fn put_away(&mut self, keys: &[Key]) -> Result<(), MailboxError> {
        match &mut self.0 {
            Either::Imap(imap) => imap.put_away(keys).await,
            Either::Pop3(pop3) => pop3.put_away(keys).await,
        }
    }

    /// Whether what was put away goes only when the mailbox is closed, and stays where that fails.
    #[must_use]
    pub fn deletes_when_closed(&self) -> bool {
        match &self.0 {
            Either::Imap(_) => false,
            Either::Pop3(pop3) => pop3.deletes(),
        }
    }

    /// Whether it can say by itself that there is new mail.
    #[must_use]
    pub fn can_wait(&self) -> bool {
        match &self.0 {
            Either::Imap(imap) => imap.can_idle(),
            Either::Pop3(_) => false,
        }
    }

    /// Waits until there may be new mail (RFC 2177), the connection wants renewing, or `stop`.
    /// Returns at once where [`Mailbox::can_wait`] is false.
    ///
    /// # Errors
    /// Where the server fails.
    pub async fn wait(&mut self, stop: &CancellationToken) -> Result<(), MailboxError> {
        match &mut self.0 {
            Either::Imap(imap) => imap.idle(stop).await,
            Either::Pop3(_) => Ok(()),
        }
    }

    /// Says good-bye; over POP3 this is what deletes.
    ///
    /// # Errors
    /// Where the server fails.
    pub async fn close(self) -> Result<(), MailboxError> {
        match self.0 {
            Either::Imap(imap) => imap.close().await,
            Either::Pop3(pop3) => pop3.close().await,
        }
    }
}
