//! What stands in sets of our table, read back: addresses that outlive a daemon, and what the rules noted.

use std::io;
use std::net::IpAddr;

use super::message::{Attributes, DUMP, NFTABLES, REQUEST, Writer};
use super::netlink::Netlink;
use super::ruleset::{SEEN, SERVERS};
use super::table::TABLE;
use crate::traffic::protocol::{Entry, MAX_TOLD, Nameless, Noted, Server, Set};
use crate::who::Mac;

/// The family `inet` (`NFPROTO_INET`).
const INET: u8 = 1;
const GET_ELEMENT: u16 = NFTABLES << 8 | 13;
/// Attributes: of a list of elements, of an element, of its data (`linux/netfilter/nf_tables.h`).
const LIST_TABLE: u16 = 1;
const LIST_SET: u16 = 2;
const LIST_ELEMENTS: u16 = 3;
const ELEMENT: u16 = 1;
const KEY: u16 = 1;
const EXPIRATION: u16 = 5;
const VALUE: u16 = 1;

/// An element: its key, and for how many more seconds it is there.
struct Element<'a> {
    key: &'a [u8],
    seconds: u32,
}

/// Every address in the sets that a new daemon takes over: what was answered to devices, and what is open to all. What
/// was opened to one who is cut off was decided by a daemon that is gone.
pub(super) fn held(netlink: &mut Netlink) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for set in [Set::Named, Set::Vital] {
        each(netlink, set.name(), |element| {
            let (mac, rest) = match set.is_by_device() {
                true => mac(element.key)?,
                false => (Mac([0; 6]), element.key),
            };
            let (address, _) = address(rest)?;
            (entries.len() < MAX_TOLD)
                .then(|| entries.push(Entry { set, mac, address, seconds: element.seconds }))
        })?;
    }
    // One without a time is not ours.
    entries.retain(|entry| entry.seconds > 0);
    Ok(entries)
}

/// What the rules noted.
pub(super) fn noted(netlink: &mut Netlink) -> io::Result<Noted> {
    let mut noted = Noted::default();
    each(netlink, SEEN, |element| {
        let (mac, rest) = mac(element.key)?;
        let (address, rest) = address(rest)?;
        // A protocol and a port, each padded to a word.
        let [protocol, _, _, _, high, low, ..] = *rest else { return None };
        let port = u16::from_be_bytes([high, low]);
        noted.nameless.push(Nameless { mac, address, port, protocol });
        Some(())
    })?;
    each(netlink, SERVERS, |element| {
        let (mac, rest) = mac(element.key)?;
        let server = Server { mac, address: address(rest)?.0 };
        let kind = if server.address.is_ipv4() { &mut noted.dhcp } else { &mut noted.routers };
        kind.push(server);
        Some(())
    })?;
    Ok(noted)
}

/// Hands over each element of a set, of both families; one that makes no sense is passed over.
fn each(netlink: &mut Netlink, set: &str, mut take: impl FnMut(Element<'_>) -> Option<()>) -> io::Result<()> {
    for family in ['4', '6'] {
        let mut question = Writer::default();
        question.message(GET_ELEMENT, REQUEST | DUMP, (INET, 0), |message| {
            message.text(LIST_TABLE, TABLE);
            message.text(LIST_SET, &format!("{set}{family}"));
        });
        netlink.dump(&question, |heard| {
            let elements = heard.attributes().nested(LIST_ELEMENTS);
            for (_, element) in elements.filter(|(kind, _)| *kind == ELEMENT) {
                let of = || Attributes(element);
                let milliseconds = of().long(EXPIRATION).unwrap_or_default();
                let seconds = u32::try_from(milliseconds / 1000).unwrap_or(u32::MAX);
                if let Some(key) = of().nested(KEY).value(VALUE) {
                    let _ = take(Element { key, seconds });
                }
            }
        })?;
    }
    Ok(())
}

/// A hardware address, padded to words, and what follows it.
fn mac(key: &[u8]) -> Option<(Mac, &[u8])> {
    Some((Mac(*key.first_chunk()?), key.get(8..)?))
}

/// The address at the beginning of what is left of a key: what follows it is never as long as the difference between
/// the families.
fn address(key: &[u8]) -> Option<(IpAddr, &[u8])> {
    match key.split_first_chunk::<16>() {
        Some((octets, rest)) => Some((IpAddr::from(*octets), rest)),
        None => key.split_first_chunk::<4>().map(|(octets, rest)| (IpAddr::from(*octets), rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_both_families() {
        let phone = Mac([2, 0, 0, 0, 0, 0x10]);
        let v4 = [&phone.0[..], &[0, 0, 192, 0, 2, 1, 6, 0, 0, 0, 1, 187, 0, 0]].concat();
        let (heard, rest) = mac(&v4).unwrap();
        assert_eq!(heard, phone);
        assert_eq!(address(rest), Some(([192, 0, 2, 1].into(), &[6, 0, 0, 0, 1, 187, 0, 0][..])));
        let v6 = [&phone.0[..], &[0, 0], &[0xfd; 16]].concat();
        assert_eq!(address(mac(&v6).unwrap().1), Some(([0xfd; 16].into(), &[][..])));
        assert_eq!((mac(&v4[..7]), address(&[1, 2, 3])), (None, None));
    }
}
