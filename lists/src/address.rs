//! Addresses in a list of names: an address stands there as its reverse name, a prefix as the reverse zone.
//!
//! `192.0.2.7` is `7.2.0.192.in-addr.arpa` (RFC 1035 §3.5), `2001:db8::/32` is `8.b.d.0.1.0.0.2.ip6.arpa`
//! (RFC 3596 §2.5): so a list needs no second table, and a look-up of the reverse name finds address and prefix alike.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::name::NameBuf;

/// An address, or all addresses that begin with the same octets (IPv4) or nibbles (IPv6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressBlock {
    first: IpAddr,
    /// 8 to 32 in steps of 8, or 4 to 128 in steps of 4.
    length: u8,
}

/// Why a text is no [`AddressBlock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressError {
    /// Not an address, nor one with a length behind a slash.
    Form,
    /// The prefix ends where a reverse name has no dot, or is longer than an address.
    Length {
        /// Whether it is an IPv6 prefix.
        v6: bool,
    },
    /// An address inside the prefix, where its first should stand: this block was meant.
    Inside(AddressBlock),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => {
                f.write_str("it is neither an address nor a prefix; write 192.0.2.7 or 192.0.2.0/24")
            }
            Self::Length { v6: false } => {
                f.write_str("an IPv4 prefix ends at a whole octet; write /8, /16, /24 or /32")
            }
            Self::Length { v6: true } => f.write_str(
                "an IPv6 prefix ends at a whole hexadecimal digit; write a length that 4 divides, /4 to /128",
            ),
            Self::Inside(block) => write!(f, "it is an address inside a prefix; write {block}"),
        }
    }
}

impl std::error::Error for AddressError {}

/// What leads into a home, or to no one host on the Internet: private, shared, loopback, link-local and multicast
/// addresses, and IPv4's reserved last sixteenth with the broadcast address in it.
const INWARD_V4: [(Ipv4Addr, u8); 9] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8), // "this host" (RFC 6890): Linux connects to itself
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10), // between a provider and its customers (RFC 6598)
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same of IPv6. Forms that hold an IPv4 address are judged by it: see [`embedded`].
const INWARD_V6: [(Ipv6Addr, u8); 6] = [
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10), // site-local, which old devices still use (RFC 3879)
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// Whether the address leads into a home, or to no one host on the Internet: what no public name has reason to give.
pub fn is_inward(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_inward_v4(v4),
        IpAddr::V6(v6) => {
            let special = INWARD_V6.iter().any(|&(first, length)| first == cut_v6(v6, length));
            special || embedded(v6).into_iter().flatten().any(is_inward_v4)
        }
    }
}

fn is_inward_v4(address: Ipv4Addr) -> bool {
    INWARD_V4.iter().any(|&(first, length)| first == cut_v4(address, length))
}

/// The IPv4 addresses that an IPv6 address may stand for; only the local NAT64 range leaves several readings.
fn embedded(address: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let octets = address.octets();
    let at = |places: [usize; 4]| Some(Ipv4Addr::from(places.map(|place| octets[place])));
    let zero_from = |start: usize| octets[start..].iter().all(|&octet| octet == 0);
    match octets {
        // IPv4-mapped (RFC 4291 §2.5.5.2), and IPv4-compatible, long deprecated (§2.5.5.1).
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..] | [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => {
            [at([12, 13, 14, 15]), None, None, None]
        }
        // The well-known prefix of NAT64 (RFC 6052 §2.1).
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => [at([12, 13, 14, 15]), None, None, None],
        // NAT64 of a network's own (RFC 8215), with a prefix of 48, 56, 64 or 96 bits (RFC 6052 §2.2).
        [0, 0x64, 0xff, 0x9b, 0, 1, ..] => [
            at([12, 13, 14, 15]).filter(|_| !zero_from(13)),
            at([6, 7, 9, 10]).filter(|_| zero_from(11)),
            at([7, 9, 10, 11]).filter(|_| zero_from(12)),
            at([9, 10, 11, 12]).filter(|_| zero_from(13)),
        ],
        // 6to4 (RFC 3056 §2).
        [0x20, 0x02, ..] => [at([2, 3, 4, 5]), None, None, None],
        _ => [None; 4],
    }
}

