//! Which answers may be kept, and for how long.
//!
//! A message is kept whole or not at all, for the shortest TTL of its answer and authority sections. Whether its
//! records were the sender's to give (bailiwick) is judged where the answer comes in.
//!
//! Source: RFC 2181 §8 (TTLs), RFC 2308 §2 and §5 (negative answers), RFC 1035 §7.4 (what not to keep).

use std::fmt;

use super::{Key, Settings};
use crate::query::CLASS_IN;
use crate::wire::{HEADER_LEN, Header, Rcode, Record, Records, flags, rtype, set_u16, skip_name};

/// The largest answer that is kept, in bytes: two thirds of a page, and more than all but signed key sets need.
pub const MAX_ANSWER: usize = 2048;
/// The most records that a kept answer has.
pub(super) const MAX_RECORDS: usize = 64;
/// The longest that a negative answer is kept, in seconds; RFC 2308 §5 finds one to three hours to work well.
const MAX_NEGATIVE: u32 = 3 * 3600;

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// The cache is turned off.
    Off,
    /// More than [`MAX_ANSWER`] bytes or 64 records.
    TooLarge,
    /// Not a response, or its bytes and counts disagree.
    Malformed,
    /// It answers another question than the key says.
    OtherQuestion,
    /// TC is set: the rest is missing.
    Truncated,
    /// Neither NOERROR nor NXDOMAIN.
    Failure,
    /// It has a record for one hop only: OPT, TSIG and the like.
    OneHop,
    /// Negative, without the SOA record that says for how long.
    NoSoa,
    /// For this one time only.
    ZeroTtl,
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "the cache is off",
            Self::TooLarge => "the answer is too large",
            Self::Malformed => "the answer is malformed",
            Self::OtherQuestion => "the answer is to another question",
            Self::Truncated => "the answer is truncated",
            Self::Failure => "the answer is a failure",
            Self::OneHop => "the answer has a record for one hop only",
            Self::NoSoa => "the answer is negative and has no SOA record",
            Self::ZeroTtl => "the answer's TTL is 0",
        })
    }
}

/// An answer that may be kept, as it will be.
pub(super) struct Answer {
    message: [u8; MAX_ANSWER],
    len: usize,
    survey: Survey,
    lifetime: u32,
    failure: Option<u16>,
}

impl Answer {
    /// No answer, but that there is none (RFC 9520): a header and the question, so that it can be told by name. With
    /// the extended error that says why, and for how many seconds.
    pub(super) fn failed(key: &Key<'_>, error: u16, lifetime: u32) -> Self {
        let mut message = [0; MAX_ANSWER];
        let name = key.name.as_wire();
        let question = HEADER_LEN + name.len();
        set_u16(&mut message, 2, flags::QR | Rcode::ServFail as u16);
        set_u16(&mut message, 4, 1);
        message[HEADER_LEN..question].copy_from_slice(name);
        set_u16(&mut message, question + 1, key.rtype);
        set_u16(&mut message, question + 3, CLASS_IN);
        Self { message, len: question + 5, survey: Survey::EMPTY, lifetime, failure: Some(error) }
    }

    /// The extended error, if this is no answer but a failure.
    pub(super) fn failure(&self) -> Option<u16> {
        self.failure
    }

    /// Its bytes: ID 0, AA off, the name asked in lower case, TTLs within the settings' bounds.
    pub(super) fn message(&self) -> &[u8] {
        &self.message[..self.len]
    }

    /// Whether it says that the name asked does not exist, and not that an alias of it leads nowhere.
    pub(super) fn denies_name(&self) -> bool {
        let rcode = crate::wire::u16_at(&self.message, 2).map(|flags| flags & flags::RCODE);
        rcode == Some(Rcode::NxDomain as u16) && !self.survey.aliased
    }

    /// Makes it the answer to a question of another type.
    pub(super) fn change_type(&mut self, key: &Key<'_>, rtype: u16) {
        set_u16(&mut self.message, key.type_at(), rtype);
    }

    /// Where in them each record's TTL begins.
    pub(super) fn ttls(&self) -> &[u16] {
        &self.survey.ttls[..self.survey.records]
    }

    /// How long it may be served, in seconds, at least 1.
    pub(super) fn lifetime(&self) -> u32 {
        self.lifetime
    }
}

/// Judges an answer and makes it ready to be kept.
pub(super) fn admit(key: &Key<'_>, message: &[u8], settings: &Settings) -> Result<Answer, NotKept> {
    if message.len() > MAX_ANSWER {
        return Err(NotKept::TooLarge);
    }
    let header = Header::read(message).ok_or(NotKept::Malformed)?;
    check_header(header)?;
    if !key.is_asked_in(message) {
        return Err(NotKept::OtherQuestion);
    }
    let survey = Survey::of(key, message)?;
    let negative = rcode(header) == Rcode::NxDomain as u16 || !survey.answered;
    let ttl = if negative { survey.negative_ttl()? } else { survey.shortest };
    let lifetime = bounded(ttl, settings);
    if lifetime == 0 {
        return Err(NotKept::ZeroTtl);
    }
    let mut answer = Answer { message: [0; MAX_ANSWER], len: message.len(), survey, lifetime, failure: None };
    answer.message[..message.len()].copy_from_slice(message);
    set_u16(&mut answer.message, 0, 0);
    // In lower case it is found by comparing bytes.
    let name = key.name.as_wire();
    answer.message[HEADER_LEN..HEADER_LEN + name.len()].copy_from_slice(name);
    // AA is for those who have the zone (RFC 1035 §4.1.1).
    set_u16(&mut answer.message, 2, header.flags & !flags::AA);
    // The SOA record tells the asker's own cache how long to keep a negative answer: not longer than we do.
    let longest = if negative { lifetime } else { u32::MAX };
    for &at in &answer.survey.ttls[..answer.survey.records] {
        map_ttl(&mut answer.message, at, |ttl| bounded(ttl, settings).min(longest));
    }
    Ok(answer)
}

