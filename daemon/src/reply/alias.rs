//! An answer for another name, given to who asked for this one: a CNAME, and what the other answer says.

use std::ops::Range;

use luytre_lists::NameBuf;

use crate::inspect::{dns64, strip};
use crate::query::Query;
use crate::wire::{HEADER_LEN, Header, Record, Records, flags, read_name, rtype, set_u16};

/// The records that are taken over, at most: more than any honest answer has.
const MOST_RECORDS: usize = 64;
/// How long an alias to an empty answer is kept, in seconds.
const EMPTY_TTL: u32 = 600;

/// The answer to a question, made from the answer to the same question about `target`: a CNAME to it, and the
/// addresses, reverse names and aliases of that answer. Nothing else is taken over: what is in there of other types
/// is about the target alone. `None` if the answer is malformed.
pub fn redirect(question: &Query, message: &[u8], target: &NameBuf, answer: &[u8]) -> Option<Vec<u8>> {
    let mut rewritten = Rewritten::answer_to(question, message, answer)?;
    let ttl = Records::of(answer)?.map(|record| record.ttl).min().unwrap_or(EMPTY_TTL);
    rewritten.record(&question.name, rtype::CNAME, ttl, |data| data.name(target))?;
    let mut has_data = false;
    for record in answers(answer) {
        match record.rtype {
            rtype::CNAME | rtype::PTR => rewritten.with_names(answer, &record, record.ttl)?,
            rtype::A | rtype::AAAA => {
                let data = answer.get(record.data.clone())?;
                rewritten.with_data(answer, &record, (record.rtype, record.ttl), data)?;
            }
            _ => continue,
        }
        has_data |= record.rtype != rtype::CNAME;
    }
    if !has_data {
        rewritten.bytes.extend_from_slice(&strip::soa(dns64::longest_ttl(answer)));
        rewritten.count(8);
    }
    Some(rewritten.bytes)
}

/// The records of the answer section, as many as are taken over.
pub(crate) fn answers(message: &[u8]) -> impl Iterator<Item = Record> {
    let records = Records::of(message).into_iter().flatten();
    records.take_while(|record| record.section == 0).take(MOST_RECORDS)
}

/// An answer that is written anew, its names compressed.
pub(crate) struct Rewritten {
    bytes: Vec<u8>,
    /// Names that stand in it, and where.
    names: Vec<(NameBuf, usize)>,
}

impl Rewritten {
    /// The question as the client asked it, with the response code of another answer. Nobody vouches for it: no AA, no
    /// AD.
    pub(crate) fn answer_to(question: &Query, message: &[u8], answer: &[u8]) -> Option<Self> {
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
    pub(crate) fn with_names(&mut self, answer: &[u8], record: &Record, ttl: u32) -> Option<()> {
        let Range { start, end } = record.data;
        let (target, behind) = read_name(answer, start)?;
        let owner = read_name(answer, record.start)?.0;
        (behind == end).then(|| self.record(&owner, record.rtype, ttl, |data| data.name(&target)))?
    }

    /// A record of another type or with other data, under the same name.
    pub(crate) fn with_data(
        &mut self,
        answer: &[u8],
        record: &Record,
        (rtype, ttl): (u16, u32),
        data: &[u8],
    ) -> Option<()> {
        let owner = read_name(answer, record.start)?.0;
        self.record(&owner, rtype, ttl, |message| message.bytes.extend_from_slice(data))
    }

    /// The message.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Counts a record in the section whose count stands there.
    fn count(&mut self, at: usize) {
        let count = u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]]);
        set_u16(&mut self.bytes, at, count + 1); // MOST_RECORDS and one
    }
}
