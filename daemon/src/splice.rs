//! Takes bytes out of a message, every other byte as it was.
//!
//! Names behind what goes away move, and compression pointers to them with them. Pointers stand in owner names, and
//! in the data of the types that may be compressed (RFC 3597 §4); all other data is opaque.

use std::ops::Range;

use crate::wire::{Header, Record, Records, set_u16, u16_at};

/// Where the header counts questions, answers, authority and additional records (RFC 1035 §4.1.1).
const COUNTS: usize = 4;

/// Takes out every record that is `unwanted`; how many those were. `None` if a name behind one is malformed or points
/// into it: then the message is spoilt.
pub(crate) fn drop_records(
    message: &mut Vec<u8>,
    mut unwanted: impl FnMut(&[u8], &Record) -> bool,
) -> Option<usize> {
    let dropped: Vec<Record> = Records::of(message)?.filter(|record| unwanted(message, record)).collect();
    let cuts: Vec<_> = dropped.iter().map(|record| record.start..record.data.end).collect();
    let mut counts = Header::read(message)?.counts;
    for record in &dropped {
        let count = &mut counts[1 + usize::from(record.section)];
        *count = count.checked_sub(1)?;
    }
    let edits: Vec<_> = (1..4).map(|section| (COUNTS + 2 * section, counts[section])).collect();
    cut(message, &cuts, &edits)?;
    Some(cuts.len())
}

/// Takes out these ranges, which stand in order and apart, and writes the counts and lengths that speak of them: each
/// 16 bits at a place that stays, numbered as it was before.
///
/// One pass over the records, however many ranges: a hostile message can't make it slow.
pub(crate) fn cut(message: &mut Vec<u8>, cuts: &[Range<usize>], edits: &[(usize, u16)]) -> Option<()> {
    let Some(first) = cuts.first() else { return Some(()) };
    let moves = Moves::of(cuts);
    let behind: Vec<_> = Records::of(message)?
        .filter(|record| record.start >= first.end && moves.shift(record.start).is_some())
        .collect();
    for record in behind {
        let owner_end = move_pointer(message, record.start, &moves)?;
        debug_assert!(owner_end <= record.data.start, "the walk has read this name");
        let (mut at, names) = names_in(record.rtype);
        at += record.data.start;
        for _ in 0..names {
            at = move_pointer(message, at, &moves).filter(|&end| end <= record.data.end)?;
        }
    }
    // Only now: the walk above went by them.
    edits.iter().for_each(|&(at, value)| set_u16(message, at, value));
    let mut kept = first.start;
    for (index, cut) in cuts.iter().enumerate() {
        let next = cuts.get(index + 1).map_or(message.len(), |next| next.start);
        message.copy_within(cut.end..next, kept);
        kept += next - cut.end;
    }
    message.truncate(kept);
    Some(())
}

/// Where what stays goes to.
struct Moves<'a> {
    cuts: &'a [Range<usize>],
    /// How many bytes each cut and those before it take.
    taken: Vec<usize>,
}

impl<'a> Moves<'a> {
    fn of(cuts: &'a [Range<usize>]) -> Self {
        let sum = |sum: &mut usize, cut: &Range<usize>| {
            *sum += cut.len();
            Some(*sum)
        };
        Self { cuts, taken: cuts.iter().scan(0, sum).collect() }
    }

    /// How far what stands here moves to the front; `None` if it goes away.
    fn shift(&self, at: usize) -> Option<usize> {
        match self.cuts.partition_point(|cut| cut.start <= at).checked_sub(1) {
            None => Some(0),
            Some(last) => (at >= self.cuts[last].end).then(|| self.taken[last]),
        }
    }
}

