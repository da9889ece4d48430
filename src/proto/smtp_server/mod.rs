//! The receiving side of SMTP (RFC 5321) without sockets: octets in, events and octets out.
//!
//! [`Server`] owns the conversation: order of commands, syntax, bounds, dot-stuffing, BDAT. What
//! is policy it asks by an [`Event`] and goes on when it was answered: who may send, which
//! recipients exist, whether a message is taken. It refuses to know about time (idle clients are
//! the driver's), storage (content is handed out in pieces as it comes) and encryption (it says
//! when a handshake is due).

mod command;
mod config;
mod content;
mod event;
mod intake;
mod lines;
mod machine;
mod path;
mod session;
mod wire;

pub use config::ServerConfig;
pub use event::{Body, Event, MailParameters, Received};
pub use machine::Server;
pub use path::Path;

#[cfg(test)]
mod tests;
