//! What fits, what stays, and what it takes.

use super::*;

fn names(prefix: &str, count: usize) -> Vec<Message> {
    (0..count).map(|n| Message::typical(&format!("{prefix}{n:05}.example.com"), 600)).collect()
}

fn share(cache: &Cache, messages: &[Message], now: u32) -> f64 {
    let kept = messages.iter().filter(|message| cache.fetch(message, now).is_some()).count();
    kept as f64 / messages.len() as f64
}

#[test]
#[cfg_attr(miri, ignore = "slow, and nothing unsafe in it")]
fn ten_thousand_typical_answers_stay_in_less_than_three_megabytes() {
    let cache = cache(10_000);
    let messages = names("host", 10_000);
    messages.iter().for_each(|message| assert_eq!(cache.keep(message, 0), Stored::Kept { ttl: 600 }));
    let kept = share(&cache, &messages, 0);
    let stats = cache.stats();
    assert!(kept >= 0.95, "{kept}, {stats:?}");
    assert!(stats.capacity_bytes <= 3_000_000, "{stats:?}");
    assert!(stats.bytes / stats.entries <= 250, "{stats:?}");
}

/// Someone asks for names that nobody asks for twice; the family's names stay.
#[test]
#[cfg_attr(miri, ignore = "slow, and nothing unsafe in it")]
fn a_flood_of_random_names_drives_out_itself() {
    let cache = cache(10_000);
    let family = names("family", 3000);
    family.iter().for_each(|message| assert!(matches!(cache.keep(message, 0), Stored::Kept { .. })));
    assert!(share(&cache, &family, 1) >= 0.99); // the hits that tell them apart
    for message in names("flood", 100_000) {
        cache.keep(&message, 2);
    }
    let stayed = share(&cache, &family, 3);
    assert!(stayed >= 0.99, "{stayed}");
}

/// What expired goes first, then what nobody asked for again.
#[test]
fn room_is_made_in_order_of_worth() {
    let cache = cache(1); // one page, 28 slots
    let (expired, hit) = (Message::a("expired.example", 1), Message::a("hit.example", 600));
    cache.keep(&expired, 0);
    cache.keep(&hit, 0);
    assert!(cache.fetch(&hit, 1).is_some());
    let others: Vec<Message> = (0..26).map(|n| Message::a(&format!("other{n}.example"), 600)).collect();
    for (message, now) in others.iter().zip(1..) {
        cache.keep(message, now);
    }
    assert_eq!((cache.stats().entries, cache.stats().evictions), (28, 0));

    cache.keep(&Message::a("new0.example", 600), 50);
    assert_eq!(cache.stats().evictions, 0, "the expired one went");
    cache.keep(&Message::a("new1.example", 600), 51);
    assert_eq!(cache.stats().evictions, 1);
    assert_eq!(cache.fetch(&others[0], 51), None, "the oldest without a hit");
    assert!(cache.fetch(&hit, 51).is_some());
}
