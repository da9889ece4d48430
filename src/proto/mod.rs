//! SMTP as state machines without sockets or clocks: bytes and times go in, bytes and events come
//! out.
//!
//! [`smtp_client`] is the sending side, which logs in by [`sasl`], [`smtp_server`] the receiving one. Below them stand the pieces both sides of a conversation
//! share: replies ([`ReplyParser`]), what a server offers ([`Capabilities`]) and the dots of a
//! message on the wire ([`DotStuffed`]). Nothing here opens a connection, reads a clock or
//! decides whether a refusal is a bounce; `net`, the caller and `classify` do that.

pub mod sasl;
pub mod smtp_client;
pub mod smtp_server;

mod capabilities;
mod line;
mod reply;

pub use capabilities::{Capabilities, SessionLimits};
pub use line::DotStuffed;
pub use reply::{RawReply, ReplyError, ReplyParser};
