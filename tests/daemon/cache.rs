//! Answers that were fetched once serve again, for as long as they may.

use crate::harness::{A, CD, Daemon, House, Packet, Upstream, eventually, flag, luytre};

const ANSWER: &str = "NOERROR A 300 192.0.2.1";

fn house_with(answer: impl Fn(Packet) -> Packet + Send + Sync + 'static) -> Daemon {
    House::new().upstream(Upstream::answering(move |asked| answer(asked.answer()))).start()
}

#[test]
fn a_second_question_is_answered_here() {
    let house = House::new().start();
    for question in
        [house.query("www.example"), house.query("WWW.example").plain(), house.query("www.EXAMPLE").tcp()]
    {
        assert_eq!(question.send(), ANSWER);
    }
    assert_eq!(house.query("www.example").from("127.0.0.9").send(), ANSWER, "for another client");
    assert_eq!(house.forwarded(), ["www.example A"]);
}

#[test]
fn another_type_is_another_question() {
    let house = House::new().start();
    house.ask("www.example");
    house.ask("www.example AAAA");
    house.ask("example");
    assert_eq!(house.forwarded(), ["www.example A", "www.example AAAA", "example A"]);
}

// RFC 1035 §3.2.1: the TTL is "the time interval that the resource record may be cached".
#[test]
fn the_ttl_counts_down() {
    let house = House::new().start();
    assert_eq!(house.ask("www.example"), ANSWER);
    eventually("a second goes by", || house.ask("www.example").answers[0].ttl < 300);
    assert!(house.ask("www.example").answers[0].ttl >= 290);
    assert_eq!(house.forwarded().len(), 1);
}

#[test]
fn an_answer_that_has_expired_is_fetched_again() {
    let house = house_with(|answer| answer.address_for(A, 1));
    assert_eq!(house.ask("www.example"), "NOERROR A 1 192.0.2.1");
    eventually("it expires", || {
        house.ask("www.example");
        house.forwarded().len() == 2
    });
}

// RFC 2181 §8: a TTL with the highest bit set counts "as if the entire value received was zero"; RFC 1035 §3.2.1:
// "Zero values are interpreted to mean that the RR can only be used for the transaction in progress".
#[test]
fn what_may_not_be_kept_is_not() {
    let answers: [fn(Packet) -> Packet; 4] = [
        |answer| answer.address_for(A, 0),
        |answer| answer.address_for(A, 300).address_for([192, 0, 2, 2], 0),
        |answer| answer.address_for(A, 0x8000_0000),
        |answer| answer.rcode(3), // no SOA, so nobody knows for how long (RFC 2308 §5)
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let house = house_with(answer);
        let first = house.ask("www.example").to_string();
        let asked = house.forwarded().len();
        assert_eq!(house.ask("www.example").to_string(), first, "answer {number}");
        assert!(house.forwarded().len() > asked, "answer {number} was kept");
    }
}

// RFC 2308 §5: negative answers are cached too, for the lesser of the SOA's TTL and its MINIMUM field.
#[test]
fn negative_answers_are_kept() {
    for (answer, expected) in [
        ((|answer| answer.rcode(3).soa(60)) as fn(Packet) -> Packet, "NXDOMAIN soa 60"),
        (|answer| answer.soa(60), "NOERROR soa 60"),
    ] {
        let house = house_with(answer);
        assert_eq!(house.ask("www.example"), expected);
        assert_eq!(house.ask("www.example"), expected);
        assert_eq!(house.forwarded().len(), 1);
    }
}

// RFC 4035 §3.2.1 and §3.2.2: DO and CD change what a resolver answers.
#[test]
fn dnssec_and_unchecked_answers_are_kept_apart() {
    let house = House::new().start();
    let question = house.query("www.example");
    for _ in 0..2 {
        for asked in [question.clone(), question.clone().dnssec_ok(), question.clone().set(CD)] {
            assert_eq!(asked.send(), ANSWER);
        }
        assert_eq!(question.clone().dnssec_ok().set(CD).send(), ANSWER);
    }
    assert_eq!(house.forwarded().len(), 4);
}

