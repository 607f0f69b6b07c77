//! What is found in answers and what goes out of them, on messages written by hand and on any bytes.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;

use luytre_lists::{
    AddressBlock, CategorySet, CategoryTable, Disposition, Domain, Entry, List, ListWriter, Meta, NameBuf,
};
use proptest::prelude::*;

use super::*;
use crate::query::Query;
use crate::wire::{Header, Records, flags, rtype};

const QUESTION: [u8; 2] = [0xc0, 12];

/// A name as on the wire.
fn wire(name: &str) -> Vec<u8> {
    [NameBuf::parse(name).unwrap().as_name().as_wire(), &[0]].concat()
}

/// An answer about `shop.example` of this type, AD set, with these records as `owner, type, data`.
fn answer(asked: u16, records: &[(&[u8], u16, &[u8])]) -> Vec<u8> {
    let count = u8::try_from(records.len()).unwrap();
    let mut bytes = vec![0, 0, 0x81, 0xa0, 0, 1, 0, count, 0, 0, 0, 0];
    bytes.extend([&wire("shop.example")[..], &asked.to_be_bytes(), &[0, 1]].concat());
    for (owner, rtype, data) in records {
        let len = u16::try_from(data.len()).unwrap();
        bytes.extend(
            [owner, &rtype.to_be_bytes()[..], &[0, 1, 0, 0, 1, 44], &len.to_be_bytes(), data].concat(),
        );
    }
    bytes
}

/// Data of a service binding: priority 1, a target, parameters by key.
fn binding(target: &[u8], params: &[(u16, &[u8])]) -> Vec<u8> {
    let mut data = [&[0, 1], target].concat();
    for (key, value) in params {
        let len = u16::try_from(value.len()).unwrap();
        data.extend([&key.to_be_bytes()[..], &len.to_be_bytes(), value].concat());
    }
    data
}

fn list() -> List<Vec<u8>> {
    let mut writer = ListWriter::new(Meta::default());
    let mut add = |category: &str, name: &str| {
        let name = match name.parse::<AddressBlock>() {
            Ok(block) => block.reverse_name().as_name().to_domain(),
            Err(_) => Domain::parse(name).unwrap(),
        };
        let set: CategorySet = CategoryTable::shipped().by_key(category).into_iter().collect();
        let said = if set.is_empty() { Disposition::Allow } else { Disposition::Block(set) };
        writer.add(name.as_name(), Entry::subtree(said)).unwrap();
    };
    add("trackers", "tracker.example");
    add("-", "good.tracker.example");
    add("social", "platform.example");
    add("always", "worst.example");
    add("malware", "198.51.100.0/24");
    add("gambling", "2001:db8:bad::/48");
    List::open(writer.finish().unwrap()).unwrap()
}

fn found(message: &[u8]) -> String {
    let list = list();
    let mut found = CategorySet::EMPTY;
    let allocations = crate::allocations::during(|| found = categories(message, |name| list.lookup(name)));
    assert_eq!(allocations, 0);
    CategoryTable::shipped().keys(found)
}

#[test]
fn targets_and_addresses_are_looked_up_and_pass_on_what_passes_on() {
    CategoryTable::shipped();
    let cname = |target: &str| found(&answer(rtype::A, &[(&QUESTION, rtype::CNAME, &wire(target))]));
    assert_eq!(cname("x.tracker.example"), "trackers");
    assert_eq!(cname("good.tracker.example"), "-", "an exception adds nothing");
    assert_eq!(cname("cdn.platform.example"), "-", "a shop on a platform is not the platform");
    assert_eq!(cname("worst.example"), "always");
    let address = |v4: [u8; 4]| found(&answer(rtype::A, &[(&QUESTION, rtype::A, &v4)]));
    assert_eq!((address([198, 51, 100, 7]), address([198, 51, 101, 7])), ("malware".into(), "-".into()));
    let v6: std::net::Ipv6Addr = "2001:db8:bad::1".parse().unwrap();
    assert_eq!(found(&answer(rtype::AAAA, &[(&QUESTION, rtype::AAAA, &v6.octets())])), "gambling");
    let dname = answer(rtype::A, &[(&QUESTION, rtype::DNAME, &wire("tracker.example"))]);
    assert_eq!(found(&dname), "trackers");
}

