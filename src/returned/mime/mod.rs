//! A mail taken apart: header fields, parts, and their octets as text. The decoders are mail-parser's;
//! the walk is our own, because reports come with boundaries that are wrong, parts that name the
//! wrong type, and, from whoever likes, with nesting without end.

mod decode;
mod head;
mod html;
mod media;
mod walk;

pub(super) use decode::{plain, text_of};
pub(super) use head::Head;
pub(super) use media::Media;
pub(super) use walk::parts;
