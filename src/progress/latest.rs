//! A bounded list of the latest items.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::VecDeque;
use std::sync::Arc;

/// The latest `N` items, oldest first. A clone shares them, because snapshots are taken several
/// times a second. As JSON it is a plain array.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest<T, const N: usize> {
    items: VecDeque<Arc<T>>,
}

impl<T, const N: usize> Latest<T, N> {
    /// Adds an item; the oldest one goes where there are `N`.
    pub fn push(&mut self, item: T) {
        if self.items.len() >= N {
            self.items.pop_front();
        }
        self.items.push_back(Arc::new(item));
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All of them, oldest first; `.rev()` for the newest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.items.iter().map(AsRef::as_ref)
    }
}

impl<T, const N: usize> Default for Latest<T, N> {
    fn default() -> Self {
        Self {
            items: VecDeque::new(),
        }
    }
}

impl<T, const N: usize> FromIterator<T> for Latest<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut latest = Self::default();
        items.into_iter().for_each(|item| latest.push(item));
        latest
    }
}

impl<T: Serialize, const N: usize> Serialize for Latest<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Latest<T, N> {
    /// Keeps the bound, whatever was written.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_json_keeps_the_bound() {
        let latest: Latest<u32, 3> = (1..=5).collect();
        assert_eq!(latest.iter().copied().collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(serde_json::to_string(&latest).unwrap(), "[3,4,5]");
        let read: Latest<u32, 2> = serde_json::from_str("[1,2,3,4]").unwrap();
        assert_eq!(read.iter().copied().collect::<Vec<_>>(), [3, 4]);
    }
}
