//! Messages that are no proper question: the answers of RFC 8906 and RFC 6891, or silence; never a crash, never a
//! forward.

use crate::harness::{A, Daemon, House, Message, Packet, Section, flag, option, wire_name};

/// What is due.
#[derive(Clone, Copy, Debug)]
enum Due {
    Silence,
    /// This, from the header and OPT alone.
    Error(&'static str),
    /// The same as to the question without its oddity.
    Ordinary,
}
use Due::{Error, Ordinary, Silence};

const FORMERR: Due = Error("FORMERR");
const NOTIMP: Due = Error("NOTIMP");
const REFUSED: Due = Error("REFUSED");
const BADVERS: Due = Error("BADVERS");

/// Listed, so that its ordinary answer is a block and shows that nothing was forwarded.
const LISTED: &str = "bad.example";
/// Not listed: an error must not depend on that.
const FREE: &str = "free.example";

struct Odd {
    what: String,
    due: Due,
    message: fn(&str, u16) -> Packet,
    number: u16,
}

/// One odd message, made from a name.
fn odd(what: &str, due: Due, message: fn(&str, u16) -> Packet) -> Odd {
    Odd { what: what.to_owned(), due, message, number: 0 }
}

/// One for each number.
fn each(
    what: &str,
    numbers: impl IntoIterator<Item = u16>,
    due: Due,
    message: fn(&str, u16) -> Packet,
) -> Vec<Odd> {
    let one = |number| Odd { what: format!("{what} {number}"), due, message, number };
    numbers.into_iter().map(one).collect()
}

/// Sends each by UDP and by TCP, for a name that is listed and one that is free, and expects what is due. At the end
/// nothing of it was forwarded and the house answers as ever.
fn assert_due(cases: impl IntoIterator<Item = Odd>) {
    let house = House::new().list("adult", [LISTED]).with("reply.mode = 'refused'").start();
    for Odd { what, due, message, number } in cases {
        let names = if matches!(due, Ordinary) { &[LISTED][..] } else { &[LISTED, FREE] };
        for name in names {
            let packet = message(name, number).id(0x0dd0);
            let bytes = packet.bytes();
            let by_udp = house.client().answer_to(&bytes);
            let by_tcp = house.tcp().send_message(&bytes).receive();
            for (way, answer) in [("UDP", by_udp), ("TCP", by_tcp)] {
                check(due, &bytes, answer.as_ref(), &format!("{what}, by {way}, for {name}"));
            }
        }
    }
    assert_still_well(&house);
}

fn check(due: Due, sent: &[u8], answer: Option<&Message>, what: &str) {
    let expected = match due {
        Silence => return assert!(answer.is_none(), "{what}: {answer:?}"),
        Error(code) => code,
        Ordinary => "REFUSED",
    };
    let answer = answer.unwrap_or_else(|| panic!("{what}: no answer"));
    assert_eq!(answer.to_string().split(' ').next(), Some(expected), "{what}: {answer:?}");
    assert_eq!(matches!(due, Ordinary), answer.extended_errors() == [17], "{what}: {answer:?}");
    assert_eq!(answer.id, 0x0dd0, "{what}");
    assert!(answer.has(flag::QR), "{what}");
    // RFC 8906 §3.1.4 and RFC 6895 §2.2: the opcode comes back; RFC 6895 §2.1: the unused bit as zero.
    assert_eq!(answer.opcode(), u16::from(sent[2] >> 3 & 0xf), "{what}");
    assert_eq!(answer.flags & (flag::AA | flag::TC | 0x40), 0, "{what}");
    // An error never says more than it was asked: it would be of use to who forges senders.
    assert!(!matches!(due, Error(_)) || answer.bytes.len() <= sent.len().max(12), "{what}: {answer:?}");
}

fn assert_still_well(house: &Daemon) {
    assert_eq!(house.forwarded(), [""; 0], "something of it was forwarded");
    assert_eq!(house.ask("plain.example"), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.query("plain.example").tcp().send(), "NOERROR A 300 192.0.2.1");
    assert_eq!(house.ask(LISTED), "REFUSED ede 17");
}

fn question(name: &[u8]) -> Vec<u8> {
    [name, &[0, 1, 0, 1]].concat()
}

/// Fewer than 12 bytes have no ID to answer to; more, but not a whole message, are a format error.
#[test]
fn every_part_of_a_question_gets_silence_or_a_format_error() {
    let house = House::new().list("adult", [LISTED]).with("reply.mode = 'refused'").start();
    for name in [LISTED, FREE] {
        let whole = Packet::query(name).id(0x0dd0).opt(1232, 0, &option(10, b"12345678")).bytes();
        for end in 0..whole.len() {
            let due = if end < 12 { Silence } else { FORMERR };
            let answer = house.client().answer_to(&whole[..end]);
            check(due, &whole[..end], answer.as_ref(), &format!("the first {end} bytes for {name}"));
        }
    }
    assert_still_well(&house);
}

/// An answer to an answer would go back and forth for ever.
#[test]
fn an_answer_gets_silence() {
    assert_due([
        odd("an answer", Silence, |name, _| Packet::query(name).set(flag::QR)),
        odd("a format error", Silence, |name, _| Packet::query(name).set(flag::QR).rcode(1)),
        odd("a bare error", Silence, |name, _| {
            Packet::query(name).set(flag::QR).rcode(1).asking([]).claiming([0; 4])
        }),
    ]);
}

// RFC 9619 §4: "a DNS message with OPCODE = 0 MUST NOT include a QDCOUNT parameter whose value is greater than 1."
#[test]
fn a_query_has_one_question() {
    assert_due([
        odd("no question", FORMERR, |name, _| Packet::query(name).asking([]).claiming([0; 4])),
        odd("no question, says the header", FORMERR, |name, _| Packet::query(name).claiming([0; 4])),
        odd("two questions", FORMERR, |name, _| {
            let twice = [question(&wire_name(name)), question(&wire_name(name))].concat();
            Packet::query(name).asking(twice).claiming([2, 0, 0, 0])
        }),
        odd("two questions, says the header", FORMERR, |name, _| Packet::query(name).claiming([2, 0, 0, 0])),
        odd("65535 questions", FORMERR, |name, _| Packet::query(name).claiming([65_535, 0, 0, 0])),
    ]);
}

#[test]
fn a_questions_name_is_a_name() {
    assert_due([
        odd("a pointer to itself", FORMERR, |name, _| Packet::query(name).asking(question(b"\xc0\x0c"))),
        odd("a pointer forward", FORMERR, |name, _| Packet::query(name).asking(question(b"\xc0\x20"))),
        odd("a pointer into the header", FORMERR, |name, _| {
            Packet::query(name).asking(question(b"\xc0\x00"))
        }),
        odd("a label and a pointer to it", FORMERR, |name, _| {
            Packet::query(name).asking(question(b"\x01a\xc0\x0c"))
        }),
        odd("half a pointer", FORMERR, |name, _| Packet::query(name).asking(*b"\xc0")),
        // RFC 6891 §5: both types are not in use.
        odd("label type 01", FORMERR, |name, _| Packet::query(name).asking(question(b"\x41\x00"))),
        odd("label type 10", FORMERR, |name, _| Packet::query(name).asking(question(b"\x81\x00"))),
        odd("a name without end", FORMERR, |name, _| Packet::query(name).asking(*b"\x03www\x07example")),
        odd("a label without end", FORMERR, |name, _| Packet::query(name).asking(*b"\x3fwww")),
        odd("256 bytes", FORMERR, |name, _| {
            let labels = [63, 63, 63, 62].map(|len| [&[len][..], &vec![b'x'; usize::from(len)]].concat());
            Packet::query(name).asking(question(&[&labels.concat()[..], &[0]].concat()))
        }),
        odd("129 labels", FORMERR, |name, _| {
            Packet::query(name).asking(question(&[&b"\x01a".repeat(129)[..], &[0]].concat()))
        }),
    ]);
}

// RFC 8906 §3.1.4: "NOTIMP is the expected rcode to an unknown or unimplemented opcode."
#[test]
fn only_queries_are_implemented() {
    assert_due(each("opcode", 1..=15, NOTIMP, |name, number| Packet::query(name).opcode(number)));
}

// RFC 6895 §3.1 (meta-types), RFC 9824 §3.5: "If an explicit query for the NXNAME RR type is received, the DNS server
// MUST return a Format Error … A resolver MUST NOT forward these queries".
#[test]
fn what_is_no_data_is_not_asked_for() {
    fn of_type(name: &str, number: u16) -> Packet {
        Packet::query(&format!("{name} TYPE{number}"))
    }
    assert_due(each("TKEY, TSIG, IXFR, AXFR, MAILB, MAILA: type", 249..=254, NOTIMP, of_type));
    assert_due(each("reserved, OPT: type", [0, 41], FORMERR, of_type));
    assert_due(each("NXNAME: type", [128], FORMERR, of_type));
}

#[test]
fn only_the_internet_has_answers() {
    fn of_class(name: &str, number: u16) -> Packet {
        Packet::query(name).class(number)
    }
    assert_due(each(
        "reserved, CHAOS, HESIOD, NONE, ANY: class",
        [0, 2, 3, 4, 254, 255, 65_280],
        REFUSED,
        of_class,
    ));
    assert_due([
        odd("version.bind", REFUSED, |_, _| Packet::query("version.bind TXT").class(3)),
        odd("AXFR of CHAOS", REFUSED, |name, _| Packet::query(&format!("{name} AXFR")).class(3)),
    ]);
}

// RFC 6891 §6.1.3: "If a responder does not implement the VERSION level of the request, then it MUST respond with
// RCODE=BADVERS."
#[test]
fn later_versions_of_edns_are_told_which_one_we_speak() {
    fn of_version(name: &str, number: u16) -> Packet {
        Packet::query(name).opt(1232, u32::from(number) << 16, &[])
    }
    assert_due(each("EDNS version", [1, 2, 100, 255], BADVERS, of_version));
    assert_due([
        odd("version 1 and an option", BADVERS, |name, _| {
            Packet::query(name).opt(1232, 1 << 16, &option(65_001, b"future"))
        }),
        odd("version 1 and the DO bit", BADVERS, |name, _| Packet::query(name).opt(1232, 0x1_8000, &[])),
    ]);
    let house = House::new().start();
    let answer = house.client().answer_to(&of_version(FREE, 1).bytes()).unwrap();
    assert_eq!(answer.opt.unwrap().version, 0);
    assert_eq!(answer.answers, []);
}

// RFC 6891 §6.1.1: "If a query message with more than one OPT RR is received, a FORMERR (RCODE=1) MUST be returned."
#[test]
fn malformed_edns_is_a_format_error() {
    assert_due([
        odd("two OPT records", FORMERR, |name, _| Packet::query(name).edns().edns()),
        odd("an OPT record in the answer section", FORMERR, |name, _| {
            Packet::query(name).raw_record(Section::Answer, &[0], (41, 1232), 0, &[])
        }),
        odd("an OPT record in the authority section", FORMERR, |name, _| {
            Packet::query(name).raw_record(Section::Authority, &[0], (41, 1232), 0, &[])
        }),
        odd("an OPT record with a name", FORMERR, |name, _| {
            Packet::query(name).raw_record(Section::Additional, b"\x01x\x00", (41, 1232), 0, &[])
        }),
        odd("an option that overruns", FORMERR, |name, _| {
            Packet::query(name).opt(1232, 0, b"\x00\x0a\x00\x09cookie..")
        }),
        odd("an option of 65535 bytes, it says", FORMERR, |name, _| {
            Packet::query(name).opt(1232, 0, b"\x00\x0a\xff\xff")
        }),
        odd("half an option's head", FORMERR, |name, _| Packet::query(name).opt(1232, 0, b"\x00\x0a\x00")),
        odd("bytes behind the last option", FORMERR, |name, _| {
            Packet::query(name).opt(1232, 0, &[option(10, b"12345678"), vec![0]].concat())
        }),
    ]);
}

// RFC 6891 §6.1.2: "Any OPTION-CODE values not understood by a responder or requestor MUST be ignored."; §6.1.4: the
// flags without a meaning are "ignored by receivers"; §6.2.3 for the size.
#[test]
fn unknown_edns_is_passed_over() {
    assert_due(each("size", [0, 1, 511, 513, 65_535], Ordinary, |name, number| {
        Packet::query(name).opt(number, 0, &[])
    }));
    assert_due(each("option", [0, 1, 3, 8, 9, 10, 11, 12, 14, 15, 65_535], Ordinary, |name, number| {
        Packet::query(name).opt(1232, 0, &option(number, b"data"))
    }));
    assert_due([
        odd("500 options", Ordinary, |name, _| {
            Packet::query(name).opt(1232, 0, &option(65_001, b"").repeat(500))
        }),
        odd("one option 100 times", Ordinary, |name, _| {
            Packet::query(name).opt(1232, 0, &option(10, b"12345678").repeat(100))
        }),
        odd("every flag", Ordinary, |name, _| Packet::query(name).opt(1232, 0xffff, &[])),
        odd("an extended response code", Ordinary, |name, _| Packet::query(name).opt(1232, 0xff00_0000, &[])),
    ]);
}

/// By UDP a message of that size is more than a question ever is; by TCP it is one like others.
#[test]
fn many_and_large_options_do_no_harm() {
    let house = House::new().list("adult", [LISTED]).with("reply.mode = 'refused'").start();
    for data in [&[b'x'; 16][..], &[b'x'; 60]] {
        let packet = Packet::query(LISTED).id(0x0dd0).opt(1232, 0, &option(65_001, data).repeat(500)).bytes();
        let answer = house.client().answer_to(&packet).expect("an answer");
        assert!(["REFUSED ede 17", "FORMERR"].contains(&&*answer.to_string()), "{answer}");
        assert_eq!(house.tcp().send_message(&packet).receive().expect("an answer"), "REFUSED ede 17");
    }
    assert_still_well(&house);
}

// RFC 8906 §3.1.3 and §8.1.3.1: unassigned flag bits are ignored, and not copied into the answer.
#[test]
fn flags_that_a_query_has_no_use_for_are_passed_over() {
    assert_due(each(
        "flags",
        [0x40, flag::AA, flag::TC, flag::RA, 0x05d0, 0x000f],
        Ordinary,
        |name, number| Packet::query(name).edns().set(number),
    ));
}

#[test]
fn counts_that_lie_are_a_format_error() {
    assert_due([
        odd("an answer that is not there", FORMERR, |name, _| Packet::query(name).claiming([1, 1, 0, 0])),
        odd("65535 answers", FORMERR, |name, _| Packet::query(name).claiming([1, 65_535, 0, 0])),
        odd("65535 of everything", FORMERR, |name, _| {
            Packet::query(name).claiming([1, 65_535, 65_535, 65_535])
        }),
        odd("an authority that is not there", FORMERR, |name, _| {
            Packet::query(name).edns().claiming([1, 0, 1, 1])
        }),
        odd("an OPT record that is not there", FORMERR, |name, _| Packet::query(name).claiming([1, 0, 0, 1])),
        odd("a record whose data runs out", FORMERR, |name, _| {
            Packet::query(name)
                .trailing(b"\x00\x00\x10\x00\x01\x00\x00\x00\x00\xff\xff")
                .claiming([1, 0, 0, 1])
        }),
        odd("a record whose owner is a bad label", FORMERR, |name, _| {
            Packet::query(name).raw_record(Section::Additional, b"\x80", (1, 1), 0, &A)
        }),
    ]);
}

/// Records that a query has no use for, but that are well-formed; and bytes that are no record.
#[test]
fn what_stands_behind_the_question_is_passed_over() {
    assert_due([
        odd("an answer in a query", Ordinary, |name, _| Packet::query(name).address(A).edns()),
        odd("an SOA as in IXFR", Ordinary, |name, _| Packet::query(name).soa(1).edns()),
        odd("a record that points to itself", Ordinary, |name, _| {
            Packet::query(name).edns().raw_record(Section::Additional, b"\xc0\x0c", (1, 1), 0, &A)
        }),
        odd("a TSIG record", Ordinary, |name, _| {
            let key = wire_name("key.example");
            Packet::query(name).edns().raw_record(Section::Additional, &key, (250, 255), 0, &[0; 58])
        }),
        odd("bytes behind the message", Ordinary, |name, _| {
            Packet::query(name).edns().trailing(b"GET / HTTP/1.1")
        }),
    ]);
}

/// Names of the largest size are in order, and so are their answers.
#[test]
fn the_longest_name_is_no_oddity() {
    let house = House::new().list("adult", [LISTED]).with("reply.mode = 'refused'").start();
    let label = "x".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}.{LISTED}", "x".repeat(49));
    assert_eq!(wire_name(&longest).len(), 255);
    assert_eq!(house.ask(&longest), "REFUSED ede 17");
    assert_eq!(house.query(&longest).plain().tcp().send(), "REFUSED");
}
