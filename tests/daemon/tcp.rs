//! DNS over TCP (RFC 7766): many questions on one connection, and everything that can go wrong on one.

use std::collections::BTreeSet;

use crate::harness::{A, Daemon, House, Packet, Upstream, flag, option};

fn house() -> Daemon {
    let house = House::new().list("adult", ["bad.example"]).with("reply.mode = 'refused'");
    // Closed connections take their places with them only when the daemon has seen it.
    house.with("limits.tcp_connections_per_client = 100").start()
}

/// The house answers on a connection of its own, and by UDP.
fn assert_well(house: &Daemon) {
    assert_eq!(house.query("bad.example").tcp().send(), "REFUSED ede 17");
    assert_eq!(house.ask("bad.example"), "REFUSED ede 17");
}

// RFC 7766 §6.2.1: a connection serves many queries, not one.
#[test]
fn one_connection_carries_one_question_after_another() {
    let house = house();
    let mut stream = house.tcp();
    for number in 0..50 {
        let answer = stream.send(&Packet::query(&format!("n{number}.example")).id(number)).receive().unwrap();
        assert_eq!((answer.id, answer.to_string().as_str()), (number, "NOERROR A 300 192.0.2.1"));
        assert_eq!(stream.send(&Packet::query("bad.example").edns()).receive().unwrap(), "REFUSED ede 17");
    }
}

// RFC 7766 §6.2.1.1: "The server SHOULD process TCP queries concurrently, just as it would for UDP." §7: answers may be
// out of order.
#[test]
fn twenty_questions_at_once_have_twenty_answers() {
    let house = house();
    let mut stream = house.tcp();
    let all: Vec<u8> =
        (0..20).flat_map(|id| framed(&Packet::query(&format!("n{id}.example")).id(id))).collect();
    assert!(stream.send_bytes(&all));
    let ids: BTreeSet<u16> = (0..20).map(|_| stream.receive().expect("an answer").id).collect();
    assert_eq!(ids, (0..20).collect());
    assert_eq!(house.forwarded().len(), 20);
}

#[test]
fn a_slow_answer_keeps_no_other_waiting() {
    let upstream = Upstream::sending(|asked| match asked.question().starts_with("slow") {
        true => vec![],
        false => vec![asked.answer().address(A).bytes()],
    });
    let house = House::new().upstream(upstream).with("upstream.timeout = 2").start();
    let mut stream = house.tcp();
    stream.send(&Packet::query("slow.example").id(1)).send(&Packet::query("quick.example").id(2));
    let ids = [stream.receive(), stream.receive()].map(|answer| answer.expect("an answer").id);
    assert_eq!(ids, [2, 1]);
}

// A client that has asked everything may close its half of the connection and still wait for the answers.
#[test]
fn a_half_closed_connection_has_its_answers() {
    let house = house();
    let mut stream = house.tcp();
    for id in 0..20 {
        stream.send(&Packet::query(&format!("n{id}.example")).id(id));
    }
    stream.ask_no_more();
    let ids: BTreeSet<u16> = (0..20).map(|_| stream.receive().expect("an answer").id).collect();
    assert_eq!(ids, (0..20).collect());
    assert!(stream.is_closed_by_the_daemon());
}

#[test]
fn a_message_may_come_byte_by_byte() {
    let house = house();
    let mut stream = house.tcp();
    for byte in framed(&Packet::query("bad.example").edns()) {
        assert!(stream.send_bytes(&[byte]));
    }
    assert_eq!(stream.receive().unwrap(), "REFUSED ede 17");
}

// RFC 1035 §4.2.2: the length is 16 bits: this is the longest query there can be.
#[test]
fn a_query_of_64_kilobytes_is_a_query() {
    let house = house();
    let bare = Packet::query("bad.example").opt(1232, 0, &option(12, &[])).bytes().len();
    let padding = option(12, &vec![0; 65_535 - bare]);
    let largest = Packet::query("bad.example").opt(1232, 0, &padding);
    assert_eq!(largest.bytes().len(), 65_535);
    let mut stream = house.tcp();
    for _ in 0..3 {
        assert_eq!(stream.send(&largest).receive().unwrap(), "REFUSED ede 17");
    }
    assert_eq!(house.forwarded(), [""; 0]);
}

#[test]
fn messages_that_end_early_harm_nobody() {
    let house = house();
    let whole = framed(&Packet::query("plain.example"));
    for end in 0..whole.len() {
        assert!(house.tcp().send_bytes(&whole[..end]));
    }
    assert_well(&house);
    assert_eq!(house.forwarded(), [""; 0]);
}

#[test]
fn a_message_without_bytes_harms_nobody() {
    let house = house();
    let mut stream = house.tcp();
    stream.send_bytes(&[0, 0]);
    stream.send_bytes(&[0; 1000]);
    assert_well(&house);
}

/// A web browser on the wrong port, and noise: read as lengths and messages, answered or hung up on.
#[test]
fn what_is_no_dns_harms_nobody() {
    let house = house();
    for noise in
        [&b"GET / HTTP/1.1\r\nHost: luytre.lan\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01\x00", &[0xff; 70_000]]
    {
        house.tcp().send_bytes(noise);
    }
    assert_well(&house);
    assert_eq!(house.forwarded(), [""; 0]);
}

/// After what gets silence the connection is of no more use to anybody.
#[test]
fn an_answer_sent_to_us_ends_the_connection() {
    let house = house();
    let mut stream = house.tcp();
    stream.send(&Packet::query("bad.example").set(flag::QR));
    assert!(stream.is_closed_by_the_daemon());
    assert_well(&house);
}

/// Who asks and never reads fills our buffers: up to a bound, and at nobody else's cost.
#[test]
fn a_client_that_never_reads_harms_only_itself() {
    let upstream = Upstream::answering(|asked| asked.answer().text(1000));
    let house = House::new().upstream(upstream).list("adult", ["bad.example"]).with("reply.mode = 'refused'");
    let house = house.with("limits.client_rate = 0").with("limits.tcp_idle = 1").start();
    house.ask("large.example TXT");
    let before = house.resident_kb();
    let mut deaf = house.tcp();
    let questions = framed(&Packet::query("large.example TXT")).repeat(100);
    // 20 MB of answers; it is hung up on before all are asked, or loses what it does not read.
    for _ in 0..200 {
        if !deaf.send_bytes(&questions) {
            break;
        }
    }
    assert_well(&house);
    assert!(house.resident_kb() < before + 8_000, "{before} kB, then {} kB", house.resident_kb());
}

fn framed(packet: &Packet) -> Vec<u8> {
    let message = packet.bytes();
    [&(message.len() as u16).to_be_bytes()[..], &message].concat()
}
