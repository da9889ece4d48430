//! How many transactions may be on their way unanswered: the window of a stream.
//!
//! It opens like TCP's slow start, by one with every answered transaction: 1, 2, 4 … with every
//! round trip. Whatever is in it is in doubt when the connection breaks, so it opens no further
//! than it helps: as in TCP Vegas, answers that take longer than the quickest one tell how many
//! transactions only wait for the server, and a few of those are enough to keep it busy.

use std::time::Duration;

/// A window over the stream of transactions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    open: usize,
    most: usize,
    octets: u64,
    /// How long the quickest answer took.
    quickest: Duration,
}

impl Window {
    /// Opens with `opening` transactions and grows up to `most`; `octets` of content are ahead of
    /// their answers at most, unless a single message has more.
    pub(super) fn new(opening: usize, most: usize, octets: u64) -> Self {
        let most = most.max(1);
        Self {
            open: opening.clamp(1, most),
            most,
            octets,
            quickest: Duration::MAX,
        }
    }

    /// Transactions it holds now.
    pub(super) const fn open(&self) -> usize {
        self.open
    }

    /// How many more may join `ahead` transactions that hold `octets` of content.
    pub(super) const fn room(&self, ahead: usize, octets: u64) -> usize {
        if ahead > 0 && octets >= self.octets {
            return 0;
        }
        self.open.saturating_sub(ahead)
    }

    /// Whether a message of `next` octets may follow `ahead` transactions with `octets`.
    pub(super) const fn admits(&self, ahead: usize, octets: u64, next: u64) -> bool {
        ahead == 0 || (ahead < self.open && octets.saturating_add(next) <= self.octets)
    }

    /// The server answered a message, this long after it had begun to be sent.
    pub(super) fn answered(&mut self, after: Duration) {
        self.quickest = self.quickest.min(after);
        let waiting = self.waiting(after);
        if waiting < ENOUGH {
            self.open = self.open.saturating_add(1).min(self.most);
        } else if waiting > 2 * ENOUGH {
            self.open = self.open.saturating_sub(1).max(1);
        }
    }

    /// Transactions of a full window that only wait for the server, where an answer takes so long.
    fn waiting(&self, after: Duration) -> usize {
        let longer = after.saturating_sub(self.quickest).as_nanos();
        let open = u128::try_from(self.open).unwrap_or(u128::MAX);
        let waiting = open.saturating_mul(longer).checked_div(after.as_nanos());
        usize::try_from(waiting.unwrap_or(0)).unwrap_or(usize::MAX)
    }
}

/// Transactions that wait at a server which is never to stand idle: as many as make up for how
/// unevenly both sides are scheduled, and share the cost of a write.
const ENOUGH: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    /// A window behind so many answers of a server that takes `round_trip` and serves one message
    /// after the other, each within `service`.
    fn behind(answers: usize, round_trip: u64, service: u64) -> usize {
        let mut window = Window::new(1, 64, u64::MAX);
        for _ in 0..answers {
            let queue = u64::try_from(window.open()).unwrap() * service;
            window.answered(Duration::from_micros(queue.max(round_trip + service)));
        }
        window.open()
    }

    #[test]
    fn it_doubles_with_every_round_trip() {
        let mut window = Window::new(1, 20, 1000);
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(window.open());
            (0..window.open()).for_each(|_| window.answered(Duration::from_millis(80)));
        }
        assert_eq!(seen, [1, 2, 4, 8, 16, 20]);
    }

    #[test]
    fn it_opens_as_far_as_the_distance_makes_use_of_it() {
        assert_eq!(behind(1000, 80_000, 100), 64);
        assert_eq!(behind(1000, 20_000, 100), 64);
        let near = behind(1000, 100, 100);
        assert!((8..30).contains(&near), "{near}");
        let slow = behind(1000, 80_000, 20_000);
        assert!((4..30).contains(&slow), "{slow}");
    }

    #[test]
    fn one_that_opened_too_far_closes_again() {
        let mut window = Window::new(64, 64, u64::MAX);
        window.answered(Duration::from_micros(100));
        for _ in 0..1000 {
            let queue = u64::try_from(window.open()).unwrap();
            window.answered(Duration::from_micros(100 * queue));
        }
        assert!((8..30).contains(&window.open()), "{}", window.open());
    }

    #[test]
    fn it_is_bounded_in_octets_but_lets_any_message_through_alone() {
        let window = Window::new(8, 8, 1000);
        assert!(window.admits(0, 0, 5000));
        assert!(window.admits(3, 600, 400));
        assert!(!window.admits(3, 600, 401));
        assert!(!window.admits(8, 0, 1));
        assert_eq!(window.room(3, 600), 5);
        assert_eq!(window.room(3, 1000), 0);
        assert_eq!(window.room(0, 0), 8);
    }

    #[test]
    fn a_window_of_nothing_is_one_of_one() {
        let mut window = Window::new(0, 0, 0);
        window.answered(Duration::ZERO);
        assert_eq!(window.open(), 1);
        assert!(window.admits(0, 0, 10));
    }
}
