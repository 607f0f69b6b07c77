//! A new list under load: 50,000 questions a second, and those that are asked while it is fetched, made and swapped are
//! answered like all others.
//!
//! The daemon has one core to itself, as many routers have; questions come from the other. It takes a measurement's quiet,
//! so it is no part of `cargo test`: `./dev test swap`.

use std::collections::BTreeSet;
use std::fs;
use std::net::UdpSocket;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use luytre_tests::dns::{LONGEST_QUERY, Question, encode_name, write_query};
use luytre_tests::histogram::Histogram;
use luytre_tests::mmsg::{Batch, Keep, Wait};

use crate::centre::{Centre, write};
use crate::harness::{patiently, stopwatch};
use crate::scene::router;
use crate::web::Web;

/// Questions a second.
const RATE: u64 = 50_000;
const NAMES: usize = 500_000;
/// Changes from list to list: 1 %.
const CHANGES: usize = 5_000;
const SWAPS: usize = 8;
/// Seconds between two new lists: the second of the swap, and quiet ones to compare it with.
const APART: u64 = 4;
const SECONDS: u64 = (SWAPS as u64 + 1) * APART;
/// Sockets, each with a turn of IDs: an answer that comes 2.6 s late would be taken for another.
const SOCKETS: usize = 2;
/// How long is waited for the last answers.
const PATIENCE: Duration = Duration::from_secs(1);

/// One second's questions.
#[derive(Clone, Default)]
struct Second {
    asked: u64,
    times: Histogram,
}

impl Second {
    /// 50, 99 and 99.9 of a hundred questions are answered within these microseconds.
    fn micros(&self) -> [u64; 3] {
        [500, 990, 999].map(|per_mille| self.times.per_mille(per_mille) / 1000)
    }
}

/// A socket, and when the question of each ID was asked; 0: it was answered.
struct Lane {
    socket: UdpSocket,
    next: u16,
    sent_at: Vec<u64>,
}

/// Asks at an even pace and counts what comes back, second by second.
fn load(port: u16, names: &[Vec<u8>], clock: &impl Fn() -> Duration) -> Vec<Second> {
    let lane = || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        Lane { socket, next: 0, sent_at: vec![0; 1 << 16] }
    };
    let mut lanes: Vec<Lane> = (0..SOCKETS).map(|_| lane()).collect();
    let mut seconds = vec![Second::default(); SECONDS as usize];
    let mut out = Batch::new(64, LONGEST_QUERY, Keep::Nothing);
    let mut incoming = Batch::new(64, 1500, Keep::Nothing);
    let nanos = || clock().as_nanos() as u64 + 1;
    let begin = nanos();
    let mut asked = 0;
    loop {
        let now = nanos() - begin;
        if now > Duration::from_secs(SECONDS).as_nanos() as u64 + PATIENCE.as_nanos() as u64 {
            break;
        }
        let due = (now.min(SECONDS * 1_000_000_000) as u128 * u128::from(RATE) / 1_000_000_000) as u64;
        for lane in &mut lanes {
            let count = (due - asked).div_ceil(SOCKETS as u64).min(due - asked).min(out.capacity() as u64);
            for at in 0..count {
                let name = &names[(asked + at) as usize % names.len()];
                let question = Question { label: &[], name, kind: 1, edns: true };
                let length = write_query(out.buffer(at as usize), lane.next, &question).unwrap();
                out.queue(at as usize, length);
                lane.sent_at[usize::from(lane.next)] = nanos();
                lane.next = lane.next.wrapping_add(1);
            }
            out.send(lane.socket.as_fd());
            let second = (now / 1_000_000_000).min(SECONDS - 1) as usize;
            seconds[second].asked += count;
            asked += count;
            receive(lane, &mut incoming, &mut seconds, (begin, nanos()));
        }
    }
    seconds
}

/// Takes what has come; it counts for the second in which it was asked.
fn receive(lane: &mut Lane, incoming: &mut Batch, seconds: &mut [Second], (begin, now): (u64, u64)) {
    for at in 0..incoming.receive(lane.socket.as_fd(), Wait::No).unwrap() {
        let packet = incoming.packet(at);
        assert_eq!(packet[3] & 15, 5, "blocked, by each of the lists");
        let sent_at =
            std::mem::take(&mut lane.sent_at[usize::from(u16::from_be_bytes([packet[0], packet[1]]))]);
        if sent_at > 0 {
            let second = ((sent_at - begin) / 1_000_000_000).min(SECONDS - 1) as usize;
            seconds[second].times.record(now - sent_at);
        }
    }
}

