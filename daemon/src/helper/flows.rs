//! The kernel's table of flows (conntrack): read with its counters, and ended.

use std::io;
use std::net::IpAddr;

use super::message::{ACK, CONNTRACK, DUMP, Heard, REQUEST, Writer};
use super::netlink::Netlink;
use crate::traffic::plan::MarkMask;

/// Message types of ctnetlink (`linux/netfilter/nfnetlink_conntrack.h`).
const GET: u16 = CONNTRACK << 8 | 1;
const DELETE: u16 = CONNTRACK << 8 | 2;
/// Attributes of a flow.
const TUPLE: u16 = 1;
const MARK: u16 = 8;
const BYTES_OUT: u16 = 9;
const BYTES_BACK: u16 = 10;
const ID: u16 = 12;
const MARK_MASK: u16 = 21;
/// Of its tuple, of the addresses and the ports in that, and of a counter.
const ADDRESSES: u16 = 1;
const PROTOCOL: u16 = 2;
const V4_SOURCE: u16 = 1;
const V4_DESTINATION: u16 = 2;
const V6_SOURCE: u16 = 3;
const V6_DESTINATION: u16 = 4;
const NUMBER: u16 = 1;
const DESTINATION_PORT: u16 = 3;
const BYTES: u16 = 2;
/// Address families.
const INET: u8 = 2;
const INET6: u8 = 10;

/// A flow as the kernel has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The connection mark.
    pub(super) mark: u32,
    /// Who began it.
    pub(super) source: IpAddr,
    /// To whom, before any translation.
    pub(super) destination: IpAddr,
    /// To which port; 0 for protocols without.
    pub(super) port: u16,
    /// The protocol's number (IANA).
    pub(super) protocol: u8,
    /// Bytes both ways; 0 where the kernel does not count.
    pub(super) bytes: u64,
    /// What the kernel knows it by.
    pub(super) id: u32,
    /// Its tuple as it came, to name it by.
    tuple: Vec<u8>,
}

/// Every flow, handed over one by one.
pub(super) fn each(netlink: &mut Netlink, mut take: impl FnMut(Entry)) -> io::Result<()> {
    let mut question = Writer::default();
    question.message(GET, REQUEST | DUMP, (0, 0), |_| {});
    netlink.dump(&question, |heard| {
        if let Some(entry) = read(heard) {
            take(entry);
        }
    })
}

/// Ends every flow of the device with this number.
pub(super) fn end_of_device(netlink: &mut Netlink, mask: MarkMask, number: u16) -> io::Result<()> {
    let mut message = Writer::default();
    message.message(DELETE, REQUEST | ACK, (0, 0), |message| {
        message.attribute(MARK, &mask.mark(number).to_be_bytes());
        message.attribute(MARK_MASK, &mask.numbers().to_be_bytes());
    });
    netlink.transact(&message, 1)
}

/// Ends the flows that `is_meant` names.
///
/// Each is named by its tuple and number. The kernel's own filter by address is no way: for IPv6 it deletes everybody
/// else's flows (seen in Linux 6.18).
pub(super) fn end_each(netlink: &mut Netlink, is_meant: impl Fn(&Entry) -> bool) -> io::Result<()> {
    let mut meant = Vec::new();
    each(netlink, |entry| {
        if is_meant(&entry) {
            meant.push(entry);
        }
    })?;
    for entry in meant {
        let mut message = Writer::default();
        let family = if entry.source.is_ipv4() { INET } else { INET6 };
        message.message(DELETE, REQUEST | ACK, (family, 0), |message| {
            message.nest(TUPLE, |tuple| tuple.raw(&entry.tuple));
            message.attribute(ID, &entry.id.to_be_bytes());
        });
        match netlink.transact(&message, 1) {
            // It ended by itself meanwhile.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {}
            done => done?,
        }
    }
    Ok(())
}

fn read(heard: Heard<'_>) -> Option<Entry> {
    let flow = || heard.attributes();
    let tuple = || flow().nested(TUPLE);
    let protocol = |kind| tuple().nested(PROTOCOL).value(kind);
    let address = |v4, v6| {
        let octets = |kind| tuple().nested(ADDRESSES).value(kind);
        let v4 = octets(v4).and_then(|octets| <[u8; 4]>::try_from(octets).ok()).map(IpAddr::from);
        v4.or_else(|| octets(v6).and_then(|octets| <[u8; 16]>::try_from(octets).ok()).map(IpAddr::from))
    };
    let bytes = |way| flow().nested(way).long(BYTES).unwrap_or_default();
    let port = |kind| {
        let octets = protocol(kind)?.first_chunk().copied()?;
        Some(u16::from_be_bytes(octets))
    };
    Some(Entry {
        mark: flow().number(MARK).unwrap_or_default(),
        source: address(V4_SOURCE, V6_SOURCE)?,
        destination: address(V4_DESTINATION, V6_DESTINATION)?,
        port: port(DESTINATION_PORT).unwrap_or_default(),
        protocol: protocol(NUMBER)?.first().copied()?,
        bytes: bytes(BYTES_OUT).saturating_add(bytes(BYTES_BACK)),
        id: flow().number(ID).unwrap_or_default(),
        tuple: tuple().0.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helper::message::messages;

    fn flow(tuple: impl FnOnce(&mut Writer)) -> Writer {
        let mut writer = Writer::default();
        writer.message(GET, 0, (INET, 0), |flow| {
            flow.nest(TUPLE, tuple);
            flow.attribute(MARK, &0x2200_0000_u32.to_be_bytes());
            flow.nest(BYTES_OUT, |counter| counter.attribute(BYTES, &40_u64.to_be_bytes()));
            flow.nest(BYTES_BACK, |counter| counter.attribute(BYTES, &2_u64.to_be_bytes()));
            flow.attribute(ID, &7_u32.to_be_bytes());
        });
        writer
    }

    #[test]
    fn a_flow_is_read_with_both_its_counters() {
        let written = flow(|tuple| {
            tuple.nest(ADDRESSES, |addresses| {
                addresses.attribute(V6_SOURCE, &[0xfd; 16]);
                addresses.attribute(V6_DESTINATION, &[0x20; 16]);
            });
            tuple.nest(PROTOCOL, |protocol| {
                protocol.attribute(NUMBER, &[17]);
                protocol.attribute(DESTINATION_PORT, &443_u16.to_be_bytes());
            });
        });
        let entry = read(messages(written.bytes()).next().unwrap()).unwrap();
        assert_eq!((entry.source, entry.destination), ([0xfd; 16].into(), [0x20; 16].into()));
        assert_eq!((entry.port, entry.protocol, entry.bytes, entry.id), (443, 17, 42, 7));
        assert_eq!(entry.mark, 0x2200_0000);
    }

    #[test]
    fn a_flow_without_addresses_is_none() {
        let written = flow(|_| {});
        assert_eq!(read(messages(written.bytes()).next().unwrap()), None);
    }
}
