//! The SPF record of the return path (RFC 7208), over answers that were fetched before.

mod covers;
mod judge;
mod lookups;
mod record;
#[cfg(test)]
mod tests;

pub(super) use judge::judge;
pub use record::{Wanted, wanted};
