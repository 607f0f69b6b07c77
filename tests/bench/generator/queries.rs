//! The questions in their order: the names of a file round and round, each made unique when asked.

use std::io::{Cursor, Write};

use luytre_tests::dns::{Question, encode_name, write_query};

/// Names in wire form, one behind the other, and where the next question comes from.
pub(crate) struct Queries {
    wire: Vec<u8>,
    ends: Vec<usize>,
    next: usize,
    kind: u16,
    edns: bool,
    /// The number of the next unique label.
    unique: Option<u64>,
}

impl Queries {
    /// Nothing when no name can be encoded.
    pub(crate) fn new(names: &[String], kind: u16, edns: bool, unique: Option<u64>) -> Option<Self> {
        let (mut wire, mut ends) = (Vec::new(), Vec::new());
        for name in names.iter().filter_map(|name| encode_name(name)) {
            wire.extend(name);
            ends.push(wire.len());
        }
        (!ends.is_empty()).then_some(Self { wire, ends, next: 0, kind, edns, unique })
    }

    /// Writes the next query and returns its length.
    pub(crate) fn write(&mut self, buffer: &mut [u8], id: u16) -> usize {
        let start = if self.next == 0 { 0 } else { self.ends[self.next - 1] };
        let name = &self.wire[start..self.ends[self.next]];
        let mut label = [0; 24];
        let label = match &mut self.unique {
            None => &[],
            Some(number) => {
                *number += 1;
                number_label(&mut label, *number)
            }
        };
        let question = Question { label, name, kind: self.kind, edns: self.edns };
        self.next = (self.next + 1) % self.ends.len();
        // Buffers are LONGEST_QUERY long and names leave room for the label: 0 can't be, and would be a loss.
        write_query(buffer, id, &question).unwrap_or(0)
    }
}

/// `u<number>` with its length byte.
fn number_label(room: &mut [u8; 24], number: u64) -> &[u8] {
    let mut cursor = Cursor::new(&mut room[1..]);
    // 21 bytes at most.
    let _ = write!(cursor, "u{number}");
    let length = u8::try_from(cursor.position()).unwrap_or(0);
    room[0] = length;
    &room[..=usize::from(length)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use luytre_tests::dns::{HEADER, LONGEST_QUERY};

    fn names_of(queries: &mut Queries, count: usize) -> Vec<Vec<u8>> {
        let mut buffer = [0; LONGEST_QUERY];
        (0..count)
            .map(|_| {
                let length = queries.write(&mut buffer, 5);
                buffer[HEADER..length - 4].to_vec()
            })
            .collect()
    }

    #[test]
    fn names_go_round() {
        let names = ["a.b", "..", "c.d"].map(String::from);
        let mut queries = Queries::new(&names, 1, false, None).unwrap();
        let expected = [b"\x01a\x01b\0", b"\x01c\x01d\0", b"\x01a\x01b\0"];
        assert_eq!(names_of(&mut queries, 3), expected);
        assert!(Queries::new(&names[1..2], 1, false, None).is_none());
    }

    #[test]
    fn unique_labels_count_on() {
        let mut queries = Queries::new(&["a.b".into()], 1, false, Some(9)).unwrap();
        assert_eq!(names_of(&mut queries, 2), [b"\x03u10\x01a\x01b\0", b"\x03u11\x01a\x01b\0"]);
        let mut last = Queries::new(&["a.b".into()], 1, false, Some(u64::MAX - 1)).unwrap();
        assert_eq!(names_of(&mut last, 1)[0].len(), 22 + 5);
    }
}
