//! What tells one sender, campaign and recipient from another: list headers, tokens, return paths
//! and unsubscribe addresses.

mod identity;
mod reverse_path;
mod token;
mod unsubscribe;

pub(in crate::render) use identity::shared_headers;
pub(in crate::render) use reverse_path::ReversePath;
pub(in crate::render) use token::Token;
pub use token::{Purpose, Secret, Tokens};
pub(in crate::render) use unsubscribe::Unsubscribe;
