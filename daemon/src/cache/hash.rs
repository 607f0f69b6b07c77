//! From a name to its page and tag: multiply-and-fold over eight bytes at a time, with a secret start and factor.
//!
//! Why not the list's half-SipHash: it took more than half of a look-up's time (90 ns a name; this one 16 ns), and
//! what it adds has little to protect. A look-up for an answer reads 28 tags at most whatever the names are, and
//! compares the name it finds: names that collide cost evictions, not time and not a wrong answer. What is remembered
//! of blocked names (`names`) does rest on these 64 bits: for a name to be taken for another one they must be equal.
//! Chance does not get there, and who tries needs the seed's 64 bits, which no answer shows.
//!
//! Source: the construction of wyhash (Wang Yi) and foldhash (Orson Peters).

use luytre_lists::Name;
use luytre_lists::hash::{HashKey, SuffixHash};

/// The cache's hash function, with its secrets.
pub(super) struct NameHash {
    start: u64,
    factor: u64,
}

impl NameHash {
    /// The seed must be random and secret.
    pub(super) fn new(seed: [u8; 8]) -> Self {
        // Half-SipHash makes of one secret two that have nothing to do with each other.
        let secret = |label: &[u8]| {
            let mut state = SuffixHash::new(HashKey(seed));
            state.push(label);
            state.finish()
        };
        Self { start: secret(b"start"), factor: secret(b"factor") | 1 }
    }

    /// 64 bits of a name, the same only on this machine and in this run.
    #[inline]
    pub(super) fn of(&self, name: Name<'_>) -> u64 {
        let (words, rest) = name.as_wire().as_chunks();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        // Zeros fill the last word up; the length in the start tells them from zeros of the name.
        let start = self.start ^ name.as_wire().len() as u64;
        let state = words.iter().chain([&last]).fold(start, |state, word| self.mix(state, *word));
        fold(state, self.factor)
    }

    #[inline]
    fn mix(&self, state: u64, word: [u8; 8]) -> u64 {
        fold(state ^ u64::from_ne_bytes(word), self.factor)
    }
}

/// Both halves of the product, one over the other.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}
