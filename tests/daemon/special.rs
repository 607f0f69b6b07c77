//! Names that are answered in the house and never leave it.

use std::net::IpAddr;

use crate::harness::{House, Upstream};

/// Nothing there, and for how long to believe it.
const ABSENT: &str = "NXDOMAIN soa 3600";
const NO_DATA: &str = "NOERROR soa 3600";
/// What the plain upstream says of anything but addresses.
const FROM_UPSTREAM: &str = "NOERROR soa 300";

/// Asks each, expects its answer, and that upstream heard of none.
fn assert_stay_here(expected: &[(&str, &str)]) {
    let house = House::new().start();
    for (question, answer) in expected {
        assert_eq!(house.ask(question), *answer, "{question}");
    }
    assert_eq!(house.forwarded(), [""; 0]);
}

// RFC 6761 §6.3: "Name resolution APIs and libraries SHOULD recognize localhost names as special and SHOULD always
// return the IP loopback address for address queries and negative responses for all other query types."
#[test]
fn localhost_is_the_client_itself() {
    assert_stay_here(&[
        ("localhost", "NOERROR A 3600 127.0.0.1"),
        ("localhost AAAA", "NOERROR AAAA 3600 ::1"),
        ("LocalHost HTTPS", NO_DATA),
        ("app.localhost", "NOERROR A 3600 127.0.0.1"),
        ("1.0.0.127.in-addr.arpa PTR", "NOERROR PTR 3600 localhost"),
    ]);
}

// RFC 6762 §22.1 (.local), RFC 7686 §2 (.onion), RFC 9476 §2 (.alt), RFC 6761 §6.2 and §6.4 (.test, .invalid), ICANN
// 2024 (.internal); use-application-dns.net is how Firefox learns that a network filters.
#[test]
fn reserved_names_do_not_exist() {
    assert_stay_here(&[
        ("printer.local", ABSENT),
        ("local SOA", ABSENT),
        ("x.alt", ABSENT),
        ("intranet.internal AAAA", ABSENT),
        ("expyuzz4wqqyqhjn.onion", ABSENT),
        ("www.test MX", ABSENT),
        ("a.b.invalid", ABSENT),
        ("use-application-dns.net", ABSENT),
        ("use-application-dns.net AAAA", ABSENT),
    ]);
}

// RFC 8375 §4: names below home.arpa "MUST NOT be forwarded", but "a query for the DS record MUST result in forwarding
// whatever queries are necessary".
#[test]
fn home_arpa_is_empty_but_its_ds_is_public() {
    let house = House::new().start();
    assert_eq!(house.ask("home.arpa"), NO_DATA);
    assert_eq!(house.ask("nas.home.arpa AAAA"), ABSENT);
    assert_eq!(house.ask("nas.home.arpa DS"), ABSENT);
    assert_eq!(house.ask("home.arpa DS"), FROM_UPSTREAM);
    assert_eq!(house.forwarded(), ["home.arpa DS"]);
}

// RFC 9462 §6.4: "resolvers SHOULD respond to queries of any type other than SVCB for _dns.resolver.arpa with NODATA
// and queries of any type for any domain name under resolver.arpa with NODATA." What is found there when something
// encrypted listens stands in [`crate::discovery`].
#[test]
fn resolver_arpa_has_no_data_while_nothing_is_encrypted() {
    assert_stay_here(&[
        ("_dns.resolver.arpa SVCB", NO_DATA),
        ("_dns.resolver.arpa A", NO_DATA),
        ("resolver.arpa SOA", NO_DATA),
    ]);
}

// RFC 6303 §4, RFC 7793: the ranges whose reverse zones every resolver serves.
#[test]
fn reverse_names_of_private_ranges_stay_in_the_house() {
    let house = House::new().start();
    let asked = |address: &str| house.ask(&format!("{} PTR", reverse(address)));
    for private in [
        "10.0.0.1",
        "10.255.255.254",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.1",
        "192.168.255.1",
        "0.1.2.3",
        "127.0.0.2",
        "169.254.1.1",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "100.64.0.1",
        "100.127.255.254",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "febf::1",
        "2001:db8::1",
    ] {
        assert_eq!(asked(private), ABSENT, "{private}");
    }
    // These are whole zones, so their names exist.
    assert_eq!(asked("255.255.255.255"), NO_DATA);
    assert_eq!(asked("::"), NO_DATA);
    assert_eq!(asked("::1"), "NOERROR PTR 3600 localhost");
    // RFC 6303 §3: a zone that is served here has an SOA record like any other.
    assert_eq!(house.ask("168.192.in-addr.arpa SOA"), "NOERROR SOA 3600 [48]");
    assert_eq!(house.forwarded(), [""; 0]);
}

