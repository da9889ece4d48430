//! From a campaign and a recipient to a message, ready for the wire.
//!
//! It owns the templates ([`Letter`]), the headers every message carries and its MIME form
//! ([`Message`]). It refuses to read files, to ask for the time, and to sign: sources, dates and
//! addresses come in as arguments, and a signature is made over the finished [`Message`].
//!
//! Read `letter` first; `template` and `context` are the way from a row to text, `headers`,
//! `part` and `message` the way from text to octets, `clean` is where hostile text loses its teeth.

mod clean;
mod context;
mod engine;
mod error;
mod explain;
mod headers;
mod identity;
mod letter;
mod message;
mod part;
mod plain;
mod reverse_path;
mod source;
mod template;
mod token;
mod unsubscribe;
mod words;

pub use error::{Fault, RenderError};
pub use letter::{Letter, Preview};
pub use message::Message;
pub use source::LetterSource;
