//! From a campaign and a recipient to a message, ready for the wire.
//!
//! It owns the templates ([`Letter`]), the headers every message carries and its MIME form
//! ([`Message`]). It refuses to read files and to ask for the time: sources, dates and addresses
//! come in as arguments, and what signs a finished message is a [`Signer`](crate::model::Signer).
//!
//! Read `letter` first. `author` makes templates of what people write, `template` is the way from a
//! row to text, `mime` from text to octets (its `clean` is where hostile text loses its teeth), and
//! `sender` holds what names a campaign and its recipients to the outside.

mod author;
mod compose;
mod draft;
mod error;
mod letter;
mod mime;
mod sender;
mod source;
mod template;

pub use error::{Fault, RenderError};
pub use letter::{Addressee, Inspection, Letter, Preview};
pub use mime::Message;
pub use sender::{Purpose, Secret, Tokens};
pub use source::{File, FileSource, LetterSource, PersonalFiles, TemplateFile};
