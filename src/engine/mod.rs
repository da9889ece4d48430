//! A campaign's run: from the ledger to the wire and back.
//!
//! [`Run`] enters the recipients, then hands over to the dispatcher, which owns all live state of
//! the run and every task. It refuses to know what shows it: faces fold [`crate::model::Event`]s,
//! or look at the latest [`crate::progress::Progress`].

mod connect;
mod connection;
mod cores;
mod dane;
mod destination;
mod dice;
mod dispatch;
mod domains;
mod ends;
mod feed;
mod flights;
mod grants;
mod hush;
mod lane;
mod learned;
mod lookups;
mod observe;
mod open;
mod outlet;
mod policies;
mod reach;
mod refusal;
mod relays;
mod routing;
mod rows;
mod run;
mod secret;
mod security;
mod segmentation;
mod serve;
mod settle;
mod shaky;
mod sources;
mod stage;
mod steer;
mod supply;
mod sweep;
mod testing;
mod toll;
mod trouble;
mod view;

pub use feed::{FeedError, try_out};
pub use refusal::LogInError;
pub use rows::{Origin, Row, RowsError, each_row};
pub use run::{Handle, Run, RunEnd, RunError, Setup};
pub use secret::SecretError;
pub(crate) use secret::read as read_secret;
pub use segmentation::{Counted, Segmentation};
