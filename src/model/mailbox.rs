//! `[[mailbox]]`: where returned mail is fetched from.

use super::{Auth, RelayTls};
use std::time::Duration;

/// A mailbox that returned mail is fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxSettings {
    /// How it is spoken to.
    pub protocol: MailboxProtocol,
    /// Its server's name or address.
    pub host: String,
    /// Its server's port.
    pub port: u16,
    /// How the connection is encrypted; [`RelayTls::Implicit`] and [`RelayTls::Required`] verify
    /// the server's certificate.
    pub tls: RelayTls,
    /// How we log in.
    pub auth: Auth,
    /// The folder that is looked through (IMAP).
    pub folder: String,
    /// What is done with mail that was handled.
    pub handled: Handled,
    /// The folder that handled mail is moved to (IMAP).
    pub handled_folder: String,
    /// How often it is asked for new mail where the server cannot say by itself that there is some.
    pub poll: Duration,
    /// Octets of a mail that are fetched; of larger ones the rest is left where it is.
    pub max_size: u32,
}

/// The protocol of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxProtocol {
    /// RFC 3501.
    Imap,
    /// RFC 1939.
    Pop3,
}

/// What is done with mail that was handled. Mail that was not is never touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It goes to a folder of its own (IMAP).
    Move,
    /// It is flagged where it lies (IMAP); over POP3 it is left as it is and remembered.
    Flag,
    /// It is deleted.
    Delete,
}

impl MailboxSettings {
    /// What tells it from other mailboxes, in the ledger and for people:
    /// `imap://me@mail.example.com:993/INBOX`.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { host, port, .. } = self;
        let user = &self.auth.username;
        match self.protocol {
            MailboxProtocol::Imap => format!("imap://{user}@{host}:{port}/{}", self.folder),
            MailboxProtocol::Pop3 => format!("pop3://{user}@{host}:{port}"),
        }
    }
}
