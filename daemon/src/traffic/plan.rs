//! What the firewall is to do, as values: the daemon makes a [`Plan`], the helper turns it into rules.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::who::Mac;

/// The most address ranges of services that a plan carries.
pub const MAX_RANGES: usize = 1024;
/// The most interfaces of a home's own networks.
const MAX_INTERFACES: usize = 16;
/// The most ports of ours that are closed to other networks.
const MAX_PORTS: usize = 64;

/// The name of a network interface, as Linux allows it and without what a rule's text could trip over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interface(String);

impl Interface {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Interface> for String {
    fn from(interface: Interface) -> Self {
        interface.0
    }
}

impl TryFrom<String> for Interface {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        // IFNAMSIZ is 16, with a zero at the end.
        let is_name = (1..=15).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte));
        match is_name {
            true => Ok(Self(name)),
            false => {
                let shown: String = name.chars().take(40).collect();
                Err(format!("{shown:?} is not an interface; write one such as \"br-lan\""))
            }
        }
    }
}

/// The bits of the connection mark that are ours: the lowest says that a flow is open to a device that is cut off, the
/// rest are the device's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct MarkMask(u32);

impl Default for MarkMask {
    /// The highest byte: mwan3 uses 0x3f00, pbr 0xff0000.
    fn default() -> Self {
        Self(0xff00_0000)
    }
}

impl From<MarkMask> for u32 {
    fn from(mask: MarkMask) -> Self {
        mask.0
    }
}

impl TryFrom<u32> for MarkMask {
    type Error = String;

    fn try_from(mask: u32) -> Result<Self, String> {
        let low = mask.trailing_zeros();
        let bits = mask.count_ones();
        let in_a_row = bits > 0 && (mask >> low).trailing_ones() == bits;
        match in_a_row && (4..=16).contains(&bits) {
            true => Ok(Self(mask)),
            false => Err("write 4 to 16 bits that stand in a row, such as 0xff000000".into()),
        }
    }
}

impl MarkMask {
    /// The mark of a flow that is open to a device that is cut off.
    pub fn open(self) -> u32 {
        1 << self.0.trailing_zeros()
    }

    /// The bits of the number.
    pub fn numbers(self) -> u32 {
        self.0 & !self.open()
    }

    /// The number of devices that have none of their own: the largest.
    pub fn others(self) -> u16 {
        (self.numbers() >> self.shift()) as u16 // 15 bits at most
    }

    /// A number as it stands in a mark.
    pub fn mark(self, number: u16) -> u32 {
        u32::from(number) << self.shift() & self.numbers()
    }

    /// The number in a mark; 0 in one that we never set.
    pub fn number(self, mark: u32) -> u16 {
        ((mark & self.numbers()) >> self.shift()) as u16 // 15 bits at most
    }

    fn shift(self) -> u32 {
        self.0.trailing_zeros() + 1
    }
}

/// What is done with a device's traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Treatment {
    /// Nothing passes but what is open to it by name: a pause, a bedtime, a used-up budget.
    pub cut: bool,
    /// Encrypted DNS and known resolvers are refused.
    pub resolvers: bool,
    /// Tunnels are refused: VPN, Tor.
    pub tunnels: bool,
    /// Some services are barred by their addresses.
    pub barred: bool,
    /// New flows need an address that was answered to it.
    pub strict: bool,
    /// Those that have none are noted, and pass.
    #[serde(default)]
    pub observed: bool,
}

impl Treatment {
    /// Whether flows that ran under the other treatment may have no place under this one.
    pub fn is_stricter_than(self, other: Self) -> bool {
        let gained = |now: bool, before: bool| now && !before;
        gained(self.cut, other.cut)
            || gained(self.resolvers, other.resolvers)
            || gained(self.tunnels, other.tunnels)
            || gained(self.strict, other.strict)
    }
}

/// A device with a number of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// How it is known.
    pub mac: Mac,
    /// Its number in connection marks; 1 or more, and less than [`MarkMask::others`].
    pub number: u16,
    /// What is done with its traffic.
    pub treatment: Treatment,
}

/// Everything that the firewall is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The home's own networks.
    pub interfaces: Vec<Interface>,
    /// Which bits of connection marks are ours.
    pub mask: MarkMask,
    /// Where every question by plain DNS goes: our own port.
    pub dns_port: u16,
    /// Our ports, which other networks don't see.
    pub ports: Vec<u16>,
    /// Address ranges that strict mode leaves open.
    pub ranges: Vec<Range>,
    /// Address ranges that some are kept from.
    #[serde(default)]
    pub closed: Vec<Closed>,
    /// Devices with numbers.
    pub devices: Vec<Device>,
    /// What is done with the traffic of all others.
    pub others: Treatment,
}

/// The published networks of a service, and whom it is closed to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// Its networks.
    pub ranges: Vec<Range>,
    /// The numbers of devices; [`MarkMask::others`] for all without one of their own.
    pub numbers: Vec<u16>,
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first.
    pub address: IpAddr,
    /// How many bits they share.
    pub length: u8,
}

