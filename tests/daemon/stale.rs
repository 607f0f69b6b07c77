//! When upstream is slow, silent or broken: expired answers, remembered failures, one fetch for many.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::harness::{A, Daemon, House, Upstream, eventually, stopwatch};

/// A house whose upstream answers each question for the first time only, with a TTL of a second.
fn answered_once(later: impl Fn(u32) -> Vec<u16> + Send + Sync + 'static) -> Daemon {
    let count = AtomicU32::new(0);
    let house =
        House::new().with("upstream.timeout = 3").upstream(Upstream::sending(move |asked| {
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => vec![asked.answer().address_for(A, 1).bytes()],
                again => later(again).into_iter().map(|rcode| asked.answer().rcode(rcode).bytes()).collect(),
            }
        }));
    let house = house.start();
    assert_eq!(house.ask("www.example"), "NOERROR A 1 192.0.2.1");
    // Until it is expired, the cache answers and nobody is asked.
    eventually("the answer expires", || {
        house.ask("www.example");
        house.forwarded().len() > 1
    });
    house
}

// RFC 8767 §5: "a client response timer (…) 1.8 seconds"; §4: "a TTL of 30 seconds is RECOMMENDED"; RFC 8914 §4.4.
#[test]
fn an_expired_answer_serves_while_upstream_is_silent() {
    let house = answered_once(|_| vec![]);
    assert_eq!(house.ask("www.example"), "NOERROR A 30 192.0.2.1 ede 3");
    assert_eq!(house.query("www.example").plain().send(), "NOERROR A 30 192.0.2.1", "without EDNS");
    assert_eq!(house.query("www.example").tcp().send(), "NOERROR A 30 192.0.2.1 ede 3");
}

// RFC 8767 §4: any response code but NOERROR and NXDOMAIN is a failure to renew.
#[test]
fn an_expired_answer_serves_while_upstream_fails() {
    for rcode in [2, 5] {
        let house = answered_once(move |_| vec![rcode]);
        assert_eq!(house.ask("www.example"), "NOERROR A 30 192.0.2.1 ede 3", "rcode {rcode}");
    }
}

// RFC 8767 §5: a failed renewal is not tried again for 30 seconds, in which the answer comes at once.
#[test]
fn after_a_failed_renewal_nobody_waits_again() {
    let house = answered_once(|_| vec![2]);
    eventually("the renewal has failed", || house.ask("www.example") == "NOERROR A 30 192.0.2.1 ede 3");
    let asked = house.forwarded().len();
    for _ in 0..10 {
        assert_eq!(house.ask("www.example"), "NOERROR A 30 192.0.2.1 ede 3");
    }
    assert_eq!(house.forwarded().len(), asked);
}

#[test]
fn without_stale_for_what_expired_is_gone() {
    let upstream = Upstream::sending({
        let count = AtomicU32::new(0);
        move |asked| match count.fetch_add(1, Ordering::Relaxed) {
            0 => vec![asked.answer().address_for(A, 1).bytes()],
            _ => vec![asked.answer().rcode(2).bytes()],
        }
    });
    let house = House::new().with("cache.stale_for = 0").upstream(upstream).start();
    house.ask("www.example");
    eventually("it expires", || house.ask("www.example").rcode() == 2);
}

// RFC 9520 §3.2: "resolvers MUST cache resolution failures"; RFC 8914 §4.14: Cached Error.
#[test]
fn a_failure_is_remembered_for_some_seconds() {
    let house = House::new().upstream(Upstream::answering(|asked| asked.answer().rcode(2))).start();
    assert_eq!(house.ask("www.example"), "SERVFAIL");
    let asked = house.forwarded().len();
    assert_eq!(house.ask("www.example"), "SERVFAIL ede 13");
    assert_eq!(house.query("www.example").plain().send(), "SERVFAIL");
    assert_eq!(house.forwarded().len(), asked);
    assert_eq!(house.ask("other.example"), "SERVFAIL", "of another name nothing is known");
    eventually("it is tried again", || {
        house.ask("www.example");
        house.forwarded().iter().filter(|question| *question == "www.example A").count() > 1
    });
}

// RFC 5452 §5: identical questions on their way at once make a forger's work easier; so there is one.
#[test]
fn identical_questions_share_one_fetch() {
    let asked_by_all = Arc::new(AtomicU32::new(0));
    let all_sent = Arc::clone(&asked_by_all);
    let house = House::new().upstream(Upstream::answering(move |asked| {
        let elapsed = stopwatch();
        while all_sent.load(Ordering::Relaxed) == 0 && elapsed().as_secs() < 5 {
            std::thread::yield_now();
        }
        asked.answer().address_for(A, 0)
    }));
    let house = house.start();
    let clients: Vec<_> = (0..20).map(|_| house.client()).collect();
    for (id, client) in (1..).zip(&clients) {
        client.send(&crate::harness::Packet::query("Www.Example").id(id).bytes());
    }
    asked_by_all.store(1, Ordering::Relaxed);
    for (id, client) in (1..).zip(&clients) {
        let answer = client.receive();
        assert_eq!((answer.id, answer.to_string().as_str()), (id, "NOERROR A 0 192.0.2.1"));
        assert_eq!(answer.question, "Www.Example A", "each in its own letters");
    }
    // Once, but for what a late upstream is asked again.
    assert!(house.forwarded().len() <= 3, "{:?}", house.forwarded());
}
