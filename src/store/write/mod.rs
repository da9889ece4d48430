//! Every statement that changes a row.

mod campaign;
mod cancel;
mod claim;
mod enqueue;
mod erased;
mod keys;
mod list;
mod load;
mod moved;
mod recover;
mod secret;
mod settle;
mod strike;
mod sts;
mod suppress;
mod unreachable;
mod unsubscribe;

pub use campaign::{Desired, LoadState};
pub use claim::{Claimed, Drained};
pub use enqueue::{Enqueued, NewRecipient};
pub use erased::ErasedKey;
pub use list::{Imported, NewSubscriber};
pub use load::LoadSummary;
pub use moved::{DomainMoves, Moved};
pub use recover::Recovered;
pub use settle::{Settlement, Settlements};
pub use strike::Lasting;
pub use suppress::{Suppression, SuppressionScope, SuppressionTarget};
pub use unreachable::{Deferral, NextAttempt, Rejection};
pub use unsubscribe::Unsubscribed;

pub(super) use campaign::{finish, note_list, open_campaign, put_live, set_desired, start};
pub(super) use cancel::cancel_chunk;
pub(super) use claim::claim;
pub(super) use enqueue::{Prepared, enqueue};
pub(super) use list::{PreparedSubscriber, import, open_list, remove_list_chunk};
pub(super) use load::{begin_load, clear_chunk, deliver_chunk, loaded};
pub(super) use moved::{Chunk, add, note};
pub(super) use recover::recover;
pub(super) use secret::secret;
pub(super) use settle::{release, settle};
pub(super) use sts::keep_sts_policy;
pub(super) use suppress::{suppress, suppressed_since, unsuppress};
pub(super) use unreachable::{bounce_chunk, defer};
pub(super) use unsubscribe::unsubscribe;
