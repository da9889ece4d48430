//! IMAP4rev1 (RFC 3501), as much of it as fetching returned mail takes. What a server sends is read
//! by `async_imap`'s parser; what is asked, how long for, and what an answer may take is decided here.

mod answer;
mod conversation;
mod folder;
mod handled;
mod idle;
mod login;
mod words;

pub(super) use folder::Imap;
