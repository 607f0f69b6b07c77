//! What passes through the house must come out as it went in.

use std::collections::HashSet;

use crate::harness::{
    A, Asked, CD, Daemon, House, Message, Packet, RD, Section, Upstream, flag, option, wire_name,
};

/// A house whose upstream answers with what the closure makes of an empty answer without OPT.
fn house_with(records: impl Fn(Packet) -> Packet + Send + Sync + 'static) -> Daemon {
    let script = move |asked: &Asked| records(Packet::answer_to(&asked.query));
    House::new().upstream(Upstream::answering(script)).start()
}

/// The records of all sections reach the client: order, owners, types, classes, TTLs and data.
fn assert_relayed(records: fn(Packet) -> Packet) {
    let house = house_with(records);
    let sent = Message::decode(&records(Packet::query("www.example")).bytes()).unwrap();
    let question = house.query("www.example");
    for asked in [question.clone(), question.clone().plain(), question.clone().tcp(), question.set(CD)] {
        let answer = asked.send();
        assert_eq!(answer.answers, sent.answers);
        assert_eq!(answer.authority, sent.authority);
        assert_eq!(answer.additional, sent.additional);
    }
}

/// A pointer to a place in the message (RFC 1035 §4.1.4).
fn pointer(at: usize) -> [u8; 2] {
    (0xc000 | u16::try_from(at).unwrap()).to_be_bytes()
}

/// Records in the additional section: one whose name stands at the end of the packet, and one that points to it.
fn glue(packet: Packet) -> Packet {
    let name_at = packet.bytes().len();
    packet.raw_record(Section::Additional, &wire_name("ns1.other"), (1, 1), 60, &A).raw_record(
        Section::Additional,
        &pointer(name_at),
        (28, 1),
        60,
        &[0x20; 16],
    )
}

#[test]
fn all_sections_pass() {
    assert_relayed(|packet| {
        let alias = packet.record(Section::Answer, "CNAME", 600, &wire_name("Real.Example"));
        alias
            .raw_record(Section::Answer, &wire_name("Real.Example"), (1, 1), 30, &A)
            .record(Section::Authority, "NS", 86_400, &wire_name("ns1.other"))
            .raw_record(Section::Additional, &wire_name("ns1.other"), (1, 1), 86_400, &[192, 0, 2, 53])
            .edns()
    });
}

// RFC 3597 §3: "name servers and resolvers MUST handle RRs of unknown type transparently."
#[test]
fn unknown_types_and_classes_pass() {
    const NOISE: &[u8] = b"\x00\xff\xc0\x0c\x3f~!\xc0\xff<noise that looks like pointers>";
    assert_relayed(|packet| {
        packet
            .record(Section::Answer, "TYPE65280", 1, NOISE)
            .record(Section::Answer, "TYPE731", 1, &[])
            .raw_record(Section::Answer, &wire_name("www.example"), (65_281, 65_000), u32::MAX, NOISE)
            .edns()
    });
}

#[test]
fn service_bindings_pass_whatever_they_bind() {
    // Priority 1, target ".", a known key with a list, an unknown key, then keys in the wrong order.
    const ORDERED: &[u8] = b"\x00\x01\x00\x00\x01\x00\x06\x02h2\x02h3\xfd\xe8\x00\x03xyz";
    const DISORDERED: &[u8] = b"\x00\x01\x00\xfd\xe8\x00\x03xyz\x00\x01\x00\x03\x02h2";
    assert_relayed(|packet| packet.record(Section::Answer, "HTTPS", 300, ORDERED).edns());
    assert_relayed(|packet| packet.record(Section::Answer, "HTTPS", 300, DISORDERED).edns());
}

