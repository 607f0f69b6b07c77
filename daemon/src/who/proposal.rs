//! "This may be An's phone again": phones make up a new hardware address for every network, and anew after a reset.
//! Only a parent can say that it is so; here is what speaks for it.

use super::devices::Device;
use super::{Known, Mac};

/// A new device that looks like one that a parent named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The new one.
    pub new: Mac,
    /// The one it may be.
    pub known: Mac,
    /// What speaks for it.
    pub because: Likeness,
}

/// What two devices have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// What identifies them to DHCP servers: no two systems have the same.
    DhcpIdentity,
    /// What they call themselves. Two phones of one kind may both be called "iPhone".
    HostName,
}

impl Likeness {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::DhcpIdentity => "dhcp-identity",
            Self::HostName => "host-name",
        }
    }
}

/// For each device that nobody named the named one that it looks like most: one that has not been heard of since the
/// new one came.
pub fn proposals(known: &[Known], devices: &[Device]) -> Vec<Proposal> {
    let is_known = |device: &Device| known.iter().any(|known| known.mac == Some(device.mac));
    let (named, strangers): (Vec<&Device>, Vec<&Device>) =
        devices.iter().partition(|device| is_known(device));
    let propose = |new: &&Device| {
        let alike =
            named.iter().filter_map(|known| Some((likeness(known, new)?, known.last_seen, known.mac)));
        // The surer likeness; of several the one heard of last.
        let (because, _, known) =
            alike.min_by_key(|(because, last, mac)| (*because, std::cmp::Reverse(*last), *mac))?;
        Some(Proposal { new: new.mac, known, because })
    };
    strangers.iter().filter_map(propose).collect()
}

fn likeness(known: &Device, new: &Device) -> Option<Likeness> {
    if known.last_seen > Some(new.first_seen) {
        return None;
    }
    if known.duid.is_some() && known.duid == new.duid {
        return Some(Likeness::DhcpIdentity);
    }
    let names = known.name.as_ref().zip(new.name.as_ref());
    names
        .is_some_and(|(known, new)| known.as_str().eq_ignore_ascii_case(new.as_str()))
        .then_some(Likeness::HostName)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::name::HostName;

    const OLD: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const NEW: Mac = Mac([2, 0, 0, 0, 0, 2]);
    const OTHER: Mac = Mac([2, 0, 0, 0, 0, 3]);

    fn device(mac: Mac, name: &str, first_seen: u32, last_seen: u32) -> Device {
        let (name, last_seen) = (HostName::new(name), Some(last_seen));
        Device { mac, name, addresses: Vec::new(), first_seen, last_seen, duid: None }
    }

    fn proposed(devices: &[Device]) -> Vec<Proposal> {
        let known = [OLD, OTHER].map(|mac| Known { mac: Some(mac), ..Known::default() });
        proposals(&known, devices)
    }

    #[test]
    fn a_new_device_of_the_same_name_may_be_the_known_one() {
        let found = proposed(&[device(OLD, "An-Phone", 0, 100), device(NEW, "an-phone", 100, 300)]);
        assert_eq!(found, [Proposal { new: NEW, known: OLD, because: Likeness::HostName }]);
    }

    #[test]
    fn two_that_are_there_at_once_are_two() {
        assert_eq!(proposed(&[device(OLD, "an-phone", 0, 101), device(NEW, "an-phone", 100, 300)]), []);
    }

    #[test]
    fn without_a_name_or_with_another_there_is_nothing_to_propose() {
        assert_eq!(proposed(&[device(OLD, "", 0, 1), device(NEW, "", 2, 3)]), []);
        assert_eq!(proposed(&[device(OLD, "an-phone", 0, 1), device(NEW, "binh-phone", 2, 3)]), []);
    }

    #[test]
    fn of_two_that_are_gone_the_one_heard_of_last_is_proposed() {
        let gone =
            [device(OLD, "iphone", 0, 50), device(OTHER, "iphone", 0, 60), device(NEW, "iphone", 100, 300)];
        assert_eq!(proposed(&gone), [Proposal { new: NEW, known: OTHER, because: Likeness::HostName }]);
    }
}
