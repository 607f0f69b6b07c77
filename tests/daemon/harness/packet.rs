//! Messages as a scenario wants them written, lies included.

use std::net::IpAddr;

use luytre_tests::dns::encode_name;

use super::message::Message;
use super::words::type_number;

/// Flag bits of the header (RFC 1035 §4.1.1, RFC 4035 §3).
pub(crate) mod flag {
    pub(crate) const QR: u16 = 0x8000;
    pub(crate) const AA: u16 = 0x0400;
    pub(crate) const TC: u16 = 0x0200;
    pub(crate) const RD: u16 = 0x0100;
    pub(crate) const RA: u16 = 0x0080;
    pub(crate) const AD: u16 = 0x0020;
    pub(crate) const CD: u16 = 0x0010;
}
pub(crate) use flag::{CD, RD};

/// DO, the first of the OPT record's flags (RFC 3225).
pub(crate) const DO: u32 = 0x8000;
/// The address of everything that the plain upstream answers.
pub(crate) const A: [u8; 4] = [192, 0, 2, 1];

/// The size that resolvers announce since the DNS flag day of 2020.
const EDNS_SIZE: u16 = 1232;
/// Points to the question's name, behind the header.
const QUESTION: [u8; 2] = [0xc0, 12];

/// Where a record stands.
#[derive(Clone, Copy)]
pub(crate) enum Section {
    Answer,
    Authority,
    Additional,
}

/// A message being written.
#[derive(Clone)]
pub(crate) struct Packet {
    id: u16,
    flags: u16,
    question: Vec<u8>,
    /// Questions, answers, authority and additional records, as the header claims.
    counts: [u16; 4],
    sections: [Vec<u8>; 3],
    tail: Vec<u8>,
}

impl Packet {
    /// A query with RD; `text` is `NAME` or `NAME TYPE`.
    pub(crate) fn query(text: &str) -> Self {
        let (name, rtype) = text.split_once(' ').unwrap_or((text, "A"));
        let question = [&wire_name(name)[..], &type_number(rtype).to_be_bytes(), &[0, 1]].concat();
        Self::new(0x1234, RD, question)
    }

    /// The beginning of an answer: the question as it came, QR and RA set, the rest of the flags as asked.
    pub(crate) fn answer_to(query: &Message) -> Self {
        let kept = query.flags & (RD | CD);
        Self::new(query.id, flag::QR | flag::RA | kept, query.question_bytes().to_vec())
    }

    fn new(id: u16, flags: u16, question: Vec<u8>) -> Self {
        Self { id, flags, question, counts: [1, 0, 0, 0], sections: Default::default(), tail: Vec::new() }
    }

    pub(crate) fn id(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    /// All flags, opcode and response code at once.
    pub(crate) fn flags(mut self, flags: u16) -> Self {
        self.flags = flags;
        self
    }

    pub(crate) fn set(mut self, flags: u16) -> Self {
        self.flags |= flags;
        self
    }

    pub(crate) fn unset(mut self, flags: u16) -> Self {
        self.flags &= !flags;
        self
    }

    pub(crate) fn rcode(mut self, code: u16) -> Self {
        self.flags = self.flags & !0xf | code;
        self
    }

    pub(crate) fn opcode(mut self, code: u16) -> Self {
        self.flags = self.flags & !0x7800 | code << 11;
        self
    }

    /// Another class in the question.
    pub(crate) fn class(mut self, class: u16) -> Self {
        let at = self.question.len() - 2;
        self.question[at..].copy_from_slice(&class.to_be_bytes());
        self
    }

    /// Another question, in bytes.
    pub(crate) fn asking(mut self, question: impl Into<Vec<u8>>) -> Self {
        self.question = question.into();
        self
    }

    /// Counts that lie.
    pub(crate) fn claiming(mut self, counts: [u16; 4]) -> Self {
        self.counts = counts;
        self
    }

    /// Bytes behind the last record.
    pub(crate) fn trailing(mut self, bytes: &[u8]) -> Self {
        self.tail.extend_from_slice(bytes);
        self
    }

    /// A record of class IN that the question's name owns.
    pub(crate) fn record(self, section: Section, rtype: &str, ttl: u32, data: &[u8]) -> Self {
        self.raw_record(section, &QUESTION, (type_number(rtype), 1), ttl, data)
    }

    /// A record with everything given: the owner in wire form, type and class.
    pub(crate) fn raw_record(
        mut self,
        section: Section,
        owner: &[u8],
        (rtype, class): (u16, u16),
        ttl: u32,
        data: &[u8],
    ) -> Self {
        let len = u16::try_from(data.len()).unwrap();
        let fixed = [&rtype.to_be_bytes()[..], &class.to_be_bytes(), &ttl.to_be_bytes(), &len.to_be_bytes()];
        self.sections[section as usize].extend([owner, &fixed.concat(), data].concat());
        self.counts[section as usize + 1] += 1;
        self
    }

    /// An address of the question's name, with 300 seconds to live.
    pub(crate) fn address(self, address: impl Into<IpAddr>) -> Self {
        self.address_for(address, 300)
    }

    pub(crate) fn address_for(self, address: impl Into<IpAddr>, ttl: u32) -> Self {
        match address.into() {
            IpAddr::V4(v4) => self.record(Section::Answer, "A", ttl, &v4.octets()),
            IpAddr::V6(v6) => self.record(Section::Answer, "AAAA", ttl, &v6.octets()),
        }
    }

    /// The SOA record of a negative answer (RFC 2308 §2), owned by the question's name.
    pub(crate) fn soa(self, ttl: u32) -> Self {
        let numbers = [1, 3600, 600, 86_400, ttl].map(u32::to_be_bytes).concat();
        let data = [&wire_name("ns.example")[..], &wire_name("hostmaster.example"), &numbers].concat();
        self.record(Section::Authority, "SOA", ttl, &data)
    }

    /// A TXT record of so many bytes of data, which is at least 2.
    pub(crate) fn text(self, len: usize) -> Self {
        let mut data = Vec::with_capacity(len);
        while data.len() < len {
            // A string takes one byte more than its text (RFC 1035 §3.3.14).
            let text = (len - data.len() - 1).min(255);
            data.push(text as u8);
            data.resize(data.len() + text, b'x');
        }
        self.record(Section::Answer, "TXT", 300, &data)
    }

    /// An OPT record without options.
    pub(crate) fn edns(self) -> Self {
        self.opt(EDNS_SIZE, 0, &[])
    }

    /// An OPT record (RFC 6891 §6.1.2); `ttl` holds extended response code, version and flags.
    pub(crate) fn opt(self, size: u16, ttl: u32, options: &[u8]) -> Self {
        self.raw_record(Section::Additional, &[0], (type_number("OPT"), size), ttl, options)
    }

    /// As it goes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.id, self.flags].map(u16::to_be_bytes).concat();
        bytes.extend(self.counts.map(u16::to_be_bytes).concat());
        bytes.extend([&self.question[..], &self.sections.concat(), &self.tail].concat());
        bytes
    }
}

/// One EDNS option.
pub(crate) fn option(code: u16, data: &[u8]) -> Vec<u8> {
    let len = u16::try_from(data.len()).unwrap();
    [&code.to_be_bytes()[..], &len.to_be_bytes(), data].concat()
}

/// A name as on the wire, with the root.
pub(crate) fn wire_name(text: &str) -> Vec<u8> {
    encode_name(text).unwrap_or_else(|| panic!("{text} is no name"))
}
