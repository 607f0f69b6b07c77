//! An upstream's answer, passed on as it came.
//!
//! Records, sections, order and bytes stay. Ours are the message ID, the question's letters, RD, RA and CD, and the
//! OPT record, which is between two neighbours (RFC 6891 §6.2.6).

use super::packet::room_for;
use crate::query::Query;
use crate::splice;
use crate::wire::{HEADER_LEN, Header, MAX_MESSAGE, OUR_UDP, Rcode, Records, flags, rtype, set_u16, u16_at};

/// An OPT record with a root owner and no options.
const OPT_LEN: usize = 11;

/// An upstream's answer without its OPT record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The message.
    pub message: Vec<u8>,
    /// The upper eight bits of the response code, from the OPT.
    pub extended_rcode: u8,
    /// The extended errors in the OPT, as options.
    pub errors: Vec<u8>,
}

impl Answer {
    /// The response code, with its upper bits; `None` if the message has no header.
    pub fn rcode(&self) -> Option<u16> {
        let header = Header::read(&self.message)?;
        Some(u16::from(self.extended_rcode) << 4 | header.flags & flags::RCODE)
    }

    /// Whether it says something of the name: any other code is a failure to find out (RFC 8767 §4).
    pub fn speaks_of_name(&self) -> bool {
        const CODES: [u16; 2] = [Rcode::NoError as u16, Rcode::NxDomain as u16];
        self.rcode().is_some_and(|rcode| CODES.contains(&rcode))
    }
}

/// The question to send upstream: the client's, with our EDNS and with nothing else of the client in it. If we judge
/// the answer, we want its signatures and nobody else's judgement (RFC 6840 §5.9).
pub fn question(query: &Query, message: &[u8], we_judge: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(query.question_end + OPT_LEN);
    out.extend_from_slice(&message[..query.question_end]);
    let kept = query.header.flags & (flags::RD | flags::CD) | if we_judge { flags::CD } else { 0 };
    // Always asked for, so that one answer serves those who want to know and those who don't (RFC 6840 §5.7).
    for (at, value) in [(0, 0), (2, kept | flags::AD), (4, 1), (6, 0), (8, 0), (10, 1)] {
        set_u16(&mut out, at, value);
    }
    push_opt(&mut out, 0, we_judge || query.dnssec_ok(), &[]);
    out
}

/// Takes the OPT record out of an upstream's answer. `None` if the message is malformed or answers another question.
pub fn accept(query: &Query, mut message: Vec<u8>) -> Option<Answer> {
    let header = Header::read(&message)?;
    if !header.has(flags::QR) || header.counts[0] > 1 || message.len() > MAX_MESSAGE {
        return None;
    }
    let mut records = Records::of(&message)?;
    let mut opt = None;
    for record in &mut records {
        if record.rtype == rtype::OPT && record.section == 2 && opt.replace(record).is_some() {
            return None;
        }
    }
    let end = records.position();
    // A truncated answer may end anywhere; any other that lies about its counts is not passed on.
    if records.malformed() && !header.has(flags::TC) {
        return None;
    }
    message.truncate(end);
    let mut answer = Answer { message, extended_rcode: 0, errors: Vec::new() };
    if let Some(opt) = opt {
        answer.extended_rcode = (opt.ttl >> 24) as u8;
        answer.errors = extended_errors(&answer.message[opt.data.clone()]);
        splice::drop_records(&mut answer.message, |_, record| record.start == opt.start)?;
    }
    // Without its question an answer does not say what it answers.
    (header.counts[0] == 1 && question_matches(query, &answer.message)).then_some(answer)
}

fn question_matches(query: &Query, message: &[u8]) -> bool {
    let end = query.question_end;
    let name_end = end - 4;
    let Some(question) = message.get(HEADER_LEN..end) else { return false };
    let (name, rest) = question.split_at(name_end - HEADER_LEN);
    let asked = query.name();
    let same_name = name.len() == asked.as_wire().len() + 1
        && name.iter().zip(asked.as_wire()).all(|(got, asked)| got.to_ascii_lowercase() == *asked);
    same_name && u16_at(rest, 0) == Some(query.rtype) && u16_at(rest, 2) == Some(crate::query::CLASS_IN)
}

