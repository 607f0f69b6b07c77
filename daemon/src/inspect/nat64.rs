//! IPv4 addresses inside IPv6 ones, as NAT64 translates them (RFC 6052 §2.2).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use luytre_lists::is_inward;

/// Octet 8 is always zero, and skipped (RFC 6052 §2.2).
const UNUSED: usize = 8;

/// A prefix of 32, 40, 48, 56, 64 or 96 bits behind which the whole of IPv4 lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nat64Prefix {
    first: Ipv6Addr,
    /// In octets: 4 to 8, or 12.
    octets: usize,
}

impl Nat64Prefix {
    /// `64:ff9b::/96` (RFC 6052 §2.1).
    pub const WELL_KNOWN: Self = Self { first: Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), octets: 12 };

    /// The address that stands for this one; `None` where the well-known prefix would stand for an address that is not
    /// on the Internet, which it must not (RFC 6052 §3.1).
    pub fn embed(self, address: Ipv4Addr) -> Option<Ipv6Addr> {
        if self == Self::WELL_KNOWN && is_inward(address.into()) {
            return None;
        }
        let mut octets = self.first.octets();
        for (place, octet) in self.places().zip(address.octets()) {
            octets[place] = octet;
        }
        Some(octets.into())
    }

    /// The address that this one stands for, if it lies behind the prefix.
    pub fn extract(self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        let octets = address.octets();
        let mut inside = [0; 4];
        for (octet, place) in inside.iter_mut().zip(self.places()) {
            *octet = octets[place];
        }
        let inside = Ipv4Addr::from(inside);
        // What stands behind the address is zero as well.
        let whole = self.octets == 12 || octets[UNUSED] == 0;
        let same = octets[..self.octets] == self.first.octets()[..self.octets];
        (whole && same).then_some(inside)
    }

    fn places(self) -> impl Iterator<Item = usize> {
        (self.octets..16).filter(|&place| place != UNUSED).take(4)
    }
}

/// `PREFIX/LENGTH`; the error says what to write.
impl FromStr for Nat64Prefix {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let not_a_prefix = "is not an IPv6 prefix; write one such as \"64:ff9b::/96\"";
        let (first, length) = text.split_once('/').ok_or(not_a_prefix)?;
        let first: Ipv6Addr = first.parse().map_err(|_| not_a_prefix)?;
        let octets = match length {
            "32" | "40" | "48" | "56" | "64" | "96" => length.parse::<usize>().map_err(|_| not_a_prefix)? / 8,
            _ => return Err("has another length than /32, /40, /48, /56, /64 and /96 (RFC 6052)"),
        };
        let prefix = Self { first, octets };
        if first.octets()[octets..].iter().any(|&octet| octet != 0) {
            return Err("has bits behind its length; write zeros there");
        }
        if first.octets()[UNUSED] != 0 {
            return Err("has bits 64 to 71 set, which must be zero (RFC 6052)");
        }
        Ok(prefix)
    }
}

impl fmt::Display for Nat64Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.octets * 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6052 §2.4, Table 1 and 2.
    #[test]
    fn addresses_are_embedded_as_the_rfc_shows() {
        for (prefix, expected) in [
            ("2001:db8::/32", "2001:db8:c000:221::"),
            ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
            ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
            ("64:ff9b::/96", "64:ff9b::192.0.2.33"),
        ] {
            let prefix: Nat64Prefix = prefix.parse().unwrap();
            let (inside, outside) = (Ipv4Addr::new(192, 0, 2, 33), expected.parse().unwrap());
            assert_eq!(prefix.embed(inside), Some(outside), "{prefix}");
            assert_eq!(prefix.extract(outside), Some(inside), "{prefix}");
        }
        assert_eq!(Nat64Prefix::WELL_KNOWN.extract("2001:db8::1".parse().unwrap()), None);
    }

    #[test]
    fn the_well_known_prefix_holds_no_private_address() {
        let private = Ipv4Addr::new(192, 168, 1, 1);
        assert_eq!(Nat64Prefix::WELL_KNOWN.embed(private), None);
        let own: Nat64Prefix = "2001:db8::/96".parse().unwrap();
        assert_eq!(own.embed(private), "2001:db8::c0a8:101".parse().ok());
    }

    #[test]
    fn odd_prefixes_are_refused() {
        for text in ["64:ff9b::", "192.0.2.0/24", "64:ff9b::/95", "64:ff9b::1/96", "2001:db8:0:0:100::/96"] {
            assert!(text.parse::<Nat64Prefix>().is_err(), "{text}");
        }
    }
}
