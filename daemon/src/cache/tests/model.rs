//! The cache beside the simplest thing that could be right: a map of messages. What the map has, the cache may have
//! forgotten; what the cache gives, the map would give too, byte by byte.

use std::collections::HashMap;

use super::*;
use crate::cache::MAX_ANSWER;
use crate::wire::rtype;

const SETTINGS: Settings = Settings { entries: 200, min_ttl: 5, max_ttl: 500, stale_for: 0, prefetch: false };

/// Name, type, DO and CD, as numbers.
type Question = (usize, u16, bool, bool);

struct Kept {
    message: Message,
    facts: Facts,
    since: u32,
}

impl Kept {
    fn bounded(ttl: u32) -> u32 {
        ttl.clamp(SETTINGS.min_ttl, SETTINGS.max_ttl)
    }

    fn lifetime(&self) -> u32 {
        let counted = self.message.records.iter().filter(|record| record.section < 2);
        counted.map(|record| Self::bounded(record.ttl)).min().unwrap()
    }

    fn longest_ttl(&self, age: u32) -> u32 {
        let ttls = self.message.records.iter().map(|record| Self::bounded(record.ttl).saturating_sub(age));
        ttls.max().unwrap()
    }

    /// The hit and the bytes that must come; `None` if it expired.
    fn expected(&self, now: u32) -> Option<(Hit, Vec<u8>)> {
        let age = now - self.since;
        let ttl_left = self.lifetime().checked_sub(age).filter(|&left| left > 0)?;
        let bytes = self.message.encode_with(0, |record| Self::bounded(record.ttl).saturating_sub(age));
        Some((
            Hit {
                len: bytes.len(),
                facts: self.facts,
                age,
                ttl_left,
                longest_ttl: self.longest_ttl(age),
                state: State::Fresh,
            },
            bytes,
        ))
    }
}

fn random_message(random: &mut Random, name: &str, rtype: u16) -> Message {
    let mut message = Message::to(name, rtype).with(0, rtype, random.below(1000) as u32, b"answer");
    for _ in 0..random.below(8) {
        let data = vec![random.next() as u8; random.one_of(&[4, 16, 30, 200])];
        let (section, ttl) = (random.below(3) as u8, random.below(1000) as u32);
        message = message.with(section, random.one_of(&[rtype::A, rtype::TXT, 46]), ttl, &data);
    }
    message
}

fn run(seed: u64, operations: usize) -> (usize, usize) {
    let mut random = Random(seed);
    let cache = Cache::new(&SETTINGS, random.next().to_ne_bytes());
    let mut model: HashMap<Question, Kept> = HashMap::new();
    let texts: Vec<String> = (0..150).map(|n| format!("n{n}.{}.example", "x".repeat(n % 40 + 1))).collect();
    let names: Vec<NameBuf> = texts.iter().map(|text| name(text)).collect();
    let mut out = [0; MAX_ANSWER];
    let (mut now, mut hits, mut lost) = (random.below(1000) as u32, 0, 0);
    for _ in 0..operations {
        // Some names are asked for more often than others.
        let index = random.below(names.len()).min(random.below(names.len()));
        let (dnssec_ok, checking_disabled) = (random.below(4) == 0, random.below(8) == 0);
        let rtype = random.one_of(&[rtype::A, rtype::AAAA, rtype::HTTPS]);
        let key =
            Key { name: names[index].as_name(), rtype, dnssec_ok, checking_disabled, without_ech: false };
        let question = (index, rtype, dnssec_ok, checking_disabled);
        match random.below(1000) {
            0..300 => {
                let message = random_message(&mut random, &texts[index], rtype);
                let kept = Kept { message, facts: random.facts(), since: now };
                let stored = cache.put(&key, &kept.message.encode(), kept.facts, now);
                assert_eq!(stored, Stored::Kept { ttl: kept.lifetime() }, "seed {seed}");
                model.insert(question, kept);
            }
            300..320 => now += random.below(30) as u32,
            320..325 => {
                cache.remove(names[index].as_name());
                model.retain(|question, _| question.0 != index);
            }
            325 => {
                cache.clear();
                model.clear();
            }
            _ => {
                let expected = model.get(&question).and_then(|kept| kept.expected(now));
                let found = cache.get(&key, now, &mut out).map(|hit| (hit, out[..hit.len].to_vec()));
                lost += usize::from(found.is_none() && expected.is_some());
                hits += usize::from(found.is_some());
                assert!(found.is_none() || found == expected, "seed {seed}: {found:?}, not {expected:?}");
            }
        }
    }
    let stats = cache.stats();
    assert!(stats.bytes <= stats.capacity_bytes && stats.entries <= model.len(), "seed {seed}: {stats:?}");
    (hits, lost)
}

#[test]
fn the_cache_agrees_with_a_map() {
    let (seeds, operations) = if cfg!(miri) { (1, 200) } else { (256, 4000) };
    let (mut hits, mut lost) = (0, 0);
    for seed in 0..seeds {
        let (more_hits, more_lost) = run(seed, operations);
        hits += more_hits;
        lost += more_lost;
    }
    assert!(hits > operations / 10, "it answers at all: {hits} hits");
    assert!(lost > 0 || cfg!(miri), "the test is large enough to evict");
}
