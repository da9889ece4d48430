//! Whom an import had already.

use std::collections::HashMap;

/// The subscribers that an import had, by their ids: a bit for each, so that five million cost
/// less than a megabyte.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashMap<i64, Box<[u64; 512]>>);

impl Seen {
    /// Takes one in; `false` where it was there.
    pub(crate) fn insert(&mut self, id: i64) -> bool {
        let chunk = self.0.entry(id >> 15).or_insert_with(|| Box::new([0; 512]));
        let bit = 1 << (id & 63);
        let word = usize::try_from((id >> 6) & 511).unwrap_or(0);
        let new = chunk[word] & bit == 0;
        chunk[word] |= bit;
        new
    }
}
