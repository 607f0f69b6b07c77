//! What a blocked question gets: four ways to answer, each with its reason.

use crate::harness::{Daemon, House, flag};

fn house(mode: &str) -> Daemon {
    House::new().list("adult", ["bad.example"]).with(&format!("reply.mode = '{mode}'")).start()
}

/// Asks for `bad.example` by type, with EDNS and without.
fn assert_answers(house: &Daemon, expected: &[(&str, &str)]) {
    for (rtype, answer) in expected {
        let asked = format!("bad.example {rtype}");
        assert_eq!(house.ask(&asked), *answer, "{rtype}");
        let without_reason = answer.split(" ede ").next().unwrap();
        assert_eq!(house.query(&asked).plain().send(), without_reason, "{rtype}, no EDNS");
    }
    assert_eq!(house.forwarded(), [""; 0]);
}

// RFC 8914 §4.18: "Filtered: The server is unable to respond to the request because the domain is on a blocklist as
// requested by the client." §4.5, Forged Answer: "For policy reasons (legal obligation or malware filtering, for
// instance), an answer was forged."
#[test]
fn page_gives_the_address_that_the_question_reached() {
    let house = house("page");
    assert_answers(
        &house,
        &[
            ("A", "NOERROR A 10 127.0.0.1 ede 17 4"),
            // 127.0.0.1 was reached, and there is no page by IPv6.
            ("AAAA", "NOERROR AAAA 10 :: ede 17 4"),
            ("HTTPS", "NOERROR soa 10 ede 17"),
            ("ANY", "NOERROR soa 10 ede 17"),
            ("TXT", "NOERROR soa 10 ede 17"),
        ],
    );
    assert_eq!(house.query("bad.example AAAA").to("::1").send(), "NOERROR AAAA 10 ::1 ede 17 4");
    assert_eq!(house.query("bad.example A").to("::1").send(), "NOERROR A 10 0.0.0.0 ede 17 4");
}

#[test]
fn null_gives_the_address_that_is_none() {
    assert_answers(
        &house("null"),
        &[
            ("A", "NOERROR A 10 0.0.0.0 ede 17 4"),
            ("AAAA", "NOERROR AAAA 10 :: ede 17 4"),
            ("HTTPS", "NOERROR soa 10 ede 17"),
            ("ANY", "NOERROR soa 10 ede 17"),
            ("TXT", "NOERROR soa 10 ede 17"),
        ],
    );
}

#[test]
fn nxdomain_denies_every_type() {
    let denied = ["A", "AAAA", "HTTPS", "ANY", "TXT"].map(|rtype| (rtype, "NXDOMAIN soa 10 ede 17"));
    assert_answers(&house("nxdomain"), &denied);
}

#[test]
fn refused_refuses_every_type() {
    let refused = ["A", "AAAA", "HTTPS", "ANY", "TXT"].map(|rtype| (rtype, "REFUSED ede 17"));
    assert_answers(&house("refused"), &refused);
}

#[test]
fn without_a_page_the_default_is_null() {
    assert_eq!(house("auto").ask("bad.example"), "NOERROR A 10 0.0.0.0 ede 17 4");
}

#[test]
fn with_a_page_the_default_is_its_address() {
    let house = House::new().list("adult", ["bad.example"]).with("web.listen = ['127.0.0.1:0']").start();
    assert_eq!(house.ask("bad.example"), "NOERROR A 10 127.0.0.1 ede 17 4");
}

/// A client takes an answer only from the address that it asked, which its connected socket sees to; where we listen
/// on every address the kernel has to be told.
#[test]
fn on_every_address_the_answer_comes_from_the_one_that_was_asked() {
    let house = House::new()
        .listening_everywhere()
        .list("adult", ["bad.example"])
        .with("reply.mode = 'page'")
        .start();
    for address in ["127.0.0.1", "127.0.0.2", "127.8.9.10"] {
        let blocked = house.query("bad.example").to(address);
        assert_eq!(blocked.clone().send(), &*format!("NOERROR A 10 {address} ede 17 4"));
        assert_eq!(blocked.tcp().send(), &*format!("NOERROR A 10 {address} ede 17 4"), "over TCP");
        // This one waits for upstream and is sent by other code.
        assert_eq!(house.query("plain.example").to(address).send(), "NOERROR A 300 192.0.2.1");
    }
    assert_eq!(house.query("bad.example AAAA").to("::1").send(), "NOERROR AAAA 10 ::1 ede 17 4");
    assert_eq!(house.query("other.example").to("::1").send(), "NOERROR A 300 192.0.2.1");
}

