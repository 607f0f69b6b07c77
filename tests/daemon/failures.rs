//! Upstream servers that fail, lie or say nothing.

use std::collections::HashSet;
use std::net::UdpSocket;
use std::time::Duration;

use crate::harness::{A, Asked, House, Packet, Section, Upstream, flag, stopwatch};

const ANSWER: &str = "NOERROR A 300 192.0.2.1";

/// A server that says so and nothing else.
fn answering_code(code: u16) -> Upstream {
    Upstream::answering(move |asked| asked.answer().rcode(code))
}

// RFC 8914 §4.23, No Reachable Authority; the client hears in time, whoever else does not.
#[test]
fn silence_is_a_servfail_within_the_time_out() {
    let house = House::new().upstream(Upstream::silent()).with("upstream.timeout = 1").start();
    let elapsed = stopwatch();
    assert_eq!(house.ask("www.example"), "SERVFAIL ede 22");
    assert!(elapsed() < Duration::from_secs(3), "{:?} for a time-out of 1 s", elapsed());
    assert_eq!(house.query("www1.example").plain().send(), "SERVFAIL");
    assert_eq!(house.query("www2.example").tcp().send(), "SERVFAIL ede 22");
    // Retransmitted: one lost datagram is no failure. And not for ever: a dead line needs no more traffic.
    let tries = house.forwarded().len();
    assert!((3..=9).contains(&tries), "{tries} queries for three questions");
}

#[test]
fn a_server_that_is_not_there_is_a_servfail_at_once() {
    let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let house = House::new().with(&format!("upstream.servers = ['udp://{nobody}']")).start();
    let elapsed = stopwatch();
    assert_eq!(house.ask("www.example"), "SERVFAIL ede 23");
    assert!(elapsed() < Duration::from_secs(4), "{:?}", elapsed());
}

#[test]
fn a_second_server_stands_in_for_the_first() {
    for first in
        [Upstream::silent(), answering_code(2), answering_code(5), answering_code(4), answering_code(1)]
    {
        let house = House::new().upstreams([first, Upstream::plain()]).start();
        assert_eq!(house.ask("www.example"), ANSWER);
        assert!(!house.forwarded().is_empty(), "the first was asked too");
        assert_eq!(house.upstream_number(1).questions(), ["www.example A"]);
    }
}

#[test]
fn a_third_server_stands_in_for_two() {
    let house = House::new().upstreams([Upstream::silent(), answering_code(2), Upstream::plain()]).start();
    assert_eq!(house.ask("www.example"), ANSWER);
}

#[test]
fn parallel_takes_the_first_good_answer() {
    let house = House::new()
        .upstreams([Upstream::silent(), answering_code(5), Upstream::plain()])
        .with("upstream.strategy = 'parallel'")
        .start();
    assert_eq!(house.ask("www.example"), ANSWER);
    assert_eq!(house.upstream_number(2).questions().len(), 1);
}

#[test]
fn when_all_say_servfail_so_do_we() {
    let house = House::new().upstreams([answering_code(2), answering_code(2)]).start();
    assert_eq!(house.ask("www.example"), "SERVFAIL");
}

/// NXDOMAIN is an answer, not a failure: asking on would let whoever says "yes" win.
#[test]
fn an_nxdomain_is_not_taken_to_the_next_server() {
    let absent = Upstream::answering(|asked| asked.answer().rcode(3).soa(60));
    let house = House::new().upstreams([absent, Upstream::plain()]).start();
    assert_eq!(house.ask("www.example"), "NXDOMAIN soa 60");
    assert_eq!(house.upstream_number(1).questions(), [""; 0]);
}

/// What a forger or a broken server may send in front of the answer. None of it is the answer.
fn nonsense(asked: &Asked) -> Vec<Vec<u8>> {
    let wrong = || asked.answer().address([203, 0, 113, 66]);
    let other = |text: &str| {
        let question = Packet::query(text).bytes()[12..].to_vec();
        asked.answer().asking(question).record(Section::Answer, "A", 300, &[203, 0, 113, 66]).bytes()
    };
    vec![
        vec![],
        b"noise".to_vec(),
        wrong().bytes()[..11].to_vec(),
        wrong().bytes()[..20].to_vec(),
        wrong().id(asked.query.id ^ 1).bytes(),
        wrong().unset(flag::QR).bytes(),
        wrong().opcode(5).bytes(),
        other("www.example.net"),
        other("www.example AAAA"),
        other("www.example").iter().rev().copied().collect(),
        wrong().claiming([0, 1, 0, 0]).bytes(),
        wrong().claiming([2, 1, 0, 0]).bytes(),
        wrong().class(3).bytes(),
        vec![0xff; 1400],
    ]
}

// RFC 5452 §9.1: what does not match in question, ID, addresses and ports is no answer and must not be taken for one.
#[test]
fn what_does_not_answer_the_question_is_passed_over() {
    let upstream = Upstream::sending(|asked| {
        let mut all = nonsense(asked);
        all.push(asked.answer().address(A).bytes());
        all
    });
    let house = House::new().upstream(upstream).start();
    assert_eq!(house.ask("www.example"), ANSWER);
    assert_eq!(house.ask("www.example"), ANSWER, "and none of it was kept");
}

