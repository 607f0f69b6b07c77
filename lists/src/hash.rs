//! HalfSipHash-1-3 with 64 bits of output, over a name's labels from the right.
//!
//! Why this one: it is keyed and not linear, so nobody computes a name that collides with `vietcombank.com.vn` on
//! paper; and it works in 32-bit words, so that a MIPS router pays no 64-bit arithmetic. A list is walked suffix by
//! suffix, and the state after each label *is* the next longer suffix: one pass hashes them all.
//!
//! Source: J.-P. Aumasson and D. J. Bernstein, SipHash (2012), and its 32-bit variant in the reference repository.

use arrayvec::ArrayVec;

use crate::name::Name;

/// The key of a list's hash: 8 bytes, fixed in the list's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashKey(pub [u8; 8]);

impl HashKey {
    /// The key that Luytre's lists use. It is public; changing it would break every delta.
    pub const LUYTRE: Self = Self(*b"luy.tre1");
}

/// The hash state of a suffix: start with the key, [`push`](Self::push) labels from the right.
#[derive(Clone, Copy, Debug)]
pub struct SuffixHash {
    v: [u32; 4],
    words: u8,
}

impl SuffixHash {
    /// The state of the empty suffix (the root).
    pub fn new(key: HashKey) -> Self {
        let [a, b, c, d, e, f, g, h] = key.0;
        let (k0, k1) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        // 0xee: the variant with 64 bits of output.
        Self { v: [k0, k1 ^ 0xee, 0x6c79_6765 ^ k0, 0x7465_6462 ^ k1], words: 0 }
    }

    /// Adds the next label to the left: its length, its bytes, then zeros up to a whole word. The length makes the
    /// padding unambiguous.
    #[inline]
    pub fn push(&mut self, label: &[u8]) {
        // A label has at most 63 bytes (RFC 1035), so its length fits the first byte of a word.
        let mut word = [label.len() as u8, 0, 0, 0];
        let (head, rest) = label.split_at(label.len().min(3));
        word[1..=head.len()].copy_from_slice(head);
        self.absorb(u32::from_le_bytes(word));
        let mut whole = rest.chunks_exact(4);
        for chunk in &mut whole {
            self.absorb(u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]));
        }
        let tail = whole.remainder();
        if !tail.is_empty() {
            let mut word = [0; 4];
            word[..tail.len()].copy_from_slice(tail);
            self.absorb(u32::from_le_bytes(word));
        }
    }

    /// The 64-bit hash of the suffix pushed so far; the state can be pushed to again.
    #[inline]
    pub fn finish(&self) -> u64 {
        finish(self.v, u32::from(self.words) << 24)
    }

    #[inline]
    fn absorb(&mut self, word: u32) {
        self.v[3] ^= word;
        round(&mut self.v);
        self.v[0] ^= word;
        // At most 64 words: 255 bytes of name, three of padding a label.
        self.words = self.words.wrapping_add(1);
    }
}

/// The hashes of a name's suffixes, the shortest (its top-level domain) first. Made once a question, on the stack, for
/// every table that is keyed by names.
#[derive(Clone, Debug)]
pub struct SuffixHashes(ArrayVec<u64, MAX_LABELS>);

/// The most labels a name can have (RFC 1035: 255 octets, two a label, and the root's).
const MAX_LABELS: usize = 127;

impl SuffixHashes {
    /// Hashes every suffix of a name in one pass.
    pub fn of(key: HashKey, name: Name<'_>) -> Self {
        let wire = name.as_wire();
        let mut starts = ArrayVec::<u8, MAX_LABELS>::new();
        let mut at = 0;
        while let Some(&len) = wire.get(at) {
            starts.push(at as u8); // below 254
            at += 1 + usize::from(len);
        }
        let mut state = SuffixHash::new(key);
        let hash = |&start: &u8| {
            let start = usize::from(start);
            state.push(&wire[start + 1..][..usize::from(wire[start])]);
            state.finish()
        };
        Self(starts.iter().rev().map(hash).collect())
    }

