//! DNS messages as bytes: the header, the walk over records, and the few edits we make in place.
//!
//! Upstream answers are passed on as they came, unknown types and all, so nothing here decodes a message into a tree
//! and encodes it again. Everything is read by checked offsets: any bytes may come in.
//!
//! Source: RFC 1035 §4, RFC 6891 (EDNS).

use std::ops::Range;

use luytre_lists::NameBuf;

/// The fixed header (RFC 1035 §4.1.1).
pub const HEADER_LEN: usize = 12;
/// The largest UDP answer without EDNS (RFC 1035 §4.2.1).
pub const PLAIN_UDP: u16 = 512;
/// The UDP size that we announce: no fragments on any usual path (DNS flag day 2020).
pub const OUR_UDP: u16 = 1232;
/// The largest message (RFC 1035 §4.2.2).
pub const MAX_MESSAGE: usize = 65_535;
/// The longest name, with its root (RFC 1035 §3.1).
const MAX_NAME: usize = 255;

/// Resource record types that the code names.
pub mod rtype {
    #![allow(missing_docs, reason = "the names are IANA's")]
    pub const A: u16 = 1;
    pub const NS: u16 = 2;
    pub const CNAME: u16 = 5;
    pub const SOA: u16 = 6;
    pub const PTR: u16 = 12;
    pub const NULL: u16 = 10;
    pub const TXT: u16 = 16;
    pub const AAAA: u16 = 28;
    pub const DNAME: u16 = 39;
    pub const OPT: u16 = 41;
    pub const DS: u16 = 43;
    pub const RRSIG: u16 = 46;
    pub const NSEC: u16 = 47;
    pub const DNSKEY: u16 = 48;
    pub const NSEC3: u16 = 50;
    pub const SVCB: u16 = 64;
    pub const HTTPS: u16 = 65;
    /// Stands in NSEC records only; a question for it is malformed (RFC 9824 §3.5).
    pub const NXNAME: u16 = 128;
    /// Questions and meta-types (RFC 6895 §3.1): transfers, keys of one hop, and what nobody has defined yet; ANY
    /// (255) aside.
    pub const META: std::ops::RangeInclusive<u16> = 129..=254;
    pub const ANY: u16 = 255;
}

/// Response codes (RFC 1035, RFC 6891).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are IANA's")]
pub enum Rcode {
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
    BadVers = 16,
}

/// Flag bits of the header's second 16-bit word.
pub mod flags {
    #![allow(missing_docs, reason = "the names are the RFC's")]
    pub const QR: u16 = 0x8000;
    pub const OPCODE: u16 = 0x7800;
    pub const AA: u16 = 0x0400;
    pub const TC: u16 = 0x0200;
    pub const RD: u16 = 0x0100;
    pub const RA: u16 = 0x0080;
    /// Unused: zero in all queries and responses (RFC 1035 §4.1.1).
    pub const Z: u16 = 0x0040;
    pub const AD: u16 = 0x0020;
    pub const CD: u16 = 0x0010;
    pub const RCODE: u16 = 0x000f;
}

/// A message's header, read from or written to its first 12 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are RFC 1035's")]
pub struct Header {
    pub id: u16,
    pub flags: u16,
    /// Questions, answers, authority and additional records.
    pub counts: [u16; 4],
}

impl Header {
    /// Reads the header; `None` if there are fewer than 12 bytes.
    pub fn read(message: &[u8]) -> Option<Self> {
        let word = |at: usize| u16_at(message, at);
        Some(Self { id: word(0)?, flags: word(2)?, counts: [word(4)?, word(6)?, word(8)?, word(10)?] })
    }

    /// The opcode, 0 to 15.
    pub fn opcode(self) -> u16 {
        (self.flags & flags::OPCODE) >> 11
    }

    /// Whether all these flag bits are set.
    pub fn has(self, bits: u16) -> bool {
        self.flags & bits == bits
    }
}

/// A record's place in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where its owner name begins.
    pub start: usize,
    /// Its type.
    pub rtype: u16,
    /// Its class; the UDP size for OPT.
    pub class: u16,
    /// Its TTL in seconds; extended rcode, version and flags for OPT.
    pub ttl: u32,
    /// Where the TTL's four bytes begin.
    pub ttl_at: usize,
    /// Its data; ends where the next record begins.
    pub data: Range<usize>,
    /// 0 answer, 1 authority, 2 additional.
    pub section: u8,
}

/// The records of a message, in order. Ends early, with [`Records::malformed`] set, where the bytes make no sense.
pub struct Records<'a> {
    message: &'a [u8],
    at: usize,
    left: [u16; 3],
    section: u8,
    malformed: bool,
}

impl<'a> Records<'a> {
    /// The records behind the questions; `None` if header or questions are malformed.
    pub fn of(message: &'a [u8]) -> Option<Self> {
        let header = Header::read(message)?;
        let mut at = HEADER_LEN;
        for _ in 0..header.counts[0] {
            at = skip_name(message, at)? + 4;
        }
        let [_, answers, authority, additional] = header.counts;
        let left = [answers, authority, additional];
        (at <= message.len()).then_some(Self { message, at, left, section: 0, malformed: false })
    }

