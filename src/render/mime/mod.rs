//! From text and files to octets: header fields, parts and how they nest.

mod clean;
mod headers;
mod message;
mod part;
mod structure;

pub(in crate::render) use clean::{Role, cut, header_text};
pub(in crate::render) use headers::Headers;
pub(in crate::render) use message::Content;
pub use message::Message;
pub(in crate::render) use structure::{Made, Structure};