impl Plan {
    /// What is wrong with it, if something is: a helper takes nothing on trust.
    pub fn check(&self) -> Result<(), String> {
        if !(1..=MAX_INTERFACES).contains(&self.interfaces.len()) {
            return Err(format!("1 to {MAX_INTERFACES} interfaces are needed"));
        }
        if self.dns_port == 0 || self.ports.contains(&0) || self.ports.len() > MAX_PORTS {
            return Err(format!("ports are 1 to 65535, and at most {MAX_PORTS}"));
        }
        let ranges = || self.closed.iter().flat_map(|closed| &closed.ranges).chain(&self.ranges);
        if ranges().count() > MAX_RANGES || !ranges().all(Range::is_one) {
            return Err(format!("ranges are prefixes with their length, and at most {MAX_RANGES}"));
        }
        let is_number = |number: &u16| (1..=self.mask.others()).contains(number);
        if !self.closed.iter().flat_map(|closed| &closed.numbers).all(is_number) {
            return Err("networks are closed to devices that have a number".into());
        }
        let (mut macs, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        let is_good = |device: &Device| {
            (1..self.mask.others()).contains(&device.number)
                && device.mac.is_one_device()
                && macs.insert(device.mac)
                && numbers.insert(device.number)
        };
        match self.devices.iter().all(is_good) {
            true => Ok(()),
            false => Err("each device needs a MAC address and a number of its own".into()),
        }
    }

    /// Whether an address lies in networks that are closed to this number.
    pub fn closes(&self, number: u16, address: IpAddr) -> bool {
        let theirs = self.closed.iter().filter(|closed| closed.numbers.contains(&number));
        theirs.flat_map(|closed| &closed.ranges).any(|range| range.contains(address))
    }

    /// How a device is treated.
    pub fn treatment(&self, mac: Mac) -> Treatment {
        let own = self.devices.iter().find(|device| device.mac == mac);
        own.map_or(self.others, |device| device.treatment)
    }
}

impl Range {
    /// Whether the address begins so.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u32::from(own) ^ u32::from(other)).leading_zeros(),
            (IpAddr::V6(own), IpAddr::V6(other)) => (u128::from(own) ^ u128::from(other)).leading_zeros(),
            _ => return false,
        };
        differ >= self.length.into()
    }

    fn is_one(&self) -> bool {
        self.length > 0 && self.length <= if self.address.is_ipv4() { 32 } else { 128 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let device = |number| Device { mac: Mac([2, 0, 0, 0, 0, number as u8]), number, ..DEVICE };
        const DEVICE: Device = Device {
            mac: Mac([0; 6]),
            number: 0,
            treatment: Treatment {
                cut: false,
                resolvers: false,
                tunnels: false,
                barred: false,
                strict: false,
                observed: false,
            },
        };
        Plan {
            interfaces: vec!["br-lan".to_owned().try_into().unwrap()],
            dns_port: 53,
            devices: vec![device(1), device(2)],
            ..Plan::default()
        }
    }

    #[test]
    fn numbers_and_marks_are_two_forms_of_one_thing() {
        let mask = MarkMask::default();
        assert_eq!((mask.open(), mask.numbers(), mask.others()), (0x0100_0000, 0xfe00_0000, 127));
        for number in 1..=mask.others() {
            let mark = mask.mark(number);
            assert_eq!((mark & !mask.numbers(), mask.number(mark | mask.open() | 0x3f)), (0, number));
        }
        assert_eq!(MarkMask::try_from(0xf0).map(MarkMask::others), Ok(7));
        for wrong in [0, 0b111, 0xff00_ff00, u32::MAX, 0b1011_0000] {
            assert!(MarkMask::try_from(wrong).is_err(), "{wrong:x}");
        }
    }

    #[test]
    fn an_interface_can_not_smuggle_a_rule_in() {
        for name in ["", "br-lan\" accept", "a b", "sixteen-letters-", "br;lan", "lán"] {
            assert!(Interface::try_from(name.to_owned()).is_err(), "{name}");
        }
        for name in ["br-lan", "eth0.3", "wlan0-1", "lan1@br"] {
            assert!(Interface::try_from(name.to_owned()).is_ok(), "{name}");
        }
    }

    #[test]
    fn a_plan_that_contradicts_itself_is_refused() {
        assert_eq!(plan().check(), Ok(()));
        let range = Range { address: [192, 0, 2, 0].into(), length: 24 };
        assert!(range.contains([192, 0, 2, 255].into()) && !range.contains([192, 0, 3, 0].into()));
        assert!(!range.contains([0; 16].into()));
        let wrong: [fn(&mut Plan); 8] = [
            |plan| plan.interfaces.clear(),
            |plan| plan.dns_port = 0,
            |plan| plan.closed.push(Closed { ranges: vec![], numbers: vec![0] }),
            |plan| plan.devices[1].number = 1,
            |plan| plan.devices[1].number = 127,
            |plan| plan.devices[1].mac = plan.devices[0].mac,
            |plan| plan.devices[1].mac = Mac([0xff; 6]),
            |plan| plan.ranges.push(Range { address: [192, 0, 2, 0].into(), length: 33 }),
        ];
        for (index, spoil) in wrong.into_iter().enumerate() {
            let mut plan = plan();
            spoil(&mut plan);
            assert!(plan.check().is_err(), "{index}");
        }
    }
}