#[test]
fn nonsense_alone_is_a_servfail() {
    let house = House::new().upstream(Upstream::sending(nonsense)).with("upstream.timeout = 1").start();
    let answer = house.ask("www.example");
    assert!(["SERVFAIL ede 22", "SERVFAIL ede 23"].contains(&&*answer.to_string()), "{answer}");
    assert_eq!(house.ask("luytre.lan"), "NOERROR A 10 127.0.0.1");
}

/// Answers to our question whose records run out of the message.
fn broken(asked: &Asked) -> Packet {
    asked.answer().address([203, 0, 113, 66]).claiming([1, 5, 0, 0])
}

#[test]
fn an_answer_that_lies_about_its_records_is_not_passed_on() {
    let house = House::new().upstream(Upstream::answering(broken)).with("upstream.timeout = 1").start();
    assert_eq!(house.ask("www.example"), "SERVFAIL ede 23");
}

#[test]
fn a_broken_answer_sends_the_question_to_the_next_server() {
    let house = House::new().upstreams([Upstream::answering(broken), Upstream::plain()]).start();
    assert_eq!(house.ask("www.example"), ANSWER);
}

#[test]
fn an_answer_with_two_opt_records_is_not_passed_on() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| asked.answer().address(A).edns()))
        .with("upstream.timeout = 1")
        .start();
    assert_eq!(house.ask("www.example"), "SERVFAIL ede 23");
}

/// Bytes behind the last record belong to nobody: they neither pass nor harm.
#[test]
fn bytes_behind_the_answer_do_not_pass() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| asked.answer().address(A).trailing(b"junk")))
        .start();
    assert_eq!(house.ask("www.example"), ANSWER);
    assert_eq!(house.query("www.example").plain().tcp().send(), ANSWER);
}

#[test]
fn a_server_that_recovers_is_used_again() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| match asked.question().starts_with("good") {
            true => asked.answer().address(A),
            false => asked.answer().rcode(2),
        }))
        .start();
    for number in 0..20 {
        assert_eq!(house.ask(&format!("bad-{number}.example")), "SERVFAIL");
    }
    assert_eq!(house.ask("good.example"), ANSWER);
}

/// More questions than that would be a memory that anybody can fill, by whatever way they come.
#[test]
fn no_more_questions_wait_for_upstream_than_the_limit() {
    const LIMIT: usize = 3;
    let house = House::new()
        .upstream(Upstream::silent())
        .with(&format!("limits.in_flight = {LIMIT}"))
        .with("limits.workers = 2")
        .with("upstream.timeout = 2")
        .start();
    let question = |number| Packet::query(&format!("n{number}.example")).edns();
    let clients: Vec<_> = (0..24).map(|_| house.client()).collect();
    let mut streams: Vec<_> = (0..8).map(|_| house.tcp()).collect();
    (0..).zip(&clients).for_each(|(number, client)| client.send(&question(number).bytes()));
    for (number, stream) in (100..).zip(&mut streams) {
        stream.send(&question(number));
    }
    let by_udp = clients.iter().map(|client| client.receive());
    let by_tcp = streams.iter_mut().map(|stream| stream.receive().expect("an answer"));
    let told: Vec<String> = by_udp.chain(by_tcp).map(|answer| answer.to_string()).collect();
    let waited = told.iter().filter(|answer| *answer == "SERVFAIL ede 22").count();
    assert_eq!(waited, LIMIT, "{told:?}");
    let forwarded: HashSet<String> = house.forwarded().into_iter().collect();
    assert_eq!(forwarded.len(), LIMIT);
}

/// One dead server must not make everybody wait for everything.
#[test]
fn what_waits_for_upstream_keeps_nobody_else_waiting() {
    let upstream = Upstream::sending(|asked| match asked.question().starts_with("slow") {
        true => vec![],
        false => vec![asked.answer().address(A).bytes()],
    });
    let house = House::new().upstream(upstream).list("adult", ["bad.example"]).start();
    let waiting = house.client();
    waiting.send(&Packet::query("slow.example").edns().bytes());
    let elapsed = stopwatch();
    assert_eq!(house.ask("www.example"), ANSWER);
    assert_eq!(house.ask("bad.example"), "NOERROR A 10 0.0.0.0 ede 17 4");
    assert!(elapsed() < Duration::from_secs(4), "{:?} of the 5 s that the other waits", elapsed());
    assert_eq!(waiting.receive(), "SERVFAIL ede 22");
}

#[test]
fn a_daemon_that_dies_again_and_again_starts_in_safe_mode_once() {
    let mut house = House::new().list("gambling", ["bad.example"]).start();
    for _ in 0..3 {
        assert_eq!(house.ask("bad.example"), "NOERROR A 10 0.0.0.0 ede 17 4");
        house.kill();
        house.start_again();
    }
    let status = house.status();
    assert!(status["notices"].to_string().contains("safe mode, after 3 starts"), "{}", status["notices"]);
    assert_eq!(status["list"]["state"], "starter");
    assert_eq!(house.ask("www.bet365.com"), "NOERROR A 10 0.0.0.0 ede 17 4", "the starter list filters");
    assert_eq!(house.ask("bad.example"), "NOERROR A 300 192.0.2.1");
    house.stop();
    house.start_again();
    assert_eq!(house.status()["notices"].to_string(), "[]");
    assert_eq!(house.ask("bad.example"), "NOERROR A 10 0.0.0.0 ede 17 4");
}
