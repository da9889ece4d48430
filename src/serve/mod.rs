//! The service: unsubscribes by HTTP, returned mail by SMTP, metrics and health.
//!
//! It owns the sockets that strangers reach, and what a stranger may take: seats, time, octets,
//! tries. Everything is bounded before it is looked at, and nothing a client does makes memory grow.
//! It refuses to know what a token or a mail means: that is the [`Desk`]'s, which the ledger is
//! behind.
//!
//! - `listener`, `seats`, `client`, `limit`: who is let in, for all listeners.
//! - `http`: the unsubscribe address, metrics, health. `smtp`: returned mail.
//! - `letters`: what people wrote to us. `metrics`: what is counted.

mod client;
mod desk;
mod http;
mod letters;
mod limit;
mod listener;
mod metrics;
mod seats;
mod server;
mod smtp;

pub use desk::{Answer, Came, Desk, LedgerDesk, MayWrite, Unavailable};
pub use http::Sender;
pub use letters::{Letters, LettersError};
pub use server::{BindError, Options, Server};
pub use smtp::{TlsFiles, TlsFilesError};
