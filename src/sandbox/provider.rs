//! A provider's memory: what it has seen of senders, recipients and connections.

use super::dice;
use super::ledger::Book;
use super::manners::{Drops, Manners};
use super::options::SandboxOptions;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Recipients whose attempts are counted; further ones are treated as if they had been here often.
const COUNTED: usize = 1_000_000;
/// Drops one recipient suffers, at most.
const DROPS: u8 = 2;

/// One simulated provider, shared by its hosts and connections.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) manners: &'static Manners,
    pub(super) options: Arc<SandboxOptions>,
    pub(super) book: Arc<Book>,
    open: AtomicUsize,
    numbers: AtomicU64,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Attempts of a sender and recipient, by hash.
    attempts: HashMap<u64, u8>,
    /// Transactions that may begin now, in thousandths.
    tokens: u64,
    /// When `tokens` was reckoned, in milliseconds; `None` before the first time.
    reckoned: Option<i64>,
}

/// A connection that is being dropped: where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Command,
    Content,
    End { accepted: bool },
}

/// One connection, counted as open until it is let go.
#[derive(Debug)]
pub(super) struct Seat {
    provider: Arc<Provider>,
    /// Its number with this provider, from 0.
    pub(super) number: u64,
    /// Connections open with it.
    pub(super) open: usize,
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.provider.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Provider {
    pub(super) fn new(
        manners: &'static Manners,
        options: Arc<SandboxOptions>,
        book: Arc<Book>,
    ) -> Self {
        Self {
            manners,
            options,
            book,
            open: AtomicUsize::new(0),
            numbers: AtomicU64::new(0),
            memory: Mutex::default(),
        }
    }

    pub(super) fn seat(self: &Arc<Self>) -> Seat {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.book.count(self.manners.word, |counts| {
            counts.connections += 1;
            counts.peak = counts.peak.max(open);
        });
        Seat {
            provider: Arc::clone(self),
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            open,
        }
    }

    /// Counts an attempt: how many there were before. Beyond what is counted, very many.
    pub(super) fn attempts_before(&self, from: &str, to: &str) -> u8 {
        let key = dice::hash(dice::hash(1, from), to);
        let mut memory = self.memory();
        if memory.attempts.len() >= COUNTED && !memory.attempts.contains_key(&key) {
            return u8::MAX;
        }
        let attempts = memory.attempts.entry(key).or_default();
        let before = *attempts;
        *attempts = attempts.saturating_add(1);
        before
    }

    /// Takes a token of the rate limit, if there is one; `false` where it is used up. A burst of
    /// half a second passes.
    pub(super) fn within_rate(&self) -> bool {
        let Some(rate) = self.manners.rate else {
            return true;
        };
        let now = (self.options.clock)().as_millis();
        let rate = u64::from(rate);
        let most = rate * 500;
        let mut memory = self.memory();
        let since = memory.reckoned.map(|then| now.saturating_sub(then).max(0));
        let gained = since.map_or(most, |millis| millis.unsigned_abs().saturating_mul(rate));
        memory.tokens = memory.tokens.saturating_add(gained).min(most.max(1000));
        memory.reckoned = Some(now);
        if memory.tokens < 1000 {
            return false;
        }
        memory.tokens -= 1000;
        true
    }

    /// Whether and where this attempt of a recipient's ends the connection.
    pub(super) fn fault(&self, drops: Drops, to: &str, before: u8) -> Option<Fault> {
        if before >= DROPS {
            return None;
        }
        let roll = dice::hash(self.options.seed ^ u64::from(before), to);
        let place = roll % 1000;
        let content = drops.at_command + drops.at_content;
        if place < drops.at_command {
            Some(Fault::Command)
        } else if place < content {
            Some(Fault::Content)
        } else if place < content + drops.at_end {
            let accepted = (roll >> 32).is_multiple_of(2);
            Some(Fault::End { accepted })
        } else {
            None
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;
    use crate::sandbox::MANNERS;
    use std::sync::atomic::AtomicI64;

    static NOW: AtomicI64 = AtomicI64::new(1_000_000);

    fn provider(word: &str, clock: fn() -> Timestamp) -> Arc<Provider> {
        let manners = MANNERS.iter().find(|m| m.word == word).unwrap();
        let options = Arc::new(SandboxOptions::new(7, clock));
        let book = Arc::new(Book::open(None, 10).unwrap());
        Arc::new(Provider::new(manners, options, book))
    }

    #[test]
    fn the_rate_holds_over_time() {
        let limit = provider("limit", || {
            Timestamp::from_millis(NOW.load(Ordering::Relaxed))
        });
        let take = |n: usize| (0..n).filter(|_| limit.within_rate()).count();
        assert_eq!(take(100), 25);
        NOW.fetch_add(100, Ordering::Relaxed);
        assert_eq!(take(100), 5);
        NOW.fetch_add(60_000, Ordering::Relaxed);
        assert_eq!(take(100), 25);
        NOW.fetch_sub(60_000, Ordering::Relaxed);
        assert_eq!(take(100), 0);
    }

    #[test]
    fn drops_are_bounded_and_the_same_for_the_same_seed() {
        let flaky = provider("flaky", || Timestamp::ZERO);
        let drops = flaky.manners.drops.unwrap();
        let names: Vec<String> = (0..5000).map(|n| format!("user{n}@flaky.test")).collect();
        let faults = |before| -> Vec<Fault> {
            let fault = |name: &String| flaky.fault(drops, name, before);
            names.iter().filter_map(fault).collect()
        };
        let first = faults(0);
        assert!((200..400).contains(&first.len()), "{}", first.len());
        for fault in [
            Fault::Command,
            Fault::Content,
            Fault::End { accepted: true },
            Fault::End { accepted: false },
        ] {
            assert!(first.contains(&fault), "{fault:?}");
        }
        assert_eq!(first, faults(0));
        assert!(faults(2).is_empty());
    }

    #[test]
    fn a_seat_is_free_again_when_it_is_let_go() {
        let plain = provider("plain", || Timestamp::ZERO);
        let (one, two) = (plain.seat(), plain.seat());
        assert_eq!((one.open, two.open, two.number), (1, 2, 1));
        drop((one, two));
        assert_eq!(plain.seat().open, 1);
    }
}
