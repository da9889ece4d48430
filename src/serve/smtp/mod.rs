//! The mail side: what the MX of the bounce domain is.
//!
//! It owns which mail is let in and what is answered; the conversation itself is
//! [`proto::smtp_server`](crate::proto::smtp_server)'s, and what a mail means the
//! [`Desk`](super::Desk)'s.
//!
//! **Nothing is relayed, nothing is guessed.** A recipient is one of our domains and opens (a return
//! path that we signed), is an unsubscribe mailbox or is postmaster; everything else is refused at RCPT,
//! before any content. Nothing received is ever sent on, so there are no loops, and nothing can be smuggled to
//! another server; a message ends at CRLF dot CRLF only, and its bare line ends are content.
//!
//! **250 means kept.** The last answer comes when the ledger has what follows from the mail, or a folder
//! the letter that is about nobody; where that cannot be written the answer is 451 and the mail comes
//! again.

mod budget;
mod connection;
mod policy;
mod tls;

pub(super) use budget::Budget;
pub(super) use connection::{Mailroom, TURNED_AWAY, serve};
pub use tls::{TlsFiles, TlsFilesError};
