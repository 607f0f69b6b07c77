//! DNS over TLS (RFC 7858), and what all transports with connections share.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::time::Duration;

use crate::harness::{Daemon, House, Packet, Tls, eventually, handshake, kdig, option, stopwatch};

/// The EDNS option that takes room (RFC 7830).
const PADDING: u16 = 12;

fn house() -> Daemon {
    House::new().list("adult", ["bad.example"]).encrypted().start()
}

fn is_let_in(stream: &mut Tls) -> bool {
    let packet = Packet::query("luytre.lan").bytes();
    let framed = [&(packet.len() as u16).to_be_bytes()[..], &packet].concat();
    stream.send_bytes(&framed) && stream.receive().is_some_and(|answer| answer == "NOERROR A 10 127.0.0.1")
}

fn is_let_in_from(house: &Daemon, address: &str) -> bool {
    house.tls_from(address).is_ok_and(|mut stream| is_let_in(&mut stream))
}

#[test]
fn kdig_has_its_answers_and_trusts_our_certificate() {
    let house = house();
    let (port, ca) = (house.tls_port().to_string(), format!("+tls-ca={}", house.certificate_file()));
    let ask = |name| kdig(["-p", &port, "+tls", &ca, "+tls-hostname=luytre.lan", "+noall", "+answer", name]);
    assert!(ask("bad.example").contains("\tA\t0.0.0.0"));
    for _ in 0..2 {
        assert!(ask("plain.example").contains("\tA\t192.0.2.1"));
    }
    assert_eq!(house.forwarded(), ["plain.example A"], "the second came from the cache");
}

#[test]
fn a_client_that_asks_for_an_address_of_ours_takes_the_certificate_too() {
    let house = house();
    let (port, ca) = (house.tls_port().to_string(), format!("+tls-ca={}", house.certificate_file()));
    let told = kdig(["-p", &port, "+tls", &ca, "+tls-hostname=127.0.0.1", "luytre.lan"]);
    assert!(told.contains("\tA\t127.0.0.1"), "{told}");
}

#[test]
fn an_answer_is_the_same_as_over_tcp() {
    let house = house();
    let (mut tls, mut tcp) = (house.tls(), house.tcp());
    for question in ["bad.example", "bad.example AAAA", "plain.example", "x.onion", "plain.example MX"] {
        let packet = Packet::query(question).edns();
        let over_tcp = tcp.send(&packet).receive().unwrap();
        assert_eq!(tls.send(&packet).receive().unwrap().bytes, over_tcp.bytes, "{question}");
    }
}

#[test]
fn twenty_questions_at_once_have_twenty_answers() {
    let house = house();
    let mut stream = house.tls();
    for id in 0..20 {
        stream.send(&Packet::query(&format!("n{id}.example")).id(id));
    }
    let ids: BTreeSet<u16> = (0..20).map(|_| stream.receive().expect("an answer").id).collect();
    assert_eq!(ids, (0..20).collect());
}

// RFC 7830 §4: "Responders MUST pad DNS responses when the respective DNS query included the 'Padding' option"; RFC
// 8467 §4.1: to a multiple of 468 octets.
#[test]
fn who_pads_the_question_gets_a_padded_answer() {
    let house = house();
    let mut stream = house.tls();
    for question in ["bad.example", "plain.example", "x.onion", "plain.example MX"] {
        for _ in 0..2 {
            let padded = Packet::query(question).opt(1232, 0, &option(PADDING, &[0; 9]));
            let answer = stream.send(&padded).receive().unwrap();
            assert_eq!(answer.bytes.len(), 468, "{answer:?}");
            let bare = stream.send(&Packet::query(question).edns()).receive().unwrap();
            assert_eq!(bare.to_string(), answer.to_string());
            assert!(bare.bytes.len() < 468);
        }
    }
    // RFC 7830 §6: padding is of no use where all can be read.
    let plain = house.query("bad.example").option(PADDING, &[0; 9]);
    assert!(plain.clone().send().bytes.len() < 468 && plain.tcp().send().bytes.len() < 468);
}

