//! The web side: one-click unsubscribes and a page for people (RFC 8058), metrics and health.
//!
//! It owns what an address, a header and a body of a request mean, and what is answered. Whom a token
//! names and what follows from it is the [`Desk`](super::Desk)'s.
//!
//! **Only a POST that says so acts.** Whoever follows links without being asked (scanners, previews,
//! prefetching browsers) sends GET or HEAD and changes nothing. A program that fills in and sends
//! forms cannot be told from a reader, by anybody.
//!
//! **Two limits.** A token cannot be made up, so requests that carry one of ours are not limited by
//! client: the servers of a mailbox provider may send thousands of them in a minute. They are limited
//! by token, far above what a reader does. All that carries none is limited by client, and strictly.

mod answer;
mod body;
mod connection;
mod inside;
mod language;
mod page;
mod token;
mod unsubscribe;
mod wish;

pub(super) use connection::serve;
pub(super) use inside::{Inside, inside};
pub use page::Sender;
pub(super) use unsubscribe::{Public, public};
