//! DNS64 (RFC 6147): IPv6 addresses for names that have only IPv4 ones, made from what an A question brings.
//!
//! Messages go in and out as bytes; who asks upstream, and when, is the resolver's business. Every synthesised answer
//! is written anew, with the chain of CNAMEs and without what was signed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use luytre_lists::{AddressBlock, NameBuf};

use super::nat64::Nat64Prefix;
use crate::query::Query;
use crate::reply::alias::{Rewritten, answers};
use crate::wire::{HEADER_LEN, Header, Rcode, Records, flags, rtype};

/// The name by which clients learn the prefix (RFC 7050, RFC 8880).
pub const IPV4_ONLY: &str = "ipv4only.arpa";
/// Its addresses (RFC 7050 §8.2).
pub const IPV4_ONLY_ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];
/// The longest a synthesised address is kept when no SOA says how long the name had none, in seconds (RFC 6147 §5.1.7).
pub const NO_SOA_TTL: u32 = 600;

/// Whether addresses are to be synthesised for this question at all: not for who validates himself, whom they would
/// look forged to (RFC 6147 §5.5).
pub fn applies_to(query: &Query) -> bool {
    let validates_itself = query.checking_disabled() && query.dnssec_ok();
    query.rtype == rtype::AAAA && !validates_itself
}

/// Whether the answer to an AAAA question leaves room for synthesised addresses: the name exists and has none but
/// IPv4-mapped ones, which are no use to a client (RFC 6147 §5.1.4).
pub fn is_wanting(answer: &[u8]) -> bool {
    let Some((header, mut records)) = Header::read(answer).zip(Records::of(answer)) else { return false };
    let is_absent = header.flags & flags::RCODE == Rcode::NxDomain as u16;
    let has_some = records
        .any(|record| record.rtype == rtype::AAAA && record.section == 0 && !is_mapped(&answer[record.data]));
    !is_absent && !header.has(flags::TC) && !has_some
}

fn is_mapped(data: &[u8]) -> bool {
    <[u8; 16]>::try_from(data).is_ok_and(|octets| Ipv6Addr::from(octets).to_ipv4_mapped().is_some())
}

/// How long a synthesised address may be kept: as long as it is known that the name has none of its own, in seconds.
pub fn longest_ttl(answer: &[u8]) -> u32 {
    let soa = Records::of(answer).into_iter().flatten().find(|record| record.rtype == rtype::SOA);
    soa.map_or(NO_SOA_TTL, |soa| soa.ttl)
}

/// The question for another name or type instead of this one, and the message that asks it.
pub fn instead(query: &Query, message: &[u8], name: NameBuf, rtype: u16) -> (Query, Vec<u8>) {
    let header = message.get(..HEADER_LEN).unwrap_or_default();
    let fixed = [rtype, crate::query::CLASS_IN].map(u16::to_be_bytes);
    let asking = [header, name.as_name().as_wire(), &[0], fixed.as_flattened()].concat();
    (Query { name, rtype, question_end: asking.len(), ..query.clone() }, asking)
}

/// The answer to an AAAA question, made from the answer to the A question for the same name; no TTL is above
/// `longest_ttl`. `None` if there is no address to make one from.
pub fn synthesise(
    prefix: Nat64Prefix,
    question: &Query,
    message: &[u8],
    answer: &[u8],
    longest_ttl: u32,
) -> Option<Vec<u8>> {
    let mut rewritten = Rewritten::answer_to(question, message, answer)?;
    let mut addresses = 0;
    for record in answers(answer) {
        let ttl = record.ttl.min(longest_ttl);
        match record.rtype {
            rtype::CNAME => rewritten.with_names(answer, &record, ttl)?,
            rtype::A => {
                let octets: [u8; 4] = answer[record.data.clone()].try_into().ok()?;
                let Some(address) = prefix.embed(octets.into()) else { continue };
                rewritten.with_data(answer, &record, (rtype::AAAA, ttl), &address.octets())?;
                addresses += 1;
            }
            _ => {}
        }
    }
    (addresses > 0).then(|| rewritten.into_bytes())
}

/// The IPv4 address whose name is asked for by the reverse name of one behind the prefix.
pub fn reverse_asked(prefix: Nat64Prefix, query: &Query) -> Option<Ipv4Addr> {
    let name = query.name();
    let nibbles: Option<Vec<u8>> = name.labels().take(32).map(nibble).collect();
    let nibbles: [u8; 32] = nibbles?.try_into().ok()?;
    if query.rtype != rtype::PTR
        || name.with_labels(2).as_wire() != b"\x03ip6\x04arpa"
        || name.label_count() != 34
    {
        return None;
    }
    let octets = nibbles.as_chunks::<2>().0.iter().rev().map(|[low, high]| high << 4 | low);
    let mut address = [0; 16];
    address.iter_mut().zip(octets).for_each(|(to, from)| *to = from);
    prefix.extract(address.into())
}

fn nibble(label: &[u8]) -> Option<u8> {
    match label {
        [digit @ b'0'..=b'9'] => Some(digit - b'0'),
        [digit @ b'a'..=b'f'] => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The reverse name to ask for instead.
pub fn reverse_name(address: Ipv4Addr) -> NameBuf {
    AddressBlock::from(IpAddr::V4(address)).reverse_name()
}
