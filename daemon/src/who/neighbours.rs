//! Which device has which address: the kernel's neighbour table (ARP for IPv4, RFC 4861 for IPv6), followed live over
//! rtnetlink. It needs no rights.

use std::future::poll_fn;
use std::io;
use std::net::IpAddr;

use netlink_packet_core::{
    Emitable, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_ERROR, NetlinkBuffer, NetlinkHeader, Parseable,
};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{AsyncSocket, SocketAddr, TokioSocket};

use super::Mac;

/// Message types and the group of their events (rtnetlink(7)).
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;
const RTM_GETNEIGH: u16 = 30;
const RTMGRP_NEIGH: u32 = 0x4;
/// Room for one datagram, in bytes: of a dump the kernel sends 8 kB at first, then no more than there was room for.
const DATAGRAM: usize = 16 << 10;
/// The kernel counts ages in ticks of 10 ms, whatever its own clock.
const TICKS_PER_SECOND: u32 = 100;

/// What the kernel says of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A device has it.
    At {
        /// The address.
        address: IpAddr,
        /// The device.
        mac: Mac,
        /// When it was last heard of, in seconds before now.
        age: u32,
    },
    /// Nobody answers there any more.
    Gone(IpAddr),
    /// A bridge heard a device at a port.
    Port {
        /// The device.
        mac: Mac,
        /// The kernel's number of the port.
        port: u32,
    },
}

/// The neighbour table, open.
pub struct Neighbours {
    socket: TokioSocket,
    buffer: Vec<u8>,
}

impl Neighbours {
    /// Opens it; the whole table comes first, then what changes.
    pub fn open() -> io::Result<Self> {
        let mut socket = TokioSocket::new(NETLINK_ROUTE)?;
        socket.socket_mut().bind(&SocketAddr::new(0, RTMGRP_NEIGH))?;
        socket.socket_ref().send(&request(), 0)?;
        Ok(Self { socket, buffer: Vec::with_capacity(DATAGRAM) })
    }

    /// Waits for news, and hands each piece to `tell`. Dropping the future loses nothing.
    pub async fn next(&mut self, tell: impl FnMut(Heard)) -> io::Result<()> {
        self.buffer.clear();
        match poll_fn(|context| self.socket.poll_recv(context, &mut self.buffer)).await {
            Ok(()) => {}
            // Events came faster than we read them: what they said stands in the table. By a new socket, since the
            // kernel keeps events from the old one, and says so no more, until all that waits there is read: what
            // changes after its place in the table was sent would be lost for good.
            Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                *self = Self::open()?;
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        read(&self.buffer, tell)
    }
}

/// The question for the whole table, of every address family.
fn request() -> Vec<u8> {
    let message = NeighbourMessage::default();
    let mut header = NetlinkHeader::default();
    header.length = (header.buffer_len() + message.buffer_len()) as u32; // 28
    header.message_type = RTM_GETNEIGH;
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut bytes = vec![0; header.buffer_len() + message.buffer_len()];
    header.emit(&mut bytes);
    message.emit(&mut bytes[header.buffer_len()..]);
    bytes
}

/// Reads the messages of one datagram. What makes no sense is passed over.
fn read(mut datagram: &[u8], mut tell: impl FnMut(Heard)) -> io::Result<()> {
    while let Ok(message) = NetlinkBuffer::new_checked(datagram) {
        match message.message_type() {
            NLMSG_ERROR => return Err(refusal(message.payload())),
            kind @ (RTM_NEWNEIGH | RTM_DELNEIGH) => {
                let heard = NeighbourMessage::parse(message.payload()).ok();
                if let Some(heard) = heard.and_then(|entry| heard_of(&entry, kind == RTM_DELNEIGH)) {
                    tell(heard);
                }
            }
            _ => {}
        }
        // At least a header's 16 bytes, or it would not have been a message.
        let length = (message.length() as usize).next_multiple_of(4);
        datagram = datagram.get(length..).unwrap_or_default();
    }
    Ok(())
}

/// What an error message says: a negative error number.
fn refusal(payload: &[u8]) -> io::Error {
    let code = payload.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes));
    io::Error::from_raw_os_error(code.saturating_neg())
}

/// What an entry says of a device; entries of groups and of what nobody answered say nothing.
fn heard_of(entry: &NeighbourMessage, is_deleted: bool) -> Option<Heard> {
    let (mut address, mut mac, mut age) = (None, None, 0);
    for attribute in &entry.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(v4)) => address = Some(IpAddr::V4(*v4)),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(v6)) => address = Some(IpAddr::V6(*v6)),
            NeighbourAttribute::LinkLayerAddress(octets) => mac = octets.as_slice().try_into().ok().map(Mac),
            NeighbourAttribute::CacheInfo(info) => age = info.confirmed.min(info.updated) / TICKS_PER_SECOND,
            _ => {}
        }
    }
    let is_learnt = matches!(entry.header.state, NeighbourState::Reachable | NeighbourState::Stale);
    if entry.header.family == AddressFamily::Bridge {
        // A bridge's own entries are permanent.
        let mac = mac.filter(|mac| is_learnt && !is_deleted && mac.is_one_device())?;
        return Some(Heard::Port { mac, port: entry.header.ifindex });
    }
    let address = address.filter(|address| !address.is_multicast() && !address.is_loopback())?;
    if is_deleted || entry.header.state == NeighbourState::Failed {
        return Some(Heard::Gone(address));
    }
    let is_there = matches!(
        entry.header.state,
        NeighbourState::Reachable
            | NeighbourState::Stale
            | NeighbourState::Delay
            | NeighbourState::Probe
            | NeighbourState::Permanent
    );
    let mac = mac.filter(|mac| is_there && mac.is_one_device())?;
    Some(Heard::At { address, mac, age })
}