/// The extended-error options (RFC 8914) among a record's options.
fn extended_errors(mut options: &[u8]) -> Vec<u8> {
    let mut errors = Vec::new();
    while let (Some(code), Some(len)) = (u16_at(options, 0), u16_at(options, 2)) {
        let Some((option, rest)) = options.split_at_checked(4 + usize::from(len)) else { break };
        if code == 15 && errors.len() + option.len() <= 512 {
            errors.extend_from_slice(option);
        }
        options = rest;
    }
    errors
}

/// Makes the first `len` bytes of `out`, an answer without OPT, the answer to this client; returns its length.
///
/// Allocates nothing: it is the end of the hot path. `out` has room for an OPT record behind the answer; one that the
/// client can't take is cut to its question with TC set (RFC 2181 §9).
pub fn dress(
    query: &Query,
    message: &[u8],
    (extended_rcode, errors): (u8, &[u8]),
    stream: bool,
    out: &mut [u8],
    mut len: usize,
) -> usize {
    let mut answered = u16_at(out, 2).unwrap_or_default();
    answered &= !(flags::RD | flags::CD | flags::Z);
    answered |= flags::QR | flags::RA | (query.header.flags & (flags::RD | flags::CD));
    if !query.header.has(flags::AD) && !query.dnssec_ok() {
        answered &= !flags::AD; // a client that asked neither way may not know the bit (RFC 6840 §5.8)
    }
    let opt_len = if query.edns.is_some() { OPT_LEN + errors.len() } else { 0 };
    if query.edns.is_none() && extended_rcode != 0 {
        // The code needs an OPT that the client can't read (RFC 6891 §7): it has failed all the same.
        answered = answered & !flags::RCODE | Rcode::ServFail as u16;
    }
    if len + opt_len > room_for(query, stream).min(out.len()) || answered & flags::TC != 0 {
        answered |= flags::TC;
        len = query.question_end;
        for at in [6, 8, 10] {
            set_u16(out, at, 0);
        }
    }
    set_u16(out, 0, query.header.id);
    set_u16(out, 2, answered);
    // The client's own letters, which 0x20 or another client's question may have changed.
    out[HEADER_LEN..query.question_end].copy_from_slice(&message[HEADER_LEN..query.question_end]);
    if query.edns.is_some() && out.len() >= len + opt_len {
        let additional = u16_at(out, 10).unwrap_or_default();
        set_u16(out, 10, additional.saturating_add(1));
        let opt = opt_record(extended_rcode, query.dnssec_ok(), errors.len());
        out[len..len + OPT_LEN].copy_from_slice(&opt);
        out[len + OPT_LEN..len + opt_len].copy_from_slice(errors);
        len += opt_len;
    }
    len
}

/// How much room behind an answer [`dress`] may need.
pub fn dressing_room(errors: &[u8]) -> usize {
    OPT_LEN + errors.len()
}

fn push_opt(out: &mut Vec<u8>, extended_rcode: u8, dnssec_ok: bool, options: &[u8]) {
    out.extend_from_slice(&opt_record(extended_rcode, dnssec_ok, options.len()));
    out.extend_from_slice(options);
}

fn opt_record(extended_rcode: u8, dnssec_ok: bool, options: usize) -> [u8; OPT_LEN] {
    let [size_high, size_low] = OUR_UDP.to_be_bytes();
    let [len_high, len_low] = (options as u16).to_be_bytes(); // at most 512
    let dnssec_ok = if dnssec_ok { 0x80 } else { 0 };
    [0, 0, rtype::OPT as u8, size_high, size_low, extended_rcode, 0, dnssec_ok, 0, len_high, len_low]
}