/// We have no zone, so what we answer from memory is not authoritative.
#[test]
fn a_kept_answer_does_not_claim_authority() {
    let house = house_with(|answer| answer.address(A).set(flag::AA));
    assert!(house.ask("www.example").has(flag::AA));
    assert!(!house.ask("www.example").has(flag::AA));
}

#[test]
fn ttls_are_kept_within_the_houses_bounds() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| match asked.question().starts_with("long") {
            true => asked.answer().address_for(A, 1_000_000),
            false => asked.answer().address_for(A, 1),
        }))
        .with("cache.min_ttl = 60")
        .with("cache.max_ttl = 3600")
        .start();
    house.ask("long.example");
    house.ask("short.example");
    assert_eq!(house.ask("long.example"), "NOERROR A 3600 192.0.2.1");
    assert_eq!(house.ask("short.example"), "NOERROR A 60 192.0.2.1");
    assert_eq!(house.forwarded().len(), 2);
}

#[test]
fn a_house_may_keep_nothing() {
    let house = House::new().with("cache.entries = 0").start();
    assert_eq!(
        [house.ask("www.example"), house.ask("www.example")].map(|answer| answer == ANSWER),
        [true; 2]
    );
    assert_eq!(house.forwarded().len(), 2);
}

/// A decision is never kept: what becomes blocked is blocked at once, although its answer is at hand.
#[test]
fn a_kept_answer_does_not_outlive_a_new_rule() {
    let mut house = House::new().start();
    assert_eq!(house.ask("www.example"), ANSWER);
    house.reload_with("house.deny = ['example']");
    assert_eq!(house.ask("www.example"), "NOERROR A 10 0.0.0.0 ede 15 4");
    house.reload_with("house.deny = []");
    assert!(house.ask("www.example").to_string().starts_with("NOERROR A "));
    assert_eq!(house.forwarded().len(), 1);
}

/// Another server may say something else: what the old one said is forgotten.
#[test]
fn new_servers_are_asked_anew() {
    let other = Upstream::answering(|asked| asked.answer().address([198, 51, 100, 7]));
    let mut house = House::new().start();
    assert_eq!(house.ask("www.example"), ANSWER);
    let mut open = house.tcp();
    assert_eq!(open.send(&Packet::query("www.example")).receive().unwrap(), ANSWER);
    house.reload_with(&format!("upstream.servers = ['udp://{}']", other.address()));
    // The connection was there before the reload; what it asks next is asked after it.
    assert_eq!(open.send(&Packet::query("www.example")).receive().unwrap(), "NOERROR A 300 198.51.100.7");
    assert_eq!(house.ask("www.example"), "NOERROR A 300 198.51.100.7");
    assert_eq!(house.ask("other.example"), "NOERROR A 300 198.51.100.7");
}

#[test]
fn more_names_than_fit_are_answered_all_the_same() {
    let house = House::new().with("cache.entries = 64").with("limits.client_rate = 0").start();
    for number in 0..500 {
        assert_eq!(house.ask(&format!("n{number}.example")), ANSWER);
    }
    let cache = &house.status()["cache"];
    assert!(cache["entries"].as_u64().unwrap() < 500, "{cache}");
}

#[test]
fn a_name_can_be_flushed() {
    let house = House::new().start();
    for question in ["www.example", "www.example AAAA", "other.example"] {
        house.ask(question);
    }
    let flush = |name| luytre(["flush", "--config", house.config_file(), name]);
    let ended = flush("WWW.example");
    assert_eq!((ended.code, ended.out.as_str(), ended.err.as_str()), (0, "WWW.example\t2\n", ""));
    house.ask("www.example");
    house.ask("other.example");
    assert_eq!(house.forwarded(), ["www.example A", "www.example AAAA", "other.example A", "www.example A"]);
    let ended = flush("not a name");
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("not a name: the character ' '"), "{}", ended.err);
}
