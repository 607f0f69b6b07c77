//! What is kept, for how long, and what is served.

use super::*;
use crate::cache::{MAX_ANSWER, NotKept};
use crate::wire::{Rcode, flags, rtype};

#[test]
fn an_answer_is_served_with_its_ttls_aged_in_all_sections() {
    let cache = cache(100);
    let message =
        Message::a("example.com", 300).with(1, rtype::NS, 400, b"\0").with(2, rtype::A, 250, &[1; 4]);
    assert_eq!(cache.keep(&message, 1000), Stored::Kept { ttl: 300 });

    let (hit, answer) = cache.fetch(&message, 1000).unwrap();
    assert_eq!(answer, message.encode_with(0, |record| record.ttl));
    assert_eq!((hit.age, hit.ttl_left), (0, 300));

    let (hit, answer) = cache.fetch(&message, 1299).unwrap();
    assert_eq!(answer, message.encode_with(0, |record| record.ttl.saturating_sub(299)));
    assert_eq!((hit.age, hit.ttl_left), (299, 1));

    assert_eq!(cache.fetch(&message, 1300), None, "expired");
    // Another thread's clock may be a second behind the one that put it.
    assert_eq!(cache.fetch(&message, 999).unwrap().0.age, 0);
}

#[test]
fn a_key_finds_its_own_answer_only() {
    let (cache, example) = (cache(100), name("example.com"));
    let message = Message::a("example.com", 60);
    let plain = key(&example, rtype::A);
    let facts = Random(1).facts();
    cache.put(&plain, &message.encode(), facts, 0);
    let mut out = [0; MAX_ANSWER];
    assert_eq!(cache.get(&plain, 0, &mut out).unwrap().facts, facts);
    let other = name("example.net");
    let misses = [
        Key { dnssec_ok: true, ..plain },
        Key { checking_disabled: true, ..plain },
        Key { without_ech: true, ..plain },
        Key { rtype: rtype::AAAA, ..plain },
        Key { name: other.as_name(), ..plain },
    ];
    for miss in misses {
        assert_eq!(cache.get(&miss, 0, &mut out), None, "{miss:?}");
    }
    assert_eq!(cache.get(&plain, 0, &mut out[..20]), None, "it does not fit");
    let stats = cache.stats();
    assert_eq!((stats.entries, stats.hits, stats.misses), (1, 1, 6));
}

/// Upstreams are asked in random case (draft-vixie-dnsext-dns0x20); the answer keeps theirs.
#[test]
fn case_does_not_matter_and_is_not_kept() {
    let (cache, example) = (cache(100), name("example.com"));
    let mut bytes = Message::a("example.com", 60).encode();
    bytes[13..20].copy_from_slice(b"eXaMpLe");
    assert_eq!(cache.put(&key(&example, rtype::A), &bytes, Facts::default(), 0), Stored::Kept { ttl: 60 });
    let mut out = [0; MAX_ANSWER];
    let hit = cache.get(&key(&example, rtype::A), 0, &mut out).unwrap();
    bytes[..2].fill(0); // the ID
    bytes.make_ascii_lowercase();
    assert_eq!(&out[..hit.len], bytes);
}

/// "A name error ... should be cached such that it can be retrieved and returned in response to another query for the
/// same <QNAME, QCLASS>" (RFC 2308 §5).
#[test]
fn a_name_that_does_not_exist_has_nothing_of_any_type() {
    let absent =
        |rtype| Message::to("example.com", rtype).with_flags(Rcode::NxDomain as u16).with_soa(60, 60);
    let is_denied = |cache: &Cache, rtype| {
        let (_, answer) = cache.fetch(&Message::to("example.com", rtype), 0)?;
        assert_eq!(answer, absent(rtype).encode_with(0, |record| record.ttl));
        Some(())
    };
    let cached = cache(100);
    cached.keep(&absent(rtype::A), 0);
    let types = [rtype::A, rtype::AAAA, rtype::HTTPS];
    assert!(types.into_iter().all(|rtype| is_denied(&cached, rtype).is_some()));
    assert_eq!((cached.stats().entries, cached.stats().hits, cached.stats().misses), (1, 3, 0));
    // What comes later is newer.
    cached.keep(&Message::a("example.com", 60), 0);
    assert!(is_denied(&cached, rtype::HTTPS).is_none(), "it does exist");
    cached.keep(&absent(rtype::A), 0);
    assert_eq!(cached.stats().entries, 1, "and no longer");
    assert_eq!(cached.remove(name("example.com").as_name()), 1);

    // Of IPv6 addresses it is said by servers that do not know these (RFC 4074 §4.2).
    cached.keep(&absent(rtype::AAAA), 0);
    assert!(is_denied(&cached, rtype::AAAA).is_some() && is_denied(&cached, rtype::A).is_none());
    // And of an alias it says that its target does not exist.
    let cached = cache(100);
    cached.keep(&absent(rtype::A).with(0, rtype::CNAME, 60, b"\x01x\0"), 0);
    assert!(cached.fetch(&Message::to("example.com", rtype::TXT), 0).is_none());
}

