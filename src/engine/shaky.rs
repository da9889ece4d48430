//! Addresses that failed lately.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The addresses of one destination that could not be reached lately from one source, so that they
/// are tried last. A short memory: nothing is ever left out because of it.
#[derive(Debug, Default)]
pub(crate) struct Shaky(Mutex<VecDeque<(SocketAddr, Instant)>>);

impl Shaky {
    /// It could not be reached, or only later than another.
    pub(crate) fn note(&self, address: SocketAddr, now: Instant) {
        let mut seen = self.seen();
        seen.retain(|(known, _)| *known != address);
        if seen.len() >= MOST {
            seen.pop_front();
        }
        seen.push_back((address, now));
    }

    /// It was reached.
    pub(crate) fn forget(&self, address: SocketAddr) {
        self.seen().retain(|(known, _)| *known != address);
    }

    /// Those that failed not long before `now`.
    pub(crate) fn lately(&self, now: Instant) -> Vec<SocketAddr> {
        let mut seen = self.seen();
        seen.retain(|(_, at)| now.saturating_duration_since(*at) < MEMORY);
        seen.iter().map(|(address, _)| *address).collect()
    }

    fn seen(&self) -> MutexGuard<'_, VecDeque<(SocketAddr, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a failure is remembered: longer than a few connections take to be opened, shorter than
/// anybody would notice that a server that came back is passed by.
const MEMORY: Duration = Duration::from_secs(120);
/// Addresses remembered.
const MOST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_shortly_and_boundedly() {
        let (shaky, now) = (Shaky::default(), crate::net::Clock::system().instant());
        let ip = |last: u8| SocketAddr::from(([192, 0, 2, last], 25));
        shaky.note(ip(1), now);
        shaky.note(ip(2), now + MEMORY / 2);
        assert_eq!(shaky.lately(now + MEMORY / 2), [ip(1), ip(2)]);
        assert_eq!(shaky.lately(now + MEMORY), [ip(2)]);
        shaky.forget(ip(2));
        assert!(shaky.lately(now + MEMORY).is_empty());
        for last in 0..=255 {
            shaky.note(ip(last), now);
            shaky.note(ip(last), now);
        }
        let lately = shaky.lately(now);
        assert_eq!((lately.len(), lately.last()), (MOST, Some(&ip(255))));
    }
}
