//! Which of some numbered things are meant.

/// A set of places below a bound.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// None of `bound` things.
    pub(super) fn none_of(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)])
    }

    /// Takes one in; one beyond the bound is left out.
    pub(super) fn set(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    pub(super) fn has(&self, place: usize) -> bool {
        let word = self.0.get(place / 64);
        word.is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    /// Those that are in, ascending.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(number, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(number * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_was_taken_in_is_in(places in proptest::collection::btree_set(0_usize..300, 0..20)) {
            let mut bits = Bits::none_of(200);
            for place in &places {
                bits.set(*place);
            }
            let kept: Vec<usize> = places.iter().copied().filter(|place| *place < 256).collect();
            proptest::prop_assert_eq!(bits.all().collect::<Vec<_>>(), kept);
            proptest::prop_assert!(places.iter().all(|place| bits.has(*place) == (*place < 256)));
        }
    }
}
