//! The ledger: SQLite behind one writer.
//!
//! Owns every statement that touches the database, what its rows mean, and the promise that a row
//! says `sending`, durably, before anything of it is on a wire. It refuses to decide: who is
//! claimed, what an outcome means and when the next attempt is due come from the engine.
//!
//! - [`Store`] is the handle of a process that writes: one task (`actor`) drains a bounded channel
//!   and runs each batch of jobs as one transaction. `write/` holds the statements that change
//!   rows.
//! - [`Reader`] is a read-only connection of its own, without a runtime: what `status` and
//!   `report` need. `read/` holds the statements that do not change rows.
//! - [`CampaignLock`] keeps a second process from sending the same campaign.
//! - `schema` has the tables and the migrations.
//!
//! Nothing outside this module names the database library.

mod actor;
mod checkpoint;
mod code;
mod error;
mod handle;
mod key;
mod ledger;
mod lock;
mod private;
mod purge;
mod read;
mod schema;
mod write;

pub use error::{Problem, StoreError};
pub use handle::Store;
pub use lock::{CampaignLock, LockError};
pub use read::{
    CampaignRecord, DomainBacklog, Export, Feedback, InCampaign, ListRecord, MailboxMark, Mailed,
    Note, Reader, RunRecord, Standing, StsRecord, Subscriber, SuppressionRecord, Tally, Trial,
    Unsent,
};
pub use write::{
    About, Again, Claimed, Deferral, Desired, DomainMoves, Drained, Enqueued, Erased, ErasedKey,
    Import, ImportRules, Imported, Lasting, LeftOut, LoadState, LoadSummary, Moved, NewRecipient,
    NewSubscriber, NextAttempt, OnKnown, Recovered, Rejection, Remembered, Reopened,
    ReturnedEffect, ReturnedFor, ReturnedNews, Settlement, Settlements, Suppression,
    SuppressionScope, SuppressionTarget, Unsubscribed,
};