#[test]
fn the_root_has_an_answer_too() {
    let cache = cache(100);
    let mut message = Message::to("example.com", rtype::NS).with(0, rtype::NS, 60, b"\x01a\x00");
    message.name = NameBuf::new();
    assert_eq!(cache.keep(&message, 0), Stored::Kept { ttl: 60 });
    assert!(cache.fetch(&message, 0).is_some());
}

/// "The TTL of this record is set from the minimum of the MINIMUM field of the SOA record and the TTL of the SOA
/// itself" (RFC 2308 §3), and an upper limit of one to three hours works well (§5).
#[test]
fn a_negative_answer_lives_as_its_soa_says() {
    let nxdomain = |ttl, minimum| {
        Message::to("example.com", rtype::A).with_flags(Rcode::NxDomain as u16).with_soa(ttl, minimum)
    };
    let nodata = |ttl, minimum| Message::to("example.com", rtype::AAAA).with_soa(ttl, minimum);
    for (message, lifetime) in [
        (nxdomain(900, 300), 300),
        (nxdomain(200, 300), 200),
        (nodata(900, 300), 300),
        (nodata(86_400, 86_400), 10_800),
        // An alias to nothing: the alias may end first.
        (nodata(900, 300).with(0, rtype::CNAME, 20, b"\x01x\0"), 20),
    ] {
        let cache = cache(100);
        assert_eq!(cache.keep(&message, 0), Stored::Kept { ttl: lifetime });
        let (_, answer) = cache.fetch(&message, 5).unwrap();
        assert_eq!(answer, message.encode_with(0, |record| record.ttl.min(lifetime) - 5));
    }
}

#[test]
fn the_settings_bound_ttls() {
    let cache =
        Cache::new(&Settings { entries: 100, min_ttl: 60, max_ttl: 600, ..Settings::default() }, SEED);
    let message = Message::a("example.com", 10).with(0, rtype::A, 86_400, &[1; 4]);
    assert_eq!(cache.keep(&message, 0), Stored::Kept { ttl: 60 });
    let (_, answer) = cache.fetch(&message, 1).unwrap();
    assert_eq!(answer, message.encode_with(0, |record| if record.ttl == 10 { 59 } else { 599 }));
    assert_eq!(cache.keep(&Message::a("example.org", 9999), 0), Stored::Kept { ttl: 600 });
    assert_eq!(
        cache.keep(&Message::a("example.net", 0), 0),
        Stored::Kept { ttl: 60 },
        "raised, as was asked for"
    );

    let none = Cache::new(&Settings { entries: 100, min_ttl: 60, max_ttl: 0, ..Settings::default() }, SEED);
    assert_eq!(
        none.keep(&Message::a("example.com", 10), 0),
        Stored::Not(NotKept::ZeroTtl),
        "the maximum wins"
    );
}

/// A cached answer is not authoritative (RFC 1035 §4.1.1).
#[test]
fn aa_is_not_kept() {
    let cache = cache(100);
    cache.keep(&Message::a("example.com", 60).with_flags(flags::AA | flags::AD), 0);
    let expected = Message::a("example.com", 60).with_flags(flags::AD);
    assert_eq!(cache.fetch(&expected, 0).unwrap().1, expected.encode_with(0, |record| record.ttl));
}

