//! DNS over QUIC (RFC 9250).

use std::time::Duration;

use crate::harness::{Daemon, House, Packet, Quic, Upstream, flag, kdig, option, stopwatch};

/// The codes of RFC 9250 §4.3.
const NO_ERROR: u64 = 0;
const PROTOCOL_ERROR: u64 = 2;
const EXCESSIVE_LOAD: u64 = 4;

fn house() -> Daemon {
    House::new().list("adult", ["bad.example"]).encrypted().start()
}

fn question(name: &str) -> Packet {
    // RFC 9250 §4.2.1: "the DNS Message ID MUST be set to 0".
    Packet::query(name).id(0).edns()
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

#[test]
fn kdig_has_its_answers() {
    let house = house();
    let (port, ca) = (house.tls_port().to_string(), format!("+tls-ca={}", house.certificate_file()));
    // kdig 3.2.6 crashes when +quic stands before the others.
    let ask = |name| kdig(["-p", &port, &ca, "+tls-hostname=luytre.lan", "+quic", "+noall", "+answer", name]);
    assert!(ask("bad.example").contains("\tA\t0.0.0.0"));
    for _ in 0..2 {
        assert!(ask("plain.example").contains("\tA\t192.0.2.1"));
    }
    assert_eq!(house.forwarded(), ["plain.example A"], "the second came from the cache");
}

#[test]
fn a_hundred_streams_have_a_hundred_answers() {
    let house = house();
    let questions: Vec<Packet> = (0..100).map(|number| question(&format!("n{number}.example"))).collect();
    let answers = house.quic().ask_all(&questions);
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!((answer.id, answer.to_string().as_str()), (0, "NOERROR A 300 192.0.2.1"));
        assert_eq!(answer.question, format!("n{number}.example A"));
    }
    assert_eq!(house.forwarded().len(), 100);
}

#[test]
fn an_answer_of_any_size_comes_whole() {
    let upstream = Upstream::answering(|asked| match asked.over_tcp {
        true => asked.answer().text(60_000),
        false => asked.answer().set(flag::TC),
    });
    let house = House::new().encrypted().upstream(upstream).start();
    let answer = house.quic().ask(&question("long.example TXT"));
    assert!(answer.bytes.len() > 60_000 && !answer.has(flag::TC));
}

// RFC 9250 §4.3.3 and §4.2: what breaks the protocol ends the connection with DOQ_PROTOCOL_ERROR.
#[test]
fn who_breaks_the_protocol_is_hung_up_on() {
    let house = house();
    let good = question("bad.example").bytes();
    let keepalive = Packet::query("bad.example").id(0).opt(1232, 0, &option(11, &[]));
    for (what, bytes) in [
        ("an ID", framed(&Packet::query("bad.example").id(1).bytes())),
        ("no length", vec![]),
        ("half a message", framed(&good)[..20].to_vec()),
        ("two messages", [framed(&good), framed(&good)].concat()),
        ("a byte too many", [&framed(&good)[..], &[0]].concat()),
        ("edns-tcp-keepalive", framed(&keepalive.bytes())),
        ("an answer", framed(&Packet::query("bad.example").id(0).set(flag::QR).bytes())),
        ("70,000 bytes", vec![0xff; 70_000]),
    ] {
        let quic = house.quic();
        assert_eq!(quic.ask(&question("bad.example")), "NOERROR A 10 0.0.0.0 ede 17 4");
        assert_eq!(quic.closes_after(bytes), PROTOCOL_ERROR, "{what}");
    }
    assert_eq!(house.quic().ask(&question("luytre.lan")), "NOERROR A 10 127.0.0.1");
}

#[test]
fn who_asks_nothing_is_let_go() {
    let house = House::new().encrypted().with("limits.tcp_idle = 1").start();
    let quic = house.quic();
    let elapsed = stopwatch();
    assert_eq!(quic.ask(&question("luytre.lan")), "NOERROR A 10 127.0.0.1");
    // Our client keeps the connection alive, which is not asking.
    assert_eq!(quic.closes(), NO_ERROR);
    assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&elapsed()), "{:?}", elapsed());
}

#[test]
fn who_asks_too_much_is_hung_up_on() {
    let house =
        House::new().encrypted().with("limits.client_rate = 1").with("limits.client_burst = 5").start();
    let quic = house.quic();
    for _ in 0..5 {
        assert_eq!(quic.ask(&question("luytre.lan")), "NOERROR A 10 127.0.0.1");
    }
    assert_eq!(quic.closes_after(framed(&question("luytre.lan").bytes())), EXCESSIVE_LOAD);
}

#[test]
fn many_clients_at_once_are_answered() {
    let house = House::new().encrypted().with("limits.tcp_connections_per_client = 100").start();
    std::thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| assert_eq!(house.quic().ask(&question("luytre.lan")), "NOERROR A 10 127.0.0.1"));
        }
    });
}

#[test]
fn who_wants_to_speak_something_else_is_refused() {
    let house = house();
    let to = (std::net::Ipv4Addr::LOCALHOST, house.tls_port()).into();
    let ca = house.certificate_file();
    assert!(Quic::connect("127.0.0.1".parse().unwrap(), to, &ca, b"h3").is_err());
}

/// hickory's own listener takes 36 MB before the first client comes.
#[test]
fn listening_for_quic_takes_less_than_a_megabyte() {
    let without = house();
    let with = house();
    let without = {
        let port = without.tls_port();
        drop(without);
        let tls = format!("listen.tls = ['127.0.0.1:{port}']");
        let house = House::new().list("adult", ["bad.example"]).with(&tls).start();
        house.ask("bad.example");
        (house.own_kb(), house.resident_kb())
    };
    with.ask("bad.example");
    let with = (with.own_kb(), with.resident_kb());
    println!("own and resident memory in kB: {without:?} with TLS alone, {with:?} with QUIC and HTTPS");
    assert!(with.0 < without.0 + 1000, "{with:?} against {without:?}");
}
