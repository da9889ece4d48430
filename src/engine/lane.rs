//! A lane: what the connections of one destination share.

use super::stage::Staged;
use crate::model::Rate;
use crate::pace::RateLimit;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Notify;

/// Messages that were rendered for one destination and wait for a connection, and the rate at
/// which they may leave. The locks are held for a few instructions and never across an await.
pub(crate) struct Lane {
    /// The destination's place in the dispatcher's book.
    pub(crate) index: usize,
    queue: Mutex<Queue>,
    arrived: Notify,
    rate: RwLock<RateLimit>,
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

/// What waits, and whether the next of it has paid its toll.
#[derive(Default)]
struct Queue {
    messages: VecDeque<Staged>,
    /// The lane's own rate has let the next message through and the run's has not: it is not
    /// asked again, or a lane beside a busier one would never reach its rate.
    paid: bool,
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
    pub(crate) fn new(index: usize, rate: Option<Rate>, run_rate: Arc<RateLimit>) -> Self {
        Self {
            index,
            queue: Mutex::default(),
            arrived: Notify::new(),
            rate: RwLock::new(RateLimit::new(rate)),
            run_rate,
            low_water: AtomicUsize::new(1),
            hunger: AtomicUsize::new(0),
            asked: AtomicBool::new(false),
            held_by_rate: AtomicBool::new(false),
        }
    }

    /// The next message, if there is one and both rates allow it.
    pub(crate) fn take(&self, now: Instant) -> Taken {
        let mut queue = self.queue();
        if queue.messages.is_empty() {
            return Taken::Empty;
        }
        if let Err(at) = self.toll(&mut queue, now) {
            self.held_by_rate.store(true, Ordering::Relaxed);
            return Taken::NotBefore(at);
        }
        self.held_by_rate.store(false, Ordering::Relaxed);
        let next = queue.messages.pop_front();
        next.map_or(Taken::Empty, |staged| Taken::Message(Box::new(staged)))
    }

    /// Asks both rates to let one message through.
    fn toll(&self, queue: &mut Queue, now: Instant) -> Result<(), Instant> {
        if !queue.paid {
            self.rate
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .take(now)?;
            queue.paid = true;
        }
        self.run_rate.take(now)?;
        queue.paid = false;
        Ok(())
    }

    /// Adds rendered messages; `low_water` is where more should be asked for.
    pub(crate) fn add(&self, messages: impl IntoIterator<Item = Staged>) {
        self.queue().messages.extend(messages);
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
        self.queue().messages.drain(..).collect()
    }

    /// Messages that wait.
    pub(crate) fn len(&self) -> usize {
        self.queue().messages.len()
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

    pub(crate) fn set_rate(&self, rate: Option<Rate>) {
        self.rate
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .set(rate);
    }

    /// Whether the rate, not the connections, decides how fast it goes.
    pub(crate) fn held_by_rate(&self) -> bool {
        self.held_by_rate.load(Ordering::Relaxed)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A panic cannot leave the queue half changed: nothing in these sections panics.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, DomainId, Fields, Recipient, RecipientId};
    use crate::render::Message;

    fn staged(id: i64) -> Staged {
        let address = Address::parse("ann@example.com").unwrap();
        let recipient = Recipient {
            id: RecipientId(id),
            domain: DomainId(1),
            address: address.clone(),
            fields: Fields::new(),
            attempts: 0,
            first_attempt: None,
        };
        let message = Message {
            message_id: String::new(),
            reverse_path: String::new(),
            content: Vec::new(),
            size: 0,
            to: address,
        };
        Staged { recipient, message }
    }

    fn lane(rate: Option<f64>) -> Lane {
        let rate = rate.map(|per_second| Rate { per_second });
        Lane::new(0, rate, Arc::new(RateLimit::new(None)))
    }

    #[tokio::test]
    async fn messages_leave_in_order_and_no_faster_than_the_rate() {
        let lane = lane(Some(10.0));
        lane.add([staged(1), staged(2)]);
        let now = crate::net::Clock::system().instant();
        assert!(matches!(lane.take(now), Taken::Message(first) if first.recipient.id.0 == 1));
        let Taken::NotBefore(at) = lane.take(now) else {
            panic!("the rate was exceeded")
        };
        assert!(lane.held_by_rate());
        assert!(at > now);
        assert!(matches!(lane.take(at), Taken::Message(second) if second.recipient.id.0 == 2));
        assert!(matches!(lane.take(at), Taken::Empty));
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