/// The calling thread, and what it starts, on one core; where that may not be chosen, on all.
fn stay_on(core: usize) {
    // SAFETY: a cpu_set_t is plain data, zeros are a set of none, and its true size is given.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &set);
    }
}

/// The publications of a centre one after the other: files of all of them in one folder, and the two documents of each.
fn publications(centre: &Centre, shown: &Path) -> Vec<[Vec<u8>; 2]> {
    let publish = |number: usize| {
        let names = (0..NAMES).map(|name| {
            let renewed = if (name / CHANGES) < number { "r" } else { "" };
            format!("{renewed}n{name}.example\n")
        });
        let names: String = names.chain(["always.example\n".to_owned()]).collect();
        write(&centre.path("names/adult.txt"), names.as_bytes());
        centre.renew(&["--override", "change"]);
        copy(&centre.publication(), shown);
        ["manifest.json", "timestamp.json"].map(|name| centre.file(name))
    };
    (0..=SWAPS).map(publish).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The value that so many of a hundred are below.
fn at(mut values: Vec<u64>, percent: usize) -> u64 {
    values.sort_unstable();
    values[values.len() * percent / 100]
}

#[test]
#[ignore = "measures for half a minute, and wants the machine for itself: ./dev test swap"]
fn no_question_is_lost_or_late_while_a_list_is_swapped() {
    let centre = Centre::new();
    let shown = centre.path("shown");
    let documents = publications(&centre, &shown);
    let show = |[manifest, timestamp]: &[Vec<u8>; 2]| {
        write(&shown.join("manifest.json"), manifest);
        write(&shown.join("timestamp.json"), timestamp);
    };
    show(&documents[0]);
    let web = Web::of(shown.clone());
    let house = router(&centre, &[&web.url()]).with("list.check_every = 1").with("limits.client_rate = 0");
    stay_on(0);
    let house = house.furnished();
    let _ = fs::remove_file(house.path("list.lyt"));
    let house = house.start_as_it_is();
    stay_on(1);
    patiently("the first list", || (house.ask("always.example") == "REFUSED ede 17").then_some(()));

    let name = |number: usize| encode_name(&format!("n{}.example", NAMES - 1 - number)).unwrap();
    let names: Vec<Vec<u8>> = (0..10_000).map(name).collect();
    let clock = stopwatch();
    let ended = AtomicBool::new(false);
    let mut busy = BTreeSet::new();
    let seconds = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let seconds = load(house.port(), &names, &clock);
            ended.store(true, Ordering::Relaxed);
            seconds
        });
        for (number, next) in (1..).zip(&documents[1..]) {
            while clock().as_secs() < number * APART - 1 {
                std::thread::sleep(Duration::from_millis(5));
            }
            show(next);
            // Seconds in which it is fetched, made or swapped.
            while house.log().matches("a new list is in force").count() < number as usize + 1 {
                assert!(!ended.load(Ordering::Relaxed), "list {number} is not taken:\n{}", house.log());
                busy.insert(clock().as_secs() as usize);
                std::thread::sleep(Duration::from_millis(5));
            }
            busy.insert(clock().as_secs() as usize);
        }
        asking.join().unwrap()
    });
    drop(web);

    let (mut answered, mut lost) = (0, 0);
    for (number, second) in seconds.iter().enumerate() {
        let [half, most, nearly_all] = second.micros();
        let what = if busy.contains(&number) { " a new list" } else { "" };
        eprintln!(
            "second {number:2}: {} asked, {} answered, p50 {half} µs, p99 {most} µs, p99.9 {nearly_all} µs, max {} µs{what}",
            second.asked,
            second.times.total(),
            second.times.max() / 1000
        );
        answered += second.times.total();
        lost += second.asked - second.times.total();
    }
    assert_eq!(lost, 0, "questions were lost");
    assert!(answered >= RATE * SECONDS * 99 / 100, "{answered} questions are fewer than {RATE} a second");
    // The first second warms up.
    let of = |wanted: bool, figure: usize| -> Vec<u64> {
        let seconds =
            seconds.iter().enumerate().skip(1).filter(|(number, _)| busy.contains(number) == wanted);
        seconds.map(|(_, second)| second.micros()[figure]).collect()
    };
    for (figure, what) in ["p50", "p99", "p99.9"].into_iter().enumerate() {
        let (with, without) = (of(true, figure), of(false, figure));
        let (with, high, without) = (at(with, 50), at(without.clone(), 90), at(without, 50));
        eprintln!(
            "{what}: {with} µs with a new list, {without} µs without, {high} µs in one quiet second of ten"
        );
        assert!(with <= high, "a second with a new list is told from others by its {what}");
    }
}
