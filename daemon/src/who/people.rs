//! Everybody by address and token: what each question looks at. Built aside, never changed.

use std::collections::HashMap;
use std::net::IpAddr;

use super::hash::{AddressHash, number};
use super::{Known, Mac, Roll, Who};

/// Everybody that the router can tell apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// By the address's [`number`].
    addresses: HashMap<u128, Who, AddressHash>,
    /// In lower case.
    tokens: HashMap<Box<str>, Who>,
}

impl People {
    /// Joins what a parent wrote with what the network shows (`seen`: which device has which address). A parent's
    /// addresses go before the network's.
    pub fn build(known: &[Known], seen: impl Iterator<Item = (IpAddr, Mac)>, roll: &Roll) -> Self {
        let mut people = Self::default();
        let mut macs = HashMap::new();
        for device in known {
            let who = roll.named(device.subject());
            if let Some(mac) = device.mac {
                macs.entry(mac).or_insert(who);
            }
            for address in &device.addresses {
                people.addresses.entry(number(*address)).or_insert(who);
            }
            if let Some(token) = &device.token {
                people.tokens.entry(token.to_ascii_lowercase().into()).or_insert(who);
            }
        }
        for (address, mac) in seen {
            let who = macs.get(&mac).copied();
            people
                .addresses
                .entry(number(address))
                .or_insert_with(|| who.unwrap_or_else(|| roll.stranger(mac)));
        }
        people
    }

    /// Who asks from this address.
    pub fn identify(&self, address: IpAddr) -> Who {
        self.addresses.get(&number(address)).copied().unwrap_or(Who::UNKNOWN)
    }

    /// Who calls itself so; `token` is in lower case. It goes before the address.
    pub fn identify_token(&self, token: &str) -> Option<Who> {
        self.tokens.get(token).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::Key;

    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 0x10]);
    const TABLET: Mac = Mac([2, 0, 0, 0, 0, 0x11]);

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn known() -> Vec<Known> {
        let an = Some("an".to_owned());
        vec![
            Known {
                mac: Some(PHONE),
                token: Some("An-Phone".into()),
                person: an.clone(),
                ..Known::default()
            },
            Known { addresses: vec![address("192.168.1.20")], person: an, ..Known::default() },
        ]
    }

    #[test]
    fn each_address_of_a_device_is_the_same_subject() {
        let roll = Roll::default();
        let seen = ["192.168.1.7", "fe80::1", "2001:db8::7"].map(|text| (address(text), PHONE));
        let people = People::build(&known(), seen.into_iter(), &roll);
        let who = people.identify(address("192.168.1.7"));
        assert_eq!(&*roll.subject(who).person, "an");
        for text in ["fe80::1", "2001:db8::7", "::ffff:192.168.1.7"] {
            assert_eq!(people.identify(address(text)), who, "{text}");
        }
        assert_eq!(people.identify(address("192.168.1.8")), Who::UNKNOWN);
    }

    #[test]
    fn what_a_parent_wrote_goes_before_what_the_network_says() {
        let roll = Roll::default();
        let seen = [(address("192.168.1.20"), TABLET), (address("192.168.1.21"), TABLET)];
        let people = People::build(&known(), seen.into_iter(), &roll);
        let written = roll.subject(people.identify(address("192.168.1.20")));
        assert_eq!(written.device, Key::Address(address("192.168.1.20")));
        let stranger = roll.subject(people.identify(address("192.168.1.21")));
        assert_eq!((&*stranger.person, stranger.device), ("", Key::Mac(TABLET)));
    }

    #[test]
    fn a_token_is_known_in_lower_case() {
        let roll = Roll::default();
        let people = People::build(&known(), std::iter::empty(), &roll);
        let who = people.identify_token("an-phone").unwrap();
        assert_eq!(roll.subject(who).device, Key::Mac(PHONE));
        assert_eq!(people.identify_token("nobody"), None);
    }

    #[test]
    fn to_identify_allocates_nothing() {
        let roll = Roll::default();
        let people = People::build(&known(), [(address("192.168.1.7"), PHONE)].into_iter(), &roll);
        let asking = address("::ffff:192.168.1.7");
        let mut who = Who::UNKNOWN;
        let allocations = crate::allocations::during(|| {
            who =
                people.identify_token("an-phone").filter(|token| *token == people.identify(asking)).unwrap();
        });
        assert_eq!((allocations, &*roll.subject(who).person), (0, "an"));
    }
}
