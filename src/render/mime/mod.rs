//! From text and files to octets: header fields, parts and how they nest.

mod calendar;
mod charset;
mod clean;
mod file;
mod headers;
mod inline;
mod japanese;
mod message;
mod meta;
mod parameters;
mod part;
mod personal;
mod reference;
mod structure;
mod transfer;
mod words;

pub(in crate::render) use calendar::Invitation;
pub(in crate::render) use charset::{Variants, can_write};
pub(in crate::render) use clean::{Role, cut, header_text};
pub(in crate::render) use headers::{Headers, can_name};
pub(in crate::render) use message::Content;
pub use message::Message;
pub(in crate::render) use structure::{Bodies, Made, Structure};