#[cfg(test)]
mod tests {
    use netlink_packet_route::neighbour::NeighbourHeader;
    use proptest::prelude::*;

    use super::*;

    const PHONE: [u8; 6] = [2, 0, 0, 0, 0, 0x10];

    fn entry(state: NeighbourState, address: &str, mac: &[u8]) -> NeighbourMessage {
        let address: IpAddr = address.parse().unwrap();
        let (family, destination) = match address {
            IpAddr::V4(v4) => (AddressFamily::Inet, NeighbourAddress::Inet(v4)),
            IpAddr::V6(v6) => (AddressFamily::Inet6, NeighbourAddress::Inet6(v6)),
        };
        let mut entry = NeighbourMessage::default();
        entry.header = NeighbourHeader { family, ifindex: 3, state, ..NeighbourHeader::default() };
        entry.attributes = vec![
            NeighbourAttribute::Destination(destination),
            NeighbourAttribute::LinkLayerAddress(mac.to_vec()),
        ];
        entry
    }

    fn datagram(messages: &[(u16, &NeighbourMessage)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (kind, message) in messages {
            let mut header = NetlinkHeader::default();
            header.message_type = *kind;
            header.length = (header.buffer_len() + message.buffer_len()) as u32;
            let start = bytes.len();
            bytes.resize(start + header.length as usize, 0);
            header.emit(&mut bytes[start..]);
            message.emit(&mut bytes[start + header.buffer_len()..]);
        }
        bytes
    }

    fn heard(datagram: &[u8]) -> Vec<Heard> {
        let mut heard = Vec::new();
        read(datagram, |news| heard.push(news)).unwrap();
        heard
    }

    #[test]
    fn each_message_of_a_datagram_is_told_in_its_order() {
        let here = entry(NeighbourState::Stale, "192.168.1.7", &PHONE);
        let there = entry(NeighbourState::Reachable, "fd00::7", &PHONE);
        let told = heard(&datagram(&[(RTM_NEWNEIGH, &here), (RTM_NEWNEIGH, &there), (RTM_DELNEIGH, &here)]));
        let at = |address: &str| Heard::At { address: address.parse().unwrap(), mac: Mac(PHONE), age: 0 };
        assert_eq!(told, [at("192.168.1.7"), at("fd00::7"), Heard::Gone([192, 168, 1, 7].into())]);
    }

    #[test]
    fn what_is_no_device_says_nothing() {
        for silent in [
            entry(NeighbourState::Noarp, "192.168.1.7", &PHONE),
            entry(NeighbourState::Incomplete, "192.168.1.7", &PHONE),
            entry(NeighbourState::Reachable, "192.168.1.7", &[]),
            entry(NeighbourState::Reachable, "192.168.1.7", &[0; 6]),
            entry(NeighbourState::Reachable, "192.168.1.7", &[0xff; 6]),
            entry(NeighbourState::Permanent, "224.0.0.251", &PHONE),
            entry(NeighbourState::Permanent, "ff02::fb", &PHONE),
            entry(NeighbourState::Permanent, "::1", &PHONE),
        ] {
            assert_eq!(heard(&datagram(&[(RTM_NEWNEIGH, &silent)])), [], "{silent:?}");
        }
        let failed = entry(NeighbourState::Failed, "192.168.1.7", &[]);
        assert_eq!(heard(&datagram(&[(RTM_NEWNEIGH, &failed)])), [Heard::Gone([192, 168, 1, 7].into())]);
    }

    #[test]
    fn an_error_of_the_kernel_is_an_error_here() {
        let mut bytes = vec![0; 36];
        let mut header = NetlinkHeader::default();
        (header.length, header.message_type) = (36, NLMSG_ERROR);
        header.emit(&mut bytes);
        bytes[16..20].copy_from_slice(&(-libc::EPERM).to_ne_bytes());
        let error = read(&bytes, |_| {}).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
    }

    proptest! {
        #[test]
        fn whatever_comes_ends(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, |_| {});
        }

        #[test]
        fn a_damaged_datagram_tells_no_more_than_it_has_messages(at in 0_usize..112, value: u8) {
            let here = entry(NeighbourState::Stale, "192.168.1.7", &PHONE);
            let mut bytes = datagram(&[(RTM_NEWNEIGH, &here), (RTM_NEWNEIGH, &here)]);
            let at = at % bytes.len();
            bytes[at] = value;
            let mut count = 0;
            let _ = read(&bytes, |_| count += 1);
            prop_assert!(count <= bytes.len() / 16);
        }
    }
}
