//! The cache under test: the RFCs' rules, a naive model beside it, threads against each other, memory and allocations.

mod allocation;
mod memory;
mod message;
mod model;
mod names;
mod rules;
mod stale;
mod threads;

use luytre_lists::{CategorySet, NameBuf};

use self::message::Message;
use super::{Cache, Facts, Hit, Key, Settings, State, Stored};

const SEED: [u8; 8] = *b"secret!!";

/// A cache that forgets what expired.
fn cache(entries: usize) -> Cache {
    Cache::new(&Settings { entries, stale_for: 0, prefetch: false, ..Settings::default() }, SEED)
}

fn name(text: &str) -> NameBuf {
    NameBuf::parse(text).unwrap()
}

fn key(name: &NameBuf, rtype: u16) -> Key<'_> {
    Key { name: name.as_name(), rtype, dnssec_ok: false, checking_disabled: false, without_ech: false }
}

impl Cache {
    /// Puts a built message under its own question.
    fn keep(&self, message: &Message, now: u32) -> Stored {
        self.put(&key(&message.name, message.rtype), &message.encode(), Facts::default(), now)
    }

    /// Asks for what [`keep`](Self::keep) kept.
    fn fetch(&self, message: &Message, now: u32) -> Option<(Hit, Vec<u8>)> {
        let mut out = [0; super::MAX_ANSWER];
        let hit = self.get(&key(&message.name, message.rtype), now, &mut out)?;
        Some((hit, out[..hit.len].to_vec()))
    }
}

/// SplitMix64 (S. Vigna): numbers that look random, the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn facts(&mut self) -> Facts {
        let [asked, answered] = [self.next(), self.next()].map(CategorySet::from_bits);
        Facts { generation: self.next() as u32, asked, answered }
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