#[test]
fn what_may_not_be_kept_says_why() {
    let example = || Message::a("example.com", 60);
    let empty = || Message::to("example.com", rtype::A);
    let many = (0..65).fold(empty(), |message, n| message.with(0, rtype::A, 60, &[n; 4]));
    for (message, reason) in [
        (example().with(0, rtype::A, 0, &[1; 4]), NotKept::ZeroTtl),
        (example().with(1, rtype::NS, 0, b"\0"), NotKept::ZeroTtl),
        (Message::a("example.com", 0x8000_0001), NotKept::ZeroTtl), // RFC 2181 §8
        (empty().with_soa(60, 0x8000_0001), NotKept::ZeroTtl),
        (empty(), NotKept::NoSoa),
        (empty().with(0, rtype::CNAME, 60, b"\x01x\0"), NotKept::NoSoa),
        (empty().with(1, rtype::NS, 60, b"\x01x\0"), NotKept::NoSoa),
        (empty().with_flags(Rcode::NxDomain as u16), NotKept::NoSoa),
        (empty().with(1, rtype::SOA, 60, b"\0\0\0\0"), NotKept::NoSoa),
        (example().with_flags(flags::TC), NotKept::Truncated),
        (example().with_flags(Rcode::ServFail as u16), NotKept::Failure),
        (example().with_flags(Rcode::Refused as u16), NotKept::Failure),
        (example().with_flags(flags::OPCODE), NotKept::Malformed),
        (example().with(2, rtype::OPT, 0, &[]), NotKept::OneHop),
        (example().with(2, 250, 60, &[]), NotKept::OneHop), // TSIG
        (many, NotKept::TooLarge),
        (example().with(0, rtype::TXT, 60, &[0; MAX_ANSWER]), NotKept::TooLarge),
    ] {
        assert_eq!(cache(100).keep(&message, 0), Stored::Not(reason));
    }
    assert_eq!(cache(0).keep(&example(), 0), Stored::Not(NotKept::Off));
    assert_eq!(cache(0).fetch(&example(), 0), None);

    let (cache, asked) = (cache(100), name("example.net"));
    let put = |bytes: &[u8]| cache.put(&key(&asked, rtype::A), bytes, Facts::default(), 0);
    let bytes = Message::a("example.net", 60).encode();
    let edited = |at: usize, byte: u8| {
        let mut edited = bytes.clone();
        edited[at] = byte;
        edited
    };
    assert_eq!(put(&example().encode()), Stored::Not(NotKept::OtherQuestion));
    assert_eq!(put(&edited(28, 3)), Stored::Not(NotKept::OtherQuestion), "class CHAOS");
    assert_eq!(put(&edited(5, 2)), Stored::Not(NotKept::OtherQuestion), "two questions");
    assert_eq!(put(&edited(2, 0)), Stored::Not(NotKept::Malformed), "a query");
    assert_eq!(put(&bytes[..bytes.len() - 1]), Stored::Not(NotKept::Malformed), "cut off");
    assert_eq!(put(&[&bytes[..], &[0]].concat()), Stored::Not(NotKept::Malformed), "more than announced");
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn the_largest_answer_is_kept_and_comes_back() {
    let cache = cache(100);
    let room = MAX_ANSWER - Message::a("example.com", 60).with(0, rtype::TXT, 60, &[]).encode().len();
    let message = Message::a("example.com", 60).with(0, rtype::TXT, 60, &vec![7; room]);
    assert_eq!(message.encode().len(), MAX_ANSWER);
    for now in 0..50 {
        assert_eq!(cache.keep(&message, now), Stored::Kept { ttl: 60 });
        assert_eq!(cache.fetch(&message, now).unwrap().1, message.encode_with(0, |record| record.ttl));
    }
    assert_eq!(cache.stats().entries, 1);
}

#[test]
#[cfg_attr(miri, ignore = "slow, and nothing unsafe in it")]
fn a_name_is_flushed_in_all_its_types_and_alone() {
    let cache = cache(1000);
    let names: Vec<String> = (0..100).map(|n| format!("host{n}.example.com")).collect();
    for text in &names {
        cache.keep(&Message::a(text, 60), 0);
        cache.keep(&Message::to(text, rtype::AAAA).with(0, rtype::AAAA, 60, &[0; 16]), 0);
    }
    assert_eq!(cache.remove(name("host7.example.com").as_name()), 2);
    assert_eq!(cache.remove(name("host7.example.com").as_name()), 0);
    for text in &names {
        assert_eq!(cache.fetch(&Message::a(text, 60), 0).is_some(), text != "host7.example.com", "{text}");
    }
    cache.clear();
    assert_eq!((cache.stats().entries, cache.stats().bytes), (0, 0));
    assert!(names.iter().all(|text| cache.fetch(&Message::a(text, 60), 0).is_none()));
}

/// The bytes come from the network: anything may be in them.
#[test]
fn garbage_never_panics_and_is_never_served() {
    let (cache, asked) = (cache(64), name("example.com"));
    let whole = Message::typical("example.com", 60).with_soa(60, 60).encode();
    let mut random = Random(1);
    let mut out = [0; MAX_ANSWER];
    for _ in 0..if cfg!(miri) { 50 } else { 300_000 } {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        let cut = random.below(2 * whole.len()); // half of them stay whole
        bytes.truncate(cut);
        let stored = cache.put(&key(&asked, rtype::A), &bytes, Facts::default(), 0);
        let hit = cache.get(&key(&asked, rtype::A), 0, &mut out);
        if let Stored::Kept { ttl } = stored {
            assert_eq!(hit.map(|hit| (hit.len, hit.ttl_left)), Some((bytes.len(), ttl)));
        }
    }
    for len in 0..if cfg!(miri) { 50 } else { 1000 } {
        let bytes: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
        assert!(matches!(cache.put(&key(&asked, rtype::A), &bytes, Facts::default(), 0), Stored::Not(_)));
    }
}
