//! How many transactions may be on their way unanswered: the window of a stream.
//!
//! It opens like TCP's slow start, by one with every answered transaction: 1, 2, 4 … with every
//! round trip. What bounds it is what a broken connection would leave in doubt.

/// A window over the stream of transactions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    open: usize,
    most: usize,
    octets: u64,
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

    /// A transaction was answered, whatever the answer.
    pub(super) fn widen(&mut self) {
        self.open = self.open.saturating_add(1).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_with_every_round_trip() {
        let mut window = Window::new(1, 20, 1000);
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(window.open());
            (0..window.open()).for_each(|_| window.widen());
        }
        assert_eq!(seen, [1, 2, 4, 8, 16, 20]);
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
        window.widen();
        assert_eq!(window.open(), 1);
        assert!(window.admits(0, 0, 10));
    }
}
