//! What comes back, and what the ledger makes of it.
//!
//! Owns the way from a token, or from a mail that came back, to the recipient it is about
//! (`matching`), and from what the mail says to what the ledger is told (`effect`). It opens no
//! sockets and reads no mailbox: whoever serves or fetches hands over what came. It trusts nothing of
//! a mail: a token has to open, an address has to have been mailed by us.

mod desk;
mod effect;
mod matching;
mod taken;
#[cfg(test)]
mod tests;

pub use desk::{Envelope, Intake};
pub use taken::{Evidence, Match, Taken, TakenEntry};
