//! Takes records out of a message: DNSSEC's for clients that did not ask for them (RFC 4035 §3.2.1), and what was not
//! proven from a message that says it was.
//!
//! A name may be compressed by a pointer into a record that goes, so the message is written anew: every name that may
//! be compressed (RFC 3597 §4) is followed and compressed again, all other data is copied byte for byte.

use crate::splice::names_in;
use crate::wire::{HEADER_LEN, Record, Records, follow_name, rtype, set_u16, skip_name, u16_at};

/// Places of names that later ones may point to. More would only make a large message smaller.
const MAX_PLACES: usize = 64;

/// Takes out the DNSSEC records that the question was not about. A message that can't be read stays as it is: whoever
/// gives it has read it before.
pub fn dnssec(message: &mut Vec<u8>, asked: u16) {
    if asked == rtype::ANY {
        return;
    }
    let goes = |record: &Record| match record.rtype {
        // The type asked for stands in the answer section. A DS elsewhere is a delegation's.
        rtype::RRSIG | rtype::NSEC | rtype::NSEC3 => record.rtype != asked || record.section != 0,
        rtype::DS => record.section == 1,
        _ => false,
    };
    let any = Records::of(message).is_some_and(|mut records| records.any(|record| goes(&record)));
    if any && let Some(rest) = rewrite(message, |record, _| !goes(record)) {
        *message = rest;
    }
}

/// Keeps the records of the answer and authority sections that are marked, by their order, and no others.
pub fn keep(message: &mut Vec<u8>, marked: &[Vec<bool>; 2]) {
    let stays = |record: &Record, index: usize| {
        marked.get(usize::from(record.section)).is_some_and(|section| section.get(index) == Some(&true))
    };
    let all = marked.iter().flatten().all(|marked| *marked);
    if all && u16_at(message, 10) == Some(0) {
        return;
    }
    if let Some(rest) = rewrite(message, stays) {
        *message = rest;
    }
}

/// The message with the records that stay, which are told by record and place in their section. `None` if it can't be
/// read.
fn rewrite(message: &[u8], stays: impl Fn(&Record, usize) -> bool) -> Option<Vec<u8>> {
    let mut records = Records::of(message)?;
    let mut out = Writer { bytes: message[..records.position()].to_vec(), places: Vec::new() };
    if u16_at(message, 4) == Some(1) {
        out.learn(HEADER_LEN);
    }
    let (mut seen, mut kept) = ([0_usize; 3], [0_u16; 3]);
    for record in &mut records {
        let section = usize::from(record.section); // 0 to 2
        if stays(&record, seen[section]) {
            out.record(message, &record)?;
            kept[section] += 1;
        }
        seen[section] += 1;
    }
    for (at, count) in [6, 8, 10].into_iter().zip(kept) {
        set_u16(&mut out.bytes, at, count);
    }
    (!records.malformed() && out.bytes.len() <= crate::wire::MAX_MESSAGE).then_some(out.bytes)
}

struct Writer {
    bytes: Vec<u8>,
    /// Where labels begin of which the name to its end was written, below 2^14.
    places: Vec<usize>,
}

impl Writer {
    fn record(&mut self, message: &[u8], record: &Record) -> Option<()> {
        self.name(message, record.start)?;
        self.bytes.extend_from_slice(&message[record.ttl_at - 4..record.data.start]);
        let length_at = self.bytes.len() - 2;
        let (before, names) = names_in(record.rtype);
        let mut at = record.data.start;
        if names > 0 {
            self.bytes
                .extend_from_slice(message.get(at..at + before).filter(|_| at + before <= record.data.end)?);
            at += before;
            for _ in 0..names {
                self.name(message, at)?;
                at = skip_name(message, at)?;
            }
        }
        self.bytes.extend_from_slice(message.get(at..record.data.end)?);
        let length = u16::try_from(self.bytes.len() - length_at - 2).ok()?;
        set_u16(&mut self.bytes, length_at, length);
        Some(())
    }

