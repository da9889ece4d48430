//! The rate of one source address at one destination.

use crate::model::Rate;
use crate::pace::RateLimit;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A rate at which messages may leave, shared by the connections from one source address. The lock
/// is held for a few instructions and never across an await.
#[derive(Debug)]
pub(crate) struct Toll(Mutex<Gate>);

#[derive(Debug)]
struct Gate {
    rate: RateLimit,
    /// This rate has let the next message through and the run's has not: it is not asked again, or
    /// a destination beside a busier one would never reach its rate.
    paid: bool,
}

impl Toll {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self(Mutex::new(Gate {
            rate: RateLimit::new(rate),
            paid: false,
        }))
    }

    /// Asks this rate and that of the run to let one message through.
    ///
    /// # Errors
    /// When to ask again at the earliest.
    pub(crate) fn pay(&self, run: &RateLimit, now: Instant) -> Result<(), Instant> {
        let mut gate = self.gate();
        if !gate.paid {
            gate.rate.take(now)?;
            gate.paid = true;
        }
        run.take(now)?;
        gate.paid = false;
        Ok(())
    }

    pub(crate) fn set_rate(&self, rate: Option<Rate>) {
        self.gate().rate.set(rate);
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        // A panic cannot leave it half changed: nothing in these sections panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
