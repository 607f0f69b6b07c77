//! Takes out of an answer what this house is not to see: encrypted ClientHello, IPv6 addresses.
//!
//! What was signed is then no longer what was signed: its signatures go too, and AD with them.

use std::ops::Range;

use super::service::{self, Param, is_service, key};
use crate::splice;
use crate::wire::{HEADER_LEN, Header, Record, Records, flags, rtype, set_u16, u16_at};

/// Where the header has its flags, and the count of authority records (RFC 1035 §4.1.1).
const FLAGS: usize = 2;
const AUTHORITY: usize = 8;

/// Takes the `ech` parameter (RFC 9848) out of SVCB and HTTPS records; whether there was one. `None` if the message is
/// spoilt: what stands behind is malformed.
pub fn remove_ech(message: &mut Vec<u8>) -> Option<bool> {
    remove_param(message, key::ECH)
}

/// Takes AAAA records and `ipv6hint` parameters out. A question for AAAA then has an answer without data, and gets the
/// SOA that says so (RFC 2308), with the least TTL of what went. `None` if the message is spoilt.
pub fn remove_aaaa(message: &mut Vec<u8>) -> Option<bool> {
    let ttls = Records::of(message)?.filter(|record| record.rtype == rtype::AAAA && record.section == 0);
    let Some(ttl) = ttls.map(|record| record.ttl).min() else {
        let dropped = splice::drop_records(message, |message, record| is_of(message, record, rtype::AAAA))?;
        let hints = remove_param(message, key::IPV6_HINT)?;
        return Some(dropped > 0 || hints);
    };
    let asked_for = question_type(message)? == rtype::AAAA;
    splice::drop_records(message, |message, record| {
        is_of(message, record, rtype::AAAA) || (asked_for && record.section > 0)
    })?;
    unsign(message);
    if asked_for {
        message.extend_from_slice(&soa(ttl));
        set_u16(message, AUTHORITY, 1); // it had none left
    }
    remove_param(message, key::IPV6_HINT)?;
    Some(true)
}

/// An SOA record owned by the question's name: nobody's zone, of which only the TTL matters.
pub(crate) fn soa(ttl: u32) -> Vec<u8> {
    const NAMES: &[u8] = b"\x06luytre\x03lan\x00\x06nobody\x07invalid\x00";
    let fixed =
        |len: usize| [rtype::SOA, 1, (ttl >> 16) as u16, ttl as u16, len as u16].map(u16::to_be_bytes);
    let numbers = [1, 3600, 1200, 604_800, ttl].map(u32::to_be_bytes).concat();
    let owner = [0xc0, HEADER_LEN as u8];
    [&owner[..], fixed(NAMES.len() + numbers.len()).as_flattened(), NAMES, &numbers].concat()
}

/// The type of the question; `None` if there is no question.
pub(super) fn question_type(message: &[u8]) -> Option<u16> {
    let header = Header::read(message)?;
    if header.counts[0] != 1 {
        return None;
    }
    u16_at(message, crate::wire::skip_name(message, HEADER_LEN)?)
}

/// Whether the record has this type, or signs records of this type (RFC 4034 §3.1.1).
fn is_of(message: &[u8], record: &Record, rtype: u16) -> bool {
    let signs = record.rtype == rtype::RRSIG && record.data.len() >= 2;
    record.rtype == rtype || (signs && u16_at(message, record.data.start) == Some(rtype))
}

fn unsign(message: &mut [u8]) {
    let flags = u16_at(message, FLAGS).unwrap_or_default() & !flags::AD;
    set_u16(message, FLAGS, flags);
}

fn remove_param(message: &mut Vec<u8>, key: u16) -> Option<bool> {
    let mut removal = Removal::default();
    let mut changed = [false; 2]; // SVCB, HTTPS
    for record in Records::of(message)?.filter(|record| is_service(record.rtype)) {
        changed[usize::from(record.rtype == rtype::HTTPS)] |= removal.take(message, &record, key);
    }
    if removal.cuts.is_empty() {
        return Some(false);
    }
    splice::cut(message, &removal.cuts, &removal.edits)?;
    for (changed, rtype) in changed.into_iter().zip([rtype::SVCB, rtype::HTTPS]) {
        if changed {
            splice::drop_records(message, |message, record| {
                record.rtype == rtype::RRSIG && is_of(message, record, rtype)
            })?;
        }
    }
    unsign(message);
    Some(true)
}

/// What goes, in order, and the lengths that change with it.
#[derive(Default)]
struct Removal {
    cuts: Vec<Range<usize>>,
    edits: Vec<(usize, u16)>,
}

impl Removal {
    /// Takes a parameter out of a record, and its mention among the mandatory keys; whether it was there.
    fn take(&mut self, message: &[u8], record: &Record, key: u16) -> bool {
        let params: Vec<Param> = service::params(message, &record.data).collect();
        let whole = params.last().is_none_or(|last| last.whole.end == record.data.end);
        if !whole || !params.iter().any(|param| param.key == key) {
            return false; // malformed, which a client refuses as a whole; or nothing to do
        }
        let before = self.cuts.len();
        for param in &params {
            match param.key {
                same if same == key => self.cuts.push(param.whole.clone()),
                key::MANDATORY => self.unmention(message, param, key),
                _ => {}
            }
        }
        let cut: usize = self.cuts[before..].iter().map(ExactSizeIterator::len).sum();
        let left = record.data.len() - cut;
        self.edits.push((record.data.start - 2, left as u16)); // RDLENGTH, which was longer
        true
    }

    /// Takes the key out of the list of mandatory ones, and the list with it if nothing else is in it.
    fn unmention(&mut self, message: &[u8], mandatory: &Param, key: u16) {
        let value = mandatory.value();
        let mut places = value.clone().step_by(2).filter(|&at| at + 2 <= value.end);
        match places.find(|&at| u16_at(message, at) == Some(key)) {
            Some(_) if value.len() <= 2 => self.cuts.push(mandatory.whole.clone()),
            Some(at) => {
                self.cuts.push(at..at + 2);
                self.edits.push((value.start - 2, (value.len() - 2) as u16)); // it was longer
            }
            None => {}
        }
    }
}