#[test]
fn the_page_may_have_an_address_of_its_own() {
    let house = House::new()
        .list("adult", ["bad.example"])
        .with("reply.mode = 'page'")
        .with("reply.address = ['10.9.8.7', 'fd00::7']")
        .with("reply.ttl = 42")
        .start();
    assert_eq!(house.ask("bad.example"), "NOERROR A 42 10.9.8.7 ede 17 4");
    assert_eq!(house.ask("bad.example AAAA"), "NOERROR AAAA 42 fd00::7 ede 17 4");
    assert_eq!(house.ask("bad.example TXT"), "NOERROR soa 42 ede 17");
}

// RFC 8914 §4.16: "Blocked: … the domain is on a blocklist due to an internal security policy imposed by the operator
// of the server resolving or forwarding the query."
#[test]
fn always_and_the_operators_rules_are_blocked_and_the_rest_is_filtered() {
    let house = House::new()
        .list("always", ["worst.example"])
        .list("gambling", ["bad.example"])
        .with("house.deny = ['denied.example']")
        .with("reply.mode = 'nxdomain'")
        .start();
    assert_eq!(house.ask("worst.example").extended_errors(), [15]);
    assert_eq!(house.ask("denied.example").extended_errors(), [15]);
    assert_eq!(house.ask("bad.example").extended_errors(), [17]);
}

/// The form of draft-ietf-dnsop-structured-dns-error: contact, justification, organisation.
#[test]
fn the_reason_is_json_that_fits() {
    const BLOCKED: [&str; 6] = ["always", "adult", "self_harm", "extremism", "gambling", "crypto_mining"];
    let mut house = House::new().with("house.deny = ['denied.example']");
    for category in BLOCKED {
        house = house.list(category, [&*format!("{}.example", category.replace('_', "-"))]);
    }
    let house = house.start();
    let names = BLOCKED.map(|category| category.replace('_', "-"));
    for name in names.iter().map(String::as_str).chain(["denied"]) {
        let answer = house.ask(&format!("{name}.example"));
        assert!(answer.extra_text().len() <= 200, "{}", answer.extra_text());
        let reason = answer.extra_json();
        assert!(reason["c"][0].as_str().is_some_and(|contact| contact.contains("://")), "{reason}");
        assert!(reason["j"].as_str().is_some_and(|justification| !justification.is_empty()), "{reason}");
        assert!(reason["o"].as_str().is_some_and(|organisation| !organisation.is_empty()), "{reason}");
    }
}

#[test]
fn what_was_forged_is_neither_authentic_nor_authoritative() {
    let house = house("null");
    let answer = house.query("bad.example").set(flag::AD).dnssec_ok().send();
    assert_eq!(answer.flags & (flag::AD | flag::AA | flag::TC), 0, "{answer:?}");
}

#[test]
fn a_block_is_the_same_whatever_the_case_and_the_transport() {
    let house = house("null");
    assert_eq!(house.ask("bAd.EXAMPLE").question, "bAd.EXAMPLE A");
    assert_eq!(house.ask("WWW.Bad.Example"), "NOERROR A 10 0.0.0.0 ede 17 4");
    assert_eq!(house.query("Bad.Example").tcp().send(), "NOERROR A 10 0.0.0.0 ede 17 4");
}

/// The longest name and the smallest size: question, answer and reason together take more than 512 bytes, so the
/// reason goes first.
#[test]
fn a_block_fits_where_only_little_fits() {
    let house = house("null");
    let label = "x".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}.bad.example", "x".repeat(49));
    let answer = house.query(&longest).size(512).send();
    assert!(answer.to_string().starts_with("NOERROR A 10 0.0.0.0 ede 17"), "{answer}");
}