#[test]
fn service_bindings_lead_to_targets_and_hints() {
    let https = |data: &[u8]| found(&answer(rtype::HTTPS, &[(&QUESTION, rtype::HTTPS, data)]));
    assert_eq!(https(&binding(&wire("tracker.example"), &[])), "trackers");
    assert_eq!(https(&binding(&[0], &[(1, b"\x02h2"), (4, &[192, 0, 2, 1, 198, 51, 100, 1])])), "malware");
    assert_eq!(https(&binding(&[0], &[(4, &[198, 51, 100])])), "-", "half an address");
    let chain = answer(
        rtype::A,
        &[
            (&QUESTION, rtype::CNAME, &wire("x.tracker.example")),
            (&wire("x.tracker.example"), rtype::A, &[198, 51, 100, 1]),
        ],
    );
    assert_eq!(found(&chain), "malware,trackers");
}

#[test]
fn sixteen_names_and_sixteen_addresses_are_looked_at() {
    let harmless = wire("a.example");
    let bad = wire("tracker.example");
    let after = |count: usize| {
        let mut records: Vec<(&[u8], u16, &[u8])> = vec![(&QUESTION, rtype::CNAME, &harmless); count];
        records.push((&QUESTION, rtype::CNAME, &bad));
        found(&answer(rtype::A, &records))
    };
    assert_eq!((after(15), after(16)), ("trackers".into(), "-".into()));
}

#[test]
fn addresses_that_lead_inward_are_found_in_every_record() {
    let public = [192, 0, 2, 1];
    for (rtype, data) in [
        (rtype::A, vec![192, 168, 1, 1]),
        (rtype::A, vec![0, 0, 0, 0]),
        (rtype::AAAA, "::ffff:10.0.0.1".parse::<std::net::Ipv6Addr>().unwrap().octets().into()),
        (rtype::HTTPS, binding(&[0], &[(4, &[192, 0, 2, 1, 127, 0, 0, 1])])),
        (
            rtype::SVCB,
            binding(&wire("a.example"), &[(6, &"fd00::1".parse::<std::net::Ipv6Addr>().unwrap().octets())]),
        ),
    ] {
        assert!(rebinding::leads_inward(&answer(rtype, &[(&QUESTION, rtype, &data)])), "{rtype} {data:?}");
        let behind = answer(rtype, &[(&QUESTION, rtype::A, &public), (&QUESTION, rtype, &data)]);
        assert!(rebinding::leads_inward(&behind), "{rtype} {data:?} behind another");
    }
    assert!(!rebinding::leads_inward(&answer(rtype::A, &[(&QUESTION, rtype::A, &public)])));
}

#[test]
fn additional_addresses_count_beside_a_service_binding_only() {
    let glue = |asked: u16, data: &[u8]| {
        let mut bytes =
            answer(asked, &[(&QUESTION, asked, data), (&wire("a.example"), rtype::A, &[10, 0, 0, 1])]);
        (bytes[7], bytes[11]) = (1, 1);
        rebinding::leads_inward(&bytes)
    };
    assert!(glue(rtype::HTTPS, &binding(&wire("a.example"), &[])));
    assert!(!glue(rtype::NS, &wire("a.example")), "a name server's address is no client's");
}

#[test]
fn the_zones_of_insiders_may_lead_inward() {
    let settings =
        Settings { rebind_allow: vec![Domain::parse("plex.direct").unwrap()], ..Settings::default() };
    let own = Domain::parse("corp.example").unwrap();
    let inspector = Inspector::new(&settings, [&own]);
    let inward = answer(rtype::A, &[(&QUESTION, rtype::A, &[10, 0, 0, 1])]);
    let rebinds = |name: &str| inspector.rebinds(NameBuf::parse(name).unwrap().as_name(), &inward);
    assert!(rebinds("shop.example") && rebinds("notplex.direct") && rebinds("direct"));
    assert!(!rebinds("plex.direct") && !rebinds("a.b.plex.direct") && !rebinds("nas.corp.example"));
}

/// RRSIG data that covers a type: what follows is nobody's business here.
fn signature(covered: u16) -> Vec<u8> {
    [&covered.to_be_bytes()[..], &[13; 30]].concat()
}