/// How many bytes stand before the names in a type's data, and how many names follow: the types of RFC 1035, and those
/// whose senders compressed them before RFC 3597 forbade it.
pub(crate) fn names_in(rtype: u16) -> (usize, usize) {
    match rtype {
        // NS, MD, MF, CNAME, MB, MG, MR, PTR, DNAME
        2..=5 | 7..=9 | 12 | 39 => (0, 1),
        // SOA, MINFO, RP
        6 | 14 | 17 => (0, 2),
        // MX, AFSDB, RT, KX
        15 | 18 | 21 | 36 => (2, 1),
        // PX
        26 => (2, 2),
        // SRV
        33 => (6, 1),
        _ => (0, 0),
    }
}

/// Moves the pointer that ends the name at `at`, if it has one that points behind a cut; returns where the name ends.
fn move_pointer(message: &mut [u8], mut at: usize, moves: &Moves<'_>) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            len @ 1..=63 => at += 1 + usize::from(len),
            0xc0.. => {
                let pointer = u16_at(message, at)?;
                let shift = moves.shift(usize::from(pointer & 0x3fff))?;
                set_u16(message, at, pointer - shift as u16); // so much stands before the target
                return Some(at + 2);
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::rtype;

    /// Header, then records as given, the first as an answer and the rest as additional records.
    fn message(records: &[&[u8]]) -> Vec<u8> {
        let additional = u8::try_from(records.len() - 1).unwrap();
        let mut bytes = vec![0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, additional];
        records.iter().for_each(|record| bytes.extend_from_slice(record));
        bytes
    }

    fn without_opt(records: &[&[u8]]) -> Option<Vec<u8>> {
        let mut bytes = message(records);
        drop_records(&mut bytes, |_, record| record.rtype == rtype::OPT)?;
        Some(bytes)
    }

    const FIRST: &[u8] = b"\x01a\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x01\x02\x03\x04";
    const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

    #[test]
    fn pointers_behind_what_goes_move_and_others_stay() {
        // b.a MX 5 c.b.a: the owner points before the OPT, the data to the owner behind it.
        let owner_at = u8::try_from(12 + FIRST.len() + OPT.len()).unwrap();
        let last =
            [b"\x01b\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x00\x00\x06\x00\x05\x01c\xc0", &[owner_at][..]]
                .concat();
        let bytes = without_opt(&[FIRST, OPT, &last]).unwrap();
        let moved = owner_at - u8::try_from(OPT.len()).unwrap();
        assert_eq!(bytes[12..12 + FIRST.len()], *FIRST);
        assert_eq!(bytes.last(), Some(&moved));
        assert_eq!(bytes[10..12], [0, 1]);
        let records: Vec<_> = Records::of(&bytes).unwrap().map(|record| record.rtype).collect();
        assert_eq!(records, [rtype::A, 15]);
    }

    #[test]
    fn several_cuts_add_up() {
        // Two OPT records, and behind both a name that is pointed to.
        let owner_at = u8::try_from(12 + FIRST.len() + 2 * OPT.len() + FIRST.len()).unwrap();
        let named = b"\x01b\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00";
        let pointing = [&[0xc0, owner_at][..], b"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"].concat();
        let bytes = without_opt(&[FIRST, OPT, FIRST, OPT, named, &pointing]).unwrap();
        assert_eq!(bytes[10..12], [0, 3]);
        let at = bytes.len() - pointing.len() + 1;
        assert_eq!(usize::from(bytes[at]), usize::from(owner_at) - 2 * OPT.len());
        assert_eq!(bytes[usize::from(bytes[at])..][..3], *b"\x01b\x00");
    }

    #[test]
    fn opaque_data_that_looks_like_a_pointer_stays() {
        let odd = b"\x00\xff\x00\x00\x01\x00\x00\x00\x00\x00\x02\xc0\xff";
        let bytes = without_opt(&[FIRST, OPT, odd]).unwrap();
        assert_eq!(bytes[bytes.len() - 2..], [0xc0, 0xff]);
    }

    #[test]
    fn a_pointer_into_what_goes_is_refused() {
        let into = u8::try_from(12 + FIRST.len() + 3).unwrap();
        let bad = [&[0xc0, into][..], b"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"].concat();
        assert_eq!(without_opt(&[FIRST, OPT, &bad]), None);
    }
}
