//! What the DHCP server on this router knows of its clients: dnsmasq's lease file, odhcpd's state file.
//!
//! Written by a trusted program, full of what clients said: each line is read by itself, and one that makes no sense is
//! counted and left out. Expiry is not looked at: both programs take out what has expired, and on routers without a
//! battery dnsmasq writes how long a lease lasts instead of when it ends.

use std::fs::File;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;

use super::Mac;
use super::name::HostName;

/// The most of a file that is read, in bytes; a thousand leases take a tenth of it.
const MAX_FILE: u64 = 1 << 20;
/// The most leases that are kept of a file.
const MAX_LEASES: usize = 4096;
/// Addresses of one lease; a client has one in each prefix.
const MAX_ADDRESSES: usize = 8;

/// One client's lease.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// Its hardware address, where the lease tells.
    pub mac: Option<Mac>,
    /// What it was given.
    pub addresses: Vec<IpAddr>,
    /// What it calls itself.
    pub name: Option<HostName>,
    /// What identifies it to servers whatever its hardware address is (a DUID, RFC 8415 §11).
    pub duid: Option<Duid>,
}

/// Identifies a client for as long as its system is not set up anew; 3 to 130 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Duid(Box<[u8]>);

/// The leases of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leases {
    /// Those that could be read.
    pub leases: Vec<Lease>,
    /// Lines that made no sense.
    pub malformed: usize,
}

/// What a line says.
enum Line {
    Lease(Lease),
    /// Something else that belongs there.
    Other,
    Malformed,
}

impl Leases {
    /// Reads a file of either program; what stands behind its first megabyte is left out.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MAX_FILE).read_to_end(&mut bytes)?;
        Ok(Self::parse(&bytes))
    }

    fn parse(bytes: &[u8]) -> Self {
        let mut read = Self::default();
        for line in bytes.split(|&byte| byte == b'\n') {
            match Line::parse(&String::from_utf8_lossy(line)) {
                Line::Lease(_) if read.leases.len() == MAX_LEASES => read.malformed += 1,
                Line::Lease(lease) => read.leases.push(lease),
                Line::Other => {}
                Line::Malformed => read.malformed += 1,
            }
        }
        read
    }
}

impl Line {
    fn parse(line: &str) -> Self {
        let fields: Vec<&str> = line.split_ascii_whitespace().take(6 + 1 + MAX_ADDRESSES).collect();
        let lease = match fields[..] {
            // `duid 00:01:…`, the server's own; a line of hosts(5), of which odhcpd writes some.
            [] | ["duid", _] => return Self::Other,
            [address, _, ..] if address.parse::<IpAddr>().is_ok() => return Self::Other,
            // `# br-lan 020000000010 ipv4 an-phone 1795219200 c0a80107 32 192.168.1.7/32`
            ["#", _interface, client, association, name, _until, _assigned, _length, ref addresses @ ..] => {
                odhcpd(client, association, name, addresses)
            }
            // `1795219200 02:00:00:00:00:10 192.168.1.7 an-phone 01:02:00:00:00:00:10`
            [expiry, client, address, name, identifier] if is_number(expiry) => {
                dnsmasq(client, address, name, identifier)
            }
            _ => None,
        };
        lease.map_or(Self::Malformed, Self::Lease)
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An IPv4 lease has the MAC in front and the client's identifier behind; an IPv6 lease the number of the association
/// (with a T for a temporary address) in front and the DUID behind.
fn dnsmasq(client: &str, address: &str, name: &str, identifier: &str) -> Option<Lease> {
    let address: IpAddr = address.parse().ok()?;
    let identifier = if identifier == "*" { Vec::new() } else { octets(identifier)? };
    let (mac, duid) = match address {
        // A MAC of another kind of network has its number in front, as in `06-02:00:…`.
        IpAddr::V4(_) => (Some(client.parse().ok()?), Duid::of_client_identifier(&identifier)),
        IpAddr::V6(_) if is_number(client.strip_prefix('T').unwrap_or(client)) => {
            let duid = Duid::new(&identifier)?;
            (duid.mac(), Some(duid))
        }
        IpAddr::V6(_) => return None,
    };
    Some(Lease { mac, addresses: vec![address], name: HostName::new(name), duid })
}

/// `association` is `ipv4` or a number.
fn odhcpd(client: &str, association: &str, name: &str, addresses: &[&str]) -> Option<Lease> {
    // A name that is no host name is marked so, and shown all the same.
    let name = HostName::new(name.strip_prefix("broken\\x20").unwrap_or(name));
    let (mac, duid) = if association == "ipv4" {
        (Some(Mac(octets(client)?.try_into().ok()?)), None)
    } else {
        let duid = Duid::new(&octets(client)?)?;
        (duid.mac(), Some(duid))
    };
    let addresses = addresses.iter().take(MAX_ADDRESSES);
    // A prefix that was delegated is no address of the client's.
    let single = |text: &&str| match text.split_once('/')? {
        (address, "32" | "128") => address.parse().ok(),
        _ => None,
    };
    Some(Lease { mac, addresses: addresses.filter_map(single).collect(), name, duid })
}

/// Octets as two digits each, or with colons between them and of one digit at times.
fn octets(text: &str) -> Option<Vec<u8>> {
    let octet = |digits: &str| u8::from_str_radix(digits, 16).ok();
    if text.len() > 3 * Duid::LONGEST || !text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':') {
        return None;
    }
    if text.contains(':') {
        return text.split(':').map(octet).collect();
    }
    // Of an odd number the last digit is no octet.
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|pair| octet(str::from_utf8(pair).ok()?)).collect())?
}

