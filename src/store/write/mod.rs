//! Every statement that changes a row.

mod bulk;
mod campaign;
mod claim;
mod enqueue;
mod keys;
mod list;
mod recover;
mod settle;
mod suppress;

pub use bulk::{Deferral, DomainMoves, Moved, NextAttempt, Rejection};
pub use campaign::{Desired, LoadState, LoadSummary};
pub use claim::{Claimed, Drained};
pub use enqueue::{Enqueued, NewRecipient};
pub use list::{Imported, NewSubscriber};
pub use recover::Recovered;
pub use settle::{Settlement, Settlements};
pub use suppress::{Suppression, SuppressionTarget};

pub(super) use bulk::{Chunk, add, bounce_chunk, cancel_chunk, defer_chunk};
pub(super) use campaign::{
    begin_load, clear_chunk, finish, loaded, open_campaign, put_live, set_desired, start,
};
pub(super) use claim::claim;
pub(super) use enqueue::{Prepared, enqueue};
pub(super) use list::{PreparedSubscriber, import, open_list, remove_list_chunk};
pub(super) use recover::recover;
pub(super) use settle::{release, settle};
pub(super) use suppress::{suppress, unsuppress};
