//! Discovery of designated resolvers (RFC 9462): devices that ask find our encrypted listeners.

use crate::harness::{Daemon, House, kdig};

const QUESTION: &str = "_dns.resolver.arpa SVCB";

/// What kdig says of the answer: each record's data, those of the additional section behind.
fn announced(house: &Daemon, address: &str) -> Vec<String> {
    let (port, to) = (house.port().to_string(), format!("@{address}"));
    let told = kdig([&*to, "-p", &port, "_dns.resolver.arpa", "SVCB", "+noall", "+answer", "+additional"]);
    let data = |line: &str| line.split_whitespace().skip(3).collect::<Vec<_>>().join(" ");
    told.lines().filter(|line| line.contains("\tIN\t")).map(data).collect()
}

// RFC 9462 §4, RFC 9461 §7: alpn, port, dohpath; the hints spare the client another question.
#[test]
fn what_listens_is_announced() {
    let house = House::new().encrypted().start();
    let (tls, https) = (house.tls_port(), house.https_port());
    for (address, hint, record) in
        [("127.0.0.1", "ipv4hint=127.0.0.1", "A 127.0.0.1"), ("::1", "ipv6hint=::1", "AAAA ::1")]
    {
        let expected = [
            format!("SVCB 1 luytre.lan. alpn=dot port={tls} {hint}"),
            format!("SVCB 2 luytre.lan. alpn=doq port={tls} {hint}"),
            format!("SVCB 3 luytre.lan. alpn=h2 port={https} {hint} key7=\"/dns-query{{?dns}}\""),
            record.to_owned(),
        ];
        assert_eq!(announced(&house, address), expected);
    }
    assert_eq!(house.forwarded(), [""; 0]);
}

// RFC 9462 §4.3: a client that can't check the certificate's name takes only the address that it asked.
#[test]
fn what_listens_elsewhere_is_not_announced() {
    let house = House::new().listening_everywhere().encrypted().start();
    assert_eq!(announced(&house, "127.0.0.1").len(), 4);
    assert_eq!(house.query(QUESTION).to("127.0.0.2").send(), "NOERROR soa 3600");
}

#[test]
fn every_other_question_there_has_no_data() {
    let house = House::new().encrypted().start();
    for question in ["_dns.resolver.arpa A", "resolver.arpa SVCB", "x._dns.resolver.arpa SVCB"] {
        assert_eq!(house.ask(question), "NOERROR soa 3600", "{question}");
    }
}

#[test]
fn one_transport_alone_is_announced_alone() {
    let house = House::new().encrypted().with("listen.https = []").with("listen.quic = []").start();
    assert_eq!(announced(&house, "127.0.0.1").len(), 2, "TLS, and the address");
    let letters = house.ask("_DNS.Resolver.ARPA SVCB");
    assert_eq!((letters.answers.len(), letters.additional.len()), (1, 1), "in any case of letters");
}

/// What a reload reads listens only after a restart, so it is not announced before.
#[test]
fn only_what_is_open_is_announced() {
    let mut house = House::new().encrypted().start();
    assert!(house.reload_with("listen.tls = []").contains("listen.tls has changed"));
    assert_eq!(announced(&house, "127.0.0.1").len(), 4);
}