#[test]
fn ech_goes_with_its_mention_and_its_signature() {
    let params: [(u16, &[u8]); 5] =
        [(0, &[0, 1, 0, 5]), (1, b"\x02h2"), (4, &[192, 0, 2, 1]), (5, b"the key"), (6, &[7; 16])];
    let left: [(u16, &[u8]); 4] = [(0, &[0, 1]), (1, b"\x02h2"), (4, &[192, 0, 2, 1]), (6, &[7; 16])];
    let rest = wire("mx.other");
    let mut message = answer(
        rtype::HTTPS,
        &[
            (&QUESTION, rtype::HTTPS, &binding(&[0], &params)),
            (&QUESTION, rtype::RRSIG, &signature(rtype::HTTPS)),
            (&QUESTION, rtype::RRSIG, &signature(rtype::CNAME)),
            (&rest, rtype::A, &[192, 0, 2, 2]),
        ],
    );
    // A pointer to a name that moves: the owner of the last record but one.
    let at = u16::try_from(message.len() - 14 - rest.len()).unwrap();
    message.extend([&(0xc000 | at).to_be_bytes()[..], &[0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 1, 2, 3, 4]].concat());
    message[7] += 1;
    assert_eq!(remove_ech(&mut message), Some(true));
    let mut expected = answer(
        rtype::HTTPS,
        &[
            (&QUESTION, rtype::HTTPS, &binding(&[0], &left)),
            (&QUESTION, rtype::RRSIG, &signature(rtype::CNAME)),
            (&rest, rtype::A, &[192, 0, 2, 2]),
        ],
    );
    let at = u16::try_from(expected.len() - 14 - rest.len()).unwrap();
    expected
        .extend([&(0xc000 | at).to_be_bytes()[..], &[0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 1, 2, 3, 4]].concat());
    expected[7] += 1;
    expected[3] &= !0x20; // AD
    assert_eq!(message, expected);
}

#[test]
fn a_list_of_mandatory_keys_with_ech_alone_goes_as_a_whole() {
    let data = binding(&[0], &[(0, &[0, 5]), (5, b"key")]);
    let mut message = answer(rtype::HTTPS, &[(&QUESTION, rtype::HTTPS, &data)]);
    assert_eq!(remove_ech(&mut message), Some(true));
    let mut expected = answer(rtype::HTTPS, &[(&QUESTION, rtype::HTTPS, &binding(&[0], &[]))]);
    expected[3] &= !0x20;
    assert_eq!(message, expected);
}

#[test]
fn without_ech_every_byte_stays() {
    let data = binding(&wire("a.example"), &[(0, &[0, 1]), (1, b"\x02h2"), (6, &[7; 16])]);
    let before = answer(
        rtype::HTTPS,
        &[(&QUESTION, rtype::HTTPS, &data), (&QUESTION, rtype::RRSIG, &signature(rtype::HTTPS))],
    );
    let mut after = before.clone();
    assert_eq!((remove_ech(&mut after), after), (Some(false), before));
}

#[test]
fn an_answer_of_ipv6_addresses_becomes_one_without_data() {
    let mut message = answer(
        rtype::AAAA,
        &[
            (&QUESTION, rtype::CNAME, &wire("a.example")),
            (&wire("a.example"), rtype::AAAA, &[7; 16]),
            (&wire("a.example"), rtype::RRSIG, &signature(rtype::AAAA)),
        ],
    );
    assert_eq!(remove_aaaa(&mut message), Some(true));
    let header = Header::read(&message).unwrap();
    assert_eq!((header.counts, header.has(flags::AD)), ([1, 1, 1, 0], false));
    let mut records = Records::of(&message).unwrap();
    let told: Vec<_> = records.by_ref().map(|record| (record.rtype, record.ttl)).collect();
    assert_eq!(told, [(rtype::CNAME, 300), (rtype::SOA, 300)]);
    assert!(!records.malformed() && records.position() == message.len());
}

#[test]
fn ipv6_hints_go_too() {
    let data = binding(&[0], &[(4, &[192, 0, 2, 1]), (6, &[7; 16])]);
    let mut message = answer(rtype::HTTPS, &[(&QUESTION, rtype::HTTPS, &data)]);
    assert_eq!(remove_aaaa(&mut message), Some(true));
    let left = binding(&[0], &[(4, &[192, 0, 2, 1])]);
    assert_eq!(message[message.len() - left.len()..], left);
}

/// The AAAA question for `shop.example`.
fn asked() -> (Query, Vec<u8>) {
    let mut message = answer(rtype::AAAA, &[]);
    (message[2], message[3]) = (1, 0);
    (Query::parse(&message).unwrap(), message)
}

#[test]
fn addresses_are_synthesised_behind_the_chain() {
    let (query, message) = asked();
    let target = wire("Real.Example");
    let v4 = answer(
        rtype::A,
        &[
            (&QUESTION, rtype::CNAME, &target),
            (&QUESTION, rtype::RRSIG, &signature(rtype::CNAME)),
            (&target, rtype::A, &[192, 0, 2, 33]),
            (&target, rtype::A, &[10, 0, 0, 1]),
        ],
    );
    let made = dns64::synthesise(Nat64Prefix::WELL_KNOWN, &query, &message, &v4, 60).unwrap();
    let told: Vec<_> =
        Records::of(&made).unwrap().map(|record| (record.rtype, record.ttl, record.data)).collect();
    let types: Vec<_> = told.iter().map(|(rtype, ttl, _)| (*rtype, *ttl)).collect();
    assert_eq!(types, [(rtype::CNAME, 60), (rtype::AAAA, 60)], "no signature, no private address");
    let expected: std::net::Ipv6Addr = "64:ff9b::192.0.2.33".parse().unwrap();
    assert_eq!(made[told[1].2.clone()], expected.octets());
    assert_eq!(made[..query.question_end][12..], message[..query.question_end][12..]);
    assert!(!Header::read(&made).unwrap().has(flags::AD));
    let none = answer(rtype::A, &[(&QUESTION, rtype::CNAME, &target)]);
    assert_eq!(dns64::synthesise(Nat64Prefix::WELL_KNOWN, &query, &message, &none, 60), None);
}