impl Duid {
    /// RFC 8415 §11.1: the type's two bytes and at most 128.
    const LONGEST: usize = 130;

    fn new(bytes: &[u8]) -> Option<Self> {
        (3..=Self::LONGEST).contains(&bytes.len()).then(|| Self(bytes.into()))
    }

    /// The one in a DHCPv4 client identifier: type 255, four bytes of the interface's, then the DUID (RFC 4361 §6.1).
    /// Other identifiers say no more than the MAC.
    fn of_client_identifier(identifier: &[u8]) -> Option<Self> {
        match identifier {
            [255, _, _, _, _, duid @ ..] => Self::new(duid),
            _ => None,
        }
    }

    /// The Ethernet address in it (RFC 8415 §11.2 and §11.4). That of one of the client's interfaces, most often of
    /// the one that asks.
    fn mac(&self) -> Option<Mac> {
        let octets = match *self.0 {
            [0, 1, 0, 1, _, _, _, _, ref mac @ ..] | [0, 3, 0, 1, ref mac @ ..] => mac,
            _ => return None,
        };
        octets.try_into().ok().map(Mac).filter(|mac| mac.is_one_device())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As dnsmasq 2.89 writes it.
    const DNSMASQ: &str = "\
1795219200 02:00:00:00:00:10 192.168.1.7 an-phone 01:02:00:00:00:00:10
1795219201 02:00:00:00:00:11 192.168.1.8 * ff:b5:5e:67:ff:00:02:00:00:ab:11:aa:bb:cc:dd:ee:ff:00:11
duid 00:01:00:01:30:9f:1c:46:02:00:00:00:00:01
1795219200 11259375 fd00::7 an-phone 00:01:00:01:30:9f:1c:46:02:00:00:00:00:10
1795219200 T11259375 fd00::8 * 00:02:00:00:ab:11:aa:bb:cc:dd:ee:ff:00:11
";

    /// As odhcpd writes it, hosts lines and a delegated prefix among it.
    const ODHCPD: &str = "\
# br-lan 020000000010 ipv4 an-phone 1795219200 c0a80107 32 192.168.1.7/32
192.168.1.7\tan-phone.lan\tan-phone
# br-lan 00030001020000000010 1a2b an-phone 1795219200 7 128 fd00::7/128 2001:db8::7/128
fd00::7\tan-phone.lan\tan-phone
# br-lan 0004aabb 1 broken\\x20b@d -1 8 128 fd00::8/128
# br-lan 00030001020000000012 2 - 1795219200 40 60 2001:db8:0:40::/60
# br-lan 2:0:0:0:0:13 ipv4 - 1795219200 c0a80109 32 192.168.1.9/32
";

    fn parse(text: &str) -> Leases {
        Leases::parse(text.as_bytes())
    }

    fn shown(lease: &Lease) -> String {
        let text = |option: Option<String>| option.unwrap_or("-".into());
        let addresses: Vec<String> = lease.addresses.iter().map(ToString::to_string).collect();
        let (mac, name) =
            (lease.mac.map(|mac| mac.to_string()), lease.name.as_ref().map(ToString::to_string));
        format!("{} {} {} {}", text(mac), text(name), addresses.join(","), lease.duid.is_some())
    }

    #[test]
    fn dnsmasqs_leases_are_read() {
        let read = parse(DNSMASQ);
        let shown: Vec<String> = read.leases.iter().map(shown).collect();
        assert_eq!(
            shown,
            [
                "02:00:00:00:00:10 an-phone 192.168.1.7 false",
                "02:00:00:00:00:11 - 192.168.1.8 true",
                "02:00:00:00:00:10 an-phone fd00::7 true",
                "- - fd00::8 true",
            ]
        );
        assert_eq!(read.leases[1].duid, read.leases[3].duid, "one client by either protocol");
        assert_eq!(read.malformed, 0);
    }

    #[test]
    fn odhcpds_state_is_read() {
        let read = parse(ODHCPD);
        let shown: Vec<String> = read.leases.iter().map(shown).collect();
        assert_eq!(
            shown,
            [
                "02:00:00:00:00:10 an-phone 192.168.1.7 false",
                "02:00:00:00:00:10 an-phone fd00::7,2001:db8::7 true",
                "- b@d fd00::8 true",
                "02:00:00:00:00:12 -  true",
                "02:00:00:00:00:13 - 192.168.1.9 false",
            ]
        );
        assert_eq!(read.malformed, 0);
    }

    #[test]
    fn malformed_lines_are_counted_and_the_others_read() {
        for line in [
            "1795219200",
            "1795219200 02:00:00:00:00:10",
            "1795219200 02:00:00:00:00:10 192.168.1.300 an-phone *",
            "1795219200 02:00:00:00:00 192.168.1.7 an-phone *",
            "soon 02:00:00:00:00:10 192.168.1.7 an-phone *",
            "1795219200 02:00:00:00:00:10 192.168.1.7 an-phone zz",
            "1795219200 abc fd00::7 an-phone 00:01:00:01:30:9f:1c:46:02:00:00:00:00:10",
            "1795219200 1 fd00::7 an-phone 00",
            "# br-lan 02000000001 ipv4 an-phone 1795219200 c0a80107 32 192.168.1.7/32",
            "# br-lan é ipv4 an-phone 1795219200 c0a80107 32",
            "# br-lan",
            "\u{0}\u{0}\u{0}",
        ] {
            let read = parse(&format!("{line}\n{DNSMASQ}"));
            assert_eq!((read.malformed, read.leases.len()), (1, 4), "{line}");
        }
    }

    #[test]
    fn a_file_of_any_length_is_bounded() {
        let lines: String = (0..MAX_LEASES + 10)
            .map(|n| {
                format!("0 02:00:00:00:{:02x}:{:02x} 10.0.{}.{} * *\n", n >> 8, n & 255, n >> 8, n & 255)
            })
            .collect();
        let read = parse(&lines);
        assert_eq!((read.leases.len(), read.malformed), (MAX_LEASES, 10));
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_read_to_its_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let read = Leases::parse(&bytes);
            prop_assert!(read.leases.len() + read.malformed <= bytes.split(|&byte| byte == b'\n').count());
        }

        #[test]
        fn one_damaged_byte_costs_two_leases_at_most(at in 0..DNSMASQ.len(), value: u8) {
            let mut bytes = DNSMASQ.as_bytes().to_vec();
            bytes[at] = value;
            let read = Leases::parse(&bytes);
            prop_assert!(read.leases.len() >= 2, "{:?}", read);
        }
    }
}
