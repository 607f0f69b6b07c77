//! The bytes of a compiled list: what stands where. `docs/list-format.md` is this module in prose.
//!
//! ```text
//! header      64 bytes
//! statements  18 bytes each: what an entry can say, the most common first
//! overflow     6 bytes each: entries whose statement number needs more than a byte
//! coarse       4 bytes per 256 buckets, and one more: the entry at which each stretch begins
//! fine         2 bytes per bucket: where it begins, from its stretch's beginning
//! head sum     4 bytes: CRC-32 of everything before
//! entries      5 bytes each, bucket by bucket: the hash remainders, then the statement numbers
//! ```

use std::io::{self, Write};

use crate::category::CategorySet;
use crate::entry::{Disposition, Entry};
use crate::error::FormatError;
use crate::hash::HashKey;

pub(crate) const MAGIC: [u8; 8] = *b"LUYTRE\r\n";
pub(crate) const VERSION: u16 = 1;
pub(crate) const HEADER_LEN: usize = 64;
pub(crate) const STATEMENT_LEN: usize = 18;
pub(crate) const OVERFLOW_LEN: usize = 6;
pub(crate) const ENTRY_LEN: usize = 5;
pub(crate) const SUM_LEN: usize = 4;
/// Buckets to one coarse offset.
pub(crate) const STRETCH: usize = 256;
/// The statement number that says: look in the overflow table.
pub(crate) const OVERFLOWED: u8 = 255;
/// 16 buckets at least, so that shifts stay in range; 2²⁴ hold 134 million names.
pub(crate) const BUCKET_BITS: std::ops::RangeInclusive<u8> = 4..=24;

/// The part of a name's hash that a list keeps: the bucket's bits and the 32 below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) u64);

impl Key {
    #[inline]
    pub(crate) fn of(hash: u64, bucket_bits: u8) -> Self {
        Self(hash >> (32 - bucket_bits))
    }

    #[inline]
    pub(crate) fn bucket(self) -> usize {
        (self.0 >> 32) as usize // at most 24 bits
    }

    #[inline]
    pub(crate) fn remainder(self) -> u32 {
        self.0 as u32 // the low half is the remainder
    }
}

/// The fixed part at the start of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) bucket_bits: u8,
    /// Bit `n`: some entry has `n + 1` labels; the last bit also stands for all deeper ones.
    pub(crate) depths: u32,
    pub(crate) serial: u64,
    pub(crate) created: u64,
    pub(crate) names: u32,
    pub(crate) statements: u32,
    pub(crate) overflow: u32,
    pub(crate) body_sum: u32,
    pub(crate) key: HashKey,
    pub(crate) category_table: u64,
}

impl Header {
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[10] = self.bucket_bits;
        bytes[12..16].copy_from_slice(&self.depths.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.serial.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.created.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.names.to_le_bytes());
        bytes[36..40].copy_from_slice(&self.statements.to_le_bytes());
        bytes[40..44].copy_from_slice(&self.overflow.to_le_bytes());
        bytes[44..48].copy_from_slice(&self.body_sum.to_le_bytes());
        bytes[48..56].copy_from_slice(&self.key.0);
        bytes[56..64].copy_from_slice(&self.category_table.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let known = bytes.len().min(MAGIC.len());
        if bytes[..known] != MAGIC[..known] || bytes.is_empty() {
            let found = String::from_utf8_lossy(&bytes[..known]).into_owned();
            return Err(FormatError::Magic { expected: "compiled list", found });
        }
        let Some(bytes) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(FormatError::Length { expected: HEADER_LEN as u64, found: bytes.len() as u64 });
        };
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != VERSION {
            return Err(FormatError::Version { expected: VERSION, found: version });
        }
        let bucket_bits = bytes[10];
        if !BUCKET_BITS.contains(&bucket_bits) {
            let expected = format!("{} to {}", BUCKET_BITS.start(), BUCKET_BITS.end());
            return Err(FormatError::Value { what: "bucket bits", expected, found: bucket_bits.into() });
        }
        let mut key = [0; 8];
        key.copy_from_slice(&bytes[48..56]);
        Ok(Self {
            bucket_bits,
            depths: u32_at(bytes, 12),
            serial: u64_at(bytes, 16),
            created: u64_at(bytes, 24),
            names: u32_at(bytes, 32),
            statements: u32_at(bytes, 36),
            overflow: u32_at(bytes, 40),
            body_sum: u32_at(bytes, 44),
            key: HashKey(key),
            category_table: u64_at(bytes, 56),
        })
    }
}

