//! A lane: what the connections of one destination share.

use super::stage::Staged;
use super::toll::Toll;
use crate::model::{DomainId, Rate};
use crate::pace::RateLimit;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// Messages that were rendered for one destination and wait for a connection, and the rates at
/// which they may leave: one of each source address, and that of the run. The locks are held for a
/// few instructions and never across an await.
pub(crate) struct Lane {
    /// The destination's place in the dispatcher's book.
    pub(crate) index: usize,
    queue: Mutex<VecDeque<Staged>>,
    arrived: Notify,
    /// Shared with the lanes of other destinations on the same servers.
    tolls: Arc<[Toll]>,
    run_rate: Arc<RateLimit>,
    /// Below this many waiting messages the dispatcher is asked for more.
    low_water: AtomicUsize,
    /// Messages that a connection had room for when there were none, at most.
    hunger: AtomicUsize,
    /// Whether it has been asked.
    asked: AtomicBool,
    /// Whether the last refusal to hand out a message was the rate's.
    held_by_rate: AtomicBool,
}

/// What a connection gets when it asks its lane for a message.
pub(crate) enum Taken {
    /// A message to send.
    Message(Box<Staged>),
    /// Nothing waits.
    Empty,
    /// The rate allows the next one at this time.
    NotBefore(Instant),
}

impl Lane {
    /// A lane whose source addresses have these rates.
    pub(crate) fn new(
        index: usize,
        rates: impl IntoIterator<Item = Option<Rate>>,
        run_rate: Arc<RateLimit>,
    ) -> Self {
        Self {
            index,
            queue: Mutex::default(),
            arrived: Notify::new(),
            tolls: rates.into_iter().map(Toll::new).collect(),
            run_rate,
            low_water: AtomicUsize::new(1),
            hunger: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
            held_by_rate: AtomicBool::new(false),
        }
    }

    /// With the rates of another lane that has the same limits: together they are no faster.
    pub(crate) fn beside(self, other: &Self) -> Self {
        Self {
            tolls: Arc::clone(&other.tolls),
            ..self
        }
    }

    /// The next message for a connection from the `source`th address, if there is one and both
    /// rates allow it.
    pub(crate) fn take(&self, source: usize, now: Instant) -> Taken {
        let mut queue = self.queue();
        if queue.is_empty() {
            return Taken::Empty;
        }
        if let Err(at) = self.pay(source, now) {
            self.held_by_rate.store(true, Ordering::Relaxed);
            return Taken::NotBefore(at);
        }
        self.held_by_rate.store(false, Ordering::Relaxed);
        let next = queue.pop_front();
        next.map_or(Taken::Empty, |staged| Taken::Message(Box::new(staged)))
    }

    /// The next message, if it is the same as that of the recipients before it, goes to this domain
    /// (if one is named), and both rates allow it.
    pub(crate) fn take_alike(
        &self,
        source: usize,
        domain: Option<DomainId>,
        now: Instant,
    ) -> Option<Staged> {
        let mut queue = self.queue();
        let fits = |staged: &mut Staged| {
            staged.alike && domain.is_none_or(|domain| domain == staged.recipient.domain)
        };
        let next = queue.pop_front_if(fits)?;
        if self.pay(source, now).is_err() {
            queue.push_front(next);
            return None;
        }
        Some(next)
    }

    fn pay(&self, source: usize, now: Instant) -> Result<(), Instant> {
        match self.tolls.get(source) {
            Some(toll) => toll.pay(&self.run_rate, now),
            None => self.run_rate.take(now),
        }
    }

    /// Adds rendered messages.
    pub(crate) fn add(&self, messages: impl IntoIterator<Item = Staged>) {
        self.queue().extend(messages);
        self.hunger.store(0, Ordering::Relaxed);
        self.asked.store(false, Ordering::Release);
        self.arrived.notify_waiters();
    }

    /// A connection found nothing although it had room for so many: its window is that far open.
    pub(crate) fn starve(&self, room: usize) {
        self.hunger.fetch_max(room, Ordering::Relaxed);
    }

    /// Messages that a connection could have taken since the last were added.
    pub(crate) fn hunger(&self) -> usize {
        self.hunger.load(Ordering::Relaxed)
    }

    /// Takes everything back that no connection has taken.
    pub(crate) fn drain(&self) -> Vec<Staged> {
        self.queue().drain(..).collect()
    }

