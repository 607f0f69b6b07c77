//! Messages for the tests, built record by record.

use luytre_lists::NameBuf;

use crate::wire::{flags, rtype};

/// A response under construction; `encode` makes the bytes.
#[derive(Clone)]
pub(super) struct Message {
    pub(super) name: NameBuf,
    pub(super) rtype: u16,
    pub(super) flags: u16,
    pub(super) records: Vec<Record>,
}

/// A record owned by the question's name.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) section: u8,
    pub(super) rtype: u16,
    pub(super) ttl: u32,
    pub(super) data: Vec<u8>,
}

impl Message {
    /// NOERROR without a record.
    pub(super) fn to(name: &str, rtype: u16) -> Self {
        let flags = flags::QR | flags::RD | flags::RA;
        Self { name: super::name(name), rtype, flags, records: Vec::new() }
    }

    /// An A record's worth.
    pub(super) fn a(name: &str, ttl: u32) -> Self {
        Self::to(name, rtype::A).with(0, rtype::A, ttl, &[192, 0, 2, 1])
    }

    /// What a name behind a CDN gets: an alias and two addresses.
    pub(super) fn typical(name: &str, ttl: u32) -> Self {
        let alias = b"\x08balancer\x05edges\x03net\x00";
        let addresses = [[192, 0, 2, 1], [192, 0, 2, 2]];
        let message = Self::to(name, rtype::A).with(0, rtype::CNAME, ttl, alias);
        addresses.iter().fold(message, |message, address| message.with(0, rtype::A, ttl, address))
    }

    pub(super) fn with(mut self, section: u8, rtype: u16, ttl: u32, data: &[u8]) -> Self {
        self.records.push(Record { section, rtype, ttl, data: data.to_vec() });
        self
    }

    pub(super) fn with_soa(self, ttl: u32, minimum: u32) -> Self {
        let mut data = b"\x02ns\xc0\x0c\x04host\xc0\x0c".to_vec();
        [1, 3600, 600, 86_400, minimum].iter().for_each(|word: &u32| data.extend(word.to_be_bytes()));
        self.with(1, rtype::SOA, ttl, &data)
    }

    pub(super) fn with_flags(mut self, bits: u16) -> Self {
        self.flags |= bits;
        self
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        self.encode_with(0xbeef, |record| record.ttl)
    }

    /// The bytes with this ID, and TTLs as `ttl` has them.
    pub(super) fn encode_with(&self, id: u16, ttl: impl Fn(&Record) -> u32) -> Vec<u8> {
        let mut out = Vec::new();
        let count = |section| self.records.iter().filter(|record| record.section == section).count() as u16;
        for word in [id, self.flags, 1, count(0), count(1), count(2)] {
            out.extend(word.to_be_bytes());
        }
        out.extend(self.name.as_name().as_wire());
        out.push(0);
        out.extend(self.rtype.to_be_bytes());
        out.extend(1_u16.to_be_bytes());
        for record in (0..3).flat_map(|section| self.records.iter().filter(move |r| r.section == section)) {
            out.extend([0xc0, 0x0c]);
            out.extend(record.rtype.to_be_bytes());
            out.extend(1_u16.to_be_bytes());
            out.extend(ttl(record).to_be_bytes());
            out.extend((record.data.len() as u16).to_be_bytes());
            out.extend(&record.data);
        }
        out
    }
}
