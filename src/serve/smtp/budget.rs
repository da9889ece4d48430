//! Octets of mail in memory, of all connections together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many octets and no more. Clones share them.
#[derive(Clone)]
pub(in crate::serve) struct Budget {
    left: Arc<AtomicUsize>,
}

/// A mail as it comes in, paid for octet by octet. It gives back what it took when it is dropped.
pub(super) struct Content {
    octets: Vec<u8>,
    paid: usize,
    budget: Budget,
    /// Whether there was no room for all of it; the rest is not kept then.
    overdrawn: bool,
}

impl Budget {
    pub(in crate::serve) fn new(octets: usize) -> Self {
        Self {
            left: Arc::new(AtomicUsize::new(octets)),
        }
    }

    /// Whether so many octets could be taken now.
    pub(super) fn has(&self, octets: usize) -> bool {
        self.left.load(Ordering::Relaxed) >= octets
    }

    /// A mail without content.
    pub(super) fn open(&self) -> Content {
        Content {
            octets: Vec::new(),
            paid: 0,
            budget: self.clone(),
            overdrawn: false,
        }
    }

    fn pay(&self, octets: usize) -> bool {
        let pay = |left: usize| left.checked_sub(octets);
        let paid = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay);
        paid.is_ok()
    }
}

impl Content {
    /// Keeps a piece, if there is room.
    pub(super) fn push(&mut self, piece: &[u8]) {
        if self.overdrawn {
            return;
        }
        if !self.budget.pay(piece.len()) {
            self.overdrawn = true;
            self.give_back();
            return;
        }
        self.paid += piece.len();
        self.octets.extend_from_slice(piece);
    }

    /// The whole mail; `None` where there was no room for it.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        (!self.overdrawn).then_some(&self.octets)
    }

    fn give_back(&mut self) {
        self.octets = Vec::new();
        let paid = std::mem::take(&mut self.paid);
        self.budget.left.fetch_add(paid, Ordering::Relaxed);
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back() {
        let budget = Budget::new(10);
        let mut one = budget.open();
        one.push(b"12345678");
        assert!(!budget.has(3));
        let mut two = budget.open();
        two.push(b"12");
        two.push(b"3");
        assert_eq!(two.whole(), None, "there was no room");
        assert!(budget.has(2), "what it had is free at once");
        assert_eq!(one.whole(), Some(b"12345678".as_slice()));
        drop((one, two));
        assert!(budget.has(10));
    }
}
