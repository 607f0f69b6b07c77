//! DNS over HTTPS (RFC 8484), over HTTP/2 by kdig and over HTTP/1.1 by hand.

use std::time::Duration;

use crate::harness::{Daemon, House, Packet, Upstream, eventually, handshake, kdig, stopwatch};

fn house() -> Daemon {
    House::new().list("adult", ["bad.example"]).encrypted().start()
}

/// `?dns=` of `www.example.com A`, as RFC 8484 §4.1.1 shows it.
const RFC_EXAMPLE: &str = "/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB";

#[test]
fn kdig_has_its_answers_by_post_and_by_get() {
    let house = house();
    let (port, ca) = (house.https_port().to_string(), format!("+tls-ca={}", house.certificate_file()));
    for method in ["+https", "+https-get", "+https=luytre.lan/dns-query/an-phone"] {
        let ask =
            |name| kdig(["-p", &port, method, &ca, "+tls-hostname=luytre.lan", "+noall", "+answer", name]);
        assert!(ask("bad.example").contains("\tA\t0.0.0.0"), "{method}");
        assert!(ask("plain.example").contains("\tA\t192.0.2.1"), "{method}");
    }
    assert_eq!(house.forwarded(), ["plain.example A"], "the others came from the cache");
}

#[test]
fn one_connection_carries_one_question_after_another() {
    let house = house();
    let mut https = house.https();
    for id in [0, 1, 0xffff] {
        let response = https.post("/dns-query", &Packet::query("bad.example").id(id).edns());
        let answer = response.answer();
        assert_eq!((answer.id, answer.to_string().as_str()), (id, "NOERROR A 10 0.0.0.0 ede 17 4"));
    }
    assert_eq!(https.request("GET", RFC_EXAMPLE).answer(), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.forwarded(), ["www.example.com A"]);
}

// RFC 8484 §5.1: "the freshness lifetime of the response MUST be less than or equal to the smallest TTL in the Answer
// section".
#[test]
fn caches_are_told_the_smallest_ttl() {
    let upstream = Upstream::answering(|asked| match asked.question().as_str() {
        "two.example A" => asked.answer().address_for([192, 0, 2, 1], 600).address_for([192, 0, 2, 2], 40),
        _ => asked.answer().soa(77).rcode(3),
    });
    let house = House::new().list("adult", ["bad.example"]).encrypted().upstream(upstream).start();
    let mut https = house.https();
    for (name, age) in [("two.example", 40), ("absent.example", 77), ("bad.example", 10)] {
        let response = https.post("/dns-query", &Packet::query(name));
        assert_eq!(response.header("cache-control"), Some(&*format!("max-age={age}")), "{name}");
    }
}

// RFC 8484 §4.2.1: "A successful HTTP response with a 2xx status code is used for any valid DNS response, regardless of
// the DNS response code."
#[test]
fn a_dns_error_is_an_http_success() {
    let house = House::new().encrypted().upstream(Upstream::silent()).with("upstream.timeout = 1").start();
    let mut https = house.https();
    let failed = https.post("/dns-query", &Packet::query("plain.example").edns());
    assert!(failed.answer().to_string().starts_with("SERVFAIL"), "{failed:?}");
    assert_eq!(failed.header("cache-control"), Some("max-age=0"));
    let malformed = https.post("/dns-query", &Packet::query("x.example").claiming([2, 0, 0, 0]));
    assert_eq!(malformed.answer(), "FORMERR");
}

