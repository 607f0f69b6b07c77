//! The devices on the network, joined from what the kernel, the DHCP server and they themselves say: one device a
//! hardware address, with all its addresses.
//!
//! Each source is kept apart and the join is made when it is looked at, so that it does not matter which of them spoke
//! first. Everything is bounded: a device can make up as many addresses as it likes.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::Mac;
use super::leases::{Duid, Lease};
use super::name::HostName;
use super::neighbours::Heard;

/// Addresses of one device. One that changes its IPv6 privacy addresses daily, in two prefixes, holds 18 at a time
/// (RFC 8981 §3.4: each lives for two days at most, a week with old systems).
const ADDRESSES: usize = 32;
/// Seconds between the questions to a device for its name. The first comes when it is heard of, perhaps before it is
/// ready to answer; after the last it is left alone.
const PAUSES: [u32; 3] = [10, 60, 600];
/// When a device is asked that is left alone.
const NEVER: Uptime = Uptime::MAX;

/// Seconds since the daemon's start: dates jump on routers, this does not.
pub type Uptime = u32;

/// A device, as all sources together know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is known by.
    pub mac: Mac,
    /// What it calls itself, to the DHCP server or when asked.
    pub name: Option<HostName>,
    /// Where it is found, in order.
    pub addresses: Vec<IpAddr>,
    /// When it was first heard of.
    pub first_seen: Uptime,
    /// When it was last heard of; `None` if only a lease speaks of it.
    pub last_seen: Option<Uptime>,
    /// What identifies it to DHCP servers whatever its hardware address is.
    pub duid: Option<Duid>,
}

/// All devices.
#[derive(Clone, Debug)]
pub struct Devices {
    /// At most so many.
    bound: usize,
    seen: HashMap<Mac, Seen>,
    /// What the kernel says.
    heard: HashMap<IpAddr, Place>,
    /// What the DHCP server says.
    leases: Vec<Lease>,
    /// Who is not forgotten for a stranger's sake.
    kept: HashSet<Mac>,
}

/// What is remembered of a device.
#[derive(Clone, Debug)]
struct Seen {
    first: Uptime,
    last: Option<Uptime>,
    /// What it called itself to the DHCP server last.
    leased: Option<HostName>,
    /// What it said when asked.
    told: Option<HostName>,
    duid: Option<Duid>,
    /// Where it was heard, at most [`ADDRESSES`].
    places: Vec<IpAddr>,
    /// How often it was asked for its name, and when it is next.
    questions: usize,
    ask_at: Uptime,
}

/// Who was heard at an address.
#[derive(Clone, Copy, Debug)]
struct Place {
    mac: Mac,
    last: Uptime,
    /// Whether the kernel still has it.
    is_live: bool,
}

impl Devices {
    /// None yet, and at most so many.
    pub fn new(bound: usize) -> Self {
        let (seen, heard, leases, kept) = Default::default();
        Self { bound, seen, heard, leases, kept }
    }

    /// The kernel said something.
    pub fn hear(&mut self, heard: Heard, now: Uptime) {
        match heard {
            // A device that is silent for a while keeps its address, until somebody else has it: its next question
            // comes before the kernel knows it again.
            Heard::Gone(address) => {
                if let Some(place) = self.heard.get_mut(&address) {
                    place.is_live = false;
                }
            }
            Heard::Port { .. } => {}
            Heard::At { address, mac, age } => {
                let last = now.saturating_sub(age);
                if !self.meet(mac, last) {
                    return;
                }
                self.place(address, Place { mac, last, is_live: true });
            }
        }
    }

    /// These are the leases now.
    pub fn set_leases(&mut self, leases: Vec<Lease>, now: Uptime) {
        for lease in &leases {
            let Some(mac) = lease.mac else { continue };
            if self.meet(mac, now)
                && let Some(seen) = self.seen.get_mut(&mac)
            {
                seen.leased = lease.name.clone().or(seen.leased.take());
                seen.duid = lease.duid.clone().or(seen.duid.take());
            }
        }
        self.leases = leases;
    }

    /// A device was asked and told its name.
    pub fn tell(&mut self, mac: Mac, name: HostName) {
        if let Some(seen) = self.seen.get_mut(&mac) {
            seen.told = Some(name);
        }
    }

    /// These devices have names of a parent's, and stay.
    pub fn keep(&mut self, macs: impl Iterator<Item = Mac>) {
        self.kept = macs.collect();
    }

    /// Which device is found at which address: whom the kernel sends to, else who has the lease, else who was heard
    /// there last.
    pub fn addresses(&self) -> HashMap<IpAddr, Mac> {
        let leased = self.leases.iter().flat_map(|lease| {
            let mac = lease.mac.filter(|mac| self.seen.contains_key(mac));
            lease.addresses.iter().filter_map(move |address| Some((*address, mac?)))
        });
        let heard = |is_live| {
            let places = self.heard.iter().filter(move |(_, place)| place.is_live == is_live);
            places.map(|(address, place)| (*address, place.mac))
        };
        // The later ones stand over the earlier ones.
        heard(false).chain(leased).chain(heard(true)).collect()
    }