/// Replaces the TTL at an offset; does nothing if there is no room for one.
pub(super) fn map_ttl(message: &mut [u8], at: u16, change: impl FnOnce(u32) -> u32) {
    let bytes = message.get_mut(usize::from(at)..).and_then(<[u8]>::first_chunk_mut);
    if let Some(bytes) = bytes {
        *bytes = change(u32::from_be_bytes(*bytes)).to_be_bytes();
    }
}

/// A TTL as it is served: with the top bit set it is 0 (RFC 2181 §8), then the settings bound it.
fn bounded(ttl: u32, settings: &Settings) -> u32 {
    plain(ttl).max(settings.min_ttl).min(settings.max_ttl)
}

fn plain(ttl: u32) -> u32 {
    if ttl > i32::MAX as u32 { 0 } else { ttl }
}

fn rcode(header: Header) -> u16 {
    header.flags & flags::RCODE
}

fn check_header(header: Header) -> Result<(), NotKept> {
    if !header.has(flags::QR) || header.opcode() != 0 {
        return Err(NotKept::Malformed);
    }
    if ![Rcode::NoError as u16, Rcode::NxDomain as u16].contains(&rcode(header)) {
        return Err(NotKept::Failure);
    }
    if header.has(flags::TC) {
        return Err(NotKept::Truncated);
    }
    if header.counts[0] != 1 { Err(NotKept::OtherQuestion) } else { Ok(()) }
}

/// What one walk over the records finds.
struct Survey {
    /// Where each record's TTL begins.
    ttls: [u16; MAX_RECORDS],
    records: usize,
    /// The shortest TTL of answer and authority, in seconds.
    shortest: u32,
    /// Whether a record of the type asked is there. A chain of aliases that ends in none is negative (RFC 2308 §2.2).
    answered: bool,
    /// Whether the answer section has records: aliases, in a negative answer.
    aliased: bool,
    /// The MINIMUM field of the SOA record in the authority section.
    soa_minimum: Option<u32>,
}

impl Survey {
    const EMPTY: Self = Self {
        ttls: [0; MAX_RECORDS],
        records: 0,
        shortest: u32::MAX,
        answered: false,
        aliased: false,
        soa_minimum: None,
    };

    fn of(key: &Key<'_>, message: &[u8]) -> Result<Self, NotKept> {
        let mut survey = Self::EMPTY;
        let mut records = Records::of(message).ok_or(NotKept::Malformed)?;
        for record in &mut records {
            survey.add(key, message, &record)?;
        }
        // Bytes that no count announces have no business in there.
        let whole = !records.malformed() && records.position() == message.len();
        if whole { Ok(survey) } else { Err(NotKept::Malformed) }
    }

    fn add(&mut self, key: &Key<'_>, message: &[u8], record: &Record) -> Result<(), NotKept> {
        if record.rtype == rtype::OPT || rtype::META.contains(&record.rtype) {
            return Err(NotKept::OneHop);
        }
        *self.ttls.get_mut(self.records).ok_or(NotKept::TooLarge)? = record.ttl_at as u16; // below MAX_ANSWER
        self.records += 1;
        // What is left of the additional section's TTLs may reach 0 before the answer ends; it is a courtesy only.
        if record.section < 2 {
            self.shortest = self.shortest.min(plain(record.ttl));
        }
        match (record.section, record.rtype) {
            (0, found) => {
                self.answered |= found == key.rtype || key.rtype == rtype::ANY;
                self.aliased = true;
            }
            (1, rtype::SOA) => self.soa_minimum = soa_minimum(message, record),
            _ => {}
        }
        Ok(())
    }

    /// How long a negative answer may be kept, in seconds (RFC 2308 §5): without an SOA record not at all.
    fn negative_ttl(&self) -> Result<u32, NotKept> {
        let minimum = self.soa_minimum.ok_or(NotKept::NoSoa)?;
        Ok(self.shortest.min(plain(minimum)).min(MAX_NEGATIVE))
    }
}

/// The last field of an SOA record: two names, then five words (RFC 1035 §3.3.13).
fn soa_minimum(message: &[u8], record: &Record) -> Option<u32> {
    let words = skip_name(message, skip_name(message, record.data.start)?)?;
    let minimum = words + 16;
    let whole = minimum + 4 == record.data.end;
    let bytes = message.get(minimum..)?.first_chunk()?;
    whole.then_some(u32::from_be_bytes(*bytes))
}
