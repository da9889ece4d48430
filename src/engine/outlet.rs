//! What one source address may do at one destination.

use super::shaky::Shaky;
use crate::model::{Delivery, Rate, Timestamp};
use crate::pace::{Backoff, DestinationLimits, Throttle};
use std::sync::Arc;

/// One source address at one destination: its limits as they are now, and its troubles there.
///
/// Servers judge senders by their address. So limits hold for each pair of destination and source,
/// and what a server says to one source slows or stops that one and not the others. Without
/// configured sources a destination has one outlet, by which the system chooses the address.
#[derive(Debug)]
pub(crate) struct Outlet {
    /// Connections and rate.
    pub(crate) throttle: Throttle,
    /// How often in a row it was turned away while the destination took mail from others.
    backoff: Backoff,
    /// Sessions in a row that took place and delivered nothing.
    pub(crate) barren: u32,
    /// Left out until then, because it has failed.
    rest: Option<Timestamp>,
    /// Left out until then, because its rate has nothing for it before.
    paused: Option<Timestamp>,
    /// The number of the connection that was last opened from it.
    pub(crate) last: u64,
    /// Addresses it could not reach lately.
    pub(crate) shaky: Arc<Shaky>,
}

impl Outlet {
    pub(crate) fn new(limits: &DestinationLimits) -> Self {
        Self {
            throttle: Throttle::new(limits),
            backoff: Backoff::new(),
            barren: 0,
            rest: None,
            paused: None,
            last: 0,
            shaky: Arc::default(),
        }
    }

    /// Connections it may have at `now`.
    pub(crate) fn allowed(&self, now: Timestamp) -> usize {
        if self.resting(now) {
            0
        } else {
            self.throttle.connections().max(1)
        }
    }

    pub(crate) fn rate(&self) -> Option<Rate> {
        self.throttle.rate()
    }

    /// Whether it is left out at `now`.
    pub(crate) fn resting(&self, now: Timestamp) -> bool {
        self.failing(now) || self.paused.is_some_and(|until| until > now)
    }

    /// Whether it is left out because it has failed.
    pub(crate) fn failing(&self, now: Timestamp) -> bool {
        self.rest.is_some_and(|until| until > now)
    }

    /// It delivered something.
    pub(crate) fn succeeded(&mut self) {
        self.barren = 0;
        self.backoff.succeeded();
    }

    /// Leaves it out from `now` on; tells until when, and whether that is worth telling: only when
    /// it has become worse.
    pub(crate) fn put_to_rest(
        &mut self,
        now: Timestamp,
        delivery: &Delivery,
        dice: f64,
    ) -> (Timestamp, bool) {
        let until = now.after(self.backoff.failed(delivery, dice));
        self.rest = Some(until);
        (until, self.backoff.failures().is_power_of_two())
    }

    /// Leaves it out until then, for no fault of its own.
    pub(crate) fn pause(&mut self, until: Timestamp) {
        self.paused = Some(until);
    }

    /// Tries it again, now that all of them have failed.
    pub(crate) fn end_rest(&mut self) {
        self.rest = None;
    }
}
