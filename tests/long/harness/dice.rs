//! Chance that is different in each run, and said, so that it can be had again.

use std::time::Duration;

/// A small generator (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that nobody chose.
    pub(crate) fn any_seed() -> u64 {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one("a long test")
    }

    /// A number below that one.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) >> 16).unwrap() % most
    }

    /// A time between two numbers of milliseconds.
    pub(crate) fn millis(&mut self, least: usize, most: usize) -> Duration {
        let millis = least + self.below(most - least);
        Duration::from_millis(millis.try_into().unwrap())
    }
}
