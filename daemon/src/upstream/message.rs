//! What makes an answer ours, and how a query is dressed for one server. Bytes in, bytes out.
//!
//! On UDP anybody can send us a datagram that claims to come from the server; only what the forger can't see tells the
//! real one apart: the port, the ID, and the case of the question's letters (draft-vixie-dnsext-dns0x20).

use std::ops::Range;

use super::random::Random;
use crate::wire::{self, HEADER_LEN, Header, Rcode, Records, flags, rtype};

/// Where an OPT record has the length of its data, behind root name, type, size and flags (RFC 6891 §6.1.2).
const OPT_DATA_LENGTH: usize = 9;

/// A query as the caller wants it asked, with its question located.
pub(super) struct Question<'a> {
    query: &'a [u8],
    /// Where the question's name ends; its type and class follow.
    name_end: usize,
}

/// How a server likes to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Manners {
    /// Whether it gives the question's letters back in the case they came in.
    pub(super) random_case: bool,
    /// Whether it understands EDNS.
    pub(super) edns: bool,
}

/// A query dressed for one server.
pub(super) struct Packet {
    bytes: Vec<u8>,
    name_end: usize,
    random_case: bool,
}

/// How an answer fits the query that it claims to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The question came back as sent.
    Exact,
    /// The question came back in another case: a server that doesn't keep it, or a forger who couldn't see it.
    OtherCase,
    /// An error without a question, as servers send that gave up early.
    Bare,
}

/// An answer that fits its query.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    pub(super) fit: Fit,
}

impl<'a> Question<'a> {
    /// Locates the question; `None` if the query has not exactly one.
    pub(super) fn of(query: &'a [u8]) -> Option<Self> {
        let name_end = wire::skip_name(query, HEADER_LEN)?;
        let one = Header::read(query)?.counts[0] == 1 && query.len() >= name_end + 4;
        one.then_some(Self { query, name_end })
    }

    /// Whether the query speaks EDNS.
    pub(super) fn has_edns(&self) -> bool {
        find_opt(self.query).is_some()
    }

    /// The query as this server likes it, still with the caller's ID.
    pub(super) fn dress(&self, manners: Manners, random: &Random) -> Packet {
        let mut bytes = self.query.to_vec();
        if !manners.edns {
            strip_opt(&mut bytes);
        }
        let name = &mut bytes[HEADER_LEN..self.name_end];
        // The lengths between the labels are below 64, where no letter is.
        name.make_ascii_lowercase();
        if manners.random_case {
            let bits = random.bits();
            for (at, letter) in name.iter_mut().enumerate().filter(|(_, byte)| byte.is_ascii_lowercase()) {
                let flip = bits[at / 8 % bits.len()] >> (at % 8) & 1;
                *letter ^= flip << 5;
            }
        }
        Packet { bytes, name_end: self.name_end, random_case: manners.random_case }
    }
}

impl Packet {
    /// The message as it goes on the wire.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn set_id(&mut self, id: u16) {
        wire::set_u16(&mut self.bytes, 0, id);
    }

    /// Pads a query with EDNS to a multiple of 128 bytes (RFC 8467 §4.1), for streams where only its length shows.
    pub(super) fn pad(&mut self) {
        const BLOCK: usize = 128;
        const OPTION_HEAD: usize = 4;
        const PADDING: u16 = 12;
        // The OPT is ours and the last record, so that the option goes to its end.
        let Some(opt) = find_opt(&self.bytes).filter(|opt| opt.end == self.bytes.len()) else { return };
        let length = (self.bytes.len() + OPTION_HEAD).next_multiple_of(BLOCK);
        let padding = length - self.bytes.len() - OPTION_HEAD; // below BLOCK
        let data_length_at = opt.start + OPT_DATA_LENGTH;
        let before = wire::u16_at(&self.bytes, data_length_at).unwrap_or_default();
        wire::set_u16(&mut self.bytes, data_length_at, before + (OPTION_HEAD + padding) as u16);
        self.bytes.extend_from_slice(&PADDING.to_be_bytes());
        self.bytes.extend_from_slice(&(padding as u16).to_be_bytes());
        self.bytes.resize(length, 0);
    }

    /// How the message fits as the answer to this query; `None` if it is none.
    pub(super) fn fit(&self, answer: &[u8]) -> Option<Fit> {
        let (sent, header) = (Header::read(&self.bytes)?, Header::read(answer)?);
        if header.id != sent.id || !header.has(flags::QR) || header.opcode() != sent.opcode() {
            return None;
        }
        if header.counts[0] == 0 {
            return is_error(header).then_some(Fit::Bare);
        }
        let name = HEADER_LEN..self.name_end;
        let kind = self.name_end..self.name_end + 4;
        // Type and class are compared as they are: 0x41 and 0x61 are two types, not two cases.
        if header.counts[0] != 1 || answer.get(kind.clone())? != self.bytes.get(kind)? {
            return None;
        }
        let (asked, answered) = (self.bytes.get(name.clone())?, answer.get(name)?);
        match self.random_case {
            _ if asked == answered => Some(Fit::Exact),
            case_matters if asked.eq_ignore_ascii_case(answered) => {
                Some(if case_matters { Fit::OtherCase } else { Fit::Exact })
            }
            _ => None,
        }
    }
}

impl Reply {
    fn header(&self) -> Option<Header> {
        Header::read(&self.bytes)
    }

    /// The response code as in the header, 0 to 15.
    pub(super) fn rcode(&self) -> u16 {
        self.header().map_or(Rcode::ServFail as u16, |header| header.flags & flags::RCODE)
    }

