//! DNS64 (RFC 6147): IPv6 addresses for names that have only IPv4 ones, made from what an A question brings.
//!
//! Messages go in and out as bytes; who asks upstream, and when, is the resolver's business. Every synthesised answer
//! is written anew, with the chain of CNAMEs and without what was signed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use luytre_lists::{AddressBlock, NameBuf};

use super::nat64::Nat64Prefix;
use super::strip;
use crate::query::Query;
use crate::wire::{HEADER_LEN, Header, Rcode, Record, Records, flags, read_name, rtype, set_u16};

/// The name by which clients learn the prefix (RFC 7050, RFC 8880).
pub const IPV4_ONLY: &str = "ipv4only.arpa";
/// Its addresses (RFC 7050 §8.2).
pub const IPV4_ONLY_ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];
/// The longest a synthesised address is kept when no SOA says how long the name had none, in seconds (RFC 6147 §5.1.7).
const NO_SOA_TTL: u32 = 600;
/// The records that are taken over, at most: more than any honest answer has.
const MOST_RECORDS: usize = 64;

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
                rewritten.record(&read_name(answer, record.start)?.0, rtype::AAAA, ttl, |data| {
                    data.bytes.extend_from_slice(&address.octets());
                })?;
                addresses += 1;
            }
            _ => {}
        }
    }
    (addresses > 0).then_some(rewritten.bytes)
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

/// The answer to a reverse question for an address behind the prefix: a CNAME to the reverse name of the IPv4 address
/// (RFC 6147 §5.3.1), and what the answer says of that. `None` if the answer is malformed.
pub fn redirect(question: &Query, message: &[u8], target: &NameBuf, answer: &[u8]) -> Option<Vec<u8>> {
    let mut rewritten = Rewritten::answer_to(question, message, answer)?;
    let ttl = Records::of(answer)?.map(|record| record.ttl).min().unwrap_or(NO_SOA_TTL);
    rewritten.record(&question.name, rtype::CNAME, ttl, |data| data.name(target))?;
    let mut has_data = false;
    for record in answers(answer) {
        if matches!(record.rtype, rtype::CNAME | rtype::PTR) {
            rewritten.with_names(answer, &record, record.ttl)?;
            has_data |= record.rtype == rtype::PTR;
        }
    }
    if !has_data {
        rewritten.bytes.extend_from_slice(&strip::soa(longest_ttl(answer)));
        rewritten.count(8);
    }
    Some(rewritten.bytes)
}

fn answers(message: &[u8]) -> impl Iterator<Item = Record> {
    let records = Records::of(message).into_iter().flatten();
    records.take_while(|record| record.section == 0).take(MOST_RECORDS)
}

/// An answer that is written anew, its names compressed.
struct Rewritten {
    bytes: Vec<u8>,
    /// Names that stand in it, and where.
    names: Vec<(NameBuf, usize)>,
}

impl Rewritten {
    /// The question as the client asked it, with the response code of another answer. Nobody vouches for it: no AA, no
    /// AD.
    fn answer_to(question: &Query, message: &[u8], answer: &[u8]) -> Option<Self> {
        let mut bytes = message.get(..question.question_end)?.to_vec();
        let kept = Header::read(answer)?.flags & (flags::RCODE | flags::RD | flags::CD);
        for (at, value) in [(2, flags::QR | flags::RA | kept), (4, 1), (6, 0), (8, 0), (10, 0)] {
            set_u16(&mut bytes, at, value);
        }
        Some(Self { bytes, names: vec![(question.name, HEADER_LEN)] })
    }

    fn name(&mut self, name: &NameBuf) {
        let known = self.names.iter().find(|(known, _)| known.as_name() == name.as_name());
        if let Some(&(_, at)) = known.filter(|(_, at)| *at < 0x4000) {
            self.bytes.extend_from_slice(&(0xc000 | at as u16).to_be_bytes()); // below 2^14
        } else {
            self.names.push((*name, self.bytes.len()));
            self.bytes.extend_from_slice(name.as_name().as_wire());
            self.bytes.push(0);
        }
    }

    /// A record in the answer section.
    fn record(&mut self, owner: &NameBuf, rtype: u16, ttl: u32, data: impl FnOnce(&mut Self)) -> Option<()> {
        self.name(owner);
        for word in [rtype, crate::query::CLASS_IN, (ttl >> 16) as u16, ttl as u16, 0] {
            self.bytes.extend_from_slice(&word.to_be_bytes());
        }
        let start = self.bytes.len();
        data(self);
        let len = u16::try_from(self.bytes.len() - start).ok()?;
        set_u16(&mut self.bytes, start - 2, len);
        self.count(6);
        Some(())
    }

    /// A record whose data is one name.
    fn with_names(&mut self, answer: &[u8], record: &Record, ttl: u32) -> Option<()> {
        let Range { start, end } = record.data;
        let (target, behind) = read_name(answer, start)?;
        let owner = read_name(answer, record.start)?.0;
        (behind == end).then(|| self.record(&owner, record.rtype, ttl, |data| data.name(&target)))?
    }

    /// Counts a record in the section whose count stands there.
    fn count(&mut self, at: usize) {
        let count = u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]]);
        set_u16(&mut self.bytes, at, count + 1); // MOST_RECORDS and one
    }
}
