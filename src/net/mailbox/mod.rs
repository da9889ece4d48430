//! Mailboxes that returned mail is fetched from: IMAP (RFC 3501) and POP3 (RFC 1939).
//!
//! Owns the conversation with the server and nothing of what the mail says: whoever fetches decides
//! what is handled. It never marks a message as seen by reading it, never expunges what others have
//! deleted, and takes nothing from a server without a bound: time, octets, literals, lines.
//!
//! `open` reaches the server and encrypts; `imap` and `pop3` speak; [`Mailbox`] is both of them.

mod either;
mod error;
mod imap;
mod login;
mod metered;
mod open;
mod pop3;
#[cfg(test)]
mod tests;

pub use either::{Fetched, Key, Listed, Mailbox};
pub use error::MailboxError;
pub use open::{Patience, Way};
