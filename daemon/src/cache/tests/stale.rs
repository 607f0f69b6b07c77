//! Expired answers, renewals and failures.

use super::*;
use crate::cache::MAX_ANSWER;
use crate::wire::{Rcode, rtype};

const DAY: u32 = 86_400;

fn keeping_stale() -> Cache {
    Cache::new(&Settings { entries: 100, ..Settings::default() }, SEED)
}

fn state(cache: &Cache, message: &Message, now: u32) -> Option<State> {
    cache.fetch(message, now).map(|(hit, _)| hit.state)
}

/// RFC 8767 §4: "a TTL of 30 seconds is RECOMMENDED".
#[test]
fn an_expired_answer_may_serve_for_a_day_with_a_ttl_of_thirty_seconds() {
    let cache = keeping_stale();
    let message = Message::a("example.com", 300).with(1, rtype::NS, 4000, b"\0");
    cache.keep(&message, 0);
    assert_eq!(state(&cache, &message, 299), Some(State::Fresh));
    for now in [300, 300 + DAY - 1] {
        let (hit, answer) = cache.fetch(&message, now).unwrap();
        assert_eq!((hit.state, hit.ttl_left), (State::Stale, 0));
        assert_eq!(answer, message.encode_with(0, |_| 30));
    }
    assert_eq!(cache.fetch(&message, 300 + DAY), None);
    assert_eq!(cache.stats().hits, 1, "an expired answer is no hit until it is given");
}

/// RFC 8767 §5: at least 30 seconds between attempts, in which the expired answer serves at once.
#[test]
fn after_a_failed_renewal_the_expired_answer_serves_at_once_for_half_a_minute() {
    let (cache, message) = (keeping_stale(), Message::a("example.com", 300));
    cache.keep(&message, 0);
    cache.fail(&key(&message.name, message.rtype), 22, false, 400);
    assert_eq!(state(&cache, &message, 429), Some(State::StaleStill));
    assert_eq!(state(&cache, &message, 430), Some(State::Stale));
    cache.keep(&message, 440);
    assert_eq!(state(&cache, &message, 441), Some(State::Fresh));
}

/// RFC 9520 §3.2: failures are kept for a second at least and five minutes at most, longer each time.
#[test]
fn a_failure_is_remembered_and_longer_each_time() {
    let (cache, message) = (keeping_stale(), Message::a("example.com", 300));
    let asked = key(&message.name, message.rtype);
    let mut now = 0;
    for lifetime in [5, 10, 20, 40, 60, 60] {
        cache.fail(&asked, 6, true, now);
        let (hit, answer) = cache.fetch(&message, now + lifetime - 1).unwrap();
        assert_eq!(hit.state, State::Failed(6));
        assert_eq!(answer[3] & 0xf, Rcode::ServFail as u8);
        now += lifetime;
        assert_eq!(state(&cache, &message, now), None, "a failure does not outlive its time");
    }
    now += 1000;
    cache.fail(&asked, 6, true, now);
    assert_eq!(state(&cache, &message, now + 5), None, "long ago is forgotten");
    cache.fail(&asked, 22, false, now + 100);
    assert_eq!(state(&cache, &message, now + 100), Some(State::Failed(22)));
    assert_eq!(state(&cache, &message, now + 101), None, "servers out of reach are tried again at once");
    cache.keep(&message, now + 102);
    assert_eq!(state(&cache, &message, now + 102), Some(State::Fresh));
    assert_eq!(cache.stats().entries, 1);
}

#[test]
fn a_failure_of_one_type_says_nothing_of_another() {
    let (cache, message) = (keeping_stale(), Message::a("example.com", 300));
    cache.fail(&key(&message.name, rtype::AAAA), 6, true, 0);
    assert_eq!(state(&cache, &message, 0), None);
}

#[test]
fn a_popular_answer_is_renewed_before_it_expires_by_one_caller() {
    let (cache, message) = (keeping_stale(), Message::a("example.com", 300));
    cache.keep(&message, 0);
    for now in [10, 20, 30, 269] {
        assert_eq!(state(&cache, &message, now), Some(State::Fresh));
    }
    assert_eq!(state(&cache, &message, 270), Some(State::Due));
    assert_eq!(state(&cache, &message, 271), Some(State::Fresh), "one is enough");
    cache.keep(&message, 272);
    assert_eq!(state(&cache, &message, 550), Some(State::Due), "its fame lasts into the next life");
    cache.keep(&message, 551);
    cache.keep(&message, 900);
    assert_eq!(state(&cache, &message, 1190), Some(State::Fresh), "but not for ever");
}

#[test]
fn an_answer_asked_for_once_is_not_renewed() {
    let (cache, message) = (keeping_stale(), Message::a("example.com", 300));
    cache.keep(&message, 0);
    for _ in 0..10 {
        assert_eq!(state(&cache, &message, 299), Some(State::Fresh), "ten hits of one second count as one");
    }
}

/// What is expired and popular outlasts a flood of names that nobody asks for twice.
#[test]
#[cfg_attr(miri, ignore = "slow, and nothing unsafe in it")]
fn a_flood_leaves_the_familys_expired_answers_too() {
    let cache = Cache::new(&Settings { entries: 1000, ..Settings::default() }, SEED);
    let messages = |prefix: &str, count: usize| -> Vec<Message> {
        (0..count).map(|n| Message::typical(&format!("{prefix}{n:05}.example.com"), 60)).collect()
    };
    let family = messages("family", 300);
    for message in &family {
        cache.keep(message, 0);
        assert_eq!(state(&cache, message, 50), Some(State::Fresh));
    }
    for message in messages("flood", 20_000) {
        cache.keep(&message, 100);
    }
    let stayed = family.iter().filter(|message| state(&cache, message, 101) == Some(State::Stale)).count();
    assert!(stayed >= 297, "{stayed} of 300");
}

#[test]
fn facts_can_be_found_anew() {
    let (cache, message) = (keeping_stale(), Message::a("example.com", 300));
    cache.keep(&message, 0);
    let facts = Random(7).facts();
    cache.learn(&key(&message.name, message.rtype), facts);
    assert_eq!(cache.fetch(&message, 1).unwrap().0.facts, facts);
    let mut out = [0; MAX_ANSWER];
    cache.learn(&key(&name("other.example"), rtype::A), facts);
    assert_eq!(cache.get(&key(&name("other.example"), rtype::A), 1, &mut out), None);
}
