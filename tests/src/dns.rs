//! Just enough of the DNS message: queries are written, replies are judged, and no input can panic.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a message header.
pub const HEADER: usize = 12;
/// The largest query that [`write_query`] writes.
pub const LONGEST_QUERY: usize = HEADER + 255 + 4 + OPT.len();

/// Record types that the programs treat by name.
pub mod kind {
    /// An IPv4 address.
    pub const A: u16 = 1;
    /// The start of a zone, in negative answers.
    pub const SOA: u16 = 6;
    /// An IPv6 address.
    pub const AAAA: u16 = 28;
    /// EDNS.
    pub const OPT: u16 = 41;
}

/// An OPT record that offers 1232 bytes and holds no option.
const OPT: [u8; 11] = [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0];
/// The EDNS option of extended errors (RFC 8914), and the two codes that mean "blocked" there.
const EXTENDED_ERROR: u16 = 15;
const BLOCKED: u16 = 15;
const FILTERED: u16 = 17;

/// What to ask: `label` (with its length byte, or empty) before `name` (in wire form, with the root).
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// One more label before the name, or nothing.
    pub label: &'a [u8],
    /// The name in wire form.
    pub name: &'a [u8],
    /// The record type.
    pub kind: u16,
    /// Whether an OPT record is added: extended errors come only then.
    pub edns: bool,
}

/// Writes a query with RD set and returns its length; nothing when the buffer is too short.
pub fn write_query(buffer: &mut [u8], id: u16, question: &Question<'_>) -> Option<usize> {
    let [id_high, id_low] = id.to_be_bytes();
    let mut at = put(buffer, 0, &[id_high, id_low, 1, 0, 0, 1, 0, 0, 0, 0, 0, question.edns.into()])?;
    at = put(buffer, at, question.label)?;
    at = put(buffer, at, question.name)?;
    let [kind_high, kind_low] = question.kind.to_be_bytes();
    at = put(buffer, at, &[kind_high, kind_low, 0, 1])?;
    if question.edns { put(buffer, at, &OPT) } else { Some(at) }
}

/// Copies `bytes` to `at` and returns the place behind them; nothing when they don't fit.
pub fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) -> Option<usize> {
    let end = at.checked_add(bytes.len())?;
    buffer.get_mut(at..end)?.copy_from_slice(bytes);
    Some(end)
}

/// The wire form of a name in plain text (no escapes), or nothing when a length is out of bounds.
pub fn encode_name(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let mut wire = Vec::with_capacity(text.len() + 2);
    if !text.is_empty() {
        for label in text.split('.') {
            let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
            wire.push(length);
            wire.extend_from_slice(label.as_bytes());
        }
    }
    wire.push(0);
    (wire.len() <= 255).then_some(wire)
}

/// A record type by its name or number (`A`, `TYPE65`, `65`).
pub fn parse_kind(text: &str) -> Option<u16> {
    let upper = text.to_ascii_uppercase();
    Some(match upper.as_str() {
        "A" => kind::A,
        "NS" => 2,
        "CNAME" => 5,
        "SOA" => kind::SOA,
        "PTR" => 12,
        "MX" => 15,
        "TXT" => 16,
        "AAAA" => kind::AAAA,
        "SRV" => 33,
        "SVCB" => 64,
        "HTTPS" => 65,
        number => return number.strip_prefix("TYPE").unwrap_or(number).parse().ok(),
    })
}

/// What the generator wants to know of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The message ID.
    pub id: u16,
    /// The four bits of the header's RCODE.
    pub rcode: u8,
    /// TC is set.
    pub truncated: bool,
    /// The first address is 0.0.0.0 or ::, or an extended error says 15 or 17.
    pub blocked: bool,
}

impl Reply {
    /// Reads a reply; nothing when it is no reply or its records run out of the message.
    pub fn parse(packet: &[u8]) -> Option<Self> {
        let flags = u16_at(packet, 2)?;
        if packet.len() < HEADER || flags & 0x8000 == 0 {
            return None;
        }
        let mut at = HEADER;
        for _ in 0..u16_at(packet, 4)? {
            at = skip_name(packet, at)? + 4;
        }
        let (answers, authorities, additional) =
            (u16_at(packet, 6)?, u16_at(packet, 8)?, u16_at(packet, 10)?);
        let (mut address, mut error) = (None, false);
        for number in 0..u32::from(answers) + u32::from(authorities) + u32::from(additional) {
            let record = Record::parse(packet, at)?;
            if number < u32::from(answers) {
                address = address.or_else(|| record.is_null_address());
            } else if record.kind == kind::OPT {
                error |= says_blocked(record.data);
            }
            at = record.end;
        }
        Some(Self {
            id: u16_at(packet, 0)?,
            rcode: packet[3] & 0x0f,
            truncated: flags & 0x0200 != 0,
            blocked: address == Some(true) || error,
        })
    }
}

/// One record where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// TYPE.
    pub kind: u16,
    /// CLASS; of an OPT record the size it offers.
    pub class: u16,
    /// TTL; of an OPT record the extended RCODE, version and flags.
    pub ttl: u32,
    /// RDATA.
    pub data: &'a [u8],
    /// Where the next record begins.
    pub end: usize,
}

impl<'a> Record<'a> {
    /// Reads the record at `at`; nothing when it runs out of the message.
    pub fn parse(packet: &'a [u8], at: usize) -> Option<Self> {
        let fixed = skip_name(packet, at)?;
        let data_at = fixed + 10;
        let end = data_at + usize::from(u16_at(packet, fixed + 8)?);
        Some(Self {
            kind: u16_at(packet, fixed)?,
            class: u16_at(packet, fixed + 2)?,
            ttl: u32::from(u16_at(packet, fixed + 4)?) << 16 | u32::from(u16_at(packet, fixed + 6)?),
            data: packet.get(data_at..end)?,
            end,
        })
    }

    /// Whether an address record holds the null address; nothing for other records.
    fn is_null_address(&self) -> Option<bool> {
        match self.kind {
            kind::A => Some(self.data == Ipv4Addr::UNSPECIFIED.octets()),
            kind::AAAA => Some(self.data == Ipv6Addr::UNSPECIFIED.octets()),
            _ => None,
        }
    }
}

/// True when one of the OPT record's options is an extended error that means a block.
fn says_blocked(mut options: &[u8]) -> bool {
    while let (Some(code), Some(length)) = (u16_at(options, 0), u16_at(options, 2)) {
        let Some(data) = options.get(4..4 + usize::from(length)) else { return false };
        if code == EXTENDED_ERROR && matches!(u16_at(data, 0), Some(BLOCKED | FILTERED)) {
            return true;
        }
        options = &options[4 + data.len()..];
    }
    false
}

/// The place behind the name at `at`. A pointer ends a name, so that nothing is followed and nothing loops.
pub fn skip_name(packet: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *packet.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0..=0xff => return (at + 2 <= packet.len()).then_some(at + 2),
            _ => return None,
        }
    }
}

/// Two bytes in network order.
pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

#[cfg(test)]
#[path = "dns_tests.rs"]
mod tests;
