//! A busy family for measurements: six people, 40 devices, what they ask in ten minutes and what flows. Made up, but shaped like
//! life: few services and categories make most questions (Zipf), people sleep, things in the house ask all day. Each of
//! the 19 devices that people hold is in use for two and a half hours a day, eight hours a person.

use luytre_lists::{Category, CategorySet};

use super::super::cells::{Cells, Ending};
use super::super::level::PERIOD;
use crate::clock::Timestamp;
use crate::history::{Flowed, Roll, Subject};
use crate::who::Who;

/// Devices: the first 19 are people's, the rest are things.
pub(super) const DEVICES: u16 = 40;
const PEOPLES: u16 = 19;
const SERVICES: usize = 120;
/// In a hundred periods of ten minutes of each hour a person's device is in use so often.
const IN_USE: [u64; 24] = [1, 1, 0, 0, 0, 3, 14, 14, 8, 6, 6, 10, 14, 8, 6, 8, 12, 18, 24, 30, 30, 22, 12, 4];

/// A question's place in the tables, drawn and not asked.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) who: Who,
    pub(super) categories: CategorySet,
    pub(super) service: Option<u8>,
    pub(super) ending: Ending,
}

/// Draws what the family asks; the same seed draws the same.
pub(super) struct Family {
    state: u64,
    zipf: Vec<f64>,
}

impl Family {
    pub(super) fn new(seed: u64) -> Self {
        let mut sum = 0.0;
        let zipf = (1..=SERVICES).map(|rank| {
            sum += 1.0 / (rank as f64).powf(1.1);
            sum
        });
        Self { state: seed, zipf: zipf.collect() }
    }

    /// splitmix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random() % bound
    }

    /// A number below [`SERVICES`], small ones more often.
    fn popular(&mut self) -> usize {
        let all = self.zipf[SERVICES - 1];
        let point = self.random() as f64 / u64::MAX as f64 * all;
        self.zipf.partition_point(|sum| *sum < point).min(SERVICES - 1)
    }

    /// What is asked in the ten minutes that begin then.
    pub(super) fn ten_minutes(&mut self, time: Timestamp) -> Vec<Asked> {
        let hour = time % 86_400 / 3600;
        let mut asked = Vec::new();
        for device in 0..DEVICES {
            let is_thing = device >= PEOPLES;
            let count = match is_thing {
                true => 4 + self.below(12),
                // A phone in a pocket asks too.
                false if self.below(100) >= IN_USE[hour as usize % 24] => self.below(6),
                false => 60 + self.below(240),
            };
            // Who uses a device for ten minutes is at a few services; some more keep themselves up to date.
            let services: Vec<usize> = (0..3 + self.below(6)).map(|_| self.service_of(device)).collect();
            let in_bed = device % 6 < 4 && !(6..22).contains(&hour);
            for _ in 0..count {
                let asked_now = if is_thing { self.thing(device) } else { self.person(device, &services) };
                let ending = if in_bed && !is_thing { Ending::Blocked } else { asked_now.ending };
                asked.push(Asked { ending, ..asked_now });
            }
        }
        asked
    }

    /// What flows in each of the ten minutes that begin then: who uses a device is at one or two things, a video among
    /// them now and then; what lies there says that it is there.
    pub(super) fn ten_minutes_of_use(&mut self, time: Timestamp) -> Vec<(Who, Vec<Flowed>)> {
        let hour = time % 86_400 / 3600;
        let mut minutes = Vec::new();
        for device in 0..DEVICES {
            let is_used = device < PEOPLES && self.below(100) < IN_USE[hour as usize % 24];
            let services: Vec<usize> = match is_used {
                true => (0..1 + self.below(2)).map(|_| self.service_of(device)).collect(),
                false => Vec::new(),
            };
            for _ in 0..10 {
                let mut minute: Vec<Flowed> = services.iter().map(|service| self.flows(*service)).collect();
                let background = self.below(if is_used { 150_000 } else { 15_000 });
                minute.push(Flowed { category: None, service: None, bytes: background, in_use: false });
                minutes.push((Who(device), minute));
            }
        }
        minutes
    }

    fn flows(&mut self, service: usize) -> Flowed {
        // Chats move kilobytes, films megabytes.
        let most = 100_000 << (service % 3 * 3);
        let bytes = if self.below(10) < 7 { 60_000 + self.below(most) } else { self.below(20_000) };
        let category = Category::new((service % 16) as u8);
        Flowed { category, service: Some(service as u8), bytes, in_use: bytes >= 60_000 }
    }

    /// One of the services that the device's owner uses, of which a device has 25.
    fn service_of(&mut self, device: u16) -> usize {
        let (rank, person) = (self.popular() % 25, usize::from(device % 6));
        // Half of them are everybody's favourites.
        if rank % 2 == 0 { rank } else { (rank * 7 + person * 31 + usize::from(device)) % SERVICES }
    }

    fn thing(&mut self, device: u16) -> Asked {
        let kind = u64::from(device) % 5;
        let (bits, ending) = match self.below(10) {
            0 => (1 << 32, Ending::Blocked),
            1 => (1 << (20 + kind), Ending::Allowed),
            _ => (0, Ending::Allowed),
        };
        let service = (kind == 0).then_some(119);
        Asked { who: Who(device), categories: CategorySet::from_bits(bits), service, ending }
    }

    fn person(&mut self, device: u16, services: &[usize]) -> Asked {
        // Ads and trackers, names nobody has sorted, and services, of which each has its categories.
        let (bits, service, ending) = match self.below(20) {
            0..3 => (1 << 31, None, Ending::Blocked),
            3..7 => (1 << 32, None, Ending::Blocked),
            7 => (1 << 31 | 1 << 32, None, Ending::Blocked),
            8..12 => (0, None, Ending::Allowed),
            12 => (1 << (self.popular() % 30), None, Ending::Allowed),
            _ => {
                let service = services[self.below(services.len() as u64) as usize];
                let first = 1u64 << (service % 16);
                let second = if service.is_multiple_of(5) { 1 << (16 + service % 7) } else { 0 };
                let ending = match (service + usize::from(device % 6)) % 12 {
                    0 => Ending::Blocked,
                    1 if service.is_multiple_of(3) => Ending::Rewritten,
                    _ => Ending::Allowed,
                };
                (first | second, Some(service as u8), ending)
            }
        };
        Asked { who: Who(device), categories: CategorySet::from_bits(bits), service, ending }
    }
}

impl Asked {
    pub(super) fn count(&self, cells: &Cells) {
        cells.count(self.who, self.categories, self.service, self.ending);
    }
}

/// Six people with 19 devices; things belong to nobody.
#[derive(Debug)]
pub(super) struct Names;

impl Roll for Names {
    fn subject(&self, who: Who) -> Subject {
        let person = if who.0 < PEOPLES { format!("person-{}", who.0 % 6) } else { String::new() };
        Subject { person, device: format!("02:00:00:00:00:{:02x}", who.0) }
    }

    fn service(&self, number: u8) -> String {
        format!("service-{number}")
    }
}

/// A day's beginning, in UTC.
pub(super) const START: Timestamp = 1_767_225_600; // 2026-01-01

/// The periods of some days.
pub(super) fn periods(days: u64) -> impl Iterator<Item = Timestamp> {
    (START..START + days * 86_400).step_by(PERIOD as usize)
}
