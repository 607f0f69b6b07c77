//! A compiled list, checked once and looked up in place.

use crate::category::CategorySet;
use crate::entry::{Disposition, Entry};
use crate::error::FormatError;
use crate::format::{
    ENTRY_LEN, HEADER_LEN, Header, Key, Layout, OVERFLOW_LEN, OVERFLOWED, STATEMENT_LEN, STRETCH, SUM_LEN,
    decode_statement, u32_at,
};
use crate::hash::{HashKey, SuffixHashes};
use crate::name::Name;
use crate::writer::Meta;

/// A compiled list over any bytes: a memory map on a router, a vector at the centre.
///
/// Look-ups never panic and never read outside the bytes, whatever the entries hold: [`open`](Self::open) has
/// checked everything before them, and [`verify`](Self::verify) checks them too.
#[derive(Clone)]
pub struct List<B> {
    bytes: B,
    header: Header,
    layout: Layout,
    statements: Box<[Entry]>,
}

/// What a look-up found: the most specific statement about the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The categories it is listed under; `None` for an exception that allows it.
    pub categories: Option<CategorySet>,
    /// How many labels of the name the matching entry has.
    pub labels: u8,
}

/// What a list says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Grows with every publication.
    pub serial: u64,
    /// When it was made, in seconds since 1970 UTC; 0 if not told.
    pub created: u64,
    /// How many names it holds.
    pub names: u32,
    /// How many distinct statements its entries make.
    pub statements: u32,
    /// The hash buckets, as a power of two.
    pub bucket_bits: u8,
    /// Its size in bytes.
    pub bytes: u64,
    /// Which meaning of the category numbers it was built with ([`crate::CategoryTable::hash`]).
    pub category_table: u64,
}

impl<B: AsRef<[u8]>> List<B> {
    /// Opens a list. Checks its header, its tables and every offset, and that the length is right; the entries
    /// themselves are left to [`verify`](Self::verify), so that opening reads about a tenth of the file.
    pub fn open(bytes: B) -> Result<Self, FormatError> {
        let data = bytes.as_ref();
        let header = Header::decode(data)?;
        let layout = Layout::of(&header, data.len())?;
        let expected = u32_at(data, layout.head_sum);
        let found = crc32fast::hash(&data[..layout.head_sum]);
        if expected != found {
            return Err(FormatError::Checksum { part: "head", expected, found });
        }
        check_offsets(&data[layout.coarse..layout.head_sum], &header, &layout)?;
        let statements = data[layout.statements..layout.overflow]
            .chunks_exact(STATEMENT_LEN)
            .map(decode_statement)
            .collect::<Result<_, _>>()?;
        Ok(Self { header, layout, statements, bytes })
    }

    /// Reads the whole list and checks the entries' checksum.
    pub fn verify(&self) -> Result<(), FormatError> {
        let found = crc32fast::hash(&self.bytes.as_ref()[self.layout.entries..self.layout.end]);
        if found != self.header.body_sum {
            return Err(FormatError::Checksum { part: "entries", expected: self.header.body_sum, found });
        }
        Ok(())
    }

    /// The most specific statement about a name. Allocates nothing; at most one probe for each suffix whose number of
    /// labels occurs in the list.
    pub fn lookup(&self, name: Name<'_>) -> Option<Match> {
        self.lookup_hashed(&SuffixHashes::of(self.header.key, name))
    }

    /// [`lookup`](Self::lookup) by hashes that were made with the list's [key](Self::hash_key).
    pub fn lookup_hashed(&self, suffixes: &SuffixHashes) -> Option<Match> {
        let suffixes = suffixes.shortest_first();
        let count = suffixes.len() as u8; // at most 127 labels
        // The most specific first: it is the answer, and spares the look at the others.
        (1..=count).zip(suffixes).rev().find_map(|(labels, hash)| {
            if self.header.depths >> (labels - 1).min(31) & 1 == 0 {
                return None;
            }
            let entry = self.probe(hash)?;
            match if labels == count { entry.here } else { entry.below } {
                Disposition::Inherit => None,
                Disposition::Allow => Some(Match { categories: None, labels }),
                Disposition::Block(set) => Some(Match { categories: Some(set), labels }),
            }
        })
    }

    /// The entry for exactly this name, shorter suffixes aside.
    pub fn entry(&self, name: Name<'_>) -> Option<Entry> {
        self.probe(SuffixHashes::of(self.header.key, name).whole()?)
    }

    /// What this list keeps of a name's hash, `None` for the root: it can't tell names with equal keys apart. The
    /// builder looks for collisions with it.
    pub fn key_of(&self, name: Name<'_>) -> Option<u64> {
        let hash = SuffixHashes::of(self.header.key, name).whole()?;
        Some(Key::of(hash, self.header.bucket_bits).0)
    }

    /// What the list says about itself.
    pub fn info(&self) -> Info {
        Info {
            serial: self.header.serial,
            created: self.header.created,
            names: self.header.names,
            statements: self.header.statements,
            bucket_bits: self.header.bucket_bits,
            bytes: self.layout.end as u64,
            category_table: self.header.category_table,
        }
    }

    /// How many entries make each statement, in the order of the file.
    pub fn census(&self) -> Vec<(Entry, u32)> {
        let mut counts = vec![0_u32; self.statements.len()];
        for (_, statement) in self.rows() {
            if let Some(count) = counts.get_mut(usize::from(statement)) {
                *count += 1;
            }
        }
        self.statements.iter().copied().zip(counts).collect()
    }

