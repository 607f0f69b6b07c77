//! How many bytes flowed, by device and service: what the kernel's counters gained since they were read last. PURE.

use std::collections::{BTreeMap, HashMap};

use luytre_lists::Category;
use serde::Serialize;

use super::atlas::Atlas;
use super::protocol::Flow;
use crate::catalogue::ServiceId;
use crate::history::Flowed;

/// Bytes in a minute from which on somebody uses the Internet: a page has more, and what a phone does by itself in a
/// pocket less.
pub const USE: u64 = 200_000;
/// Bytes in a minute from which on somebody uses a service, or what is of one category: more than its notices take.
pub const SERVICE_USE: u64 = 60_000;
/// From so many bytes on a device is worth a notice whose traffic has no names.
const MUCH: u64 = 20_000_000;
/// The least share of it that has names, in percent: of a device without a tunnel it is nearly everything.
const NAMED: u64 = 25;

/// What one device moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Traffic {
    /// Bytes both ways.
    pub bytes: u64,
    /// Of those, to and from addresses that were answered to somebody here.
    pub named: u64,
    /// Of those, by the key of the service that the address is alone.
    pub services: BTreeMap<&'static str, u64>,
}

/// What one device moved since the counters were read before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gain {
    /// Bytes both ways.
    pub bytes: u64,
    /// Of those, with named addresses.
    pub named: u64,
    /// Of those, by service.
    pub services: HashMap<ServiceId, u64>,
    /// Of the others, by category.
    pub categories: HashMap<Category, u64>,
}

/// The counters as they were read last.
#[derive(Clone, Debug, Default)]
pub struct Tally(HashMap<u32, u64>);

impl Tally {
    /// Reads the counters of all flows; what each number gained.
    pub fn read(&mut self, flows: &[Flow], atlas: &Atlas) -> HashMap<u16, Gain> {
        let before = std::mem::take(&mut self.0);
        let mut gains: HashMap<u16, Gain> = HashMap::new();
        for flow in flows {
            self.0.insert(flow.id, flow.bytes);
            // A number that was used before may belong to another flow now, which has fewer.
            let known = before.get(&flow.id).copied().filter(|known| *known <= flow.bytes);
            let bytes = flow.bytes - known.unwrap_or_default();
            if bytes == 0 {
                continue;
            }
            let gain = gains.entry(flow.number).or_default();
            gain.bytes += bytes;
            gain.named += if atlas.knows(flow.remote) { bytes } else { 0 };
            if let Some(service) = atlas.owner(flow.remote) {
                *gain.services.entry(service).or_default() += bytes;
            } else if let Some(category) = atlas.category(flow.remote) {
                *gain.categories.entry(category).or_default() += bytes;
            }
        }
        gains
    }
}

impl Gain {
    /// The same for the history: all bytes, each once. `category` says what a service is about.
    pub fn flowed(&self, category: impl Fn(ServiceId) -> Option<Category>) -> Vec<Flowed> {
        let part = |category, service: Option<ServiceId>, bytes| Flowed {
            category,
            service: service.map(|service| service.0),
            bytes,
            in_use: bytes >= SERVICE_USE,
        };
        let services =
            self.services.iter().map(|(service, bytes)| part(category(*service), Some(*service), *bytes));
        let categories = self.categories.iter().map(|(category, bytes)| part(Some(*category), None, *bytes));
        let mut flowed: Vec<Flowed> = services.chain(categories).collect();
        let told: u64 = flowed.iter().map(|part| part.bytes).sum();
        let is_known = flowed.iter().any(|part| part.in_use);
        let bytes = self.bytes.saturating_sub(told);
        // Where what is known says what the minute was spent at, the rest is not another thing.
        flowed.push(Flowed { in_use: !is_known && self.bytes >= USE, ..part(None, None, bytes) });
        flowed
    }
}

impl Traffic {
    /// Adds what was gained; `key` names services.
    pub fn add(&mut self, gain: &Gain, key: impl Fn(ServiceId) -> Option<&'static str>) {
        self.bytes += gain.bytes;
        self.named += gain.named;
        for (service, bytes) in &gain.services {
            if let Some(key) = key(*service) {
                *self.services.entry(key).or_default() += bytes;
            }
        }
    }

    /// Whether most of it went where no name led, as with a tunnel.
    pub fn has_no_names(&self) -> bool {
        self.bytes >= MUCH && self.named.saturating_mul(100) / NAMED < self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZALO: ServiceId = ServiceId(2);

    fn flow(id: u32, number: u16, last: u8, bytes: u64) -> Flow {
        Flow { id, number, remote: [192, 0, 2, last].into(), port: 443, protocol: 6, bytes }
    }

    #[test]
    fn only_what_came_since_counts_and_each_service_has_its_own() {
        let (mut tally, mut atlas) = (Tally::default(), Atlas::default());
        atlas.learn([192, 0, 2, 1].into(), Some(ZALO), None);
        atlas.learn([192, 0, 2, 2].into(), None, None);
        let first = [flow(1, 7, 1, 1000), flow(2, 7, 2, 500), flow(3, 7, 3, 40), flow(4, 8, 1, 9)];
        let gains = tally.read(&first, &atlas);
        let gain = &gains[&7];
        assert_eq!((gain.bytes, gain.named, gain.services[&ZALO]), (1540, 1500, 1000));
        assert_eq!(gains[&8].bytes, 9);
        let gains = tally.read(&[flow(1, 7, 1, 1600), flow(2, 7, 2, 500)], &atlas);
        assert_eq!((gains[&7].bytes, gains.len()), (600, 1));
        let gains = tally.read(&[flow(1, 7, 1, 30)], &atlas);
        assert_eq!(gains[&7].bytes, 30, "another flow under a number that was used before");
    }

    #[test]
    fn the_history_gets_every_byte_once_and_a_minute_for_what_was_used() {
        let [chat, games] = [Category::new(7), Category::new(9)];
        let flowed = |bytes, zalo, other| {
            let gain = Gain {
                bytes,
                services: [(ZALO, zalo)].into(),
                categories: games.into_iter().map(|games| (games, other)).collect(),
                ..Gain::default()
            };
            let flowed = gain.flowed(|_| chat);
            assert_eq!(flowed.iter().map(|part| part.bytes).sum::<u64>(), bytes);
            flowed.iter().map(|part| (part.category, part.service, part.in_use)).collect::<Vec<_>>()
        };
        let parts = |[zalo, other, rest]: [bool; 3]| {
            [(chat, Some(ZALO.0), zalo), (games, None, other), (None, None, rest)]
        };
        assert_eq!(flowed(900_000, SERVICE_USE, 10), parts([true, false, false]));
        assert_eq!(flowed(900_000, SERVICE_USE, SERVICE_USE), parts([true, true, false]));
        assert_eq!(flowed(USE, 10, 10), parts([false, false, true]));
        assert_eq!(flowed(USE - 1, 10, 10), parts([false; 3]));
    }

    #[test]
    fn much_traffic_without_names_is_told() {
        let traffic = |bytes, named| Traffic { bytes, named, ..Traffic::default() };
        assert!(traffic(MUCH, MUCH / 5).has_no_names());
        assert!(!traffic(MUCH, MUCH / 2).has_no_names());
        assert!(!traffic(MUCH / 2, 0).has_no_names());
    }
}
