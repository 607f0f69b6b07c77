//! The unpredictable numbers behind IDs, ports and 0x20; and the predictable ones that tests put in their place.
//!
//! A blind forger must not be able to compute the next ID from those it has seen (RFC 5452 §9.2), so the generator is
//! a stream cipher (ChaCha12, `rand`'s `StdRng`) seeded by the kernel once per worker: a system call per query would
//! cost as much as the rest of the dressing.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use super::lock::Lock;

pub(super) struct Random(Lock<StdRng>);

impl Random {
    /// Seeded by the kernel.
    pub(super) fn new() -> Self {
        Self(Lock::new(rand::make_rng()))
    }

    /// The same numbers each time.
    #[cfg(test)]
    pub(super) fn seeded(seed: u64) -> Self {
        Self(Lock::new(rand::SeedableRng::seed_from_u64(seed)))
    }

    /// A message ID.
    pub(super) fn id(&self) -> u16 {
        self.0.hold().random()
    }

    /// A number from 0 to `end` - 1; 0 for an `end` of 0.
    pub(super) fn below(&self, end: usize) -> usize {
        if end == 0 { 0 } else { self.0.hold().random_range(..end) }
    }

    /// A bit for each letter of the longest name.
    pub(super) fn bits(&self) -> [u8; 32] {
        let mut bits = [0; 32];
        self.0.hold().fill_bytes(&mut bits);
        bits
    }
}
