//! Writes one answer into a buffer that the caller owns.

use crate::query::{Edns, Query};
use crate::wire::{HEADER_LEN, Header, OUR_UDP, Rcode, flags, rtype, set_u16};

/// An answer being written. What does not fit is left out, and [`Packet::finish`] then says so with TC.
pub(super) struct Packet<'a> {
    out: &'a mut [u8],
    len: usize,
    limit: usize,
    overflowed: bool,
}

/// The sections' places in the header's counts.
#[derive(Clone, Copy)]
pub(super) enum Section {
    Answer = 6,
    Authority = 8,
    Additional = 10,
}

impl<'a> Packet<'a> {
    /// Begins an answer to `message` of which the first `question_end` bytes are header and question.
    pub(super) fn answer_to(message: &[u8], question_end: usize, rcode: Rcode, out: &'a mut [u8]) -> Self {
        let limit = out.len();
        let mut packet = Self { out, len: 0, limit, overflowed: false };
        packet.put(&message[..question_end]);
        let asked = Header::read(message).map_or(0, |header| header.flags);
        let kept = asked & (flags::OPCODE | flags::RD | flags::CD);
        let questions = u16::from(question_end > HEADER_LEN);
        set_u16(packet.out, 2, kept | flags::QR | flags::RA | (rcode as u16 & flags::RCODE));
        for (at, count) in [(4, questions), (6, 0), (8, 0), (10, 0)] {
            set_u16(packet.out, at, count);
        }
        packet
    }

    /// The most bytes that the client takes.
    pub(super) fn limit(mut self, limit: usize) -> Self {
        self.limit = self.limit.min(limit);
        self
    }

    pub(super) fn set_flags(&mut self, bits: u16) {
        self.out[2] |= (bits >> 8) as u8; // the upper half
        self.out[3] |= bits as u8; // the lower half
    }

    /// Room left for the client.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.len)
    }

    /// A record of class IN owned by the name at `owner` (an offset in the packet).
    pub(super) fn record(&mut self, section: Section, owner: usize, rtype: u16, ttl: u32, data: &[&[u8]]) {
        let len: usize = data.iter().map(|part| part.len()).sum();
        if self.room() < 12 + len {
            self.overflowed = true;
            return;
        }
        self.put(&(0xc000 | owner as u16).to_be_bytes()); // the owner lies in the question, below 2^14
        self.put(&rtype.to_be_bytes());
        self.put(&[0, 1]);
        self.put(&ttl.to_be_bytes());
        self.put(&(len as u16).to_be_bytes()); // a few hundred bytes at most
        data.iter().for_each(|part| self.put(part));
        self.count(section);
    }

    /// Our OPT record, if the client speaks EDNS, with extended errors as far as they fit.
    pub(super) fn opt(&mut self, client: Option<Edns>, rcode: Rcode, errors: &[(u16, &str)]) {
        let Some(client) = client else { return };
        let start = self.len;
        if self.room() < 11 {
            return;
        }
        self.put(&[0]);
        self.put(&rtype::OPT.to_be_bytes());
        self.put(&OUR_UDP.to_be_bytes());
        self.put(&[(rcode as u16 >> 4) as u8, 0, if client.dnssec_ok { 0x80 } else { 0 }, 0, 0, 0]);
        for &(code, text) in errors {
            let text = if self.room() < 6 + text.len() { "" } else { text };
            if self.room() < 6 {
                break;
            }
            self.put(&[0, 15]);
            self.put(&(2 + text.len() as u16).to_be_bytes()); // at most 200 bytes
            self.put(&code.to_be_bytes());
            self.put(text.as_bytes());
        }
        let data_len = self.len - start - 11;
        set_u16(self.out, start + 9, data_len as u16); // bounded by the room
        self.count(Section::Additional);
    }

    /// The length of the answer.
    pub(super) fn finish(mut self) -> usize {
        if self.overflowed {
            self.set_flags(flags::TC);
        }
        self.len
    }

    fn count(&mut self, section: Section) {
        let at = section as usize;
        let count = u16::from_be_bytes([self.out[at], self.out[at + 1]]);
        set_u16(self.out, at, count + 1);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

/// Where the question's name begins in every packet.
pub(super) const QUESTION: usize = HEADER_LEN;

/// The client's OPT, and how large an answer may be, for an answer over a stream or over UDP.
pub(super) fn room_for(query: &Query, stream: bool) -> usize {
    if stream { crate::wire::MAX_MESSAGE } else { query.udp_limit() }
}
