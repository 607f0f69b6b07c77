//! Ten million routers: a day of them simulated, by the very schedule that routers keep; and two hundred real ones.
//!
//! The simulation draws each router's day by itself, and counts requests minute by minute. It knows two publications, one
//! ordinary at 06:00 and one urgent at 18:00; one of the two mirrors is away from 08:00 to 09:00; and at 20:00 the power
//! comes back in a region with a tenth of all routers, in the same second. A second day is the same, but the ordinary list
//! is for one router in a hundred at first, and for all at 08:00.

use std::process::Command;
use std::time::Duration;

use luytre::sync::schedule;

use crate::harness::{Ended, hub_program, patiently, program, stopwatch};
use crate::scene::{Scene, router};

const ROUTERS: u64 = 10_000_000;
const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;
const ORDINARY: u32 = 6 * HOUR;
const URGENT: u32 = 18 * HOUR;
const AWAY: std::ops::Range<u32> = 8 * HOUR..9 * HOUR;
const POWER_BACK: u32 = 20 * HOUR;
/// Routers of a hundred that take a staged list at first, and when all do.
const FIRST_RING: u64 = 1;
const OPENED: u32 = 8 * HOUR;
/// One router in so many is drawn, so that it takes a second: each stands for all of them.
const EACH: u64 = 100;

/// Bytes of a request and its answer with their heads, estimated: a small answer over TLS 1.3 with a resumed or a new session.
const TIMESTAMP: u64 = 750;
const ROOT: u64 = 300;
const MANIFEST: u64 = 3_000;
/// A delta of 3,000 changes: 5.3 bytes each.
const DELTA: u64 = 16_000;
/// A TLS handshake, resumed or not, on average.
const HANDSHAKE: u64 = 3_500;

/// What all of them do.
struct Day {
    /// Whether the ordinary list is staged.
    staged: bool,
    requests: Vec<u64>,
    bytes: u64,
    /// By minute after the publication: how many have it.
    ordinary: Vec<u64>,
    urgent: Vec<u64>,
}

/// Numbers by chance (SplitMix64), the same in each run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Day {
    /// A day of all routers.
    fn lived(staged: bool) -> Self {
        let none = || vec![0; (DAY / 60) as usize];
        let mut day = Self { staged, requests: none(), bytes: 0, ordinary: none(), urgent: none() };
        let mut chance = Chance(7);
        (0..ROUTERS / EACH).for_each(|_| day.live(&mut chance));
        day
    }

    /// Requests a second: on average, and in the busiest minute.
    fn load(&self) -> (u64, u64) {
        let total: u64 = self.requests.iter().sum();
        (total * EACH / u64::from(DAY), self.requests.iter().max().unwrap() * EACH / 60)
    }

    fn ask(&mut self, at: u32, requests: u64, bytes: u64) {
        if let Some(minute) = self.requests.get_mut((at / 60) as usize) {
            *minute += requests;
            self.bytes += bytes;
        }
    }

    /// One router's day.
    fn live(&mut self, chance: &mut Chance) {
        let seconds = |wait: Duration| wait.as_secs() as u32;
        let loses_power = chance.next().is_multiple_of(10);
        let (mut has_ordinary, mut has_urgent) = (false, false);
        let waits = self.staged && chance.next() % 100 >= FIRST_RING;
        let (ours, mut is_told) = (if waits { OPENED } else { ORDINARY }, !waits);
        let mut taking = None;
        // All have been on for long: anywhere between two looks.
        let mut at = (chance.next() % u64::from(HOUR)) as u32;
        while at < DAY {
            if loses_power && at > POWER_BACK - HOUR && at < POWER_BACK {
                at = POWER_BACK + seconds(schedule::after_start(true, None, chance.next()));
                continue;
            }
            if AWAY.contains(&at) && chance.next().is_multiple_of(2) {
                // The first mirror does not answer: one try more at the other.
                self.ask(at, 1, 100);
            }
            let is_due = taking.is_some_and(|due| due <= at);
            self.ask(at, 1, TIMESTAMP + HANDSHAKE);
            if at >= ORDINARY && !is_told {
                // It reads who the list is for, and not again before the timestamp names another manifest.
                self.ask(at, 1, MANIFEST);
                is_told = true;
            }
            let news = at >= ours && !has_ordinary && !has_urgent;
            if at >= URGENT && !has_urgent {
                self.ask(at, 2, MANIFEST + DELTA);
                (has_ordinary, has_urgent, taking) = (true, true, None);
                self.urgent[((at - URGENT) / 60) as usize] += 1;
            } else if news && is_due {
                self.ask(at, 3, ROOT + MANIFEST + DELTA);
                (has_ordinary, taking) = (true, None);
                self.ordinary[((at - ORDINARY) / 60) as usize] += 1;
            } else if news {
                self.ask(at, 1, MANIFEST);
                taking.get_or_insert(at + seconds(schedule::before_taking(None, chance.next())));
            }
            let next = at + seconds(schedule::after_success(None, Duration::ZERO, chance.next()));
            at = taking.map_or(next, |due: u32| due.max(at + 1).min(next));
        }
    }
}

