//! Everything that is known of devices and people, in one place: what a parent wrote, what the network shows, and the
//! roll that gives numbers to both. Questions don't come here: they read the [`People`] made of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::devices::{Device, Devices, Uptime};
use super::doubles::{Doubles, Sign};
use super::leases::Lease;
use super::name::HostName;
use super::neighbours::Heard;
use super::proposal::{Proposal, proposals};
use super::{Known, Mac, People, Roll, Subject, Who, vendor};
use crate::catalogue::{Catalogue, ServiceId};
use crate::clock::Clock;
use crate::history;
use crate::status::rfc3339;

/// The directory of the house.
#[derive(Debug)]
pub struct Directory {
    clock: Clock,
    roll: Roll,
    /// Held for as long as a look takes, never across an await.
    entries: Mutex<Entries>,
}

#[derive(Debug)]
struct Entries {
    known: Vec<Known>,
    devices: Devices,
    doubles: Doubles,
}

/// A device as `luytre status` and the page show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeviceStatus {
    /// Its hardware address.
    pub mac: String,
    /// The name that a parent gave it, else what it calls itself; empty if neither.
    pub name: String,
    /// Who made it; empty if that is not known.
    pub vendor: &'static str,
    /// Whether it made up its hardware address.
    pub random: bool,
    /// Its addresses.
    #[cfg_attr(test, schema(value_type = Vec<String>))]
    pub addresses: Vec<IpAddr>,
    /// Whose it is, by id; empty if nobody's.
    pub person: String,
    /// When it was last heard of, RFC 3339 in UTC; empty if only a lease speaks of it.
    pub last_seen: String,
    /// The hardware address of the named device that it may be; empty if it looks like none.
    pub may_be: String,
}

impl Default for Directory {
    /// For who only looks at what is written.
    fn default() -> Self {
        Self::new(0, Clock::default())
    }
}

impl Directory {
    /// An empty one, for at most so many devices.
    pub fn new(devices: usize, clock: Clock) -> Self {
        let (known, doubles) = Default::default();
        let entries = Entries { known, devices: Devices::new(devices), doubles };
        Self { clock, roll: Roll::default(), entries: Mutex::new(entries) }
    }

    /// The numbers of everybody.
    pub fn roll(&self) -> &Roll {
        &self.roll
    }

    /// What a parent wrote about devices, from now on. The people that come back belong into the same snapshot as the
    /// rules that were written with it.
    pub fn set_known(&self, known: Vec<Known>) -> People {
        let mut entries = self.entries();
        entries.devices.keep(known.iter().filter_map(|known| known.mac));
        entries.known = known;
        entries.people(&self.roll)
    }

    /// Everybody as of now.
    pub fn people(&self) -> People {
        self.entries().people(&self.roll)
    }

    /// The devices of the network, the last heard of first, and at most so many.
    pub fn status(&self, most: usize) -> Vec<DeviceStatus> {
        let entries = self.entries();
        let mut devices = entries.devices.list();
        let may_be: HashMap<Mac, Mac> =
            proposals(&entries.known, &devices).into_iter().map(|alike| (alike.new, alike.known)).collect();
        devices.sort_by_key(|device| std::cmp::Reverse(device.last_seen));
        devices.truncate(most);
        let show = |device: Device| {
            let known = entries.known.iter().find(|known| known.mac == Some(device.mac));
            let given = known.map(|known| known.name.clone()).filter(|name| !name.is_empty());
            let called = device.name.map(|name| name.to_string());
            DeviceStatus {
                mac: device.mac.to_string(),
                name: given.or(called).unwrap_or_default(),
                vendor: vendor::of(device.mac).unwrap_or_default(),
                random: device.mac.is_random(),
                addresses: device.addresses,
                person: known.and_then(|known| known.person.clone()).unwrap_or_default(),
                last_seen: device.last_seen.map(|seen| self.date_of(seen)).unwrap_or_default(),
                may_be: may_be.get(&device.mac).map(ToString::to_string).unwrap_or_default(),
            }
        };
        devices.into_iter().map(show).collect()
    }

