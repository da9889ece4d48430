//! What returned mail does to a recipient: a delivery is taken back, an address suppressed, a
//! complaint noted.
//!
//! Nothing here depends on the order in which mails come, nor on how often: of several bounces
//! for one message the most telling one stands, and everything else is entered once.

mod bounce;
mod lasting;
mod news;
mod row;
mod take;

pub use news::{ReturnedEffect, ReturnedFor, ReturnedNews};
pub(crate) use take::take_back;