    /// Writes the name at a place of the message, ending with a pointer where its end was written before.
    fn name(&mut self, message: &[u8], at: usize) -> Option<()> {
        let labels: Vec<&[u8]> = follow_name(message, at).collect::<Option<_>>()?;
        let start = self.bytes.len();
        for (index, label) in labels.iter().enumerate() {
            if let Some(place) = self.places.iter().find(|place| self.is_at(**place, &labels[index..])) {
                let pointer = 0xc000 | *place as u16; // places are below 2^14
                self.bytes.extend_from_slice(&pointer.to_be_bytes());
                self.learn_until(start, index);
                return Some(());
            }
            self.bytes.push(label.len() as u8); // at most 63
            self.bytes.extend_from_slice(label);
        }
        self.bytes.push(0);
        self.learn_until(start, labels.len());
        Some(())
    }

    fn is_at(&self, place: usize, labels: &[&[u8]]) -> bool {
        follow_name(&self.bytes, place).map(Option::unwrap_or_default).eq(labels.iter().copied())
    }

    /// Remembers the first labels of a name just written.
    fn learn_until(&mut self, mut at: usize, labels: usize) {
        for _ in 0..labels {
            if self.places.len() < MAX_PLACES && at < 0x4000 {
                self.places.push(at);
            }
            at += 1 + usize::from(self.bytes[at]);
        }
    }

    fn learn(&mut self, at: usize) {
        let labels = follow_name(&self.bytes, at).count();
        self.learn_until(at, labels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A response to a question about the root with these records in its answer and authority sections.
    fn message(answers: &[&[u8]], authority: &[&[u8]]) -> Vec<u8> {
        let counts = [answers.len() as u8, authority.len() as u8];
        let mut bytes = vec![0, 0, 0x80, 0, 0, 1, 0, counts[0], 0, counts[1], 0, 0, 0, 0, 1, 0, 1];
        answers.iter().chain(authority).for_each(|record| bytes.extend_from_slice(record));
        bytes
    }

    fn types(message: &[u8]) -> Vec<u16> {
        Records::of(message).unwrap().map(|record| record.rtype).collect()
    }

    const A: &[u8] = b"\x00\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x0c\x02\x01";
    /// Its owner is the first place of `zone.example`.
    const NSEC3: &[u8] = b"\x02hh\x04zone\x07example\x00\x00\x32\x00\x01\x00\x00\x00\x3c\x00\x02\x01\x00";
    const NSEC3_ZONE_AT: u8 = 17 + 3;

    #[test]
    fn names_that_pointed_into_what_goes_are_whole_again() {
        let zone = [0xc0, NSEC3_ZONE_AT];
        let soa_data = [b"\x02ns".as_slice(), &zone, b"\x01h", &zone, &[7; 20]].concat();
        let soa =
            [&zone[..], b"\x00\x06\x00\x01\x00\x00\x00\x3c\x00", &[soa_data.len() as u8], &soa_data].concat();
        let mut bytes = message(&[], &[NSEC3, &soa]);
        dnssec(&mut bytes, rtype::A);
        let expected = [
            &b"\x04zone\x07example\x00\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x1d\x02ns\xc0\x11\x01h\xc0\x11"[..],
            &[7; 20],
        ]
        .concat();
        assert_eq!(bytes, message(&[], &[&expected]));
    }

    #[test]
    fn opaque_data_stay_byte_for_byte_and_what_was_asked_for_stays() {
        let odd = b"\x00\xff\x00\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x0c\xc0\xff";
        let rrsig = b"\x00\x00\x2e\x00\x01\x00\x00\x00\x3c\x00\x02\x00\x01";
        let mut bytes = message(&[odd, rrsig, A], &[]);
        dnssec(&mut bytes, rtype::A);
        assert_eq!(bytes, message(&[odd, A], &[]));
        for asked in [rtype::RRSIG, rtype::ANY] {
            let mut bytes = message(&[A, rrsig], &[]);
            dnssec(&mut bytes, asked);
            assert_eq!(types(&bytes), [rtype::A, rtype::RRSIG]);
        }
    }

    #[test]
    fn only_what_is_marked_is_kept() {
        let mut bytes = message(&[A, NSEC3], &[NSEC3, A]);
        keep(&mut bytes, &[vec![true, false], vec![false, true]]);
        assert_eq!(bytes, message(&[A], &[A]));
    }

    #[test]
    fn names_that_go_round_are_left_as_they_are() {
        let looping = b"\xc0\x11\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x00";
        let before = message(&[], &[looping, NSEC3]);
        let mut bytes = before.clone();
        dnssec(&mut bytes, rtype::A);
        assert_eq!(bytes, before);
    }
}
