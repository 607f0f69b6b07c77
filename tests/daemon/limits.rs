//! How much one client may take, and who is a client at all.

use std::time::Duration;

use crate::harness::{Daemon, House, Packet, Stream, eventually, stopwatch};

/// Asks by this connection; whether it was let in.
fn is_let_in(stream: &mut Stream) -> bool {
    stream.send_bytes(&framed()) && stream.receive().is_some_and(|answer| answer == "NOERROR A 10 127.0.0.1")
}

fn framed() -> Vec<u8> {
    let message = Packet::query("luytre.lan").bytes();
    [&(message.len() as u16).to_be_bytes()[..], &message].concat()
}

#[test]
fn one_client_has_so_many_connections_and_no_more() {
    let house = House::new().with("limits.tcp_connections_per_client = 2").start();
    let [mut first, mut second, mut third] = [house.tcp(), house.tcp(), house.tcp()];
    assert!(is_let_in(&mut first) && is_let_in(&mut second));
    assert!(!is_let_in(&mut third));
    assert!(is_let_in(&mut house.tcp_from("127.0.0.2")), "another client");
    drop(first);
    eventually("the place is free again", || is_let_in(&mut house.tcp()));
    assert!(is_let_in(&mut second));
}

#[test]
fn all_clients_together_have_so_many_connections_and_no_more() {
    let house = House::new().with("limits.tcp_connections = 3").start();
    let mut open = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map(|client| house.tcp_from(client));
    assert!(open.iter_mut().all(is_let_in));
    assert!(!is_let_in(&mut house.tcp_from("127.0.0.4")));
    drop(open);
    eventually("the places are free again", || is_let_in(&mut house.tcp_from("127.0.0.4")));
}

#[test]
fn many_connections_that_come_and_go_leave_nothing_behind() {
    let house = House::new().with("limits.tcp_connections_per_client = 3").start();
    for _ in 0..200 {
        eventually("a place is free", || is_let_in(&mut house.tcp()));
    }
}

// RFC 7766 §6.2.3: a few seconds of idleness are enough for a server that has better use for its connections.
#[test]
fn a_silent_connection_is_closed() {
    let house = House::new().with("limits.tcp_idle = 1").start();
    let elapsed = stopwatch();
    let (mut never_spoke, mut spoke) = (house.tcp(), house.tcp());
    assert!(is_let_in(&mut spoke));
    assert!(never_spoke.is_closed_by_the_daemon() && spoke.is_closed_by_the_daemon());
    let waited = elapsed();
    assert!(waited >= Duration::from_millis(900), "closed after {waited:?}");
    assert!(waited < Duration::from_secs(5), "closed only after {waited:?}");
}

/// One byte now and then keeps a connection busy, but says nothing.
#[test]
fn a_connection_that_only_trickles_is_closed() {
    let house = House::new().with("limits.tcp_idle = 1").start();
    let mut stream = house.tcp();
    let elapsed = stopwatch();
    eventually("the daemon hangs up", || !stream.send_bytes(&[0xff]));
    assert!(elapsed() < Duration::from_secs(8), "{:?}", elapsed());
}

/// The answer to a question, for a house where a client may ask five and then one a second.
fn house_of_five() -> Daemon {
    House::new().with("limits.client_rate = 1").with("limits.client_burst = 5").start()
}

#[test]
fn who_asks_too_much_is_refused_and_nobody_else() {
    let house = house_of_five();
    for _ in 0..5 {
        assert_eq!(house.ask("luytre.lan"), "NOERROR A 10 127.0.0.1");
    }
    let client = house.client();
    client.send(&Packet::query("luytre.lan").id(77).bytes());
    let refused = client.receive();
    assert_eq!((refused.to_string().as_str(), refused.id), ("REFUSED", 77));
    for _ in 0..5 {
        assert_eq!(house.query("luytre.lan").from("127.0.0.2").send(), "NOERROR A 10 127.0.0.1");
    }
    assert_eq!(house.forwarded(), [""; 0]);
}

#[test]
fn what_was_refused_for_haste_is_answered_later() {
    let house = house_of_five();
    let client = house.client();
    let ask = || {
        client.send(&Packet::query("luytre.lan").bytes());
        client.receive()
    };
    eventually("the burst is used up", || ask() == "REFUSED");
    eventually("a second later one may ask again", || ask() == "NOERROR A 10 127.0.0.1");
}

#[test]
fn who_asks_too_much_by_tcp_is_hung_up_on() {
    let house = house_of_five();
    let mut stream = house.tcp();
    let answered = (0..20).take_while(|_| is_let_in(&mut stream)).count();
    assert!((5..=7).contains(&answered), "{answered} answers");
}

// RFC 8914 §4.19, Prohibited: the query came from an unauthorized client.
#[test]
fn strangers_are_refused_whatever_they_ask() {
    let house = House::new()
        .list("adult", ["bad.example"])
        .with("listen.lan = ['127.0.0.2/32']")
        .with("house.deny = ['denied.example']")
        .start();
    for name in ["plain.example", "bad.example", "denied.example", "localhost", "luytre.lan"] {
        assert_eq!(house.ask(name), "REFUSED ede 18", "{name}");
        assert_eq!(house.query(name).tcp().send(), "REFUSED ede 18", "{name} by TCP");
        assert_eq!(house.query(name).plain().send(), "REFUSED");
    }
    assert_eq!(house.forwarded(), [""; 0]);
    assert_eq!(house.query("plain.example").from("127.0.0.2").send(), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.query("bad.example").from("127.0.0.2").tcp().send(), "NOERROR A 10 0.0.0.0 ede 17 4");
}

/// What is cached for the house is not for strangers either.
#[test]
fn strangers_do_not_hear_what_the_house_asked() {
    let house = House::new().with("listen.lan = ['127.0.0.2/32']").start();
    assert_eq!(house.query("plain.example").from("127.0.0.2").send(), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.ask("plain.example"), "REFUSED ede 18");
}