// RFC 6891 §6.1.1: "The OPT RR MAY be placed anywhere within the additional data section."
#[test]
fn the_place_of_the_opt_record_does_not_matter() {
    assert_relayed(|packet| packet.address(A));
    assert_relayed(|packet| glue(packet.address(A)).edns());
    assert_relayed(|packet| glue(packet.address(A).edns()));
    assert_relayed(|packet| {
        let first =
            packet.address(A).raw_record(Section::Additional, &wire_name("a.other"), (16, 1), 5, b"\x01a");
        glue(first.edns())
    });
}

/// Taking an OPT record out of the middle moves what stands behind it; of the rest not a byte may change.
#[test]
fn around_an_opt_record_in_the_middle_unknown_data_keeps_its_bytes() {
    assert_relayed(|packet| {
        let unknown = packet.record(Section::Answer, "TYPE65280", 1, b"\xc0\x0c\xff");
        glue(unknown.raw_record(Section::Answer, &wire_name("www.example"), (1, 65_000), 9, &A).edns())
    });
}

/// What a strict parser refuses is still the client's to judge.
#[test]
fn around_an_opt_record_in_the_middle_odd_data_keeps_its_bytes() {
    const DISORDERED: &[u8] = b"\x00\x01\x00\xfd\xe8\x00\x03xyz\x00\x01\x00\x03\x02h2";
    assert_relayed(|packet| glue(packet.record(Section::Answer, "HTTPS", 300, DISORDERED).edns()));
    assert_relayed(|packet| glue(packet.record(Section::Answer, "TXT", 300, &[]).edns()));
}

// AA speaks of the data and passes. AD speaks of who validated them: RFC 6840 §5.8 and RFC 4035 §4.9.3 have a stub
// believe it only over "a secure channel", so what comes by UDP or TCP says nothing.
#[test]
fn the_flags_that_speak_of_the_data_pass_and_nobodys_word_for_them() {
    for flags in [0, flag::AA, flag::AD, flag::AA | flag::AD] {
        let house = house_with(move |packet| packet.address(A).set(flags).unset(flag::RA));
        for question in [house.query("www.example").set(flag::AD), house.query("www.example").dnssec_ok()] {
            let answer = question.send();
            assert_eq!(answer.flags & (flag::AA | flag::AD | flag::TC), flags & flag::AA);
        }
    }
}

// RFC 1035 §4.1.1 (RD), RFC 4035 §3.2.2 (CD), RFC 3225 (DO). AD (RFC 6840 §5.7) is always asked for, so that one
// cached answer serves those who want to know and those who don't.
#[test]
fn what_the_client_wants_is_asked_upstream() {
    for flags in [RD, 0, RD | CD, RD | flag::AD, RD | CD | flag::AD] {
        for dnssec_ok in [false, true] {
            let house = House::new().start();
            let question = house.query("www.example").unset(RD).set(flags);
            let _ = if dnssec_ok { question.dnssec_ok() } else { question }.send();
            let asked = &house.upstream().asked()[0].query;
            assert_eq!(asked.flags, flags | flag::AD);
            assert_eq!(asked.opt.as_ref().unwrap().dnssec_ok, dnssec_ok);
        }
    }
}

#[test]
fn response_codes_pass() {
    for (code, expected) in [
        (3, "NXDOMAIN soa 60"),
        (2, "SERVFAIL soa 60"),
        (5, "REFUSED soa 60"),
        (6, "RCODE6 soa 60"),
        (9, "RCODE9 soa 60"),
    ] {
        let house = house_with(move |packet| packet.rcode(code).soa(60).edns());
        assert_eq!(house.ask("www.example"), expected);
        assert_eq!(house.query("www1.example").plain().send(), expected);
    }
}

/// BADCOOKIE (RFC 7873) and its like have their upper bits in the OPT record, which a client without EDNS never sees:
/// there the lower bits alone would say YXRRSET.
#[test]
fn an_extended_response_code_passes_to_who_can_read_it() {
    let house = house_with(|packet| packet.rcode(7).opt(1232, 1 << 24, &[]));
    assert_eq!(house.ask("www.example"), "RCODE23");
    assert_eq!(house.query("www.example").plain().send(), "SERVFAIL");
    assert_eq!(house.ask("www.example"), "RCODE23");
}