    /// Every device that has a hardware address, and whose it is: those with a parent's name first, then the last heard
    /// of.
    pub fn roster(&self) -> Vec<(Mac, Who)> {
        let entries = self.entries();
        let known = &entries.known;
        let whose = |known: &Known| self.roll.named(known.subject());
        let named = known.iter().filter_map(|known| Some((known.mac?, whose(known))));
        let mut devices = entries.devices.list();
        devices.retain(|device| known.iter().all(|known| known.mac != Some(device.mac)));
        devices.sort_by_key(|device| std::cmp::Reverse(device.last_seen));
        let others = devices.iter().map(|device| {
            // A parent may have named it by an address that only it has.
            let by_address =
                known.iter().find(|known| known.addresses.iter().any(|own| device.addresses.contains(own)));
            (device.mac, by_address.map_or_else(|| self.roll.stranger(device.mac), whose))
        });
        named.chain(others).collect()
    }

    /// New devices that look like named ones.
    pub fn proposals(&self) -> Vec<Proposal> {
        let entries = self.entries();
        proposals(&entries.known, &entries.devices.list())
    }

    /// What a parent should look at: devices that share a hardware address, and those that nobody named, in a house where
    /// devices have names.
    pub fn notices(&self) -> Vec<String> {
        self.doubles().into_iter().chain(self.strangers()).collect()
    }

    fn doubles(&self) -> Vec<String> {
        let now = self.now();
        let entries = self.entries();
        let called = |mac: Mac| {
            let given =
                entries.known.iter().find(|known| known.mac == Some(mac)).map(|known| known.name.as_str());
            given
                .filter(|name| !name.is_empty())
                .map_or_else(|| mac.to_string(), |name| format!("{mac} ({name})"))
        };
        let tell = |(mac, sign)| match sign {
            Sign::Ports => format!(
                "{} is at two places of the network at once: another device may go by its hardware address",
                called(mac)
            ),
            Sign::Identities => format!(
                "{} calls itself by another name than before: another device may go by its hardware address",
                called(mac)
            ),
        };
        entries.doubles.all(now).into_iter().map(tell).collect()
    }

    fn strangers(&self) -> Vec<String> {
        /// Devices that a notice names; of more it gives the number.
        const SHOWN: usize = 5;
        let entries = self.entries();
        if entries.known.is_empty() {
            return Vec::new();
        }
        let is_known = |mac| entries.known.iter().any(|known| known.mac == Some(mac));
        let written: Vec<IpAddr> =
            entries.known.iter().flat_map(|known| &known.addresses).map(IpAddr::to_canonical).collect();
        let mut strangers = entries.devices.list();
        strangers.retain(|device| {
            let is_written = device.addresses.iter().any(|address| written.contains(address));
            device.last_seen.is_some() && !is_known(device.mac) && !is_written
        });
        if strangers.is_empty() {
            return Vec::new();
        }
        strangers.sort_by_key(|device| std::cmp::Reverse(device.first_seen));
        let called = |device: &Device| match &device.name {
            Some(name) => format!("{} ({name})", device.mac),
            None => device.mac.to_string(),
        };
        let shown: Vec<String> = strangers.iter().take(SHOWN).map(called).collect();
        let dots = if strangers.len() > SHOWN { ", ..." } else { "" };
        vec![format!(
            "devices without a name, under the rules for unknown ones ({}): {}{dots}; name each as a [[device]]",
            strangers.len(),
            shown.join(", ")
        )]
    }

    /// The kernel said something.
    pub(super) fn hear(&self, heard: Heard) {
        match heard {
            Heard::Port { mac, port } => self.entries().doubles.at_port(mac, port, self.now()),
            _ => self.entries().devices.hear(heard, self.now()),
        }
    }

    /// These are the leases now.
    pub(super) fn set_leases(&self, leases: Vec<Lease>) {
        let mut entries = self.entries();
        entries.doubles.leases(&leases, self.now());
        entries.devices.set_leases(leases, self.now());
    }

    /// A device told its name.
    pub(super) fn tell(&self, mac: Mac, name: HostName) {
        self.entries().devices.tell(mac, name);
    }

