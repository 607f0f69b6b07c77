//! Answers that are too large for a datagram.

use std::net::Ipv4Addr;

use crate::harness::{Daemon, House, Packet, Section, Upstream, flag};

/// What surrounds the data of one TXT record in an answer about `t.example`: header, question, the record's head.
const AROUND: usize = 12 + 15 + 12;
/// An OPT record without options.
const OPT: usize = 11;

/// A house whose upstream has so many addresses for each name, or says so by TC where a datagram is too small.
fn house_with_addresses(count: u8) -> Daemon {
    let upstream = Upstream::answering(move |asked| {
        let all = (0..count).map(|last| Ipv4Addr::new(192, 0, 2, last));
        let whole = all.fold(asked.answer(), |answer, address| answer.address(address));
        let too_large = !asked.over_tcp && whole.bytes().len() > 1232;
        if too_large { asked.answer().set(flag::TC) } else { whole }
    });
    House::new().upstream(upstream).start()
}

/// A house whose upstream sends a TXT record of so much data, over UDP too.
fn house_with_text(len: usize) -> Daemon {
    House::new().upstream(Upstream::answering(move |asked| asked.answer().text(len))).start()
}

// RFC 1035 §4.2.1: "Messages carried by UDP are restricted to 512 bytes"; RFC 6891 §6.2.3 for the size in the OPT
// record: "Values lower than 512 MUST be treated as equal to 512."
#[test]
fn an_answer_is_whole_up_to_the_clients_size_and_cut_above() {
    const SIZES: [(u16, usize); 6] =
        [(0, 512), (100, 512), (512, 512), (700, 700), (1232, 1232), (4096, 1232)];
    for (size, limit) in SIZES {
        for (excess, cut) in [(0, false), (1, true)] {
            let house = house_with_text(limit - AROUND - OPT + excess);
            let answer = house.query("t.example TXT").size(size).send();
            assert_eq!(answer.has(flag::TC), cut, "{size} and {excess} more");
            // Cached, it is no different.
            let again = house.query("t.example TXT").size(size).send();
            assert_eq!(again.has(flag::TC), cut, "{size} and {excess} more, cached");
            assert_eq!(answer.answers.len(), usize::from(!cut));
        }
    }
}

#[test]
fn without_edns_an_answer_is_whole_up_to_512_bytes() {
    for (excess, cut) in [(0, false), (1, true)] {
        let house = house_with_text(512 - AROUND + excess);
        let answer = house.query("t.example TXT").plain().send();
        assert_eq!(answer.has(flag::TC), cut, "{excess} more");
        assert_eq!(answer.bytes.len(), if cut { 27 } else { 512 });
    }
}

#[test]
fn a_hundred_addresses_come_by_tcp() {
    let house = house_with_addresses(100);
    let cut = house.ask("many.example");
    assert_eq!(cut, "NOERROR tc", "RFC 2181 §9: who sees TC ignores the rest, so there is none");
    let whole = house.query("many.example").tcp().send();
    assert!(!whole.has(flag::TC));
    let last: Vec<u8> = whole.answers.iter().map(|record| record.data[3]).collect();
    assert_eq!(last, (0..100).collect::<Vec<u8>>());
    assert_eq!(house.query("many.example").plain().tcp().send().answers.len(), 100);
}

#[test]
fn the_clients_own_size_counts() {
    let house = house_with_addresses(50); // 839 bytes
    assert_eq!(house.query("fifty.example").plain().send(), "NOERROR tc");
    assert_eq!(house.query("fifty.example").size(600).send(), "NOERROR tc");
    assert_eq!(house.query("fifty.example").size(1232).send().answers.len(), 50);
    assert_eq!(house.query("fifty.example").plain().tcp().send().answers.len(), 50);
    assert_eq!(house.forwarded().len(), 1, "all from one answer");
}

#[test]
fn sixty_kilobytes_come_by_tcp() {
    let upstream = Upstream::answering(|asked| match asked.over_tcp {
        true => asked.answer().text(60_000),
        false => asked.answer().set(flag::TC),
    });
    let house = House::new().upstream(upstream).start();
    let whole = house.query("large.example TXT").tcp().send();
    assert_eq!(whole, "NOERROR TXT 300 [60000]");
    assert_eq!(house.ask("large.example TXT"), "NOERROR tc");
}

/// The largest message of all leaves no room for an OPT record of ours.
#[test]
fn the_largest_answer_of_all_is_whole_or_cut_but_not_broken() {
    let upstream = Upstream::answering(|asked| match asked.over_tcp {
        true => Packet::answer_to(&asked.query).text(65_535 - AROUND),
        false => asked.answer().set(flag::TC),
    });
    let house = House::new().upstream(upstream).start();
    let whole = house.query("t.example TXT").plain().tcp().send();
    assert_eq!((whole.bytes.len(), whole.answers.len()), (65_535, 1));
    assert_eq!(house.query("t.example TXT").tcp().send(), "NOERROR tc");
}

// RFC 2181 §9: who gets a truncated answer asks again by TCP, and we are the one who asks.
#[test]
fn what_upstream_cut_is_fetched_whole() {
    let house = house_with_addresses(80);
    assert_eq!(house.query("many.example").tcp().send().answers.len(), 80);
    let asked = house.upstream().asked();
    assert_eq!(asked.iter().map(|asked| asked.over_tcp).collect::<Vec<_>>(), [false, true]);
}

/// A server that cuts what would have fitted is asked again too, and its TC does not reach the client.
#[test]
fn an_answer_cut_without_need_reaches_the_client_whole() {
    let upstream = Upstream::answering(|asked| match asked.over_tcp {
        true => asked.answer().address([192, 0, 2, 9]),
        false => asked.answer().address([192, 0, 2, 8]).set(flag::TC),
    });
    let house = House::new().upstream(upstream).start();
    assert_eq!(house.ask("cut.example"), "NOERROR A 300 192.0.2.9");
}

#[test]
fn where_upstream_has_no_tcp_the_client_gets_the_cut() {
    let upstream = Upstream::sending(|asked| match asked.over_tcp {
        true => vec![],
        false => vec![asked.answer().address([192, 0, 2, 8]).set(flag::TC).bytes()],
    });
    let house = House::new().upstream(upstream).start();
    assert_eq!(house.ask("cut.example"), "NOERROR tc");
}

/// Some servers cut where the datagram ends, in the middle of a record.
#[test]
fn a_cut_in_the_middle_of_a_record_is_a_cut() {
    let upstream = Upstream::sending(|asked| match asked.over_tcp {
        true => vec![],
        false => {
            let whole = asked.answer().record(Section::Answer, "TXT", 5, &[9; 200]).set(flag::TC).bytes();
            vec![whole[..100].to_vec()]
        }
    });
    let house = House::new().upstream(upstream).start();
    assert_eq!(house.ask("cut.example TXT"), "NOERROR tc");
}
