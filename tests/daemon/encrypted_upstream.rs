//! The house asks a resolver of somebody else's make over TLS and HTTPS, by a wire that is tapped.
//!
//! Over QUIC no resolver of Debian's serves; the daemon's own tests have a server of quinn's for it
//! (`daemon/src/upstream/tests/encrypted.rs`), and tell more of what a server can do wrong.

use crate::harness::{A, Authority, Daemon, House, Tap, Unbound, Upstream, eventually};

const ANSWER: &str = "NOERROR A 300 192.0.2.7";
const NAME: &str = "dns.test";

/// A house, the tap on its wire, and the resolver behind that.
struct Scene {
    house: Daemon,
    tap: Tap,
    unbound: Unbound,
}

/// A house whose one server is `transport://PLACE`, where `PORT` in the place is the tap's.
fn scene(transport: &str, place: &str, house: House) -> Scene {
    let authority = Authority::new();
    let ca = house.write("ca.pem", authority.pem());
    let unbound = Unbound::start(&house, &authority, NAME);
    let tap = Tap::on(unbound.address(transport));
    let server = format!("{transport}://{}", place.replace("PORT", &tap.port().to_string()));
    let house = house
        .with("limits.workers = 1") // each thread has connections of its own
        .with(&format!("upstream.ca = '{ca}'"))
        .with(&format!("upstream.servers = ['{server}']"))
        .start();
    Scene { house, tap, unbound }
}

#[test]
fn a_hundred_questions_take_one_connection_that_nobody_can_read() {
    for transport in ["tls", "https"] {
        let scene = scene(transport, "dns.test:PORT@127.0.0.1", House::new());
        for n in 0..100 {
            assert_eq!(scene.house.ask(&format!("a{n}.example")), ANSWER, "{transport}");
        }
        assert_eq!((scene.tap.connections(), scene.tap.readable()), (1, 0), "{transport}");
        let row = &scene.house.status()["upstream"][0];
        assert_eq!(row["transport"], transport);
        assert!(row["random_case"].is_null() && row["srtt_ms"].is_u64() && row["last_error"] == "", "{row}");
    }
}

#[test]
fn answers_are_the_servers_whatever_they_say() {
    for transport in ["tls", "https"] {
        let scene = scene(transport, "dns.test:PORT@127.0.0.1", House::new());
        assert_eq!(scene.house.ask("www.example").answers.len(), 1);
        assert!(scene.house.ask("www.example TXT").answers.is_empty(), "no such data");
        assert_eq!(scene.house.ask("www.example TXT").rcode(), 0);
        assert_eq!(scene.house.query("www.example").tcp().send(), ANSWER);
        // The client's subnet and cookie stay with us.
        assert_eq!(scene.house.query("b.example").option(8, &[0, 1, 24, 0, 192, 0, 2]).send(), ANSWER);
    }
}

#[test]
fn a_certificate_for_another_name_is_a_servfail_and_nothing_goes_out_in_the_clear() {
    for transport in ["tls", "https"] {
        let scene = scene(transport, "other.test:PORT@127.0.0.1", House::new());
        for n in 0..5 {
            assert_eq!(scene.house.ask(&format!("a{n}.example")), "SERVFAIL ede 23", "{transport}");
        }
        let status = scene.house.status();
        let error = status["upstream"][0]["last_error"].as_str().unwrap();
        assert!(error.contains("certificate"), "{error}");
        assert!(scene.tap.connections() > 0);
        assert_eq!(scene.tap.readable(), 0, "{transport}");
    }
}

#[test]
fn an_authority_that_nobody_named_is_not_believed() {
    let mut scene = scene("tls", "dns.test:PORT@127.0.0.1", House::new());
    assert_eq!(scene.house.ask("a.example"), ANSWER);
    scene.house.reload_with("upstream.ca = ''");
    assert_eq!(scene.house.ask("b.example"), "SERVFAIL ede 23");
}

#[test]
fn a_server_that_was_restarted_is_found_again() {
    for transport in ["tls", "https"] {
        let mut scene = scene(transport, "dns.test:PORT@127.0.0.1", House::new());
        assert_eq!(scene.house.ask("a.example"), ANSWER);
        scene.unbound.restart();
        assert_eq!(scene.house.ask("b.example"), ANSWER, "{transport}: not one question is lost");
        scene.unbound.end();
        assert_eq!(scene.house.ask("c.example").rcode(), 2, "{transport}");
        scene.unbound.restart();
        let mut n = 0;
        eventually("it answers again", || {
            n += 1;
            scene.house.ask(&format!("d{n}.example")) == ANSWER
        });
        assert_eq!(scene.tap.readable(), 0);
    }
}

#[test]
fn a_host_is_looked_up_by_the_bootstrap_server_which_is_asked_nothing_else() {
    let plain = Upstream::answering(|asked| match asked.question().as_str() {
        "dns.test A" => asked.answer().address([127, 0, 0, 1]),
        question if question.ends_with(" A") => asked.answer().address(A),
        _ => asked.answer().soa(300),
    });
    let bootstrap = format!("upstream.bootstrap = ['{}']", plain.address());
    // Even where the house blocks it.
    let house = House::new().upstream(plain).with(&bootstrap).with("house.deny = ['dns.test']");
    let scene = scene("tls", "dns.test:PORT", house);
    for n in 0..10 {
        assert_eq!(scene.house.ask(&format!("a{n}.example")), ANSWER);
    }
    let mut asked = scene.house.forwarded();
    asked.sort();
    assert_eq!(asked, ["dns.test A", "dns.test AAAA"]);
    assert_eq!((scene.tap.connections(), scene.tap.readable()), (1, 0));
}

#[test]
fn a_reload_moves_the_house_to_another_server() {
    let authority = Authority::new();
    let house = House::new();
    let ca = house.write("ca.pem", authority.pem());
    let unbound = Unbound::start(&house, &authority, NAME);
    let mut house = house.with(&format!("upstream.ca = '{ca}'")).start();
    assert_eq!(house.ask("www.example"), "NOERROR A 300 192.0.2.1");
    let address = unbound.address("https");
    house.reload_with(&format!("upstream.servers = ['https://{NAME}:{}@127.0.0.1']", address.port()));
    assert_eq!(house.ask("www.example"), ANSWER);
    assert_eq!(house.forwarded(), ["www.example A"], "the old server only before");
}
