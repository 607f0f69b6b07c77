//! Answers about names that are ours or nobody's, and errors.

use std::net::IpAddr;

use super::block::PageAddress;
use super::designated::{self, Designations};
use super::ede;
use super::packet::{Packet, QUESTION, Section, room_for};
use crate::inspect::{Nat64Prefix, dns64};
use crate::policy::{Local, Special};
use crate::query::{Edns, Query};
use crate::wire::{HEADER_LEN, OUR_UDP, Rcode, rtype};

/// Special names hardly change: an hour.
const SPECIAL_TTL: u32 = 3600;
/// Our own address may: as long as a block.
const OWN_TTL: u32 = 10;

/// What of us has an address.
#[derive(Clone, Copy)]
pub struct Own<'a> {
    /// The page, to which our name leads.
    pub page: PageAddress,
    /// The encrypted listeners.
    pub designations: &'a Designations,
}

/// Writes the answer for a special name or our own; returns its length.
pub fn special(
    query: &Query,
    message: &[u8],
    local: Local,
    asked: (IpAddr, bool),
    own: Own<'_>,
    out: &mut [u8],
) -> usize {
    let (reached, stream) = (asked.0.to_canonical(), asked.1);
    let name = query.name();
    let zone = crate::policy::zone_of(name, local.zone_labels);
    let is_apex = zone == name;
    let exists = match local.special {
        Special::Localhost | Special::NoData => true,
        Special::LocalhostReverse
        | Special::OwnName
        | Special::Empty
        | Special::HomeArpa
        | Special::Ipv4Only => is_apex,
        Special::Absent => false,
    };
    let rcode = if exists { Rcode::NoError } else { Rcode::NxDomain };
    let mut packet =
        Packet::answer_to(message, query.question_end, rcode, out).limit(room_for(query, stream));
    let address = match local.special {
        Special::Localhost => localhost(query.rtype),
        Special::OwnName if is_apex => own.page.of_type(query.rtype, reached),
        _ => None,
    };
    let ttl = if local.special == Special::OwnName { OWN_TTL } else { SPECIAL_TTL };
    match address {
        Some(IpAddr::V4(v4)) => packet.record(Section::Answer, QUESTION, rtype::A, ttl, &[&v4.octets()]),
        Some(IpAddr::V6(v6)) => packet.record(Section::Answer, QUESTION, rtype::AAAA, ttl, &[&v6.octets()]),
        None if is_apex && local.special == Special::LocalhostReverse && query.rtype == rtype::PTR => {
            packet.record(Section::Answer, QUESTION, rtype::PTR, ttl, &[b"\x09localhost\x00"]);
        }
        None if is_discovery(query) && own.designations.write(&mut packet, query.question_end, reached) => {}
        // The SOA stands at the zone's name, which ends the question's name (RFC 6303 §3).
        None => {
            let owner = QUESTION + name.as_wire().len() - zone.as_wire().len();
            let is_zone = is_apex && exists && local.special != Special::NoData;
            let asked_for = is_zone && query.rtype == rtype::SOA;
            let section = if asked_for { Section::Answer } else { Section::Authority };
            super::block::soa(&mut packet, section, owner, ttl);
        }
    }
    packet.opt(query.edns, rcode, &[]);
    packet.finish()
}

/// Whether a device looks for encrypted resolvers here (RFC 9462 §4).
fn is_discovery(query: &Query) -> bool {
    query.rtype == rtype::SVCB && query.name().as_wire() == designated::NAME
}

fn localhost(asked: u16) -> Option<IpAddr> {
    match asked {
        rtype::A => Some(std::net::Ipv4Addr::LOCALHOST.into()),
        rtype::AAAA => Some(std::net::Ipv6Addr::LOCALHOST.into()),
        _ => None,
    }
}

/// Writes the answer for `ipv4only.arpa`, by which clients learn the prefix of NAT64 (RFC 8880 §7.1); returns its
/// length.
pub fn ipv4only(query: &Query, message: &[u8], prefix: Nat64Prefix, stream: bool, out: &mut [u8]) -> usize {
    let mut packet =
        Packet::answer_to(message, query.question_end, Rcode::NoError, out).limit(room_for(query, stream));
    for address in dns64::IPV4_ONLY_ADDRESSES {
        match (query.rtype, prefix.embed(address)) {
            (rtype::A, _) => {
                packet.record(Section::Answer, QUESTION, rtype::A, SPECIAL_TTL, &[&address.octets()])
            }
            (rtype::AAAA, Some(v6)) => {
                packet.record(Section::Answer, QUESTION, rtype::AAAA, SPECIAL_TTL, &[&v6.octets()]);
            }
            _ => {}
        }
    }
    packet.opt(query.edns, Rcode::NoError, &[]);
    packet.finish()
}

/// Writes what a public name gets that leads into the home: no data, and why; returns its length.
pub fn rebinding(query: &Query, message: &[u8], stream: bool, out: &mut [u8]) -> usize {
    let mut packet =
        Packet::answer_to(message, query.question_end, Rcode::NoError, out).limit(room_for(query, stream));
    super::block::soa(&mut packet, Section::Authority, QUESTION, OWN_TTL);
    let why = "rebinding: the name leads to a private address; see [inspect] rebind_allow";
    packet.opt(query.edns, Rcode::NoError, &[(ede::BLOCKED, why)]);
    packet.finish()
}

/// Writes an error to a message of which `question_end` bytes could be read; returns its length.
pub fn error(message: &[u8], question_end: usize, rcode: Rcode, edns: bool, out: &mut [u8]) -> usize {
    let mut packet = Packet::answer_to(message, question_end.max(HEADER_LEN), rcode, out);
    let client = edns.then_some(Edns { udp_size: OUR_UDP, dnssec_ok: false });
    packet.opt(client, rcode, &[]);
    packet.finish()
}

/// Writes an error with extended errors to a question; returns its length.
pub fn failure(query: &Query, message: &[u8], rcode: Rcode, errors: &[(u16, &str)], out: &mut [u8]) -> usize {
    let mut packet = Packet::answer_to(message, query.question_end, rcode, out).limit(query.udp_limit());
    packet.opt(query.edns, rcode, errors);
    packet.finish()
}

/// The refusal of a client that may not ask here.
pub fn prohibited(query: &Query, message: &[u8], out: &mut [u8]) -> usize {
    failure(query, message, Rcode::Refused, &[(ede::PROHIBITED, "")], out)
}
