//! Entries become a compiled list; the same entries in any order give the same bytes.

use std::collections::HashMap;

use crate::category::CategoryTable;
use crate::entry::Entry;
use crate::error::FormatError;
use crate::format::{BUCKET_BITS, BodyWriter, Head, Header, Key, OVERFLOWED, Offsets};
use crate::hash::{HashKey, SuffixHashes};
use crate::list::List;
use crate::name::Name;

/// What a list says about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Grows with every publication.
    pub serial: u64,
    /// When the list was made, in seconds since 1970 UTC; 0 if not told.
    pub created: u64,
}

/// Collects entries and writes them as one file: 16 bytes of memory an entry until then.
pub struct ListWriter {
    meta: Meta,
    bucket_bits: Option<u8>,
    rows: Vec<Row>,
    depths: u32,
    statements: Statements,
}

/// One name: the full hash, and the number of its statement in order of appearance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    hash: u64,
    statement: u16,
}

impl ListWriter {
    /// An empty list to add to.
    pub fn new(meta: Meta) -> Self {
        Self { meta, bucket_bits: None, rows: Vec::new(), depths: 0, statements: Statements::default() }
    }

    /// Keeps the numbering of an earlier list, so that the delta from it is small: its statement numbers, and its
    /// buckets as long as they stay between 3 and 8 names full.
    #[must_use]
    pub fn continuing<B: AsRef<[u8]>>(mut self, previous: &List<B>) -> Self {
        self.bucket_bits = Some(previous.header().bucket_bits);
        self.statements = Statements::from_fixed(previous.statements());
        self
    }

    /// Adds what is said about a name; said twice, both hold ([`Entry::merge`]). An empty entry adds nothing.
    /// Fails when there are more than 65,535 distinct statements.
    pub fn add(&mut self, name: Name<'_>, entry: Entry) -> Result<(), FormatError> {
        if entry.is_empty() {
            return Ok(());
        }
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name);
        let Some(hash) = suffixes.whole() else { return Ok(()) };
        self.depths |= 1 << (suffixes.shortest_first().len() - 1).min(31);
        self.rows.push(Row { hash, statement: self.statements.number(entry)? });
        Ok(())
    }

    /// Writes the list. Two names that share the part of the hash that is kept become one entry that says both.
    pub fn finish(mut self) -> Result<Vec<u8>, FormatError> {
        self.rows.sort_unstable();
        self.merge_equal(|row| row.hash)?;
        let bits = self.choose_bucket_bits();
        self.merge_equal(|row| Key::of(row.hash, bits).0)?;
        let renumbered = self.statements.by_frequency(self.rows.iter().map(|row| row.statement));

        let mut offsets = Offsets::new(bits);
        let mut overflow = Vec::new();
        let mut entries = Vec::with_capacity(self.rows.len() * crate::format::ENTRY_LEN);
        let mut body = BodyWriter::new(&mut entries);
        for (index, row) in (0_u32..).zip(&self.rows) {
            let key = Key::of(row.hash, bits);
            let statement = renumbered.number_of[usize::from(row.statement)];
            offsets.add(key.bucket())?;
            body.add(key, statement)?;
            if statement >= OVERFLOWED.into() {
                overflow.push((index, statement));
            }
        }
        let body_sum = body.finish()?;
        let (offsets, names) = offsets.finish()?;
        let header = Header {
            bucket_bits: bits,
            depths: self.depths,
            serial: self.meta.serial,
            created: self.meta.created,
            names,
            statements: renumbered.statements.len() as u32, // at most 65,535
            overflow: overflow.len() as u32,                // no more than names
            body_sum,
            key: HashKey::LUYTRE,
            category_table: CategoryTable::shipped().hash(),
        };
        let mut file = Vec::new();
        Head { header, statements: renumbered.statements, overflow, offsets }.write(&mut file)?;
        file.append(&mut entries);
        Ok(file)
    }

    /// Merges neighbours whose key is equal; the rows are sorted by it.
    fn merge_equal(&mut self, key: impl Fn(&Row) -> u64) -> Result<(), FormatError> {
        let mut kept: Vec<Row> = Vec::with_capacity(self.rows.len());
        for row in std::mem::take(&mut self.rows) {
            match kept.last_mut() {
                Some(last) if key(last) == key(&row) => {
                    let both =
                        self.statements.entry(last.statement).merge(self.statements.entry(row.statement));
                    last.statement = self.statements.number(both)?;
                }
                _ => kept.push(row),
            }
        }
        self.rows = kept;
        Ok(())
    }

    /// About 5 names a bucket: 4 to 8, or what the previous list has while that gives 3 to 8.
    fn choose_bucket_bits(&self) -> u8 {
        let names = self.rows.len();
        let (least, most) = (*BUCKET_BITS.start(), *BUCKET_BITS.end());
        if let Some(bits) = self.bucket_bits
            && (bits == least || names >= 3 << bits)
            && names <= 8 << bits
        {
            return bits;
        }
        // ilog2 of a usize is at most 63.
        ((names / 4).max(1).ilog2() as u8).clamp(least, most)
    }
}

/// The distinct statements of a list and their numbers while it is built.
#[derive(Default)]
struct Statements {
    all: Vec<Entry>,
    numbers: HashMap<Entry, u16>,
    /// The first so many keep their numbers.
    fixed: usize,
}

struct Renumbered {
    statements: Vec<Entry>,
    number_of: Vec<u16>,
}

impl Statements {
    fn from_fixed(fixed: &[Entry]) -> Self {
        // A list holds at most 65,535 statements: the numbers fit.
        let numbers = fixed.iter().zip(0_u16..).map(|(entry, number)| (*entry, number)).collect();
        Self { all: fixed.to_vec(), numbers, fixed: fixed.len() }
    }

    fn number(&mut self, entry: Entry) -> Result<u16, FormatError> {
        if let Some(&number) = self.numbers.get(&entry) {
            return Ok(number);
        }
        let limit = u64::from(u16::MAX);
        let number = u16::try_from(self.all.len()).ok().filter(|&number| number < u16::MAX);
        let number = number.ok_or(FormatError::Capacity { what: "distinct statements", limit })?;
        self.all.push(entry);
        self.numbers.insert(entry, number);
        Ok(number)
    }

    fn entry(&self, number: u16) -> Entry {
        self.all[usize::from(number)]
    }

    /// The fixed statements as they are, then those in use: the most common first, so that the common ones get the
    /// one-byte numbers; equal ones by what they say, so that the order of the input does not matter.
    fn by_frequency(&self, used: impl Iterator<Item = u16>) -> Renumbered {
        let mut counts = vec![0_u64; self.all.len()];
        used.for_each(|number| counts[usize::from(number)] += 1);
        let mut order: Vec<usize> = (self.fixed..self.all.len()).filter(|&index| counts[index] > 0).collect();
        order.sort_unstable_by_key(|&index| (std::cmp::Reverse(counts[index]), self.all[index]));
        let order: Vec<usize> = (0..self.fixed).chain(order).collect();
        let mut number_of = vec![0; self.all.len()];
        for (&index, number) in order.iter().zip(0_u16..) {
            number_of[index] = number;
        }
        Renumbered { statements: order.iter().map(|&index| self.all[index]).collect(), number_of }
    }
}
