//! Readers and writers on the same few pages: each hit must be one whole answer.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use luytre_lists::CategorySet;

use super::*;
use crate::cache::MAX_ANSWER;
use crate::wire::rtype;

const NAMES: usize = 40;
const READERS: u64 = 3;
const WRITERS: u64 = 2;

/// FNV-1a over the message without its ID.
fn checksum(message: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    message[2..].iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// An answer that differs from all others in length, data, TTLs and number of records.
/// Facts that tell whether the bytes are those that they came with.
fn marked(message: &[u8]) -> Facts {
    let asked = CategorySet::from_bits(checksum(message));
    Facts { asked, ..Facts::default() }
}

fn answer(random: &mut Random, name: &str) -> Vec<u8> {
    let (ttl, fill) = (random.below(1000) as u32 + 1, random.next() as u8);
    let records = random.below(6) + 1;
    let message = (0..records).fold(Message::to(name, rtype::TXT), |message, _| {
        message.with(0, rtype::TXT, ttl, &vec![fill; random.below(120)])
    });
    message.encode()
}

/// Time stands still, so that the TTLs come back as they were put and the checksum holds over them.
#[test]
fn a_hit_is_one_whole_answer_whatever_writers_do() {
    let (reads, writes) = if cfg!(miri) { (150, 50) } else { (1_000_000, 200_000) };
    let cache = cache(48); // three pages: evictions, moves and replacements all the time
    let texts: Vec<String> = (0..NAMES).map(|n| format!("name{n}.example")).collect();
    let names: Vec<NameBuf> = texts.iter().map(|text| name(text)).collect();
    let hits = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (cache, texts, names, hits) = (&cache, &texts, &names, &hits);
        for seed in 0..WRITERS {
            scope.spawn(move || {
                let mut random = Random(seed);
                for _ in 0..writes {
                    let index = random.below(NAMES);
                    let bytes = answer(&mut random, &texts[index]);
                    cache.put(&key(&names[index], rtype::TXT), &bytes, marked(&bytes), 7);
                    if random.below(1000) == 0 {
                        cache.remove(names[index].as_name());
                    }
                }
            });
        }
        for seed in 0..READERS {
            scope.spawn(move || {
                let mut random = Random(seed + 100);
                let mut out = [0; MAX_ANSWER];
                for _ in 0..reads {
                    let key = key(&names[random.below(NAMES)], rtype::TXT);
                    if let Some(hit) = cache.get(&key, 7, &mut out) {
                        assert_eq!(marked(&out[..hit.len]), hit.facts);
                        hits.fetch_add(1, Relaxed);
                    }
                }
            });
        }
    });
    let stats = cache.stats();
    assert_eq!(stats.hits as usize, hits.into_inner());
    assert_eq!(stats.hits + stats.misses, READERS as u32 * reads);
    assert!(stats.hits > reads / 20, "{stats:?}");
    assert!(stats.evictions > 0, "{stats:?}");
}

/// A page that a writer left half written is not believed, and the cache lives on.
#[test]
fn a_writer_that_panics_empties_the_cache() {
    let cache = cache(100);
    let message = Message::a("example.com", 60);
    cache.keep(&message, 0);
    let died = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let _pen = cache.pen();
            panic!("in the middle of a change");
        });
        writer.join().is_err()
    });
    assert!(died);
    cache.keep(&Message::a("example.net", 60), 0);
    assert_eq!(cache.fetch(&message, 0), None);
    assert!(cache.fetch(&Message::a("example.net", 60), 0).is_some());
}