/// Minutes until so many of a thousand have it.
fn until(minutes: &[u64], thousandths: u64) -> usize {
    let all: u64 = minutes.iter().sum();
    let mut so_far = 0;
    minutes
        .iter()
        .position(|count| {
            so_far += count;
            so_far * 1000 >= all * thousandths
        })
        .unwrap()
}

#[test]
fn ten_million_routers_are_spread_over_the_day() {
    let day = Day::lived(false);
    let (mean, peak) = day.load();
    let (ordinary, urgent) = (until(&day.ordinary, 990), until(&day.urgent, 1000));
    eprintln!(
        "10 million routers, a day with an ordinary and an urgent publication: {mean} requests/s on average, {peak}/s in \
         the busiest minute; {} GB, {} Mbit/s on average; 99 % have the ordinary list after {ordinary} min, all have the \
         urgent one after {urgent} min",
        day.bytes * EACH / 1_000_000_000,
        day.bytes * EACH * 8 / u64::from(DAY) / 1_000_000
    );
    assert!(ordinary <= 7 * 60, "99 % are updated after {ordinary} min");
    assert!(urgent <= 60, "an urgent removal is in force everywhere after {urgent} min");
    assert!(peak <= 3 * mean, "{peak} requests/s at most, {mean} on average");
    let have: u64 = day.urgent.iter().sum();
    assert!(have > ROUTERS / EACH * 99 / 100, "{have} have the urgent list at the end of the day");
}

#[test]
fn a_staged_list_reaches_few_at_first_and_all_in_time() {
    let day = Day::lived(true);
    let (mean, peak) = day.load();
    let staged = (OPENED - ORDINARY) as usize / 60;
    let first: u64 = day.ordinary[..staged].iter().sum::<u64>() * EACH;
    let after = until(&day.ordinary, 990) - staged;
    eprintln!(
        "the same, staged: {first} routers have the ordinary list when it is opened for all, 99 % {after} min later; \
         {mean} requests/s on average, {peak}/s in the busiest minute"
    );
    assert!((1..=ROUTERS * FIRST_RING / 100).contains(&first), "{first} routers had a list that was staged");
    assert!(after <= 7 * 60, "99 % are updated {after} min after it was opened");
    assert!(peak <= 3 * mean, "{peak} requests/s at most, {mean} on average");
}

#[test]
fn two_hundred_real_routers_take_the_list_from_one_server() {
    const ROUTERS: usize = 200;
    let scene = Scene::new();
    let port = crate::harness::free_port();
    scene.router.write(
        "hub.toml",
        format!("[publish]\nto = {:?}\n[serve]\nlisten = '127.0.0.1:{port}'\n", scene.centre.publication()),
    );
    let mut server = Command::new(hub_program())
        .args(["serve", "--config", &scene.router.path("hub.toml")])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    patiently("the server", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
    let url = format!("http://127.0.0.1:{port}/list");
    let houses: Vec<_> = (0..ROUTERS).map(|_| router(&scene.centre, &[&url])).collect();
    let round = |words: &str| {
        let elapsed = stopwatch();
        for some in houses.chunks(50) {
            let children: Vec<_> = some
                .iter()
                .map(|house| {
                    let mut command = Command::new(program());
                    command.args(["sync", "--once", "--config", house.config_file()]);
                    std::thread::spawn(move || Ended::of(command, ""))
                })
                .collect();
            for child in children {
                let ended = child.join().unwrap();
                assert_eq!((ended.code, ended.err.as_str()), (0, ""));
                assert!(ended.out.contains(words), "{}", ended.out);
            }
        }
        elapsed()
    };
    let first = round("serial 1, edition full, 401 names, whole");
    scene.centre.publish("second.example");
    let second = round("serial 2, edition full, 401 names, by delta");
    let third = round("up to date");
    server.kill().unwrap();
    server.wait().unwrap();
    eprintln!(
        "{ROUTERS} real routers, 50 at once: first list {first:.1?}, delta {second:.1?}, nothing new {third:.1?}"
    );
}