#[test]
fn reverse_names_beside_private_ranges_are_forwarded() {
    let house = House::new().start();
    let public =
        ["9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.167.0.1", "100.63.0.1", "100.128.0.1"];
    let public = [&public[..], &["128.0.0.1", "2001:db9::1", "fb00::1", "fec0::1", "::2"]].concat();
    for address in &public {
        assert_eq!(house.ask(&format!("{} PTR", reverse(address))), FROM_UPSTREAM, "{address}");
    }
    assert_eq!(house.forwarded().len(), public.len());
}

#[test]
fn our_own_name_is_the_address_that_was_reached() {
    let house = House::new().listening_everywhere().start();
    for (reached, rtype) in [("127.0.0.1", "A"), ("127.0.0.2", "A"), ("::1", "AAAA")] {
        let question = house.query(&format!("luytre.lan {rtype}")).to(reached);
        let expected = format!("NOERROR {rtype} 10 {reached}");
        assert_eq!(question.clone().send(), &*expected, "by UDP");
        assert_eq!(question.tcp().send(), &*expected, "by TCP");
    }
    assert_eq!(house.ask("luytre.lan AAAA"), "NOERROR soa 10", "127.0.0.1 is no IPv6 address");
    assert_eq!(house.query("luytre.lan A").to("::1").send(), "NOERROR soa 10");
    assert_eq!(house.ask("luytre.lan HTTPS"), "NOERROR soa 10");
    assert_eq!(house.ask("x.luytre.lan"), "NXDOMAIN soa 10");
    assert_eq!(house.forwarded(), [""; 0]);
}

#[test]
fn the_page_may_have_more_names() {
    let house = House::new().with("web.hosts = ['filter.example.com']").start();
    assert_eq!(house.ask("filter.example.com"), "NOERROR A 10 127.0.0.1");
    assert_eq!(house.ask("luytre.lan"), "NOERROR A 10 127.0.0.1");
    assert_eq!(house.ask("example.com"), "NOERROR A 300 192.0.2.1");
}

#[test]
fn zones_with_servers_of_their_own_are_asked_there() {
    let own = Upstream::answering(|asked| asked.answer().address([10, 0, 0, 7]));
    let server = format!("udp://{}", own.address());
    let zones = ["home.arpa", "168.192.in-addr.arpa", "corp.example"];
    let zones = zones.map(|zone| format!("'{zone}' = ['{server}']")).join(", ");
    let house = House::new().with(&format!("upstream.zones = {{ {zones} }}")).start();
    for name in ["nas.home.arpa", "home.arpa", "7.1.168.192.in-addr.arpa", "corp.example", "a.b.corp.example"]
    {
        assert_eq!(house.ask(name), "NOERROR A 300 10.0.0.7", "{name}");
    }
    assert_eq!(own.questions().len(), 5);
    assert_eq!(house.ask("notcorp.example"), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.ask("1.0.0.10.in-addr.arpa PTR"), ABSENT, "another private zone stays here");
    assert_eq!(house.ask("x.onion"), ABSENT);
    assert_eq!(house.forwarded(), ["notcorp.example A"]);
}

/// RFC 6761 §6.3: whoever asks about localhost means itself, whatever zones there are.
#[test]
fn localhost_does_not_even_go_to_a_server_of_its_own() {
    let own = Upstream::plain();
    let zone = format!("upstream.zones = {{ 'localhost' = ['udp://{}'] }}", own.address());
    let house = House::new().with(&zone).start();
    assert_eq!(house.ask("localhost"), "NOERROR A 3600 127.0.0.1");
    assert_eq!(house.ask("app.localhost AAAA"), "NOERROR AAAA 3600 ::1");
    assert_eq!(own.questions(), [""; 0]);
}

/// The name under which the PTR record of an address stands (RFC 1035 §3.5, RFC 3596 §2.5).
fn reverse(address: &str) -> String {
    match address.parse().unwrap() {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles =
                v6.octets().into_iter().rev().map(|byte| format!("{:x}.{:x}.", byte & 0xf, byte >> 4));
            format!("{}ip6.arpa", nibbles.collect::<String>())
        }
    }
}