    #[inline]
    fn probe(&self, hash: u64) -> Option<Entry> {
        let key = Key::of(hash, self.header.bucket_bits);
        let (first, end) = self.bucket(key.bucket());
        let count = end.checked_sub(first)?;
        let from = self.layout.entries + first * ENTRY_LEN;
        let bucket = self.bytes.as_ref().get(from..from + count * ENTRY_LEN)?;
        let (remainders, statements) = bucket.split_at_checked(4 * count)?;
        let wanted = key.remainder().to_le_bytes();
        let slot = remainders.chunks_exact(4).position(|remainder| remainder == wanted)?;
        let statement = *statements.get(slot)?;
        let number = if statement == OVERFLOWED { self.overflowed(first + slot)? } else { statement.into() };
        self.statements.get(usize::from(number)).copied()
    }

    /// The first entry of a bucket and the first behind it; `open` has checked that they don't fall.
    #[inline]
    fn bucket(&self, bucket: usize) -> (usize, usize) {
        let data = self.bytes.as_ref();
        let begin = |bucket: usize| {
            let fine = self.layout.fine + 2 * bucket;
            let coarse = u32_at(data, self.layout.coarse + 4 * (bucket / STRETCH));
            coarse as usize + usize::from(u16::from_le_bytes([data[fine], data[fine + 1]]))
        };
        let next = bucket + 1;
        let end = if next == 1 << self.header.bucket_bits { self.header.names as usize } else { begin(next) };
        (begin(bucket), end)
    }

    fn overflowed(&self, index: usize) -> Option<u16> {
        let table = &self.bytes.as_ref()[self.layout.overflow..self.layout.coarse];
        let (mut low, mut high) = (0, table.len() / OVERFLOW_LEN);
        while low < high {
            let middle = low.midpoint(high);
            let row = &table[middle * OVERFLOW_LEN..][..OVERFLOW_LEN];
            match (u32_at(row, 0) as usize).cmp(&index) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(u16::from_le_bytes([row[4], row[5]])),
            }
        }
        None
    }

    /// Every entry in the order of the file, as key and statement number.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Key, u16)> {
        let data = self.bytes.as_ref();
        (0..1_usize << self.header.bucket_bits).flat_map(move |bucket| {
            let (first, end) = self.bucket(bucket);
            let count = end - first;
            let base = self.layout.entries + first * ENTRY_LEN;
            (0..count).map(move |slot| {
                let remainder = u32_at(data, base + 4 * slot);
                let statement = data[base + 4 * count + slot];
                let number = match statement {
                    OVERFLOWED => self.overflowed(first + slot).unwrap_or(u16::MAX),
                    small => small.into(),
                };
                (Key((bucket as u64) << 32 | u64::from(remainder)), number)
            })
        })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn statements(&self) -> &[Entry] {
        &self.statements
    }

    /// The two checksums, which together name the list's content.
    pub(crate) fn sums(&self) -> (u32, u32) {
        (u32_at(self.bytes.as_ref(), self.layout.head_sum), self.header.body_sum)
    }

    /// The bytes of a list that says the same under another serial and time: how a publisher finds out that nothing has
    /// changed, and publishes again what was withdrawn from.
    pub fn with_meta(&self, meta: Meta) -> Vec<u8> {
        let Meta { serial, created } = meta;
        let mut bytes = self.bytes.as_ref().to_vec();
        let (head, _) = bytes.split_at_mut(self.layout.head_sum + SUM_LEN);
        let (told, sum) = head.split_at_mut(self.layout.head_sum);
        told[..HEADER_LEN].copy_from_slice(&Header { serial, created, ..self.header.clone() }.encode());
        sum.copy_from_slice(&crc32fast::hash(told).to_le_bytes());
        bytes
    }

    /// The two checksums in one number: it tells this list from others that are whole, without reading all of it.
    pub fn fingerprint(&self) -> u64 {
        let (head, body) = self.sums();
        u64::from(head) << 32 | u64::from(body)
    }

    /// The list's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    /// The key of the list's hash.
    pub fn hash_key(&self) -> HashKey {
        self.header.key
    }
}

impl<B> std::fmt::Debug for List<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List")
            .field("serial", &self.header.serial)
            .field("names", &self.header.names)
            .finish()
    }
}

/// Buckets begin in order, and no later than the list ends.
fn check_offsets(offsets: &[u8], header: &Header, layout: &Layout) -> Result<(), FormatError> {
    let (coarse, fine) = offsets.split_at(layout.fine - layout.coarse);
    let mut before = 0;
    for (stretch, fines) in fine.chunks(2 * STRETCH).enumerate() {
        let start = u32_at(coarse, 4 * stretch);
        for fine in fines.chunks_exact(2) {
            let begin = u64::from(start) + u64::from(u16::from_le_bytes([fine[0], fine[1]]));
            if begin < before || begin > header.names.into() {
                let expected = format!("{before} to {}", header.names);
                return Err(FormatError::Value { what: "bucket offset", expected, found: begin });
            }
            before = begin;
        }
    }
    let last = u32_at(coarse, coarse.len() - 4);
    if last != header.names {
        let expected = header.names.to_string();
        return Err(FormatError::Value { what: "last bucket offset", expected, found: last.into() });
    }
    Ok(())
}