    /// The hashes, the shortest suffix's first.
    pub fn shortest_first(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.0.iter().copied()
    }

    /// The hash of the whole name; `None` for the root.
    pub fn whole(&self) -> Option<u64> {
        self.0.last().copied()
    }
}

/// Absorbs the last block and mixes: one round before, three after, three more for the upper half.
#[inline]
fn finish(mut v: [u32; 4], last: u32) -> u64 {
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xee;
    for _ in 0..3 {
        round(&mut v);
    }
    let low = v[1] ^ v[3];
    v[1] ^= 0xdd;
    for _ in 0..3 {
        round(&mut v);
    }
    u64::from(v[1] ^ v[3]) << 32 | u64::from(low)
}

#[inline]
fn round(v: &mut [u32; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(5) ^ v[0];
    v[0] = v[0].rotate_left(16);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(8) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(7) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[2];
    v[2] = v[2].rotate_left(16);
}

/// The hash of any bytes, for what is not a name (the category table).
pub(crate) fn hash_bytes(key: HashKey, bytes: &[u8]) -> u64 {
    let mut state = SuffixHash::new(key);
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        state.absorb(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    }
    let mut last = [0, 0, 0, bytes.len() as u8]; // only the low byte of the length, as the reference does
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    finish(state.v, u32::from_le_bytes(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference has vectors for 2-4 rounds only; the round itself and the start are what can be wrong.
    fn halfsiphash_2_4(key: [u8; 8], bytes: &[u8]) -> u64 {
        let mut v = SuffixHash::new(HashKey(key)).v;
        let mut absorb = |word: u32| {
            v[3] ^= word;
            round(&mut v);
            round(&mut v);
            v[0] ^= word;
        };
        let mut words = bytes.chunks_exact(4);
        for word in &mut words {
            absorb(u32::from_le_bytes(word.try_into().unwrap()));
        }
        let mut last = [0, 0, 0, bytes.len() as u8];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        absorb(u32::from_le_bytes(last));
        v[2] ^= 0xee;
        (0..4).for_each(|_| round(&mut v));
        let low = v[1] ^ v[3];
        v[1] ^= 0xdd;
        (0..4).for_each(|_| round(&mut v));
        u64::from(v[1] ^ v[3]) << 32 | u64::from(low)
    }

    #[test]
    fn the_round_agrees_with_the_reference_vectors() {
        let key = [0, 1, 2, 3, 4, 5, 6, 7];
        let expected = [
            [0x21, 0x8d, 0x1f, 0x59, 0xb9, 0xb8, 0x3c, 0xc8],
            [0xbe, 0x55, 0x24, 0x12, 0xf8, 0x38, 0x73, 0x15],
        ];
        for (len, expected) in expected.into_iter().enumerate() {
            let input: Vec<u8> = (0..len as u8).collect();
            assert_eq!(halfsiphash_2_4(key, &input).to_le_bytes(), expected, "input of {len} bytes");
        }
    }

    #[test]
    fn labels_do_not_run_into_each_other() {
        let hash = |labels: &[&str]| {
            let mut state = SuffixHash::new(HashKey::LUYTRE);
            labels.iter().for_each(|label| state.push(label.as_bytes()));
            state.finish()
        };
        assert_ne!(hash(&["com", "ab"]), hash(&["com", "a", "b"]));
        assert_ne!(hash(&["com"]), hash(&["com", ""]));
        assert_ne!(hash(&["a\0"]), hash(&["a"]));
    }

    /// What is on ten million routers must not change by accident.
    #[test]
    fn the_hash_of_a_name_is_fixed() {
        let mut state = SuffixHash::new(HashKey::LUYTRE);
        state.push(b"com");
        state.push(b"example");
        assert_eq!(state.finish(), 0xaeb8_1a3c_92d2_f418);
    }
}
