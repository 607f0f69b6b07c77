//! What the list says of blocked names. They have no answer to keep it with, and to look it up for each question would
//! cost more than all else that a blocked answer takes us.
//!
//! A table that never grows, of sets of eight places: two or three cache lines a look-up, one for most. A place holds the categories of
//! a name, and a check word made of the name's hash, the generation and these categories. There is no lock and no
//! sequence number, for nothing else makes the check word that a reader wants: not another name, not another
//! generation, and not the words of two writers.
//!
//! - **Another generation** of the same name never matches: the factor is odd, so no two generations spread alike.
//! - **Another name** is a matter of chance: 64 bits of a secret hash, of which the eight places of a set share 11 at the
//!   default size, err once in 2⁵⁰ look-ups. That is a question in 30,000 years at a thousand a second, which would be
//!   decided as another blocked name is.
//! - **A mixture**, which takes two writers at the same place or a reader between the words of one, must meet half of
//!   the check word by chance.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use luytre_lists::CategorySet;

/// Places of a set. 10,000 names that go round leave one in fifty to be looked up; with four places it was one in ten,
/// with a single one every other.
const WAYS: usize = 8;
/// What spreads a generation over the check word: 2⁶⁴ over the golden ratio.
const GENERATION: u64 = 0x9e37_79b9_7f4a_7c15;
/// The same for categories: 2⁶⁴ over the square root of two.
const CATEGORIES: u64 = 0xb504_f333_f9de_6485;

/// The table. All zeros is an empty one.
pub(super) struct Names {
    /// A power of two of them, or none.
    sets: Box<[Set]>,
    /// Which place of a full set the next name takes. All sets share it, so that for each of them it is chance: where
    /// more names go round than a set holds, some of them stay.
    hand: AtomicU32,
}

/// 128 bytes, not aligned to cache lines: the allocator would write zeros through the whole table to give it so.
#[repr(C)]
struct Set([Place; WAYS]);

/// High and low halves, since MIPS has no larger atomics. Without categories it is free.
#[repr(C)]
struct Place {
    check: [AtomicU32; 2],
    categories: [AtomicU32; 2],
}

impl Names {
    /// Room for so many names, rounded up to a power of two, 16 bytes each; the system gives the memory as it is first
    /// written to.
    pub(super) fn new(names: usize) -> Self {
        let sets = if names == 0 { 0 } else { names.next_power_of_two().div_ceil(WAYS) };
        // SAFETY: a set is nothing but `AtomicU32`s, for which all zeros is a valid value.
        let sets = unsafe { Box::new_zeroed_slice(sets).assume_init() };
        Self { sets, hand: AtomicU32::new(0) }
    }

    /// What the list of this generation says of the name with this hash, if that is remembered; never nothing.
    #[inline]
    pub(super) fn recall(&self, hash: u64, generation: u32) -> Option<CategorySet> {
        let name = name_check(hash, generation);
        let mut words = self.set(hash)?.0.iter().map(|place| (load(&place.check), load(&place.categories)));
        let is_it = |&(check, bits): &(u64, u64)| bits != 0 && check == name ^ categories_check(bits);
        words.find(is_it).map(|(_, bits)| CategorySet::from_bits(bits))
    }

    /// Remembers it. A name that the list says nothing of is not worth a place.
    pub(super) fn note(&self, hash: u64, generation: u32, categories: CategorySet) {
        let Some(set) = self.set(hash).filter(|_| !categories.is_empty()) else { return };
        let free = set.0.iter().find(|place| load(&place.categories) == 0);
        let place = free.unwrap_or_else(|| &set.0[self.hand.fetch_add(1, Relaxed) as usize % WAYS]);
        let bits = categories.bits();
        store(&place.check, name_check(hash, generation) ^ categories_check(bits));
        store(&place.categories, bits);
    }

    /// What the table may take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.sets)
    }

    fn set(&self, hash: u64) -> Option<&Set> {
        self.sets.get(hash as usize & self.sets.len().wrapping_sub(1))
    }
}

fn name_check(hash: u64, generation: u32) -> u64 {
    hash ^ u64::from(generation).wrapping_mul(GENERATION)
}

fn categories_check(bits: u64) -> u64 {
    bits.wrapping_mul(CATEGORIES)
}

fn load([high, low]: &[AtomicU32; 2]) -> u64 {
    u64::from(high.load(Relaxed)) << 32 | u64::from(low.load(Relaxed))
}

fn store([high, low]: &[AtomicU32; 2], value: u64) {
    high.store((value >> 32) as u32, Relaxed);
    low.store(value as u32, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name's hash, a generation and categories.
    type Fact = (u64, u32, u64);

    impl Place {
        fn words(&self) -> [&AtomicU32; 4] {
            let ([check, more_check], [categories, more_categories]) = (&self.check, &self.categories);
            [check, more_check, categories, more_categories]
        }
    }

    fn noting((hash, generation, bits): Fact) -> Names {
        let names = Names::new(1);
        names.note(hash, generation, CategorySet::from_bits(bits));
        names
    }

    /// What a reader between two writers may find: each word by the one or the other.
    #[test]
    fn no_mixture_of_two_notes_says_anything_wrong() {
        let spread = |n: u64| n.wrapping_mul(GENERATION).rotate_left(29).wrapping_mul(CATEGORIES);
        let facts: Vec<Fact> = (1..60_u64)
            .map(|n| {
                let bits = [1 << n, 1 << (n % 3), spread(n)][n as usize % 3];
                (spread(n / 12), (n % 4) as u32 + 1, bits)
            })
            .collect();
        for (&one, &other) in facts.iter().flat_map(|one| facts.iter().map(move |other| (one, other))) {
            if (one.0, one.1) == (other.0, other.1) {
                continue; // one list says one thing of a name
            }
            for mixture in 0..16 {
                let (names, others) = (noting(one), noting(other));
                let pairs = names.sets[0].0[0].words().into_iter().zip(others.sets[0].0[0].words());
                let theirs = pairs.enumerate().filter(|(index, _)| mixture >> index & 1 == 1);
                theirs.for_each(|(_, (to, from))| to.store(from.load(Relaxed), Relaxed));
                for (hash, generation, bits) in [one, other] {
                    let found = names.recall(hash, generation).map(CategorySet::bits);
                    assert!(
                        found.is_none_or(|found| found == bits),
                        "{mixture:04b} of {one:?} and {other:?}"
                    );
                }
            }
        }
    }
}
