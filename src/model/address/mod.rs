//! Mail addresses and domains, parsed and normalised once.
//!
//! Owns what an address is, which spellings of it are understood, how it stands on the wire and
//! when two are the same. Asks nothing of DNS: that a domain exists is not known here.

mod carriers;
mod domain;
mod local;
mod parse;
mod text;

pub use domain::{Domain, DomainError};
pub use parse::{Address, AddressError};
pub(crate) use text::{fold_width, readable, trim};
