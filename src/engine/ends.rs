//! How tasks of the dispatcher end, and what follows from each end.

use super::connection::Ended;
use super::dispatch::Dispatcher;
use super::hush::Epoch;
use super::lookups::Found;
use super::refusal::Renewed;
use super::run::RunError;
use super::stage::{Batch, Rendered};
use super::sweep::Sweep;
use crate::model::{DomainId, Timestamp};
use crate::store::{Desired, Moved, StoreError};
use tokio::task::JoinError;

/// How a task of the dispatcher ended.
pub(super) enum TaskEnd {
    Resolved {
        domain: DomainId,
        found: Box<Found>,
    },
    Claimed {
        lane: usize,
        limit: u64,
        at: Timestamp,
        epoch: Epoch,
        batch: Result<Batch, StoreError>,
    },
    Rendered {
        lane: usize,
        count: usize,
        epoch: Epoch,
        rendered: Rendered,
    },
    /// Outcomes are durable. Only now the deferred ones may be woken.
    Settled(Result<Vec<(DomainId, Timestamp)>, StoreError>),
    /// Recipients are back in the queue.
    Released(Result<Vec<DomainId>, StoreError>),
    /// All due recipients of domains were deferred, bounced or expired together.
    Swept(Result<Sweep, StoreError>),
    Connection(Box<Ended>),
    /// Another token for a relay was asked for.
    Renewed(Box<Renewed>),
    Desired {
        wishes: u64,
        /// With what others have moved.
        desired: Result<(Desired, Vec<Moved>), StoreError>,
    },
    /// Who was suppressed meanwhile, as keys, and the ledger's count of such changes.
    Hushed(Result<(Vec<String>, i64), StoreError>),
    /// A wish of this terminal is in the store.
    Recorded(Result<(), StoreError>),
    /// The snapshot for watchers is written.
    Shown(Result<(), StoreError>),
}

impl Dispatcher {
    /// A task has ended, or was cut off.
    pub(super) fn ended(
        &mut self,
        ended: Result<(tokio::task::Id, TaskEnd), JoinError>,
    ) -> Result<(), RunError> {
        match ended {
            Ok((task, end)) => {
                self.links.remove(&task);
                self.take_end(end);
            }
            Err(error) => match self.links.remove(&error.id()) {
                Some((lane, connection)) => self.cut_off(lane, connection, error.is_panic()),
                None if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                None => {}
            },
        }
        match self.failed.take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    fn take_end(&mut self, end: TaskEnd) {
        match end {
            TaskEnd::Resolved { domain, found } => self.resolved(domain, *found),
            TaskEnd::Connection(ended) => self.connection_ended(*ended),
            TaskEnd::Renewed(renewed) => self.renewed(*renewed),
            TaskEnd::Shown(result) => {
                self.showing = false;
                self.stored(result);
            }
            TaskEnd::Claimed {
                lane,
                limit,
                at,
                epoch,
                batch,
            } => {
                self.writing -= 1;
                if let Some(batch) = self.stored(batch) {
                    self.claimed(batch, limit, (at, epoch));
                } else {
                    self.destinations[lane].claiming = false;
                }
            }
            TaskEnd::Rendered {
                lane,
                count,
                epoch,
                rendered,
            } => {
                self.writing -= 1;
                self.rendered(lane, (count, epoch), rendered);
            }
            TaskEnd::Settled(deferred) => {
                self.settling = false;
                for (domain, at) in self.stored(deferred).unwrap_or_default() {
                    self.domains.defer(domain, at);
                }
            }
            TaskEnd::Released(domains) => {
                self.writing -= 1;
                for domain in self.stored(domains).unwrap_or_default() {
                    self.due(domain);
                }
            }
            TaskEnd::Swept(sweep) => {
                self.writing -= 1;
                if let Some(sweep) = self.stored(sweep) {
                    self.swept(sweep);
                }
            }
            TaskEnd::Desired { wishes, desired } => {
                self.asking_desired = false;
                if let Some((desired, moved)) = self.stored(desired) {
                    self.moved_outside(moved);
                    // A wish of this terminal that came after the question is newer than its answer.
                    if wishes == self.wishes {
                        self.desired(desired);
                    }
                }
            }
            TaskEnd::Hushed(heard) => self.hushed(heard),
            TaskEnd::Recorded(result) => {
                self.writing -= 1;
                self.wishes += 1;
                self.stored(result);
            }
        }
    }
}
