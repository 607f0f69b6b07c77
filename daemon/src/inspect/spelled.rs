//! Names that spell an address out, as `198-51-100-7.sslip.io` does: whoever writes such a name chose the address, and
//! the answer says nothing that they did not say themselves.
//!
//! It does not matter whose zone it is. Forms that are known: decimal octets between dots or dashes, eight or 32
//! hexadecimal digits, one decimal number, and IPv6 with dashes for its colons.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use luytre_lists::Name;

use super::Nat64Prefix;

/// Whether the name spells this address out. Allocates nothing.
pub fn spells(name: Name<'_>, address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => spells_v4(name, address),
        IpAddr::V6(address) => {
            let behind = Nat64Prefix::WELL_KNOWN.extract(address);
            name.labels().any(|label| is_v6(label, address)) || behind.is_some_and(|v4| spells_v4(name, v4))
        }
    }
}

fn spells_v4(name: Name<'_>, address: Ipv4Addr) -> bool {
    let number = u128::from(u32::from(address));
    let is_number = |word: &[u8]| {
        (word.len() == 8 && in_base(word, 16) == Some(number)) || in_base(word, 10) == Some(number)
    };
    // The last four words, as far as they are octets.
    let mut last = [None; 4];
    let mut words = name.labels().flat_map(|label| label.split(|byte| *byte == b'-'));
    words.any(|word| {
        let octet = in_base(word, 10).filter(|_| word.len() <= 3);
        last.rotate_left(1);
        last[3] = octet.and_then(|octet| u8::try_from(octet).ok());
        last == address.octets().map(Some) || is_number(word)
    })
}

/// Whether a label, or what follows a dash in it, is this address with dashes for its colons, or all its digits.
fn is_v6(label: &[u8], address: Ipv6Addr) -> bool {
    let mut text = [0; 63];
    let Some(text) = text.get_mut(..label.len()) else { return false };
    text.copy_from_slice(label);
    text.iter_mut().filter(|byte| **byte == b'-').for_each(|byte| *byte = b':');
    let is_address = |text: &[u8]| {
        let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<Ipv6Addr>().ok());
        parsed == Some(address) || (text.len() == 32 && in_base(text, 16) == Some(address.into()))
    };
    let mut starts = (0..text.len()).filter(|&at| at == 0 || text[at - 1] == b':' || text[at] == b':');
    starts.any(|at| is_address(&text[at..]))
}

fn in_base(digits: &[u8], base: u32) -> Option<u128> {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(base);
    let text = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(is_digit))?;
    u128::from_str_radix(text, base).ok()
}

#[cfg(test)]
mod tests {
    use luytre_lists::NameBuf;
    use proptest::prelude::*;

    use super::*;

    fn is_spelt(name: &str, address: &str) -> bool {
        spells(NameBuf::parse(name).unwrap().as_name(), address.parse().unwrap())
    }

    #[test]
    fn every_form_that_is_known_is_seen() {
        for name in [
            "198.51.100.7.sslip.io",
            "198-51-100-7.nip.io",
            "app.198.51.100.7.nip.io",
            "www-198-51-100-7-x.example",
            "198.198.51.100.7.example",
            "c6336407.nip.io",
            "vpn-C6336407.example",
            "3325256711.example",
        ] {
            assert!(is_spelt(name, "198.51.100.7"), "{name}");
            assert!(!is_spelt(name, "198.51.100.8"), "{name}");
        }
        for name in
            ["2001-db8--1.sslip.io", "vpn-2001-db8--1.example", "20010db8000000000000000000000001.example"]
        {
            assert!(is_spelt(name, "2001:db8::1"), "{name}");
            assert!(!is_spelt(name, "2001:db8::2"), "{name}");
        }
        assert!(is_spelt("198-51-100-7.nip.io", "64:ff9b::198.51.100.7"), "by way of DNS64");
        assert!(is_spelt("--1.sslip.io", "::1"));
    }

    #[test]
    fn other_names_are_let_be() {
        for name in [
            "www.example",
            "198.51.100.example",
            "7.100.51.198.example",
            "1198-51-100-7.example",
            "mail7.example",
        ] {
            assert!(!is_spelt(name, "198.51.100.7"), "{name}");
            assert!(!is_spelt(name, "2001:db8::7"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_seen_whatever_stands_before_it(
            address: [u8; 4], before in proptest::collection::vec(0_u8..12, 0..6), dash: bool
        ) {
            let numbers: Vec<String> = before.iter().chain(&address).map(ToString::to_string).collect();
            let name = format!("{}.example", numbers.join(if dash { "-" } else { "." }));
            prop_assert!(is_spelt(&name, &Ipv4Addr::from(address).to_string()), "{}", name);
        }

        #[test]
        fn an_ipv6_address_is_seen_in_its_own_form(address: [u8; 16]) {
            let address = Ipv6Addr::from(address);
            let label = address.to_string().replace(':', "-");
            prop_assume!(!label.contains('.'));
            let name = format!("{label}.example");
            prop_assert!(is_spelt(&name, &address.to_string()), "{}", name);
        }

        #[test]
        fn any_name_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200), address: [u8; 16]) {
            let text = String::from_utf8_lossy(&bytes);
            if let Ok(name) = NameBuf::parse(&text) {
                let _ = spells(name.as_name(), Ipv6Addr::from(address).into());
            }
        }
    }
}