/// Where each part of a list begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) statements: usize,
    pub(crate) overflow: usize,
    pub(crate) coarse: usize,
    pub(crate) fine: usize,
    pub(crate) head_sum: usize,
    pub(crate) entries: usize,
    pub(crate) end: usize,
}

impl Layout {
    /// The layout that a header asks for; `Length` when it can't fit this machine's memory.
    pub(crate) fn of(header: &Header, found: usize) -> Result<Self, FormatError> {
        let buckets = 1_u64 << header.bucket_bits;
        let coarse_len = (buckets / STRETCH as u64).max(1) + 1;
        let statements = HEADER_LEN as u64;
        // Each factor is below 2^32 and the widest element has 18 bytes: no sum comes near 2^64.
        let overflow = statements + u64::from(header.statements) * STATEMENT_LEN as u64;
        let coarse = overflow + u64::from(header.overflow) * OVERFLOW_LEN as u64;
        let fine = coarse + coarse_len * 4;
        let head_sum = fine + buckets * 2;
        let entries = head_sum + SUM_LEN as u64;
        let end = entries + u64::from(header.names) * ENTRY_LEN as u64;
        if end != found as u64 {
            return Err(FormatError::Length { expected: end, found: found as u64 });
        }
        // The end equals a length in memory, so every offset before it fits a usize.
        let offset = |value: u64| value as usize;
        Ok(Self {
            statements: offset(statements),
            overflow: offset(overflow),
            coarse: offset(coarse),
            fine: offset(fine),
            head_sum: offset(head_sum),
            entries: offset(entries),
            end: offset(end),
        })
    }
}

/// Everything before the entries, to be written in one go.
pub(crate) struct Head {
    pub(crate) header: Header,
    pub(crate) statements: Vec<Entry>,
    pub(crate) overflow: Vec<(u32, u16)>,
    pub(crate) offsets: Offsets,
}

impl Head {
    /// Writes the head and returns its CRC-32, with which it ends.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<u32> {
        let mut out = Summing::new(out);
        out.write_all(&self.header.encode())?;
        for statement in &self.statements {
            out.write_all(&encode_statement(*statement))?;
        }
        for (index, statement) in &self.overflow {
            out.write_all(&index.to_le_bytes())?;
            out.write_all(&statement.to_le_bytes())?;
        }
        for coarse in &self.offsets.coarse {
            out.write_all(&coarse.to_le_bytes())?;
        }
        for stretch in self.offsets.fine.chunks(STRETCH) {
            let mut bytes = [0; 2 * STRETCH];
            for (to, fine) in bytes.chunks_exact_mut(2).zip(stretch) {
                to.copy_from_slice(&fine.to_le_bytes());
            }
            out.write_all(&bytes[..2 * stretch.len()])?;
        }
        let sum = out.sum();
        out.write_all(&sum.to_le_bytes())?;
        Ok(sum)
    }
}

/// Where each bucket begins, made while its entries go by in order.
pub(crate) struct Offsets {
    coarse: Vec<u32>,
    fine: Vec<u16>,
    buckets: usize,
    names: u32,
}

impl Offsets {
    pub(crate) fn new(bucket_bits: u8) -> Self {
        let buckets = 1 << bucket_bits;
        Self { coarse: Vec::new(), fine: Vec::with_capacity(buckets), buckets, names: 0 }
    }

    /// Counts one more entry, in this bucket.
    pub(crate) fn add(&mut self, bucket: usize) -> Result<(), FormatError> {
        self.begin_up_to(bucket + 1)?;
        let limit = u64::from(u32::MAX);
        self.names = self.names.checked_add(1).ok_or(FormatError::Capacity { what: "names", limit })?;
        Ok(())
    }

