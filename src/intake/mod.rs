//! What comes back, and what the ledger makes of it.
//!
//! Owns the way from a token, or from a mail that came back, to the recipient it is about. It opens
//! no sockets and reads no mailbox: whoever serves or fetches hands over what came.

mod desk;
mod unfinished;

pub use desk::Intake;
pub use unfinished::{Envelope, Taken};