impl AddressBlock {
    /// All addresses that begin with this one's first `length` bits, the others being zero.
    pub fn new(first: IpAddr, length: u8) -> Result<Self, AddressError> {
        let (longest, step) = if first.is_ipv4() { (32, 8) } else { (128, 4) };
        if length == 0 || length > longest || !length.is_multiple_of(step) {
            return Err(AddressError::Length { v6: first.is_ipv6() });
        }
        let block = Self { first: network(first, length), length };
        if block.first == first { Ok(block) } else { Err(AddressError::Inside(block)) }
    }

    /// Its first address.
    pub fn first(self) -> IpAddr {
        self.first
    }

    /// The bits that all its addresses have in common: 8 to 32, or 4 to 128.
    pub fn length(self) -> u8 {
        self.length
    }

    /// Whether it is of IPv6.
    pub fn is_v6(self) -> bool {
        self.first.is_ipv6()
    }

    /// Whether every address in it is a host's on the Internet: none [is inward](is_inward).
    pub fn is_public(self) -> bool {
        // Two prefixes have addresses in common when the shorter holds the first of the longer.
        match self.first {
            IpAddr::V4(first) => !INWARD_V4.iter().any(|&(inward, length)| {
                let common = length.min(self.length);
                cut_v4(first, common) == cut_v4(inward, common)
            }),
            // Only what is handed out (RFC 4291 §2.4), and 6to4 by the IPv4 address in it.
            IpAddr::V6(first) => {
                let [high, ..] = first.octets();
                let is_global = self.length >= 16 && (0x20..0x40).contains(&high);
                is_global && !is_inward(self.first)
            }
        }
    }

    /// The reverse name of the address, or of the zone with all its addresses.
    pub fn reverse_name(self) -> NameBuf {
        let mut name = NameBuf::new();
        let mut push = |label: &[u8]| {
            let pushed = name.push_label(label);
            debug_assert!(pushed.is_ok(), "34 labels of 1 to 7 octets fit");
        };
        match self.first {
            IpAddr::V4(v4) => {
                for &octet in v4.octets()[..usize::from(self.length / 8)].iter().rev() {
                    push(decimal(octet, &mut [0; 3]));
                }
                push(b"in-addr");
            }
            IpAddr::V6(v6) => {
                let octets = v6.octets();
                for nibble in (0..usize::from(self.length / 4)).rev() {
                    let value = octets[nibble / 2] >> (4 * (1 - nibble % 2)) & 0xf;
                    push(&[b"0123456789abcdef"[usize::from(value)]]);
                }
                push(b"ip6");
            }
        }
        push(b"arpa");
        name
    }
}

impl From<IpAddr> for AddressBlock {
    fn from(address: IpAddr) -> Self {
        Self { first: address, length: if address.is_ipv4() { 32 } else { 128 } }
    }
}

/// `ADDRESS` or `ADDRESS/LENGTH`.
impl FromStr for AddressBlock {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let Some((address, length)) = text.split_once('/') else {
            return text.parse().map(|address: IpAddr| address.into()).map_err(|_| AddressError::Form);
        };
        let address: IpAddr = address.parse().map_err(|_| AddressError::Form)?;
        let length = length.parse().map_err(|_| AddressError::Length { v6: address.is_ipv6() })?;
        Self::new(address, length)
    }
}

impl fmt::Display for AddressBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.length) {
            (IpAddr::V4(_), 32) | (IpAddr::V6(_), 128) => self.first.fmt(f),
            (first, length) => write!(f, "{first}/{length}"),
        }
    }
}

/// The address with all but its first `length` bits zero: the first of its network. A longer length changes nothing.
pub fn network(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => cut_v4(v4, length).into(),
        IpAddr::V6(v6) => cut_v6(v6, length).into(),
    }
}