    /// Begins every bucket before `end` that has not begun yet at the current entry.
    fn begin_up_to(&mut self, end: usize) -> Result<(), FormatError> {
        while self.fine.len() < end {
            if self.fine.len().is_multiple_of(STRETCH) {
                self.coarse.push(self.names);
            }
            let stretch = self.coarse.last().copied().unwrap_or(0);
            let fine = u16::try_from(self.names - stretch).map_err(|_| FormatError::Capacity {
                what: "names in one stretch of buckets",
                limit: u16::MAX.into(),
            })?;
            self.fine.push(fine);
        }
        Ok(())
    }

    /// Begins the rest, all empty; returns the offsets and how many names there are.
    pub(crate) fn finish(mut self) -> Result<(Self, u32), FormatError> {
        self.begin_up_to(self.buckets)?;
        self.coarse.push(self.names);
        let names = self.names;
        Ok((self, names))
    }
}

/// Writes entries bucket by bucket: first the remainders of a bucket, then its statement numbers.
pub(crate) struct BodyWriter<W> {
    out: Summing<W>,
    bucket: usize,
    remainders: Vec<u8>,
    statements: Vec<u8>,
}

impl<W: Write> BodyWriter<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out: Summing::new(out), bucket: 0, remainders: Vec::new(), statements: Vec::new() }
    }

    pub(crate) fn add(&mut self, key: Key, statement: u16) -> io::Result<()> {
        if key.bucket() != self.bucket {
            self.flush_bucket()?;
            self.bucket = key.bucket();
        }
        self.remainders.extend_from_slice(&key.remainder().to_le_bytes());
        self.statements.push(u8::try_from(statement).unwrap_or(OVERFLOWED));
        Ok(())
    }

    fn flush_bucket(&mut self) -> io::Result<()> {
        self.out.write_all(&self.remainders)?;
        self.out.write_all(&self.statements)?;
        self.remainders.clear();
        self.statements.clear();
        Ok(())
    }

    /// Writes the last bucket and returns the CRC-32 of all entries.
    pub(crate) fn finish(mut self) -> io::Result<u32> {
        self.flush_bucket()?;
        self.out.flush()?;
        Ok(self.out.sum())
    }
}

/// Passes bytes on and keeps their CRC-32.
pub(crate) struct Summing<W> {
    out: W,
    sum: crc32fast::Hasher,
}

impl<W> Summing<W> {
    fn new(out: W) -> Self {
        Self { out, sum: crc32fast::Hasher::new() }
    }

    fn sum(&self) -> u32 {
        self.sum.clone().finalize()
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

pub(crate) fn encode_statement(entry: Entry) -> [u8; STATEMENT_LEN] {
    let side = |said: Disposition| match said {
        Disposition::Inherit => (0, 0),
        Disposition::Allow => (1, 0),
        Disposition::Block(set) => (2, set.bits()),
    };
    let ((here, here_set), (below, below_set)) = (side(entry.here), side(entry.below));
    let mut bytes = [0; STATEMENT_LEN];
    (bytes[0], bytes[1]) = (here, below);
    bytes[2..10].copy_from_slice(&here_set.to_le_bytes());
    bytes[10..18].copy_from_slice(&below_set.to_le_bytes());
    bytes
}

/// Reads a statement of exactly [`STATEMENT_LEN`] bytes.
pub(crate) fn decode_statement(bytes: &[u8]) -> Result<Entry, FormatError> {
    let side = |kind: u8, set: u64| match kind {
        0 => Ok(Disposition::Inherit),
        1 => Ok(Disposition::Allow),
        2 => Ok(Disposition::Block(CategorySet::from_bits(set))),
        _ => Err(FormatError::Value { what: "statement", expected: "0, 1 or 2".into(), found: kind.into() }),
    };
    Ok(Entry { here: side(bytes[0], u64_at(bytes, 2))?, below: side(bytes[1], u64_at(bytes, 10))? })
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at + 4)) << 32 | u64::from(u32_at(bytes, at))
}
