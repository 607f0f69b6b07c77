//! Tests of the message code; in a file of their own because `dns.rs` would double.

use super::*;
use crate::names::Dice;

const NAME: &[u8] = b"\x03www\x07example\x00";

fn query() -> Vec<u8> {
    let mut buffer = [0; LONGEST_QUERY];
    let question = Question { label: &[], name: NAME, kind: kind::A, edns: true };
    let length = write_query(&mut buffer, 0x1234, &question).unwrap();
    buffer[..length].to_vec()
}

/// A reply to [`query`] with these answers (type, data) and this content of the OPT record.
fn reply(answers: &[(u16, &[u8])], options: &[u8]) -> Vec<u8> {
    let mut packet = query();
    packet.truncate(packet.len() - OPT.len());
    packet[2] |= 0x80;
    packet[7] = answers.len() as u8;
    for (kind, data) in answers {
        packet.extend([0xc0, 12]);
        packet.extend(kind.to_be_bytes());
        packet.extend([0, 1, 0, 0, 0, 10, 0, data.len() as u8]);
        packet.extend(*data);
    }
    packet.extend(&OPT[..9]);
    packet.extend((options.len() as u16).to_be_bytes());
    packet.extend(options);
    packet
}

fn option(code: u16, data: &[u8]) -> Vec<u8> {
    [&code.to_be_bytes(), &(data.len() as u16).to_be_bytes(), data].concat()
}

#[test]
fn a_query_has_the_expected_bytes() {
    let mut expected = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    expected.extend(NAME);
    expected.extend([0, 1, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(query(), expected);
}

#[test]
fn a_label_goes_before_the_name_and_short_buffers_are_refused() {
    let question = Question { label: b"\x02u1", name: NAME, kind: 28, edns: false };
    let mut buffer = [0; LONGEST_QUERY];
    let length = write_query(&mut buffer, 1, &question).unwrap();
    assert_eq!(&buffer[12..length], b"\x02u1\x03www\x07example\x00\x00\x1c\x00\x01");
    assert_eq!(buffer[11], 0, "no OPT is counted");
    for short in 0..length {
        assert_eq!(write_query(&mut buffer[..short], 1, &question), None);
    }
}

#[test]
fn names_are_encoded_within_their_bounds() {
    assert_eq!(encode_name("www.example").as_deref(), Some(NAME));
    assert_eq!(encode_name("www.example.").as_deref(), Some(NAME));
    assert_eq!(encode_name(".").as_deref(), Some(&b"\0"[..]));
    assert_eq!(encode_name("a..b"), None);
    assert_eq!(encode_name(&"a".repeat(64)), None);
    assert_eq!(encode_name(&"abcdefg.".repeat(32)), None);
    assert_eq!(encode_name(&"abcdefg.".repeat(31)).map(|wire| wire.len()), Some(249));
}

#[test]
fn types_by_name_and_number() {
    assert_eq!(parse_kind("aaaa"), Some(28));
    assert_eq!(parse_kind("TYPE65"), Some(65));
    assert_eq!(parse_kind("257"), Some(257));
    assert_eq!(parse_kind("nonsense"), None);
}

#[test]
fn an_ordinary_answer_is_not_a_block() {
    let parsed = Reply::parse(&reply(&[(kind::A, &[192, 0, 2, 1])], &[])).unwrap();
    assert_eq!(parsed, Reply { id: 0x1234, rcode: 0, truncated: false, blocked: false });
}

#[test]
fn null_addresses_are_blocks_only_as_the_first_address() {
    let blocked = |answers: &[(u16, &[u8])]| Reply::parse(&reply(answers, &[])).unwrap().blocked;
    assert!(blocked(&[(kind::A, &[0; 4])]));
    assert!(blocked(&[(kind::AAAA, &[0; 16])]));
    assert!(blocked(&[(5, &[0]), (kind::A, &[0; 4])]), "behind a CNAME");
    assert!(!blocked(&[(kind::A, &[192, 0, 2, 1]), (kind::A, &[0; 4])]));
    assert!(!blocked(&[(16, &[0; 4])]), "a TXT record is no address");
}

#[test]
fn extended_errors_15_and_17_are_blocks() {
    let blocked =
        |options: &[u8]| Reply::parse(&reply(&[(kind::A, &[192, 0, 2, 1])], options)).unwrap().blocked;
    assert!(blocked(&option(15, &[0, 15])));
    assert!(blocked(&option(15, b"\x00\x11{\"j\":\"adult\"}")));
    assert!(blocked(&[option(10, &[7; 8]), option(15, &[0, 4]), option(15, &[0, 17])].concat()));
    assert!(!blocked(&option(15, &[0, 4])), "forged answer alone");
    assert!(!blocked(&option(15, &[15])), "too short for a code");
    assert!(!blocked(&option(17, &[0, 15])), "another option");
    assert!(!blocked(&[0, 15, 0, 200, 0, 15]), "runs out of the record");
}

#[test]
fn queries_and_cut_replies_are_not_replies() {
    assert_eq!(Reply::parse(&query()), None);
    let whole = reply(&[(kind::A, &[0; 4])], &option(15, &[0, 17]));
    for length in 0..whole.len() {
        assert_eq!(Reply::parse(&whole[..length]), None, "{length}");
    }
    let mut refused = whole;
    refused[2] |= 0x02;
    refused[3] = 5;
    let parsed = Reply::parse(&refused).unwrap();
    assert_eq!((parsed.rcode, parsed.truncated), (5, true));
}

#[test]
fn noise_never_panics() {
    let mut dice = Dice::new(3);
    let whole = reply(&[(kind::A, &[0; 4])], &option(15, &[0, 17]));
    for _ in 0..200_000 {
        let mut packet = whole.clone();
        for _ in 0..1 + dice.below(6) {
            let at = dice.below(packet.len());
            packet[at] = dice.roll() as u8;
        }
        packet.truncate(dice.below(packet.len() + 1));
        let _ = Reply::parse(&packet);
    }
}
