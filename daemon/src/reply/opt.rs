//! Takes the OPT record out of a message, every other byte as it was.
//!
//! It usually is the last record, but need not be: then names behind it move, and compression pointers to them with
//! them. Pointers stand in owner names, and in the data of the types that may be compressed (RFC 3597 §4); all other
//! data is opaque.

use std::ops::Range;

use crate::wire::{Records, set_u16, u16_at};

/// Where the count of additional records stands.
const ADDITIONAL: usize = 10;

/// Removes the bytes of an OPT record. `None` if a name behind it is malformed or points into it.
pub(super) fn remove(message: &mut Vec<u8>, opt: Range<usize>) -> Option<()> {
    let behind: Vec<_> = Records::of(message)?.filter(|record| record.start >= opt.end).collect();
    for record in behind {
        let owner_end = move_pointer(message, record.start, &opt)?;
        debug_assert!(owner_end <= record.data.start, "the walk has read this name");
        let (mut at, names) = names_in(record.rtype);
        at += record.data.start;
        for _ in 0..names {
            at = move_pointer(message, at, &opt).filter(|&end| end <= record.data.end)?;
        }
    }
    let count = u16_at(message, ADDITIONAL)?.checked_sub(1)?;
    set_u16(message, ADDITIONAL, count);
    message.drain(opt);
    Some(())
}

/// How many bytes stand before the names in a type's data, and how many names follow: the types of RFC 1035, and those
/// whose senders compressed them before RFC 3597 forbade it.
fn names_in(rtype: u16) -> (usize, usize) {
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

/// Moves the pointer that ends the name at `at`, if it has one that points behind the OPT; returns where the name
/// ends.
fn move_pointer(message: &mut [u8], mut at: usize, opt: &Range<usize>) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            len @ 1..=63 => at += 1 + usize::from(len),
            0xc0.. => {
                let pointer = u16_at(message, at)?;
                let target = usize::from(pointer & 0x3fff);
                if opt.contains(&target) {
                    return None;
                }
                if target >= opt.end {
                    set_u16(message, at, pointer - opt.len() as u16); // the target lies behind those bytes
                }
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

    /// Header, then records as given; the second of them is the OPT.
    fn message(records: &[&[u8]]) -> (Vec<u8>, Range<usize>) {
        let mut bytes = vec![0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 2];
        records.iter().for_each(|record| bytes.extend_from_slice(record));
        let start = 12 + records[0].len();
        (bytes, start..start + records[1].len())
    }

    const FIRST: &[u8] = b"\x01a\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x04\x01\x02\x03\x04";
    const OPT: &[u8] = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

    #[test]
    fn pointers_behind_the_opt_move_and_others_stay() {
        // b.a MX 5 c.b.a: the owner points before the OPT, the data to the owner behind it.
        let owner_at = u8::try_from(12 + FIRST.len() + OPT.len()).unwrap();
        let last =
            [b"\x01b\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x00\x00\x06\x00\x05\x01c\xc0", &[owner_at][..]]
                .concat();
        let (mut bytes, opt) = message(&[FIRST, OPT, &last]);
        remove(&mut bytes, opt).unwrap();
        let moved = owner_at - u8::try_from(OPT.len()).unwrap();
        assert_eq!(bytes[12..12 + FIRST.len()], *FIRST);
        assert_eq!(bytes.last(), Some(&moved));
        assert_eq!(bytes[10..12], [0, 1]);
        let records: Vec<_> = Records::of(&bytes).unwrap().map(|record| record.rtype).collect();
        assert_eq!(records, [rtype::A, 15]);
    }

    #[test]
    fn opaque_data_that_looks_like_a_pointer_stays() {
        let odd = b"\x00\xff\x00\x00\x01\x00\x00\x00\x00\x00\x02\xc0\xff";
        let (mut bytes, opt) = message(&[FIRST, OPT, odd]);
        remove(&mut bytes, opt).unwrap();
        assert_eq!(bytes[bytes.len() - 2..], [0xc0, 0xff]);
    }

    #[test]
    fn a_pointer_into_the_opt_is_refused() {
        let into = u8::try_from(12 + FIRST.len() + 3).unwrap();
        let bad = [&[0xc0, into][..], b"\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00"].concat();
        let (mut bytes, opt) = message(&[FIRST, OPT, &bad]);
        assert_eq!(remove(&mut bytes, opt), None);
    }
}
