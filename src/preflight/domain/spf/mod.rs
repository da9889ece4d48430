//! The SPF record of the return path (RFC 7208), over answers that were fetched before.

mod covers;
mod everybody;
mod judge;
mod lookups;
mod record;
mod terms;
#[cfg(test)]
mod tests;

pub(super) use judge::judge;
pub use record::{Wanted, wanted};
