//! Numbers left to chance, from a seed that a failing test has printed.

use std::hash::{BuildHasher, Hasher, RandomState};

/// SplitMix64: small, and the same on every machine.
pub(crate) struct Dice(u64);

impl Dice {
    /// With the seed in `HIKYAKU_TEST_SEED`, or a fresh one; prints it either way.
    pub(crate) fn announced() -> Self {
        let seed = std::env::var("HIKYAKU_TEST_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| RandomState::new().build_hasher().finish());
        println!("HIKYAKU_TEST_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
