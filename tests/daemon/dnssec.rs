//! Validation over a signed tree of real servers, beside unbound's.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{CD, Daemon, House, Message, Section, Tree, Upstream, eventually, flag};

/// A house behind the tree, whose upstream notes what it is asked.
fn house(tree: &Tree) -> House {
    let port = tree.port();
    validating(tree, Upstream::sending(move |asked| vec![Tree::resolve(port, &asked.query.bytes)]))
}

fn validating(tree: &Tree, upstream: Upstream) -> House {
    House::new()
        .upstream(upstream)
        .with("upstream.validate = true")
        .with(&format!("upstream.trust_anchor = '{}'", tree.anchor()))
}

/// Starts a house and waits until it knows that its upstream gives signatures.
fn started(house: House) -> Daemon {
    let daemon = house.start();
    eventually("the upstream is found to give signatures", || {
        daemon.status()["upstream"][0]["dnssec"] == true
    });
    daemon
}

/// `NOERROR ad 1 ede 6`: code, AD, number of answers, extended errors.
fn told(answer: &Message) -> String {
    let text = answer.to_string();
    let code = text.split(' ').next().unwrap();
    let ad = if answer.has(flag::AD) { "ad " } else { "" };
    let errors = answer.extended_errors().iter().fold(String::new(), |all, code| format!("{all} ede {code}"));
    format!("{code} {ad}{}{errors}", answer.answers.len())
}