#[test]
fn requests_that_make_no_sense_are_told_why() {
    let house = house();
    let question = Packet::query("bad.example").bytes();
    for (method, path, status) in [
        ("GET", "/dns-query", 400),
        ("GET", "/dns-query?dns=", 400),
        ("GET", "/dns-query?dns=AAAB====", 400),
        ("GET", "/dns-query?dns=!", 400),
        ("GET", "/", 404),
        ("GET", "/api/v1/status", 404),
        ("GET", "/dns-query/", 404),
        ("GET", "/dns-query/a/b", 404),
        ("GET", "/dns-query/a.b?dns=AAAB", 404),
        ("DELETE", "/dns-query", 405),
        ("OPTIONS", "*", 404),
    ] {
        let response = house.https().request(method, path);
        assert_eq!(response.status, status, "{method} {path}");
        assert!(response.body.ends_with(b".\n"), "{method} {path}: {response:?}");
    }
    for (content_type, path, body, status) in [
        ("text/plain", "/dns-query", &question[..], 415),
        ("application/dns-json", "/dns-query", &question, 415),
        ("application/dns-message", "/dns-query", b"", 400),
        ("application/dns-message", "/dns-query", &[0; 11], 400),
        ("application/dns-message", "/dns-query", &[0xff; 40], 400),
        ("application/dns-message", "/dns-query", &[0; 65_536], 413),
        ("application/dns-message", "/other", &question, 404),
        ("application/dns-message", &format!("/dns-query/{}", "t".repeat(64)), &question, 404),
    ] {
        let response = house.https().post_as(content_type, path, body);
        assert_eq!(response.status, status, "{content_type} {path} {}", body.len());
    }
    let response = house.https().request("GET", &format!("/dns-query?dns={}", "A".repeat(20_000)));
    assert!(matches!(response.status, 414 | 431), "{response:?}");
}

#[test]
fn a_token_names_a_device_and_changes_nothing_yet() {
    let house = house();
    let path = format!("/dns-query/{}", "t".repeat(63));
    let response = house.https().post(&path, &Packet::query("bad.example"));
    assert_eq!(response.answer(), "NOERROR A 10 0.0.0.0");
}

/// One connection speaks what the handshake said, so no request gets around the bounds of the other HTTP.
#[test]
fn there_is_no_way_from_http_1_to_http_2() {
    let house = house();
    let mut https = house.https();
    let upgrade = format!(
        "GET {RFC_EXAMPLE} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\n\
         http2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
    );
    assert_eq!(https.exchange(upgrade.as_bytes()).answer(), "NOERROR A 300 192.0.2.1");
    let mut preface = house.https();
    assert!(preface.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
    assert!(preface.receive().is_none_or(|response| response.status >= 400));
}

#[test]
fn who_speaks_no_http_is_refused() {
    let house = house();
    let connection = house.encrypted("127.0.0.1", house.https_port());
    let refused = handshake(connection, &house.certificate_file(), &[b"dot"]);
    assert!(refused.unwrap_err().to_string().contains("NoApplicationProtocol"));
}

#[test]
fn a_silent_connection_is_closed() {
    let house = House::new().encrypted().with("limits.tcp_idle = 1").start();
    let elapsed = stopwatch();
    let (mut never_spoke, mut spoke) = (house.https(), house.https());
    assert_eq!(spoke.post("/dns-query", &Packet::query("luytre.lan")).status, 200);
    assert!(never_spoke.receive().is_none() && spoke.receive().is_none());
    assert!((Duration::from_millis(900)..Duration::from_secs(6)).contains(&elapsed()), "{:?}", elapsed());
}

#[test]
fn a_request_that_only_trickles_is_given_up() {
    let house = House::new().encrypted().with("limits.tcp_idle = 1").start();
    let head = "POST /dns-query HTTP/1.1\r\nhost: x\r\ncontent-type: application/dns-message\r\n\
                content-length: 60000\r\n\r\n";
    for beginning in ["GET /", head] {
        let mut https = house.https();
        assert!(https.send(beginning.as_bytes()));
        let elapsed = stopwatch();
        eventually("the daemon hangs up", || !https.send(b"x"));
        assert!(elapsed() < Duration::from_secs(8), "{:?}", elapsed());
    }
}

#[test]
fn who_asks_too_much_is_told_to_wait() {
    let house =
        House::new().encrypted().with("limits.client_rate = 1").with("limits.client_burst = 5").start();
    let mut https = house.https();
    let statuses: Vec<u16> =
        (0..20).map(|_| https.post("/dns-query", &Packet::query("luytre.lan")).status).collect();
    let answered = statuses.iter().filter(|&&status| status == 200).count();
    assert!((5..=7).contains(&answered), "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
}