    /// Devices to ask for their names now, at most so many.
    pub(super) fn nameless(&self, most: usize) -> Vec<(Mac, IpAddr)> {
        self.entries().devices.nameless(most, self.now())
    }

    fn now(&self) -> Uptime {
        self.clock.moment().seconds
    }

    fn date_of(&self, seen: Uptime) -> String {
        rfc3339(self.clock.now().saturating_sub(self.now().saturating_sub(seen).into()))
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // Nothing panics while it is held; were it so, each entry is whole or not there.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the history calls the numbers of this run.
impl history::Roll for Directory {
    fn subject(&self, who: Who) -> history::Subject {
        let Subject { person, device } = self.roll.subject(who);
        history::Subject { person: person.into(), device: device.to_string() }
    }

    fn service(&self, number: u8) -> String {
        let service = Catalogue::shipped().service(ServiceId(number));
        service.map_or_else(String::new, |service| service.key.to_owned())
    }
}

impl Entries {
    fn people(&self, roll: &Roll) -> People {
        People::build(&self.known, self.devices.addresses().into_iter(), roll)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 0x10]);
    const NEW: Mac = Mac([2, 0, 0, 0, 0, 0x11]);

    fn address(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    fn at(last: u8, mac: Mac) -> Heard {
        Heard::At { address: address(last), mac, age: 0 }
    }

    fn called(mac: Mac, last: u8, name: &str) -> Lease {
        Lease { mac: Some(mac), addresses: vec![address(last)], name: HostName::new(name), duid: None }
    }

    fn ans_phone() -> Known {
        Known { mac: Some(PHONE), name: "An's phone".into(), person: Some("an".into()), ..Known::default() }
    }

    #[test]
    fn a_device_keeps_its_number_through_every_change_of_the_network() {
        let directory = Directory::new(8, Clock::default());
        directory.set_known(vec![ans_phone()]);
        directory.hear(at(7, PHONE));
        let who = directory.people().identify(address(7));
        assert_eq!(&*directory.roll().subject(who).person, "an");
        directory.hear(Heard::Gone(address(7)));
        directory.hear(at(8, PHONE));
        directory.hear(at(7, NEW));
        assert_eq!(directory.people().identify(address(8)), who);
        assert_ne!(directory.people().identify(address(7)), who);
    }

    #[test]
    fn a_changed_hardware_address_is_a_new_device_that_may_be_the_old_one() {
        let clock = Clock::default().steered();
        let directory = Directory::new(8, clock);
        directory.set_known(vec![ans_phone()]);
        directory.set_leases(vec![called(PHONE, 7, "an-phone")]);
        directory.hear(at(7, PHONE));
        clock.advance(600);
        directory.set_leases(vec![called(NEW, 8, "an-phone")]);
        directory.hear(at(8, NEW));
        let status = directory.status(9);
        let shown: Vec<_> =
            status.iter().map(|device| (&*device.name, &*device.person, &*device.may_be)).collect();
        assert_eq!(shown, [("an-phone", "", "02:00:00:00:00:10"), ("An's phone", "an", "")]);
        assert_eq!((directory.proposals().len(), status[0].random, status[0].vendor), (1, true, ""));
        assert_eq!(
            directory.notices(),
            ["devices without a name, under the rules for unknown ones (1): 02:00:00:00:00:11 (an-phone); \
              name each as a [[device]]"]
        );
    }

    #[test]
    fn a_house_that_names_no_devices_is_not_told_of_unknown_ones() {
        let directory = Directory::new(8, Clock::default());
        directory.hear(at(7, PHONE));
        assert_eq!(directory.notices(), [""; 0]);
    }

    #[test]
    fn when_a_device_was_seen_is_told_by_the_date_of_now() {
        let clock = Clock::default().steered();
        let directory = Directory::new(8, clock);
        directory.hear(at(7, PHONE));
        clock.advance(60);
        assert_eq!(directory.status(1)[0].last_seen, rfc3339(clock.now() - 60));
        assert!(directory.status(0).is_empty());
    }
}