    /// Takes back those that `concerned` picks; the others keep their order.
    pub(crate) fn withdraw(&self, concerned: impl Fn(&Staged) -> bool) -> Vec<Staged> {
        let mut queue = self.queue();
        let (withdrawn, kept): (VecDeque<_>, VecDeque<_>) = queue.drain(..).partition(concerned);
        *queue = kept;
        withdrawn.into()
    }

    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.queue().len()
    }

    /// Waits until messages are there; returns at once when they are.
    pub(crate) async fn arrived(&self) {
        let mut arrived = std::pin::pin!(self.arrived.notified());
        // Registered before the look at the queue, or what comes in between is missed.
        arrived.as_mut().enable();
        if self.len() == 0 {
            arrived.await;
        }
    }

    /// Whether the caller should ask the dispatcher for more: at most one does, until there is.
    pub(crate) fn should_ask(&self) -> bool {
        self.len() < self.low_water.load(Ordering::Relaxed)
            && !self.asked.swap(true, Ordering::AcqRel)
    }

    /// Lets the next connection that runs low ask again.
    pub(crate) fn answered(&self) {
        self.asked.store(false, Ordering::Release);
    }

    pub(crate) fn set_low_water(&self, messages: usize) {
        self.low_water.store(messages, Ordering::Relaxed);
    }

    /// Changes the rate of the `source`th address.
    pub(crate) fn set_rate(&self, source: usize, rate: Option<Rate>) {
        if let Some(toll) = self.tolls.get(source) {
            toll.set_rate(rate);
        }
    }

    /// Whether the rate, not the connections, decides how fast it goes.
    pub(crate) fn held_by_rate(&self) -> bool {
        self.held_by_rate.load(Ordering::Relaxed)
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Staged>> {
        // A panic cannot leave the queue half changed: nothing in these sections panics.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Fields, Recipient, RecipientId};
    use crate::render::Message;

    fn staged(id: i64) -> Staged {
        let address = Address::parse("ann@example.com").unwrap();
        let recipient = Recipient {
            id: RecipientId(id),
            domain: DomainId(1),
            address,
            fields: Fields::new(),
            attempts: 0,
            first_attempt: None,
        };
        let message = Message {
            message_id: String::new(),
            reverse_path: String::new(),
            content: Vec::new(),
            size: 0,
            charset: crate::model::Charset::Utf8,
            smtputf8: false,
        };
        Staged {
            recipient,
            message,
            alike: false,
        }
    }

    fn lane(rate: Option<f64>) -> Lane {
        let rate = rate.map(|per_second| Rate { per_second });
        Lane::new(0, [rate, rate], Arc::new(RateLimit::new(None)))
    }

    #[tokio::test]
    async fn messages_leave_in_order_and_no_faster_than_the_rate() {
        let lane = lane(Some(10.0));
        lane.add([staged(1), staged(2)]);
        let now = crate::net::Clock::system().instant();
        assert!(matches!(lane.take(0, now), Taken::Message(first) if first.recipient.id.0 == 1));
        let Taken::NotBefore(at) = lane.take(0, now) else {
            panic!("the rate was exceeded")
        };
        assert!(lane.held_by_rate());
        assert!(at > now);
        assert!(matches!(lane.take(0, at), Taken::Message(second) if second.recipient.id.0 == 2));
        assert!(matches!(lane.take(0, at), Taken::Empty));
    }

    #[test]
    fn each_source_has_the_rate_to_itself() {
        let lane = lane(Some(10.0));
        lane.add([staged(1), staged(2), staged(3)]);
        let now = crate::net::Clock::system().instant();
        assert!(matches!(lane.take(0, now), Taken::Message(_)));
        assert!(matches!(lane.take(1, now), Taken::Message(_)));
        assert!(matches!(lane.take(0, now), Taken::NotBefore(_)));
        lane.set_rate(1, None);
        assert!(matches!(lane.take(1, now), Taken::Message(_)));
    }

    #[test]
    fn one_connection_asks_for_more_until_there_is_more() {
        let lane = lane(None);
        lane.set_low_water(2);
        assert!(lane.should_ask());
        assert!(!lane.should_ask());
        lane.add([staged(1)]);
        assert!(lane.should_ask());
        lane.add([staged(2), staged(3)]);
        assert!(!lane.should_ask());
        assert_eq!(lane.drain().len(), 3);
    }

    #[tokio::test]
    async fn waiting_ends_when_messages_are_there() {
        let lane = Arc::new(lane(None));
        tokio::join!(lane.arrived(), async { lane.add([staged(1)]) });
        assert_eq!(lane.len(), 1);
    }
}