    /// Whether the server doesn't help here, so that another may: it says so, or its records make no sense.
    pub(super) fn is_error(&self) -> bool {
        self.header().is_none_or(is_error) || !self.is_whole()
    }

    /// Whether all records that the header counts are there. A truncated answer may end anywhere.
    fn is_whole(&self) -> bool {
        let ends_well = |mut records: Records<'_>| {
            records.by_ref().for_each(drop);
            !records.malformed()
        };
        self.is_truncated() || Records::of(&self.bytes).is_some_and(ends_well)
    }

    /// Whether the rest of the answer must be fetched over a stream.
    pub(super) fn is_truncated(&self) -> bool {
        self.header().is_some_and(|header| header.has(flags::TC))
    }

    /// Whether the server may have stumbled over EDNS (RFC 6891 §7: FORMERR or NOTIMP, and no OPT of its own).
    pub(super) fn declines_edns(&self) -> bool {
        let code = self.rcode();
        (code == Rcode::FormErr as u16 || code == Rcode::NotImp as u16) && find_opt(&self.bytes).is_none()
    }
}

/// An rcode that speaks of the server, not of the name.
fn is_error(header: Header) -> bool {
    const ERRORS: [Rcode; 4] = [Rcode::FormErr, Rcode::ServFail, Rcode::NotImp, Rcode::Refused];
    ERRORS.iter().any(|&code| header.flags & flags::RCODE == code as u16)
}

/// Where the OPT record stands.
fn find_opt(message: &[u8]) -> Option<Range<usize>> {
    Records::of(message)?
        .find(|record| record.rtype == rtype::OPT && record.section == 2)
        .map(|record| record.start..record.data.end)
}

fn strip_opt(query: &mut Vec<u8>) {
    const ADDITIONAL_COUNT: usize = 10;
    if let Some(opt) = find_opt(query)
        && let Some(count) = wire::u16_at(query, ADDITIONAL_COUNT)
    {
        query.drain(opt);
        wire::set_u16(query, ADDITIONAL_COUNT, count - 1); // at least the one that was found
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::fake::{answer_to, query};
    use super::*;

    const POLITE: Manners = Manners { random_case: true, edns: true };

    #[test]
    fn only_the_question_as_sent_fits() {
        let query = query("www.example.com");
        let packet = Question::of(&query).unwrap().dress(POLITE, &Random::seeded(1));
        let answer = answer_to(packet.bytes());
        assert_eq!(packet.fit(&answer), Some(Fit::Exact));
        let changed = |at: usize, bits: u8| {
            let mut bytes = answer.clone();
            bytes[at] ^= bits;
            packet.fit(&bytes)
        };
        assert_eq!(changed(13, 0x20), Some(Fit::OtherCase));
        assert_eq!(changed(13, 1), None, "another name");
        assert_eq!(changed(0, 1), None, "another ID");
        assert_eq!(changed(2, 0x80), None, "a query");
        assert_eq!(changed(2, 0x08), None, "another opcode");
        assert_eq!(changed(packet.name_end + 1, 0x20), None, "another type, not another case");
        assert_eq!(changed(5, 1), None, "no question, yet no error");
        for end in 0..packet.name_end + 4 {
            assert_eq!(packet.fit(&answer[..end]), None);
        }
    }

    #[test]
    fn the_case_is_random_and_only_the_case() {
        let query = query("www.example.com");
        let question = Question::of(&query).unwrap();
        let packets: Vec<Packet> =
            (0..20).map(|seed| question.dress(POLITE, &Random::seeded(seed))).collect();
        assert!(packets.iter().any(|packet| packet.bytes != packets[0].bytes));
        assert!(packets.iter().all(|packet| packet.bytes.eq_ignore_ascii_case(&query)));
    }

    #[test]
    fn without_edns_the_rest_of_the_query_stays() {
        let query = query("www.example.com");
        let bare = Manners { random_case: false, edns: false };
        let packet = Question::of(&query).unwrap().dress(bare, &Random::seeded(1));
        assert_eq!(Header::read(packet.bytes()).unwrap().counts, [1, 0, 0, 0]);
        assert_eq!(packet.bytes()[12..], query[12..packet.name_end + 4]);
    }

    #[test]
    fn padding_fills_a_block_and_nothing_else() {
        for labels in [1, 9, 10, 11, 40] {
            let query = query(&vec!["abcde"; labels].join("."));
            let mut packet = Question::of(&query).unwrap().dress(POLITE, &Random::seeded(1));
            let bare = packet.bytes().len();
            packet.pad();
            assert_eq!(packet.bytes().len() % 128, 0);
            assert!(packet.bytes().len() < bare + 4 + 128);
            let opt = Records::of(packet.bytes()).unwrap().last().unwrap();
            let data = &packet.bytes()[opt.data];
            assert_eq!(data[..2], [0, 12]);
            assert_eq!(usize::from(wire::u16_at(data, 2).unwrap()), data.len() - 4);
            assert!(data[4..].iter().all(|&byte| byte == 0));
        }
        let query = query("a.example");
        let plain = Manners { random_case: false, edns: false };
        let mut packet = Question::of(&query).unwrap().dress(plain, &Random::seeded(1));
        let before = packet.bytes().to_vec();
        packet.pad();
        assert_eq!(packet.bytes(), before, "no room for an option without EDNS");
    }

    #[test]
    fn a_query_without_its_one_question_is_refused() {
        let query = query("a.example");
        for end in 0..query.len() - 11 {
            assert!(Question::of(&query[..end]).is_none(), "{end}");
        }
        assert!(Question::of(&[0; 12]).is_none());
    }
}