    /// All devices, in the order of their hardware addresses.
    pub fn list(&self) -> Vec<Device> {
        let mut addresses: HashMap<Mac, Vec<IpAddr>> = HashMap::new();
        for (address, mac) in self.addresses() {
            addresses.entry(mac).or_default().push(address);
        }
        let by_address: HashMap<IpAddr, &Lease> =
            self.leases.iter().flat_map(|lease| lease.addresses.iter().map(move |at| (*at, lease))).collect();
        let device = |(mac, seen): (&Mac, &Seen)| {
            let mut addresses = addresses.remove(mac).unwrap_or_default();
            addresses.sort_unstable();
            // Leases over IPv6 often don't tell the hardware address, but the kernel does.
            let leases = || addresses.iter().filter_map(|address| by_address.get(address));
            let leased = || leases().find_map(|lease| lease.name.clone());
            let duid = || leases().find_map(|lease| lease.duid.clone());
            Device {
                mac: *mac,
                name: seen.leased.clone().or_else(leased).or_else(|| seen.told.clone()),
                first_seen: seen.first,
                last_seen: seen.last,
                duid: seen.duid.clone().or_else(duid),
                addresses,
            }
        };
        let mut devices: Vec<Device> = self.seen.iter().map(device).collect();
        devices.sort_unstable_by_key(|device| device.mac);
        devices
    }

    /// Devices to ask for their names now, and where: at most so many. They count as asked.
    pub fn nameless(&mut self, most: usize, now: Uptime) -> Vec<(Mac, IpAddr)> {
        let is_due = |seen: &Seen| seen.ask_at <= now && seen.ask_at != NEVER;
        if !self.seen.values().any(is_due) {
            return Vec::new();
        }
        let mut asked = Vec::new();
        for device in self.list() {
            let Some(seen) = self.seen.get_mut(&device.mac).filter(|seen| is_due(seen)) else { continue };
            // A link-local address says nothing without its interface.
            let routable = |address: &IpAddr| match address {
                IpAddr::V4(_) => true,
                IpAddr::V6(v6) => !v6.is_unicast_link_local(),
            };
            let live = |address: &IpAddr| self.heard.get(address).is_some_and(|place| place.is_live);
            let address = device.addresses.iter().copied().find(|at| routable(at) && live(at));
            if let (None, Some(address)) = (&device.name, address) {
                if asked.len() == most {
                    break;
                }
                seen.ask_at = PAUSES.get(seen.questions).map_or(NEVER, |pause| now.saturating_add(*pause));
                seen.questions += 1;
                asked.push((device.mac, address));
            }
        }
        asked
    }

    /// Makes a device known; returns whether there was room for it.
    fn meet(&mut self, mac: Mac, at: Uptime) -> bool {
        if let Some(seen) = self.seen.get_mut(&mac) {
            seen.first = seen.first.min(at);
            return true;
        }
        if self.seen.len() >= self.bound && !self.forget_some() {
            return false;
        }
        let (leased, told, duid, places) = Default::default();
        let seen = Seen { first: at, last: None, leased, told, duid, places, questions: 0, ask_at: at };
        self.seen.insert(mac, seen);
        true
    }

    /// Forgets those who were longest not heard of and have no name of a parent's; returns whether there was one. An
    /// eighth at once, since to find them takes a look at all: of a flood of made-up devices few pay for that.
    fn forget_some(&mut self) -> bool {
        let strangers = self.seen.iter().filter(|(mac, _)| !self.kept.contains(mac));
        let mut strangers: Vec<(Option<Uptime>, Mac)> =
            strangers.map(|(mac, seen)| (seen.last, *mac)).collect();
        let count = (self.bound / 8).max(1).min(strangers.len());
        if count < strangers.len() {
            strangers.select_nth_unstable(count);
        }
        for (_, mac) in &strangers[..count] {
            for address in self.seen.remove(mac).into_iter().flat_map(|seen| seen.places) {
                self.heard.remove(&address);
            }
        }
        count > 0
    }

    /// Puts a device that was met at an address, and takes it from whoever was heard there before. A device that has
    /// too many gives up the one where it was not heard for the longest time.
    fn place(&mut self, address: IpAddr, place: Place) {
        let before = self.heard.insert(address, place).map(|before| before.mac);
        if let Some(seen) = self.seen.get_mut(&place.mac) {
            seen.last = seen.last.max(Some(place.last));
        }
        if before == Some(place.mac) {
            return;
        }
        if let Some(other) = before.and_then(|mac| self.seen.get_mut(&mac)) {
            other.places.retain(|held| *held != address);
        }
        let Some(seen) = self.seen.get_mut(&place.mac) else { return };
        if seen.places.len() == ADDRESSES {
            let age = |held: &IpAddr| self.heard.get(held).map(|place| (place.is_live, place.last));
            let oldest = (0..ADDRESSES).min_by_key(|index| (age(&seen.places[*index]), seen.places[*index]));
            let oldest = seen.places.swap_remove(oldest.unwrap_or_default());
            self.heard.remove(&oldest);
        }
        seen.places.push(address);
    }
}

#[cfg(test)]
mod tests;