/// A question, what we say, and what unbound says where that is something else.
type Row = (&'static str, &'static str, Option<&'static str>);

fn check(rows: &[Row]) {
    let Some(tree) = Tree::planted() else { return };
    let daemon = started(house(&tree));
    let mut wrong = Vec::new();
    for (question, expected, unbound) in rows {
        let answer = told(&daemon.query(question).set(flag::AD).send());
        let theirs = told(&tree.ask_unbound(question));
        // Without `ede: yes` unbound says no reasons.
        let without_reason = expected.split(" ede").next().unwrap();
        if answer != *expected || theirs != unbound.unwrap_or(without_reason) {
            wrong.push(format!("{question}: {answer}, not {expected}; unbound: {theirs}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn signed_answers_are_authentic() {
    check(&[
        ("www.secure.tld A", "NOERROR ad 1", None),
        ("alias.secure.tld A", "NOERROR ad 2", None),
        ("away.secure.tld A", "NOERROR ad 2", None),
        ("x.wild.secure.tld A", "NOERROR ad 1", None),
        ("a.b.wild.secure.tld A", "NOERROR ad 1", None),
        ("x.wild-alias.secure.tld A", "NOERROR ad 2", None),
        ("www.moved.secure.tld A", "NOERROR ad 3", None),
        ("www.nsec3.tld A", "NOERROR ad 1", None),
        ("x.wild.nsec3.tld A", "NOERROR ad 1", None),
        ("www.optout.tld A", "NOERROR ad 1", None),
        ("secure.tld DNSKEY", "NOERROR ad 1", None),
        ("secure.tld DS", "NOERROR ad 1", None),
        ("www.secure.tld NSEC", "NOERROR ad 1", None),
        (". SOA", "NOERROR ad 1", None),
    ]);
}

#[test]
fn data_of_every_type_are_hashed_as_they_were_signed() {
    let of = |rtype| (rtype, "NOERROR ad 1", None);
    check(
        &["odd.secure.tld HTTPS", "odd.secure.tld TYPE65280", "odd.secure.tld MX", "odd.secure.tld SRV"]
            .map(of),
    );
    check(
        &["odd.secure.tld CAA", "odd.secure.tld TLSA", "odd.secure.tld LOC", "odd.secure.tld TYPE17"].map(of),
    );
}

#[test]
fn signed_denials_are_authentic() {
    check(&[
        ("www.secure.tld MX", "NOERROR ad 0", None),
        ("nowhere.secure.tld A", "NXDOMAIN ad 0", None),
        ("a.b.nowhere.secure.tld AAAA", "NXDOMAIN ad 0", None),
        ("wild.secure.tld A", "NOERROR ad 0", None),
        ("x.wild.secure.tld MX", "NOERROR ad 0", None),
        ("alias.secure.tld MX", "NOERROR ad 1", None),
        ("away.secure.tld MX", "NOERROR ad 1", None),
        ("away-gone.secure.tld A", "NXDOMAIN ad 1", None),
        ("gone.secure.tld A", "NXDOMAIN ad 1", None),
        ("x.wild-alias.secure.tld MX", "NOERROR ad 1", None),
        ("www.nsec3.tld MX", "NOERROR ad 0", None),
        ("nowhere.nsec3.tld A", "NXDOMAIN ad 0", None),
        ("a.b.nowhere.nsec3.tld A", "NXDOMAIN ad 0", None),
        ("b.c.nsec3.tld A", "NOERROR ad 0", None),
        ("x.wild.nsec3.tld MX", "NOERROR ad 0", None),
        ("www.secure.tld DS", "NOERROR ad 0", None),
        ("plain.tld DS", "NOERROR ad 0", None),
        ("nowhere.tld A", "NXDOMAIN ad 0", None),
        ("nowhere A", "NXDOMAIN ad 0", None),
    ]);
}

#[test]
fn what_is_proven_to_be_unsigned_is_given_without_ad() {
    check(&[
        ("www.plain.tld A", "NOERROR 1", None),
        ("n2.plain.tld A", "NOERROR 1", None),
        ("www.plain.tld MX", "NOERROR 0", None),
        ("nowhere.plain.tld A", "NXDOMAIN 0", None),
        ("away-plain.secure.tld A", "NOERROR 2", None),
        ("away-plain.secure.tld MX", "NOERROR 1", None),
        ("www.plain.optout.tld A", "NOERROR 1", None),
        ("www.plain.optout.tld MX", "NOERROR 0", None),
        // RFC 5155 §9.2: AD "MUST NOT" be set where an opt-out NSEC3 covers the name.
        ("nowhere.optout.tld A", "NXDOMAIN 0", None),
        ("plain.optout.tld DS", "NOERROR 0", Some("NOERROR ad 0")),
        // ring has no Ed448; RFC 4035 §5.2: who supports none of the algorithms treats the zone as unsigned.
        ("www.ed448.tld A", "NOERROR 1", Some("NOERROR ad 1")),
        ("nowhere.ed448.tld A", "NXDOMAIN 0", Some("NXDOMAIN ad 0")),
        // RFC 9276 §3.2: more than 50 rounds prove nothing here; unbound stops at 150.
        ("www.iterations.tld A", "NOERROR ad 1", None),
        ("nowhere.iterations.tld A", "NXDOMAIN 0", Some("NXDOMAIN ad 0")),
    ]);
}

// RFC 8914 §4.7-4.13, and 27 of IANA's registry.
#[test]
fn what_should_be_signed_and_is_not_rightly_gets_no_answer_and_a_reason() {
    check(&[
        ("www.bogus.tld A", "SERVFAIL 0 ede 6", None),
        ("www.bogus.tld MX", "NOERROR ad 0", None),
        ("www.expired.tld A", "SERVFAIL 0 ede 7", None),
        ("nowhere.expired.tld A", "SERVFAIL 0 ede 7", None),
        ("www.future.tld A", "SERVFAIL 0 ede 8", None),
        ("www.foreign-key.tld A", "SERVFAIL 0 ede 9", None),
        ("www.unsigned.tld A", "SERVFAIL 0 ede 10", None),
        ("www.no-zone-key.tld A", "SERVFAIL 0 ede 11", None),
        ("www.undenied.tld MX", "SERVFAIL 0 ede 12", None),
        ("nowhere.undenied.tld A", "SERVFAIL 0 ede 12", None),
        ("nowhere.rounds.tld A", "SERVFAIL 0 ede 27", Some("NXDOMAIN 0")),
    ]);
}

// RFC 4035 §3.2.1: without DO no DNSSEC records "unless" asked for; §3.2.3 and RFC 6840 §5.7, 5.8: AD for who asks.
#[test]
fn a_client_gets_the_records_and_the_bit_that_it_asked_for() {
    let Some(tree) = Tree::planted() else { return };
    let daemon = started(house(&tree));
    let types = |answer: &Message| {
        let sections = [&answer.answers, &answer.authority, &answer.additional];
        sections.map(|section| section.iter().map(|record| record.rtype).collect::<Vec<_>>())
    };
    for name in ["x.wild.secure.tld", "x.wild.nsec3.tld"] {
        let (plain, full) = (daemon.ask(name), daemon.query(name).dnssec_ok().send());
        assert_eq!(types(&plain), [vec![1], vec![], vec![]], "{plain:?}");
        assert!(!plain.has(flag::AD), "nobody asked");
        assert!(full.has(flag::AD));
        assert_eq!(types(&full)[0], [1, 46]);
        assert!(types(&full)[1].contains(&46), "the proof of the wildcard is given too: {full:?}");
    }
    for (question, kept) in [("nowhere.secure.tld", vec![6]), ("nowhere.nsec3.tld", vec![6])] {
        assert_eq!(types(&daemon.ask(question)), [vec![], kept, vec![]]);
        let full = daemon.query(question).dnssec_ok().send();
        assert!(types(&full)[1].iter().any(|rtype| [47, 50].contains(rtype)), "{full:?}");
    }
    let asked_for = daemon.ask("www.secure.tld NSEC");
    assert_eq!(types(&asked_for)[0], [47], "{asked_for:?}");
    assert!(daemon.upstream().asked().iter().all(|asked| asked.query.has(CD)), "we judge, nobody else");
}

// RFC 4035 §3.2.2: with CD "the resolver SHOULD return" what fails; what it was given must not reach others.
#[test]
fn with_cd_bogus_data_come_and_stay_with_who_asked() {
    let Some(tree) = Tree::planted() else { return };
    let daemon = started(house(&tree));
    for judged in ["SERVFAIL 0 ede 6", "SERVFAIL 0 ede 13 ede 6"] {
        let unjudged = daemon.query("www.bogus.tld").set(CD | flag::AD).send();
        assert_eq!(told(&unjudged), "NOERROR 1");
        assert_eq!(told(&daemon.query("www.bogus.tld").set(flag::AD).send()), judged);
    }
    assert!(!daemon.query("www.secure.tld").set(CD | flag::AD).send().has(flag::AD), "never AD with CD");
}

#[test]
fn no_rule_makes_bogus_data_good() {
    let Some(tree) = Tree::planted() else { return };
    let daemon = started(house(&tree).with("house.allow = ['www.bogus.tld', 'bogus.tld']"));
    assert_eq!(told(&daemon.ask("www.bogus.tld")), "SERVFAIL 0 ede 6");
}

#[test]
fn a_zone_of_the_houses_own_is_not_validated() {
    let Some(tree) = Tree::planted() else { return };
    let own = format!("upstream.zones = {{ 'bogus.tld' = ['udp://127.0.0.1:{}'] }}", tree.port());
    let daemon = started(house(&tree).with(&own));
    assert_eq!(told(&daemon.query("www.bogus.tld").set(flag::AD).send()), "NOERROR 1");
}

#[test]
fn the_second_name_of_a_zone_costs_one_query() {
    let Some(tree) = Tree::planted() else { return };
    let daemon = started(house(&tree));
    let cost = |name: &str| {
        let before = daemon.forwarded().len();
        daemon.ask(name);
        daemon.forwarded()[before..].to_vec()
    };
    // The root's keys, and DS and keys of two zones.
    assert_eq!(cost("n1.secure.tld").len(), 6);
    assert_eq!(cost("n2.secure.tld"), ["n2.secure.tld A"]);
    assert_eq!(cost("nowhere.secure.tld"), ["nowhere.secure.tld A"]);
    assert!(cost("www.plain.tld").len() <= 5, "delegation and its denied DS");
    assert_eq!(cost("n2.plain.tld"), ["n2.plain.tld A"]);
}

// KeyTrap, CVE-2023-50387: 40 forged signatures, each to be tried with 15 keys, are 600 checks for one question. With
// hickory's bounds and ours they take some 4 times what one takes, with neither 36 times.
#[test]
fn a_trap_of_signatures_and_keys_costs_little_more_than_one_false_signature() {
    let Some(tree) = Tree::planted() else { return };
    let cost = |name| {
        // The answer comes by TCP, which the upstream that notes does not relay.
        let server = format!("upstream.servers = ['udp://127.0.0.1:{}']", tree.port());
        let daemon = started(house(&tree).with(&server));
        let before = daemon.cpu();
        assert_eq!(told(&daemon.ask(name)), "SERVFAIL 0 ede 6");
        daemon.cpu() - before
    };
    let (trap, one) = (cost("www.trap.tld"), cost("www.bogus.tld"));
    assert!(trap < one * 20, "{trap:?} against {one:?}");
}

// RFC 3597: what a strict parser refuses passes where nobody signed it; where it should be signed it is not believed.
#[test]
fn data_that_nobody_can_read_pass_where_nothing_is_signed() {
    const DISORDERED: &[u8] = b"\x00\x01\x00\xfd\xe8\x00\x03xyz\x00\x01\x00\x03\x02h2";
    let Some(tree) = Tree::planted() else { return };
    let port = tree.port();
    let odd = Upstream::sending(move |asked| {
        vec![match asked.question().as_str() {
            "odd.plain.tld HTTPS" | "odd.secure.tld HTTPS" => {
                asked.answer().record(Section::Answer, "HTTPS", 300, DISORDERED).bytes()
            }
            _ => Tree::resolve(port, &asked.query.bytes),
        }]
    });
    let daemon = started(validating(&tree, odd));
    assert_eq!(told(&daemon.ask("odd.plain.tld HTTPS")), "NOERROR 1");
    assert_eq!(daemon.ask("odd.plain.tld HTTPS").answers[0].data, DISORDERED);
    assert!(told(&daemon.ask("odd.secure.tld HTTPS")).starts_with("SERVFAIL 0 ede"));
}

// The line may change to one whose server strips: then everything would be bogus.
#[test]
fn an_upstream_that_begins_to_strip_does_not_end_dns() {
    let Some(tree) = Tree::planted() else { return };
    let (port, strips) = (tree.port(), Arc::new(AtomicBool::new(false)));
    let now_strips = Arc::clone(&strips);
    let daemon = started(validating(
        &tree,
        Upstream::sending(move |asked| {
            if now_strips.load(Ordering::Relaxed) {
                return vec![asked.answer().address([192, 0, 2, 9]).bytes()];
            }
            vec![Tree::resolve(port, &asked.query.bytes)]
        }),
    ));
    assert_eq!(told(&daemon.query("n1.secure.tld").set(flag::AD).send()), "NOERROR ad 1");
    strips.store(true, Ordering::Relaxed);
    assert_eq!(told(&daemon.ask("n2.secure.tld")), "SERVFAIL 0 ede 10");
    eventually("the change is seen", || told(&daemon.ask("n2.secure.tld")) == "NOERROR 1");
    strips.store(false, Ordering::Relaxed);
}

#[test]
fn an_upstream_that_strips_signatures_is_avoided() {
    let Some(tree) = Tree::planted() else { return };
    let port = tree.port();
    let good = Upstream::sending(move |asked| vec![Tree::resolve(port, &asked.query.bytes)]);
    let daemon = validating(&tree, Upstream::plain()).upstreams([Upstream::plain(), good]).start();
    eventually("both are known", || {
        let status = daemon.status();
        status["upstream"][0]["dnssec"] == false && status["upstream"][1]["dnssec"] == true
    });
    assert_eq!(told(&daemon.query("www.secure.tld").set(flag::AD).send()), "NOERROR ad 1");
    assert!(daemon.forwarded().iter().all(|question| question == ". DNSKEY"), "{:?}", daemon.forwarded());
}

#[test]
fn where_all_strip_there_is_dns_and_a_notice() {
    let daemon = House::new().with("upstream.validate = true").start();
    assert_eq!(told(&daemon.ask("www.example")), "NOERROR 1", "at once");
    eventually("the upstream is found to strip", || daemon.status()["upstream"][0]["dnssec"] == false);
    assert_eq!(told(&daemon.ask("www2.example")), "NOERROR 1");
    let notices = daemon.status()["notices"].to_string();
    assert!(notices.contains("strips the signatures"), "{notices}");
    assert!(daemon.log().contains("strips the signatures"));
    let last = daemon.upstream().asked().pop().unwrap();
    assert!(!last.query.opt.unwrap().dnssec_ok, "nothing is asked for that nobody uses");
}

#[test]
fn a_clock_that_can_be_believed_decides_what_has_expired() {
    let Some(tree) = Tree::planted() else { return };
    const YEAR: &str = "31536000";
    let later = started(house(&tree).run_with(&format!("--clock-offset {YEAR}")));
    assert_eq!(told(&later.ask("www.secure.tld")), "SERVFAIL 0 ede 7");
    let earlier = started(house(&tree).run_with(&format!("--clock-offset -{YEAR}")));
    assert_eq!(told(&earlier.ask("www.secure.tld")), "SERVFAIL 0 ede 8");
}

#[test]
fn a_clock_that_cant_be_believed_locks_nobody_out() {
    let Some(tree) = Tree::planted() else { return };
    for offset in ["-1700000000", "0", "100000000"] {
        let daemon = started(house(&tree).run_with(&format!("--clock untrusted --clock-offset {offset}")));
        for (question, expected) in [
            ("www.secure.tld", "NOERROR 1"),
            ("nowhere.nsec3.tld", "NXDOMAIN 0"),
            ("www.future.tld", "NOERROR 1"),
            ("www.bogus.tld", "SERVFAIL 0 ede 6"),
            ("www.unsigned.tld", "SERVFAIL 0 ede 10"),
            ("www.expired.tld", "NOERROR 1"),
        ] {
            let answer = told(&daemon.query(question).set(flag::AD).send());
            assert_eq!(answer, expected, "{question} with the clock {offset} s ahead");
        }
    }
}

/// NTP has answered: what was let pass at the time believed before is judged by the right one.
#[test]
fn when_the_clock_is_set_everything_is_judged_anew() {
    let Some(tree) = Tree::planted() else { return };
    let daemon = started(house(&tree).run_with("--clock untrusted --clock-offset 31536000"));
    assert_eq!(told(&daemon.ask("www.secure.tld")), "NOERROR 1");
    assert_eq!(daemon.control("clock trusted"), "{\"trusted\":true}");
    eventually("the answer is judged by the clock", || {
        told(&daemon.ask("www.secure.tld")) == "SERVFAIL 0 ede 7"
    });
}

#[test]
fn a_trust_anchor_that_is_none_is_refused() {
    let mut house = House::new().furnished();
    house.write("anchor", "not a key");
    house = house.with("upstream.validate = true").with("upstream.trust_anchor = 'anchor'").furnished();
    let ended = crate::harness::luytre(["check", "--config", house.config_file()]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("upstream.trust_anchor") && ended.err.contains("DNSKEY"), "{}", ended.err);
}

#[test]
fn the_tree_is_shared() {
    let (Some(one), Some(other)) = (Tree::planted(), Tree::planted()) else { return };
    assert!(Arc::ptr_eq(&one, &other));
}
