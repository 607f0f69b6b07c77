//! What is remembered of names without an answer: never anything wrong, whoever writes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;
use crate::cache::MAX_ANSWER;
use crate::wire::rtype;

fn asked(generation: u32, bits: u64) -> Facts {
    Facts { generation, asked: CategorySet::from_bits(bits), ..Facts::default() }
}

impl Cache {
    /// What is remembered in this generation.
    fn known(&self, name: &NameBuf, generation: u32) -> Facts {
        self.look_up(&key(name, rtype::A), generation, 0, &mut [0; MAX_ANSWER]).1
    }
}

#[test]
fn what_is_noted_is_known_in_its_generation_alone() {
    let cache = cache(100);
    let (noted, other) = (name("bad.example"), name("good.example"));
    for generation in [1, 2, 1 << 31, u32::MAX] {
        cache.note(noted.as_name(), asked(generation, 0b110));
        assert_eq!(cache.known(&noted, generation), asked(generation, 0b110));
        assert_eq!(cache.known(&other, generation), Facts::default());
        let others =
            (0..32).map(|bit| generation ^ 1 << bit).filter(|generation| !(1..3).contains(generation));
        others.for_each(|generation| assert_eq!(cache.known(&noted, generation), Facts::default()));
    }
}

#[test]
fn what_was_not_found_or_says_nothing_is_not_noted() {
    let cache = cache(100);
    let name = name("bad.example");
    cache.note(name.as_name(), asked(0, 0b110));
    cache.note(name.as_name(), asked(1, 0));
    assert_eq!([0, 1].map(|generation| cache.known(&name, generation)), [Facts::default(); 2]);
}

#[test]
fn a_cache_of_nothing_notes_nothing() {
    let cache = cache(0);
    let name = name("bad.example");
    cache.note(name.as_name(), asked(1, 0b110));
    assert_eq!(cache.known(&name, 1), Facts::default());
}

/// What is noted with an answer may be of an older generation, while a name's is of this one.
#[test]
fn an_answer_of_another_generation_does_not_hide_what_is_known_of_its_name() {
    let cache = cache(100);
    let message = Message::a("bad.example", 600);
    let of_answer = Facts { answered: CategorySet::from_bits(0b1000), ..asked(1, 0b10) };
    cache.put(&key(&message.name, rtype::A), &message.encode(), of_answer, 0);
    assert_eq!(cache.known(&message.name, 1), of_answer);
    cache.note(message.name.as_name(), asked(2, 0b100));
    assert_eq!(cache.known(&message.name, 1), of_answer);
    assert_eq!(cache.known(&message.name, 2), asked(2, 0b100));
}

/// Few places, many names and generations: what is known may be nothing, but is never another's.
#[test]
fn what_is_known_is_what_was_noted_last() {
    for seed in 0..if cfg!(miri) { 1 } else { 20 } {
        let mut random = Random(seed);
        let cache = cache(1 << random.below(8));
        let names: Vec<NameBuf> = (0..60).map(|n| name(&format!("n{n}.example"))).collect();
        let mut noted = HashMap::new();
        let mut known = 0;
        for _ in 0..if cfg!(miri) { 300 } else { 5000 } {
            let (index, generation) = (random.below(names.len()), random.below(3) as u32 + 1);
            // Of one generation a name has the same facts all the time, as from a list.
            let facts = *noted.entry((index, generation)).or_insert_with(|| asked(generation, random.next()));
            match cache.known(&names[index], generation) {
                found if found == facts => known += 1,
                found => assert_eq!(found, Facts::default(), "seed {seed}"),
            }
            cache.note(names[index].as_name(), facts);
        }
        assert!(known > 0, "seed {seed}");
    }
}

/// The cache's own size, and all of its names one after the other: the worst order for a table of sets.
#[test]
#[cfg_attr(miri, ignore = "slow, and nothing unsafe in it")]
fn of_ten_thousand_names_that_go_round_most_stay_known() {
    let cache = cache(10_000);
    let names: Vec<NameBuf> = (0..10_000).map(|n| name(&format!("host{n}.example"))).collect();
    let mut known = 0;
    for round in 0..5 {
        known = 0;
        for name in &names {
            match cache.known(name, 1) {
                Facts { generation: 0, .. } => cache.note(name.as_name(), asked(1, 0b10)),
                _ => known += 1,
            }
        }
        assert!(round > 0 || known == 0);
    }
    assert!(known >= 8_500, "{known}");
}

/// All in two sets, so that writers meet in a place all the time, and readers meet them.
#[test]
fn threads_never_know_what_is_not_so() {
    let rounds = if cfg!(miri) { 200 } else { 300_000 };
    let cache = cache(8);
    let names: Vec<NameBuf> = (0..12).map(|n| name(&format!("n{n}.example"))).collect();
    let facts = |index: usize, generation: u32| {
        asked(generation, Random(u64::from(generation) << 8 | index as u64).next())
    };
    let known = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (cache, names, known) = (&cache, &names, &known);
            scope.spawn(move || {
                let mut random = Random(seed);
                for _ in 0..rounds {
                    let (index, generation) = (random.below(names.len()), random.below(2) as u32 + 1);
                    let facts = facts(index, generation);
                    if random.below(2) == 0 {
                        cache.note(names[index].as_name(), facts);
                        continue;
                    }
                    match cache.known(&names[index], generation) {
                        Facts { generation: 0, .. } => {}
                        found => {
                            assert_eq!(found, facts);
                            known.fetch_add(1, Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert!(known.into_inner() > rounds / 20);
}