// RFC 7301 §3.2: a server that supports none of the protocols offered refuses with "no_application_protocol".
#[test]
fn who_wants_to_speak_something_else_is_refused() {
    let house = house();
    let connect = |alpn: &[&[u8]]| {
        let connection = house.encrypted("127.0.0.1", house.tls_port());
        handshake(connection, &house.certificate_file(), alpn).map_err(|error| error.to_string())
    };
    assert!(connect(&[b"h2"]).unwrap_err().contains("NoApplicationProtocol"));
    assert!(connect(&[]).is_ok(), "RFC 7858 came before the name \"dot\"");
    assert!(connect(&[b"h2", b"dot"]).is_ok());
}

#[test]
fn what_is_no_tls_is_hung_up_on() {
    let house = house();
    for port in [house.tls_port(), house.https_port()] {
        for garbage in
            [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 5000], &[0xff; 5000], b"\x16\x03\x01\xff\xff\x01"]
        {
            let mut connection = house.encrypted("127.0.0.1", port);
            let _ = connection.write_all(garbage);
            let _ = connection.shutdown(std::net::Shutdown::Write);
            // At most an alert comes back, then the end.
            let mut told = Vec::new();
            let _ = connection.read_to_end(&mut told);
            assert!(told.len() <= 7, "{told:?}");
        }
    }
    assert!(is_let_in(&mut house.tls()));
}

#[test]
fn a_handshake_that_never_comes_does_not_keep_its_place() {
    let house = House::new().encrypted().with("limits.tcp_connections_per_client = 1").start();
    let elapsed = stopwatch();
    let mut silent = house.encrypted("127.0.0.1", house.tls_port());
    assert!(!is_let_in_from(&house, "127.0.0.1"), "the place is taken");
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "hung up on");
    let waited = elapsed();
    assert!((4..9).contains(&waited.as_secs()), "after {waited:?}");
    eventually("the place is free again", || is_let_in_from(&house, "127.0.0.1"));
}

#[test]
fn a_silent_connection_is_closed() {
    let house = House::new().encrypted().with("limits.tcp_idle = 1").start();
    let mut stream = house.tls();
    let elapsed = stopwatch();
    assert!(is_let_in(&mut stream) && stream.is_closed_by_the_daemon());
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&elapsed()), "{:?}", elapsed());
}

#[test]
fn connections_of_all_transports_are_counted_together() {
    let house = House::new().encrypted().with("limits.tcp_connections_per_client = 4").start();
    let question = Packet::query("luytre.lan");
    let mut tcp = house.tcp();
    tcp.send(&question).receive().unwrap();
    let (mut tls, mut https, quic) = (house.tls(), house.https(), house.quic());
    assert!(is_let_in(&mut tls));
    assert_eq!(https.post("/dns-query", &question).status, 200);
    quic.ask(&question.clone().id(0));
    // None of the four takes a fifth.
    assert!(house.tls_from("127.0.0.1").is_err() && house.https_from("127.0.0.1").is_err());
    assert!(house.quic_from("127.0.0.1").is_err());
    assert!(house.tcp().is_closed_by_the_daemon());
    assert!(is_let_in_from(&house, "127.0.0.2"), "another client");
    drop(quic);
    eventually("the place is free again", || is_let_in_from(&house, "127.0.0.1"));
}

#[test]
fn who_asks_too_much_is_hung_up_on() {
    let house =
        House::new().encrypted().with("limits.client_rate = 1").with("limits.client_burst = 5").start();
    let mut stream = house.tls();
    let answered = (0..20).take_while(|_| is_let_in(&mut stream)).count();
    assert!((5..=7).contains(&answered), "{answered} answers");
}

/// A handshake would cost a stranger nothing and us a signature.
#[test]
fn strangers_get_no_handshake() {
    let house = House::new().encrypted().with("listen.lan = ['127.0.0.2/32']").start();
    for port in [house.tls_port(), house.https_port()] {
        let mut connection = house.encrypted("127.0.0.1", port);
        let _ = connection.write_all(&[0x16, 3, 1]);
        assert!(matches!(connection.read(&mut [0]), Ok(0) | Err(_)));
    }
    assert!(house.quic_from("127.0.0.1").is_err());
    assert!(is_let_in_from(&house, "127.0.0.2"));
    assert!(house.https_from("127.0.0.2").is_ok() && house.quic_from("127.0.0.2").is_ok());
}