// RFC 8914 §3 leaves it to us whether extended errors pass on; they say why, so they do. All other options are between
// two neighbours (RFC 6891 §6.2.6).
#[test]
fn of_the_upstreams_options_only_extended_errors_pass() {
    let options = [
        option(3, b"resolver-7.example"),       // NSID
        option(15, b"\x00\x06bogus signature"), // EDE: DNSSEC Bogus
        option(10, b"client..server-cookie-"),  // COOKIE
        option(15, b"\x00\x16"),                // EDE: No Reachable Authority
        option(65_001, b"local use"),
    ]
    .concat();
    let house = house_with(move |packet| packet.rcode(2).opt(1232, 0, &options));
    let answer = house.ask("www.example");
    assert_eq!(answer, "SERVFAIL ede 6 22");
    assert_eq!(answer.extra_text(), "bogus signature");
    assert_eq!(answer.opt.unwrap().options.len(), 2);
    assert_eq!(house.query("www.example").plain().send(), "SERVFAIL");
}

/// Nothing of the client but its question: no cookie, no subnet (RFC 7871 §11.1), no name-server ID.
#[test]
fn the_clients_options_do_not_leave_the_house() {
    let house = House::new().start();
    let question = house.query("www.example").option(8, &[0, 1, 24, 0, 10, 1, 2]).option(10, b"8 bytes.");
    let answer = question.option(3, b"").option(12, &[0; 100]).option(65_001, b"x").send();
    assert_eq!(answer, "NOERROR A 300 192.0.2.1");
    assert_eq!(answer.opt.unwrap().options, []);
    let asked = house.upstream().asked().remove(0).query;
    let opt = asked.opt.clone().unwrap();
    assert_eq!((opt.size, opt.options), (1232, vec![]));
    assert_eq!((asked.answers.len(), asked.authority.len(), asked.additional.len()), (0, 0, 0));
}

#[test]
fn a_client_without_edns_is_asked_for_with_it() {
    let house = House::new().start();
    assert_eq!(house.query("www.example").plain().send(), "NOERROR A 300 192.0.2.1");
    assert!(house.upstream().asked()[0].query.opt.is_some());
}

/// Who uses 0x20 towards us drops an answer that does not give its own letters back, cached or not.
#[test]
fn each_client_gets_its_own_letters_back() {
    let house = House::new().start();
    for name in ["WWW.Example", "www.example", "wWw.eXAMPLe"] {
        assert_eq!(house.ask(name).question, format!("{name} A"));
        assert_eq!(house.query(name).tcp().send().question, format!("{name} A"));
    }
    assert_eq!(house.forwarded(), ["www.example A"]);
}

// RFC 5452 §9.2: query ID and source port must be unpredictable; draft-vixie-dnsext-dns0x20 for the letters.
#[test]
fn what_goes_upstream_is_hard_to_guess() {
    const QUESTIONS: usize = 200;
    let house = House::new().start();
    for number in 0..QUESTIONS {
        house.ask(&format!("question-{number}.forwarded-with-many-letters.example"));
    }
    let asked = house.upstream().asked();
    assert_eq!(asked.len(), QUESTIONS);
    let ids: HashSet<u16> = asked.iter().map(|asked| asked.query.id).collect();
    let ports: HashSet<u16> = asked.iter().map(|asked| asked.from.port()).collect();
    let mixed = |text: &str| text.contains(char::is_uppercase) && text.contains(char::is_lowercase);
    let names = asked.iter().map(|asked| asked.query.question.split_once(' ').unwrap().0);
    assert!(ids.len() > QUESTIONS * 9 / 10, "{} different IDs", ids.len());
    assert!(ports.len() >= 12, "{} different ports", ports.len());
    assert_eq!(names.filter(|name| mixed(name)).count(), QUESTIONS);
    let steps: HashSet<u16> =
        asked.windows(2).map(|two| two[1].query.id.wrapping_sub(two[0].query.id)).collect();
    assert!(steps.len() > QUESTIONS / 2, "IDs by a fixed step");
}

