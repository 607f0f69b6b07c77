//! Names that are answered here and never leave the house.
//!
//! Sources: RFC 6761 (localhost, test, invalid), RFC 6762 (local), RFC 6303 and 7793 (reverse zones of private and
//! special ranges), RFC 7686 (onion), RFC 8375 (home.arpa), RFC 9462 (resolver.arpa), RFC 8880
//! (ipv4only.arpa), RFC 9476 (alt), ICANN's
//! reservation of internal (2024), and Mozilla's canary for DNS over HTTPS.

use luytre_lists::{Domain, Name};

use super::table::NameTable;
use crate::wire::rtype;

/// Why a name is answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Special {
    /// `localhost` and all below it: the client itself.
    Localhost,
    /// The reverse of 127.0.0.1 and ::1.
    LocalhostReverse,
    /// Our own name: the address that the client reached us by.
    OwnName,
    /// A zone that has nothing in it here: its own name has no data, names below don't exist.
    Empty,
    /// A zone in which every name exists and none has data but for what devices discover there: our encrypted
    /// listeners (RFC 9462 §6.4).
    NoData,
    /// A zone that doesn't exist, its own name included.
    Absent,
    /// `home.arpa`: empty, but its DS is in the public DNS (RFC 8375 §4).
    HomeArpa,
    /// `ipv4only.arpa`, where we make IPv6 addresses ourselves: the name that tells clients with which prefix. Its DS
    /// is in the public DNS (RFC 8880 §7.1).
    Ipv4Only,
}

impl Special {
    /// The word for it in `rule`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Localhost | Self::LocalhostReverse => "localhost",
            Self::OwnName => "own-name",
            Self::Empty => "private-zone",
            Self::NoData => "resolver.arpa",
            Self::Absent => "reserved-name",
            Self::HomeArpa => "home.arpa",
            Self::Ipv4Only => "ipv4only.arpa",
        }
    }

    /// Whether this question is answered by the public DNS all the same.
    pub(super) fn is_public(self, is_apex: bool, asked: u16) -> bool {
        matches!(self, Self::HomeArpa | Self::Ipv4Only) && is_apex && asked == rtype::DS
    }
}

const ABSENT: [&str; 8] =
    ["alt", "internal", "invalid", "local", "onion", "test", "use-application-dns.net", "service.arpa"];

/// Reverse zones that are served locally and empty.
const EMPTY: [&str; 27] = [
    "0.in-addr.arpa",
    "10.in-addr.arpa",
    "127.in-addr.arpa",
    "168.192.in-addr.arpa",
    "254.169.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "100.51.198.in-addr.arpa",
    "113.0.203.in-addr.arpa",
    "255.255.255.255.in-addr.arpa",
    "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa",
    "c.f.ip6.arpa",
    "d.f.ip6.arpa",
    "8.e.f.ip6.arpa",
    "9.e.f.ip6.arpa",
    "a.e.f.ip6.arpa",
    "b.e.f.ip6.arpa",
    "8.b.d.0.1.0.0.2.ip6.arpa",
    "16.172.in-addr.arpa",
    "17.172.in-addr.arpa",
    "18.172.in-addr.arpa",
    "19.172.in-addr.arpa",
    "20.172.in-addr.arpa",
    "21.172.in-addr.arpa",
    "22.172.in-addr.arpa",
    "23.172.in-addr.arpa",
    "24.172.in-addr.arpa",
];

const LOCALHOST_REVERSE: [&str; 2] =
    ["1.0.0.127.in-addr.arpa", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"];

/// Enters every special name into the table.
pub(super) fn add_to(names: &mut NameTable) {
    let mut add = |name: &str, special| {
        // The names are constants, and a test holds that each is in the table.
        if let Ok(domain) = Domain::parse(name) {
            names.entry(&domain).special = Some(special);
        }
    };
    EMPTY.iter().for_each(|name| add(name, Special::Empty));
    (25..32).for_each(|octet| add(&format!("{octet}.172.in-addr.arpa"), Special::Empty));
    // Shared address space between a provider and its customers (RFC 7793).
    (64..128).for_each(|octet| add(&format!("{octet}.100.in-addr.arpa"), Special::Empty));
    ABSENT.iter().for_each(|name| add(name, Special::Absent));
    LOCALHOST_REVERSE.iter().for_each(|name| add(name, Special::LocalhostReverse));
    add("resolver.arpa", Special::NoData);
    add("home.arpa", Special::HomeArpa);
    add("localhost", Special::Localhost);
    add("luytre.lan", Special::OwnName);
}

/// Enters the name that is special to who does DNS64; everybody else passes it on to who might (RFC 8880 §7.1).
pub(super) fn add_dns64_to(names: &mut NameTable) {
    if let Ok(domain) = Domain::parse(crate::inspect::dns64::IPV4_ONLY) {
        names.entry(&domain).special = Some(Special::Ipv4Only);
    }
}

/// The zone that a special name's answer speaks for.
pub(crate) fn zone_of(name: Name<'_>, labels: u8) -> Name<'_> {
    name.with_labels(usize::from(labels))
}
