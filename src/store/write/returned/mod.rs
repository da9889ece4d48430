//! What returned mail does to a recipient: a delivery is taken back, an address suppressed, a
//! complaint noted.
//!
//! Nothing here depends on the order in which mails come, nor on how often: of several bounces
//! for one message the most telling one stands, and everything else is entered once. What an earlier
//! run of the campaign left on its way does not touch what a later one came to (`run`).
//!
//! Whatever comes back about a message tells that a server took it. So it settles a recipient whose
//! message was in doubt (`told`), in the transaction that would claim it otherwise: either nothing is
//! sent a second time, or the mail came too late for that and is handed in again.

mod bounce;
mod lasting;
mod news;
mod row;
mod run;
mod take;
mod told;

pub use news::{About, ReturnedEffect, ReturnedFor, ReturnedNews};
pub(crate) use take::take_back;
