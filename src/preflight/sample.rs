//! Which letters are read closely: the first, the last, the largest, the smallest, and some spread
//! over the list, chosen while it is read once.

use std::collections::BTreeMap;

/// Chooses letters. `T` is what it takes to make one again.
#[derive(Debug, Clone)]
pub struct Sample<T> {
    first: Option<Chosen<T>>,
    last: Option<Chosen<T>>,
    smallest: Option<Chosen<T>>,
    largest: Option<Chosen<T>>,
    /// By a number that looks like chance and depends on the row alone: the lowest of them are
    /// spread evenly, however the list was divided among threads.
    spread: BTreeMap<u64, Chosen<T>>,
    /// How many of those are kept.
    room: usize,
    seen: u64,
    octets: u128,
}

/// A letter that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<T> {
    /// The data row, the first is 1.
    pub row: u64,
    /// Octets of its bodies.
    pub size: u64,
    /// What it takes to make it again.
    pub what: T,
}

impl<T> Sample<T> {
    /// Chooses about `room` letters.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self {
            first: None,
            last: None,
            smallest: None,
            largest: None,
            spread: BTreeMap::new(),
            room,
            seen: 0,
            octets: 0,
        }
    }

    /// Considers a letter with so many octets. `what` is asked only where it is chosen.
    pub fn consider(&mut self, row: u64, size: u64, what: impl Fn() -> T) {
        self.seen += 1;
        self.octets += u128::from(size);
        let chosen = || Chosen {
            row,
            size,
            what: what(),
        };
        let lies = |slot: &Option<Chosen<T>>, better: fn(&Chosen<T>, u64, u64) -> bool| {
            slot.as_ref().is_none_or(|known| better(known, row, size))
        };
        if lies(&self.first, |known, row, _| row < known.row) {
            self.first = Some(chosen());
        }
        if lies(&self.smallest, |known, row, size| {
            (size, row) < (known.size, known.row)
        }) {
            self.smallest = Some(chosen());
        }
        if lies(&self.largest, |known, row, size| {
            (size, u64::MAX - row) > (known.size, u64::MAX - known.row)
        }) {
            self.largest = Some(chosen());
        }
        let lot = mixed(row);
        let highest = self.spread.last_key_value().map(|(lot, _)| *lot);
        if self.spread.len() < self.room || highest.is_some_and(|highest| lot < highest) {
            self.spread.insert(lot, chosen());
            self.trim();
        }
    }

    /// Considers a letter for the last of the list. Called for the last of each part, because in
    /// a list that is read in order every row would be it for a moment.
    pub fn consider_last(&mut self, row: u64, size: u64, what: impl Fn() -> T) {
        if self.last.as_ref().is_none_or(|known| row > known.row) {
            let what = what();
            self.last = Some(Chosen { row, size, what });
        }
    }

    /// Takes in what another thread chose from other rows.
    pub fn join(&mut self, other: Self) {
        self.seen += other.seen;
        self.octets += other.octets;
        better(&mut self.first, other.first, |ours, theirs| {
            theirs.row < ours.row
        });
        better(&mut self.last, other.last, |ours, theirs| {
            theirs.row > ours.row
        });
        better(&mut self.smallest, other.smallest, |ours, theirs| {
            (theirs.size, theirs.row) < (ours.size, ours.row)
        });
        better(&mut self.largest, other.largest, |ours, theirs| {
            theirs.size > ours.size || (theirs.size == ours.size && theirs.row < ours.row)
        });
        self.spread.extend(other.spread);
        self.trim();
    }

    /// How many letters were considered.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Octets of the smallest letter, of one on the average, and of the largest.
    #[must_use]
    pub fn sizes(&self) -> Option<(u64, u64, u64)> {
        let average = u64::try_from(self.octets.checked_div(u128::from(self.seen))?).ok()?;
        Some((
            self.smallest.as_ref()?.size,
            average,
            self.largest.as_ref()?.size,
        ))
    }

    /// The letters in the order of their rows, each once; of those that are spread over the list
    /// no more than come to `octets`, since large letters take long to read.
    #[must_use]
    pub fn chosen(self, octets: u64) -> Vec<Chosen<T>> {
        let single = [self.first, self.last, self.smallest, self.largest]
            .into_iter()
            .flatten();
        let mut left = octets;
        let spread = self.spread.into_values().take_while(|chosen| {
            let fits = left > 0;
            left = left.saturating_sub(chosen.size);
            fits
        });
        let all = single.chain(spread);
        let by_row: BTreeMap<u64, Chosen<T>> = all.map(|chosen| (chosen.row, chosen)).collect();
        by_row.into_values().collect()
    }

    fn trim(&mut self) {
        while self.spread.len() > self.room {
            self.spread.pop_last();
        }
    }
}

fn better<T>(
    ours: &mut Option<Chosen<T>>,
    theirs: Option<Chosen<T>>,
    is: fn(&Chosen<T>, &Chosen<T>) -> bool,
) {
    if let Some(theirs) = theirs
        && ours.as_ref().is_none_or(|ours| is(ours, &theirs))
    {
        *ours = Some(theirs);
    }
}

/// SplitMix64's finishing steps: neighbours come far apart.
fn mixed(row: u64) -> u64 {
    let mut z = row.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(row: u64) -> u64 {
        match row {
            77 => 1,
            900 => 9999,
            _ => 100,
        }
    }

    #[test]
    fn threads_choose_together_what_one_would() {
        let mut alone = Sample::new(20);
        let mut parts = [Sample::new(20), Sample::new(20), Sample::new(20)];
        for row in 1..=1000 {
            alone.consider(row, size(row), || row);
            let part = &mut parts[(row % 3) as usize];
            part.consider(row, size(row), || row);
            alone.consider_last(row, size(row), || row);
            part.consider_last(row, size(row), || row);
        }
        let [mut one, two, three] = parts;
        one.join(three);
        one.join(two);
        assert_eq!(one.sizes(), Some((1, (998 * 100 + 1 + 9999) / 1000, 9999)));
        assert_eq!(one.seen(), 1000);
        let rows: Vec<u64> = one
            .chosen(u64::MAX)
            .iter()
            .map(|chosen| chosen.row)
            .collect();
        assert!((20..=24).contains(&rows.len()), "{rows:?}");
        for row in [1, 77, 900, 1000] {
            assert!(rows.contains(&row), "{rows:?}");
        }
        assert!(
            rows.iter().filter(|row| (250..750).contains(*row)).count() > 4,
            "{rows:?}"
        );
        assert_eq!(
            alone
                .chosen(u64::MAX)
                .iter()
                .map(|chosen| chosen.row)
                .collect::<Vec<_>>(),
            rows
        );
    }

    #[test]
    fn a_short_list_is_read_whole() {
        let mut sample = Sample::new(200);
        assert_eq!(sample.sizes(), None);
        for row in 1..=50 {
            sample.consider(row, 1, || ());
        }
        assert_eq!(sample.chosen(u64::MAX).len(), 50);
    }

    #[test]
    fn few_large_letters_are_enough() {
        let mut sample = Sample::new(50);
        for row in 1..=1000 {
            sample.consider(row, 1000, || ());
        }
        assert!(sample.clone().chosen(10_000).len() <= 14);
        assert!(sample.chosen(u64::MAX).len() >= 50);
    }
}
