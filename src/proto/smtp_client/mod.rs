//! The sending side of SMTP as a state machine without I/O (RFC 5321, 2920, 3030, 3207, 4954).
//!
//! A driver moves bytes and times between [`Client`] and a socket and does nothing else: it passes
//! what happened as [`Input`], asks [`Client::poll`] what to do until that says [`Output::Wait`],
//! and hands in transactions while [`Client::room`] is above zero.
//!
//! What holds in here:
//! - Every reply belongs to one question of one transaction. Questions are answered in the order
//!   they were asked, so two cursors walk the queue of transactions: the sending one
//!   (`sending.rs`) and the receiving one (`receiving.rs`). The sending cursor waits at two
//!   places only: for the answer to DATA, and, without PIPELINING, for every answer.
//! - With PIPELINING, `MAIL RCPT… DATA` travel in one group, and the next transaction's group
//!   right behind the final dot: one round trip a message.
//! - With CHUNKING too, whole transactions stream ahead, as many as the window holds
//!   (`window.rs`), each with RSET behind it. That ends what a refusal left open, and fences the
//!   transaction in: an answer that strays over the fence does not fit the next question. What
//!   cannot be told apart by a server's words (`habits.rs`) settles when nothing is unanswered.
//! - A recipient settles when its transaction's answers are complete, or when the connection ends
//!   (`ending.rs`): content that was fully written and not answered is in doubt, never lost.
//! - The sending cursor moves in `poll` only. All bytes of an input are read before anything new
//!   is asked, so a reply nobody asked for is seen as such.
//! - Nothing here judges a refusal. `classify` does that.

mod chunks;
mod client;
mod command;
mod config;
mod deadline;
mod ending;
mod flight;
mod habits;
mod hello;
mod interface;
mod login;
mod receiving;
mod sending;
mod streamed;
mod transaction;
mod transfer;
mod window;

pub use client::Client;
pub use config::{ClientConfig, LogIn, StartTls};
pub use interface::{Closing, Input, LogInFailure, LogInRefusal, Output};
pub use transaction::Transaction;