#[test]
fn a_server_that_loses_the_case_is_still_of_use() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| {
            let lower = asked.query.question_bytes().to_ascii_lowercase();
            asked.answer().asking(lower).address(A)
        }))
        .start();
    assert_eq!(house.ask("www.Forwarded-Name.example"), "NOERROR A 300 192.0.2.1");
    let second = house.upstream().asked().remove(1).query;
    assert_eq!(second.question, "www.forwarded-name.example A", "asked again without random case");
}

// RFC 6891 §7: "Responders that choose not to implement the protocol extensions defined in this document MUST respond
// with a return code (RCODE) of FORMERR"; then the question is asked again without.
#[test]
fn a_server_without_edns_is_still_of_use() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| match asked.query.opt {
            Some(_) => Packet::answer_to(&asked.query).rcode(1),
            None => asked.answer().address(A),
        }))
        .start();
    assert_eq!(house.ask("www.example"), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.query("www.example").dnssec_ok().send(), "NOERROR A 300 192.0.2.1");
}

#[test]
fn a_server_may_be_spoken_to_by_tcp_alone() {
    let upstream = Upstream::plain();
    let server = format!("upstream.servers = ['tcp://{}']", upstream.address());
    let house = House::new().upstream(upstream).with(&server).start();
    assert_eq!(house.ask("www.example"), "NOERROR A 300 192.0.2.1");
    assert!(house.upstream().asked()[0].over_tcp);
}

/// The shortest and the longest that can be asked.
#[test]
fn every_name_that_can_be_asked_is_forwarded() {
    let label = "x".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "y".repeat(61));
    let many = vec!["a"; 127].join(".");
    let house = House::new().start();
    for name in [".", "vn", &longest, &many, "_dmarc.example", "under_score.example"] {
        assert_eq!(house.ask(&format!("{name} A")), "NOERROR A 300 192.0.2.1", "{name}");
    }
    assert_eq!(house.forwarded().len(), 6);
}

#[test]
fn a_name_of_any_bytes_is_forwarded_as_it_is() {
    let house = House::new().start();
    let odd = b"\x08\x00\xff.\\ \"\xc3\xa9\x07example\x00\x00\x01\x00\x01".to_vec();
    let client = house.client();
    client.send(&Packet::query("x.example").asking(odd.clone()).bytes());
    let answer = client.receive();
    assert_eq!(answer, "NOERROR A 300 192.0.2.1");
    assert_eq!(answer.question_bytes(), odd);
    assert_eq!(house.upstream().asked()[0].query.question_bytes().to_ascii_lowercase(), odd);
}

#[test]
fn any_is_a_question_like_others() {
    let house = House::new().start();
    assert_eq!(house.ask("www.example ANY"), "NOERROR soa 300");
    assert_eq!(house.forwarded(), ["www.example ANY"]);
}

#[test]
fn dnssec_records_reach_who_asked_for_them() {
    let house = House::new()
        .upstream(Upstream::answering(|asked| {
            let answer = asked.answer().address(A);
            let wanted = asked.query.opt.as_ref().is_some_and(|opt| opt.dnssec_ok);
            if wanted { answer.record(Section::Answer, "RRSIG", 300, &[7; 90]).set(flag::AD) } else { answer }
        }))
        .start();
    assert_eq!(house.ask("www.example"), "NOERROR A 300 192.0.2.1");
    let signed = house.query("www.example").dnssec_ok().send();
    assert_eq!(signed, "NOERROR A 300 192.0.2.1 RRSIG 300 [90]");
}
