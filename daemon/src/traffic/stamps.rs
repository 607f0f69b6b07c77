//! Until when an address is surely in a set, as far as answers on the hot path want to know.
//!
//! A table of fixed size without locks for who reads. What is not in it is put in again, which costs a turn with the
//! helper and is never wrong.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::protocol::Set;
use crate::who::Mac;

/// Places, of 8 octets each: the addresses that a home's supervised devices use in a day.
const PLACES: usize = 8192;

/// The table.
#[derive(Debug)]
pub struct Stamps {
    /// Nobody outside can crowd one place.
    hasher: RandomState,
    /// What was written before the last [`Stamps::forget`] has another.
    epoch: AtomicU32,
    places: Box<[Place]>,
    /// Held by who writes.
    turn: Mutex<()>,
}

/// A key and its time. The time is 0 while a writer changes the key, and who reads looks at the key twice.
#[derive(Debug, Default)]
struct Place {
    key: AtomicU32,
    until: AtomicU32,
}

impl Default for Stamps {
    fn default() -> Self {
        let places = (0..PLACES).map(|_| Place::default()).collect();
        Self { hasher: RandomState::new(), epoch: AtomicU32::new(0), places, turn: Mutex::default() }
    }
}

impl Stamps {
    /// Until when, in seconds of uptime; 0 if that is not known. Neither locks nor allocates.
    pub fn until(&self, set: Set, mac: Mac, address: IpAddr) -> u32 {
        let (key, place) = self.place(set, mac, address);
        if place.key.load(Ordering::Acquire) != key {
            return 0;
        }
        let until = place.until.load(Ordering::Acquire);
        if place.key.load(Ordering::Acquire) == key { until } else { 0 }
    }

    /// It is there until then.
    pub fn set(&self, set: Set, mac: Mac, address: IpAddr, until: u32) {
        // Nothing panics while it is held, and it guards no value.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, place) = self.place(set, mac, address);
        place.until.store(0, Ordering::Release);
        place.key.store(key, Ordering::Release);
        place.until.store(until, Ordering::Release);
    }

    /// Nothing is surely anywhere any more.
    pub fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    fn place(&self, set: Set, mac: Mac, address: IpAddr) -> (u32, &Place) {
        let hash = self.hasher.hash_one((self.epoch.load(Ordering::Relaxed), set, mac, address));
        // The high half tells, the low half places.
        ((hash >> 32) as u32, &self.places[hash as usize % PLACES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 0x10]);

    #[test]
    fn what_is_set_is_read_until_it_is_forgotten() {
        let stamps = Stamps::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(stamps.until(Set::Named, PHONE, address), 0);
        stamps.set(Set::Named, PHONE, address, 70);
        assert_eq!(stamps.until(Set::Named, PHONE, address), 70);
        assert_eq!(stamps.until(Set::Open, PHONE, address), 0);
        assert_eq!(stamps.until(Set::Named, Mac([2, 0, 0, 0, 0, 0x11]), address), 0);
        stamps.forget();
        assert_eq!(stamps.until(Set::Named, PHONE, address), 0);
    }

    #[test]
    fn what_finds_no_place_is_missing_never_wrong() {
        let stamps = Stamps::default();
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 1..50_000 {
            stamps.set(Set::Named, PHONE, address(number), number);
        }
        let known = (1..50_000).filter(|number| {
            let until = stamps.until(Set::Named, PHONE, address(*number));
            assert!(until == 0 || until == *number);
            until != 0
        });
        assert!(known.count() > PLACES / 2);
    }
}