fn cut_v4(address: Ipv4Addr, length: u8) -> Ipv4Addr {
    // A shift by all bits has no result: of a prefix of length 0 nothing is left.
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(length.into())).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

fn cut_v6(address: Ipv6Addr, length: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(length.into())).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

/// An octet in decimal digits.
fn decimal(octet: u8, digits: &mut [u8; 3]) -> &[u8] {
    *digits = [b'0' + octet / 100, b'0' + octet / 10 % 10, b'0' + octet % 10];
    match octet {
        0..10 => &digits[2..],
        10..100 => &digits[1..],
        100.. => &digits[..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reverse(text: &str) -> String {
        match text.parse::<AddressBlock>() {
            Ok(block) => block.reverse_name().as_name().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_address_has_a_reverse_name_and_a_prefix_a_reverse_zone() {
        assert_eq!(reverse("192.0.2.7"), "7.2.0.192.in-addr.arpa");
        assert_eq!(reverse("0.10.200.0"), "0.200.10.0.in-addr.arpa");
        assert_eq!(reverse("192.0.2.0/24"), "2.0.192.in-addr.arpa");
        assert_eq!(reverse("10.0.0.0/8"), "10.in-addr.arpa");
        assert_eq!(reverse("2001:db8::/32"), "8.b.d.0.1.0.0.2.ip6.arpa");
        assert_eq!(
            reverse("2001:db8::567:89ab"),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }

    #[test]
    fn what_no_reverse_name_says_is_refused_with_what_to_write() {
        let octet = "an IPv4 prefix ends at a whole octet; write /8, /16, /24 or /32";
        for text in ["192.0.2.0/25", "0.0.0.0/0", "192.0.2.0/33", "192.0.2.0/x"] {
            assert_eq!(reverse(text), octet, "{text}");
        }
        assert!(reverse("2001:db8::/33").starts_with("an IPv6 prefix ends at a whole hexadecimal digit"));
        assert_eq!(reverse("192.0.2.7/24"), "it is an address inside a prefix; write 192.0.2.0/24");
        assert!(reverse("example.com/24").starts_with("it is neither an address nor a prefix"));
    }

    #[test]
    fn addresses_that_lead_inward_are_told_in_every_form() {
        let inward = |text: &str| is_inward(text.parse().unwrap());
        for text in [
            "0.0.0.0",
            "0.255.0.1",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.53",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "224.0.0.251",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::fb",
            "::ffff:192.168.1.1",
            "::ffff:0.0.0.0",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b:1::192.168.1.1",
            "64:ff9b:1:a00:0:100::",
            "64:ff9b:1:2ac0:a8:101::",
            "2002:c0a8:101::1",
        ] {
            assert!(inward(text), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.2.1",
            "192.0.0.170",
            "223.255.255.255",
            "2001:db8::1",
            "2606:4700::1111",
            "::ffff:192.0.2.1",
            "64:ff9b::192.0.2.1",
            "64:ff9b:1::192.0.2.1",
            "64:ff9b:1:7:0:0:c000:201",
            "2002:c000:201::1",
        ] {
            assert!(!inward(text), "{text}");
        }
    }

    #[test]
    fn a_block_is_public_only_as_a_whole() {
        let public = |text: &str| text.parse::<AddressBlock>().unwrap().is_public();
        for text in ["198.51.100.7", "198.51.0.0/16", "2001:db8::/32", "2606:4700::1"] {
            assert!(public(text), "{text}");
        }
        for text in [
            "100.64.0.0/16",
            "100.0.0.0/8",
            "172.0.0.0/8",
            "192.168.0.0/16",
            "192.0.0.0/8",
            "255.255.255.255",
            "::1",
            "fd00::/8",
            "::/4",
            "2000::/4",
            "::ffff:198.51.100.7",
            "64:ff9b::/96",
            "2002:a00:1::/48",
        ] {
            assert!(!public(text), "{text}");
        }
    }
}
