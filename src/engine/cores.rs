//! Work that takes a processor's time, shared out over all of them.

use crate::net::Clock;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The processors, for one kind of work on many items.
///
/// It learns what an item costs: where a few take less time than handing them to another thread,
/// they are done where they are; anything longer never stands in a worker's way. No more parts are
/// under way than there are processors, and those who have much to do take turns.
#[derive(Debug, Clone)]
pub(crate) struct Cores {
    free: Arc<Semaphore>,
    count: usize,
    /// What an item took lately, in nanoseconds; 0 as long as that is not known.
    cost: Arc<AtomicU64>,
    clock: Clock,
}

/// How a number of items is done.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// At once, on this thread.
    Here,
    /// In parts of so many items.
    Parts(usize),
}

impl Cores {
    /// All processors of this machine.
    pub(crate) fn all(clock: Clock) -> Self {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            free: Arc::new(Semaphore::new(count)),
            count,
            cost: Arc::default(),
            clock,
        }
    }

    /// What `work` makes of each item, in the order of the items.
    ///
    /// # Panics
    /// Where `work` does.
    pub(crate) async fn map<T, R>(
        &self,
        items: Vec<T>,
        work: impl Fn(T) -> R + Clone + Send + 'static,
    ) -> Vec<R>
    where
        T: Send + 'static,
        R: Send + 'static,
    {
        let length = match self.plan(items.len()) {
            Plan::Here => return self.timed(items, &work),
            Plan::Parts(length) => length,
        };
        let mut under_way = Vec::new();
        let mut results = Vec::with_capacity(items.len());
        let mut items = items.into_iter();
        while items.len() > 0 {
            let part: Vec<T> = items.by_ref().take(length).collect();
            let core = self.core().await;
            let (cores, work) = (self.clone(), work.clone());
            under_way.push(tokio::task::spawn_blocking(move || {
                let results = cores.timed(part, &work);
                // Held until it is really done, even if nobody waits for it any more.
                drop(core);
                results
            }));
        }
        for part in under_way {
            match part.await {
                Ok(part) => results.extend(part),
                Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
            }
        }
        results
    }

    fn plan(&self, items: usize) -> Plan {
        let cost = self.cost.load(Ordering::Relaxed);
        if cost == 0 {
            return Plan::Parts(items.div_ceil(self.count).max(1));
        }
        let fitting = |time: Duration| {
            let items = time.as_nanos() / u128::from(cost);
            usize::try_from(items).unwrap_or(usize::MAX)
        };
        if items <= fitting(INLINE) {
            return Plan::Here;
        }
        let share = items.div_ceil(self.count);
        Plan::Parts(share.clamp(fitting(SHORTEST).max(1), fitting(LONGEST).max(1)))
    }

    /// Does items one after the other, and learns what they cost.
    fn timed<T, R>(&self, items: Vec<T>, work: &impl Fn(T) -> R) -> Vec<R> {
        let count = u128::try_from(items.len()).unwrap_or(u128::MAX).max(1);
        let begun = self.clock.instant();
        let results = items.into_iter().map(work).collect();
        let took = self.clock.instant().saturating_duration_since(begun);
        let each = u64::try_from(took.as_nanos() / count).unwrap_or(u64::MAX);
        let known = self.cost.load(Ordering::Relaxed);
        // A part that had to wait for its processor weighs little. Of two parts that end together
        // one's measure may be lost.
        let cost = match known {
            0 => each,
            known => known - known / 8 + each / 8,
        };
        self.cost.store(cost.max(1), Ordering::Relaxed);
        results
    }

    async fn core(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed; if it were, there would be nothing to wait for.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }
}

/// What takes no longer is not handed to another thread, which would take as long.
const INLINE: Duration = Duration::from_micros(100);
/// A part is worth a thread of its own from there.
const SHORTEST: Duration = Duration::from_micros(250);
/// The longest that a part keeps others waiting who want a processor too, about.
const LONGEST: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cost(cost: Duration, count: usize) -> Cores {
        let cores = Cores {
            count,
            ..Cores::all(Clock::system())
        };
        let nanos = u64::try_from(cost.as_nanos()).unwrap();
        cores.cost.store(nanos, Ordering::Relaxed);
        cores
    }

    #[tokio::test]
    async fn results_come_in_the_order_of_the_items() {
        for cost in [0, 1, 50, 1_000, 100_000] {
            let cores = with_cost(Duration::from_micros(cost), 3);
            for count in [0, 1, 2, 3, 5, 100, 1_001] {
                let items: Vec<usize> = (0..count).collect();
                let results = cores.map(items.clone(), |item| item * 2).await;
                assert!(
                    results
                        .iter()
                        .copied()
                        .eq(items.iter().map(|item| item * 2))
                );
            }
        }
    }

    #[test]
    fn what_is_cheap_stays_and_what_is_dear_is_shared_out() {
        let cheap = with_cost(Duration::from_micros(20), 4);
        assert_eq!(cheap.plan(5), Plan::Here);
        assert_eq!(cheap.plan(6), Plan::Parts(12));
        assert_eq!(cheap.plan(400), Plan::Parts(100));
        assert_eq!(cheap.plan(4_000), Plan::Parts(250));
        let dear = with_cost(Duration::from_micros(700), 4);
        assert_eq!(dear.plan(1), Plan::Parts(1));
        assert_eq!(dear.plan(8), Plan::Parts(2));
        assert_eq!(dear.plan(400), Plan::Parts(7));
        let huge = with_cost(Duration::from_millis(50), 4);
        assert_eq!(huge.plan(8), Plan::Parts(1));
        let unknown = with_cost(Duration::ZERO, 4);
        assert_eq!(unknown.plan(1), Plan::Parts(1));
        assert_eq!(unknown.plan(8), Plan::Parts(2));
    }

    #[tokio::test]
    async fn work_goes_to_as_many_threads_as_there_are_processors_and_no_more() {
        use std::sync::Barrier;
        use std::sync::atomic::AtomicUsize;
        let mut cores = with_cost(Duration::from_millis(10), 2);
        cores.free = Arc::new(Semaphore::new(2));
        let meeting = Arc::new(Barrier::new(2));
        let busy = Arc::new(AtomicUsize::new(0));
        let most = cores
            .map((0..6).collect(), move |_: usize| {
                let now = busy.fetch_add(1, Ordering::SeqCst) + 1;
                // One thread alone would wait here for ever.
                meeting.wait();
                busy.fetch_sub(1, Ordering::SeqCst);
                now
            })
            .await;
        assert_eq!(most.iter().max(), Some(&2));
    }

    #[tokio::test]
    #[should_panic(expected = "item 7")]
    async fn a_panic_surfaces() {
        let cores = with_cost(Duration::from_millis(1), 2);
        let panics = |item: usize| assert_ne!(item, 7, "item 7");
        cores.map((0..20).collect(), panics).await;
    }

    #[tokio::test]
    async fn a_panic_gives_its_processor_back() {
        let cores = with_cost(Duration::from_millis(1), 2);
        let inner = cores.clone();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let panics = |_: usize| panic!("on purpose");
            inner.map(vec![1, 2, 3, 4], panics).await;
        });
        assert!(tasks.join_next().await.unwrap().unwrap_err().is_panic());
        assert_eq!(cores.map(vec![1], |item: usize| item).await, [1]);
    }
}
