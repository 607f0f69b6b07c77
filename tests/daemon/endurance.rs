//! Noise, from both sides, at length: the daemon stays up, stays small and answers as ever.
//!
//! The noise is seeded: a failure comes again. `LUYTRE_LONG=1` makes two hundred times as much of it.

use std::sync::Mutex;

use luytre_tests::names::Dice;

use crate::harness::{A, Daemon, House, Packet, Section, Upstream, option, wire_name};

/// How often, where `few` will do for every day.
fn times(few: usize) -> usize {
    if std::env::var_os("LUYTRE_LONG").is_some() { few * 200 } else { few }
}

/// What noise may cost: fragmentation and buffers, never something for each packet.
const GROWTH_KB: u64 = 6_000;

fn house(upstream: Upstream) -> Daemon {
    let house = House::new().upstream(upstream).list("adult", ["bad.example"]).with("reply.mode = 'refused'");
    house.with("limits.client_rate = 0").with("upstream.timeout = 1").with("cache.entries = 1000").start()
}

/// Runs it once to warm up, then at length, and looks at the memory.
fn assert_bounded(house: &Daemon, mut round: impl FnMut(usize)) {
    round(1000);
    let before = house.resident_kb();
    round(times(20_000));
    let after = house.resident_kb();
    assert!(after < before + GROWTH_KB, "{before} kB before, {after} kB after");
    assert_eq!(house.ask("bad.example"), "REFUSED ede 17");
    assert_eq!(house.query("bad.example").tcp().send(), "REFUSED ede 17");
    assert_eq!(house.ask("plain.example"), "NOERROR A 300 192.0.2.1");
}

/// Changes a few bytes, or many, or the length.
fn damage(message: &mut Vec<u8>, from: usize, dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        let at = from + dice.below((message.len() - from).max(1));
        match (dice.below(6), message.get_mut(at)) {
            (0, _) => message.truncate(at.max(from)),
            (1, _) => message.extend((0..dice.below(40)).map(|_| dice.roll() as u8)),
            (2, Some(byte)) => *byte = [0, 0xff, 0xc0, 0x3f, 0x40, 0x80][dice.below(6)],
            (_, Some(byte)) => *byte ^= 1 << dice.below(8),
            (_, None) => {}
        }
    }
}

fn noise(dice: &mut Dice) -> Vec<u8> {
    (0..dice.below(600)).map(|_| dice.roll() as u8).collect()
}

/// Sends datagrams a hundred at a time, and sees after each hundred that a question is answered: so none are lost
/// because the socket is full, and the daemon is seen to live.
fn send_all(house: &Daemon, count: usize, mut datagram: impl FnMut() -> Vec<u8>) {
    let client = house.client();
    for number in 0..count {
        client.send(&datagram());
        if number % 100 == 99 {
            assert_eq!(house.ask("luytre.lan"), "NOERROR A 10 127.0.0.1");
        }
    }
}

#[test]
fn random_datagrams_change_nothing() {
    let house = house(Upstream::plain());
    let mut dice = Dice::new(1);
    assert_bounded(&house, |count| send_all(&house, count, || noise(&mut dice)));
}

/// Nearer to questions, and so deeper into the daemon, than noise comes.
#[test]
fn damaged_questions_change_nothing() {
    let house = house(Upstream::plain());
    let mut dice = Dice::new(2);
    let texts =
        ["bad.example", "www.bad.example HTTPS", "free.example AAAA", "luytre.lan", "x.home.arpa DS", ". NS"];
    let mut damaged_question = || {
        let options = option(10, b"12345678").repeat(dice.below(4));
        let mut message = Packet::query(texts[dice.below(texts.len())]).opt(1232, 0x8000, &options).bytes();
        damage(&mut message, 2, &mut dice);
        message
    };
    assert_bounded(&house, |count| send_all(&house, count, &mut damaged_question));
}

/// An upstream that answers our questions, with ID and question in order and the rest damaged.
#[test]
fn damaged_answers_change_nothing() {
    let dice = Mutex::new(Dice::new(3));
    let upstream = Upstream::sending(move |asked| {
        if asked.question().starts_with("plain") {
            return vec![asked.answer().address(A).bytes()];
        }
        let dice = &mut *dice.lock().unwrap();
        let begun =
            Packet::answer_to(&asked.query).record(Section::Answer, "CNAME", 60, &wire_name("a.other"));
        let begun = if dice.below(2) == 0 { begun.opt(1232, 0, &option(15, b"\0\x06x")) } else { begun };
        let glue_at = begun.bytes().len() as u16 | 0xc000;
        let mut message = begun
            .raw_record(Section::Additional, &wire_name("ns.other"), (1, 1), 60, &A)
            .raw_record(Section::Additional, &glue_at.to_be_bytes(), (2, 1), 60, &glue_at.to_be_bytes())
            .bytes();
        // The header's counts may lie too, but ID, flags and the count of questions are as they must be.
        let question_end = 12 + asked.query.question_bytes().len();
        if dice.below(4) == 0 {
            message[7 + 2 * dice.below(3)] ^= 1 << dice.below(8);
        }
        damage(&mut message, question_end, dice);
        vec![message]
    });
    let house = house(upstream);
    let mut number = 0;
    assert_bounded(&house, |count| {
        let client = house.client();
        for _ in 0..count / 4 {
            number += 1;
            let question = Packet::query(&format!("n{number}.example")).edns().bytes();
            client.send(&question);
            // The data may be nonsense that is passed on; ID and question are the client's own all the same.
            let answer = client.receive_bytes();
            let question_end = question.len() - 11;
            assert_eq!(
                (&answer[..2], &answer[12..question_end]),
                (&question[..2], &question[12..question_end])
            );
        }
    });
}

/// Streams of noise: read to their end or hung up on, and their places given back.
#[test]
fn noisy_connections_change_nothing() {
    let house = house(Upstream::plain());
    let mut dice = Dice::new(4);
    assert_bounded(&house, |count| {
        for _ in 0..count / 200 {
            let mut stream = house.tcp();
            for _ in 0..dice.below(5) {
                let mut bytes = Packet::query("bad.example").edns().bytes();
                damage(&mut bytes, 0, &mut dice);
                let len = if dice.below(3) == 0 { dice.below(65_536) } else { bytes.len() };
                if !stream.send_bytes(&[&(len as u16).to_be_bytes()[..], &bytes].concat()) {
                    break;
                }
            }
        }
        crate::harness::eventually("places are given back", || {
            let mut stream = house.tcp();
            let asked = Packet::query("luytre.lan").bytes();
            stream.send_bytes(&[&[0, asked.len() as u8], &asked[..]].concat()) && stream.receive().is_some()
        });
    });
}

/// A household's day in a minute: many names, some blocked, most of them once.
#[test]
fn many_questions_leave_nothing_behind() {
    let house = house(Upstream::plain());
    let mut number = 0;
    assert_bounded(&house, |count| {
        let clients: Vec<_> = (0..8).map(|_| house.client()).collect();
        for _ in 0..count / 16 {
            for client in &clients {
                number += 1;
                let zone = if number % 3 == 0 { "bad.example" } else { "free.example" };
                client.send(&Packet::query(&format!("n{number}.{zone}")).edns().bytes());
            }
            clients.iter().for_each(|client| drop(client.receive()));
        }
    });
}