#[test]
fn only_a_name_without_ipv6_addresses_is_wanting() {
    let with = |octets: [u8; 16]| answer(rtype::AAAA, &[(&QUESTION, rtype::AAAA, &octets)]);
    let mapped: std::net::Ipv6Addr = "::ffff:192.0.2.1".parse().unwrap();
    assert!(dns64::is_wanting(&answer(rtype::AAAA, &[])));
    assert!(dns64::is_wanting(&with(mapped.octets())));
    assert!(!dns64::is_wanting(&with([7; 16])));
    let mut absent = answer(rtype::AAAA, &[]);
    absent[3] |= 3;
    assert!(!dns64::is_wanting(&absent));
}

#[test]
fn reverse_names_behind_the_prefix_are_told() {
    let reverse = |text: &str, rtype: u16| {
        let (mut query, _) = asked();
        query.name = AddressBlock::from(text.parse::<IpAddr>().unwrap()).reverse_name();
        query.rtype = rtype;
        dns64::reverse_asked(Nat64Prefix::WELL_KNOWN, &query)
    };
    let v4 = Ipv4Addr::new(192, 0, 2, 33);
    assert_eq!(reverse("64:ff9b::192.0.2.33", rtype::PTR), Some(v4));
    assert_eq!(reverse("64:ff9b::192.0.2.33", rtype::TXT), None);
    assert_eq!(reverse("2001:db8::1", rtype::PTR), None);
    assert_eq!(reverse("192.0.2.33", rtype::PTR), None);
}

proptest! {
    /// Whatever comes in: nothing panics, everything ends, and what says that nothing changed has changed nothing.
    #[test]
    fn any_bytes(head in any::<[u8; 4]>(), counts in prop::array::uniform4(0..4_u8), body in records()) {
        let mut message = head.to_vec();
        counts.iter().for_each(|&count| message.extend([0, count]));
        message.extend(body);
        let _ = targets(&message, |_| ControlFlow::<()>::Continue(()));
        let _ = rebinding::leads_inward(&message);
        let _ = dns64::is_wanting(&message);
        let (query, question) = asked();
        let _ = dns64::synthesise(Nat64Prefix::WELL_KNOWN, &query, &question, &message, 60);
        let _ = crate::reply::alias::redirect(&query, &question, &query.name, &message);
        for strip in [remove_ech, remove_aaaa] {
            let mut after = message.clone();
            match strip(&mut after) {
                Some(false) => prop_assert_eq!(&after, &message),
                Some(true) => {
                    let again = strip(&mut after);
                    prop_assert_ne!(again, Some(true), "nothing is left to take out");
                }
                None => {}
            }
        }
    }
}

/// Bytes that look like records often enough: pointers anywhere, types that matter, lengths that lie.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let owner = prop_oneof![
        Just(vec![0]),
        any::<u8>().prop_map(|at| vec![0xc0, at % 64]),
        Just(b"\x01a\xc0\x0c".to_vec()),
        Just(wire("a.example")),
    ];
    let rtype =
        prop_oneof![Just(1_u8), Just(5), Just(28), Just(39), Just(46), Just(64), Just(65), any::<u8>()];
    let data = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        Just(binding(&[0], &[(0, &[0, 5]), (4, &[10, 0, 0, 1]), (5, b"key"), (6, &[0; 16])])),
        any::<u8>().prop_map(|at| vec![0xc0, at % 64]),
        Just(vec![0, 65, 1, 2]),
    ];
    let record = (owner, rtype, data, -1..2_i16).prop_map(|(owner, rtype, data, lie)| {
        let len = (data.len() as i16 + if lie < 0 { -1 } else { 0 }).max(0);
        [&owner[..], &[0, rtype, 0, 1, 0, 0, 0, 60], &len.to_be_bytes(), &data].concat()
    });
    prop::collection::vec(record, 0..8).prop_map(|records| records.concat())
}