    /// Whether the walk ended before the counts in the header did.
    pub fn malformed(&self) -> bool {
        self.malformed
    }

    /// Where the next record begins; behind the last, where the message ends.
    pub fn position(&self) -> usize {
        self.at
    }

    fn read(&self) -> Option<Record> {
        let fixed = skip_name(self.message, self.at)?;
        let word = |offset: usize| u16_at(self.message, fixed + offset);
        let ttl = u32::from(word(4)?) << 16 | u32::from(word(6)?);
        let start = fixed + 10;
        let end = start + usize::from(word(8)?);
        self.message.get(start..end)?;
        let (rtype, class) = (word(0)?, word(2)?);
        let (ttl_at, section) = (fixed + 4, self.section);
        Some(Record { start: self.at, rtype, class, ttl, ttl_at, data: start..end, section })
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.left.get(usize::from(self.section)).copied()? == 0 {
            self.section += 1;
        }
        let Some(record) = self.read() else {
            self.malformed = true;
            self.section = 3;
            return None;
        };
        self.left[usize::from(self.section)] -= 1;
        self.at = record.data.end;
        Some(record)
    }
}

/// The offset behind the name at `at`, without following its pointer; `None` if the name is malformed.
pub fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            len @ 1..=63 => at += 1 + usize::from(len),
            0xc0.. => return message.get(at + 1).map(|_| at + 2),
            _ => return None, // the label types 01 and 10 are not in use (RFC 6891 §5)
        }
    }
}

/// The labels of the name at `at`, pointers followed; the last is `None` if the name is malformed. Pointers lead back
/// only, so it ends.
pub fn follow_name(message: &[u8], mut at: usize) -> impl Iterator<Item = Option<&[u8]>> {
    let mut bound = message.len();
    let mut step = move || loop {
        match *message.get(at)? {
            0 => return Some(None),
            len @ 1..=63 => {
                let label = message.get(at + 1..at + 1 + usize::from(len))?;
                at += 1 + usize::from(len);
                return Some(Some(label));
            }
            0xc0.. => {
                let target = usize::from(u16_at(message, at)? & 0x3fff);
                (at, bound) = (target, Some(target).filter(|target| *target < bound.min(at))?);
            }
            _ => return None,
        }
    };
    let (mut length, mut over) = (0, false);
    std::iter::from_fn(move || {
        let label = if over { return None } else { step() };
        match label {
            Some(Some(label)) if length + label.len() < MAX_NAME => {
                length += 1 + label.len();
                Some(Some(label))
            }
            Some(None) => None,
            _ => {
                over = true;
                Some(None)
            }
        }
    })
}

/// The name at `at` in lower case, pointers followed, and the offset behind it; `None` if it is malformed.
pub fn read_name(message: &[u8], at: usize) -> Option<(NameBuf, usize)> {
    let mut name = NameBuf::new();
    for label in follow_name(message, at) {
        name.push_label(label?).ok()?;
    }
    Some((name, skip_name(message, at)?))
}

/// Lowers every TTL of the answer and authority sections to at most so many seconds.
pub fn cap_ttl(message: &mut [u8], most: u32) {
    let places: Vec<usize> = Records::of(message)
        .into_iter()
        .flatten()
        .filter(|record| record.section < 2 && record.ttl > most)
        .map(|record| record.ttl_at)
        .collect();
    places.into_iter().for_each(|at| message[at..at + 4].copy_from_slice(&most.to_be_bytes()));
}

/// The big-endian 16 bits at an offset.
pub fn u16_at(message: &[u8], at: usize) -> Option<u16> {
    let bytes = message.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

/// Writes the big-endian 16 bits at an offset inside the message.
pub fn set_u16(message: &mut [u8], at: usize, value: u16) {
    message[at..at + 2].copy_from_slice(&value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_over_a_message_that_lies_about_its_counts_ends() {
        let mut message = vec![0; HEADER_LEN];
        set_u16(&mut message, 6, 5);
        let mut records = Records::of(&message).unwrap();
        assert_eq!(records.next(), None);
        assert!(records.malformed());
    }

    #[test]
    fn names_end_at_a_pointer_and_bad_label_types_are_refused() {
        assert_eq!(skip_name(b"\x03www\xc0\x0c", 0), Some(6));
        assert_eq!(skip_name(b"\x03www\x00", 0), Some(5));
        assert_eq!(skip_name(b"\x03www\xc0", 0), None);
        assert_eq!(skip_name(b"\x80www\x00", 0), None);
        assert_eq!(skip_name(b"\x03ww", 0), None);
    }

    #[test]
    fn a_name_is_read_through_pointers_that_point_back_only() {
        let read =
            |message: &[u8], at| read_name(message, at).map(|(name, end)| (name.as_name().to_string(), end));
        let message = b"\x07example\x00\x03WWW\xc0\x00\x01a\xc0\x09";
        assert_eq!(read(message, 9), Some(("www.example".into(), 15)));
        assert_eq!(read(message, 15), Some(("a.www.example".into(), 19)));
        assert_eq!(read(b"\xc0\x00", 0), None, "to itself");
        assert_eq!(read(b"\xc0\x02\x01a\x00", 0), None, "forward");
        assert_eq!(read(b"\x01a\xc0\x00", 0), None, "round and round");
    }
}
