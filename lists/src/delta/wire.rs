//! A delta's preamble: what it starts from, what it makes, and how its two runs are coded.

use crate::delta::coder::Gaps;
use crate::delta::key_space;
use crate::entry::Entry;
use crate::error::FormatError;
use crate::format::{BUCKET_BITS, Header, STATEMENT_LEN, decode_statement, encode_statement};
use crate::hash::HashKey;
use crate::list::List;

const MAGIC: [u8; 4] = *b"LYTD";
const VERSION: u8 = 1;
/// The delta makes a list from nothing.
const WHOLE: u8 = 1;
/// The category table's hash is told, because it is not the old list's.
const NEW_TABLE: u8 = 2;

/// Everything but the two runs.
pub(super) struct Preamble {
    /// The checksums of the list it starts from; `None` makes a list from nothing.
    pub(super) base: Option<(u32, u32)>,
    /// The new list's header; how many statements and overflowed entries it has comes out of applying.
    pub(super) header: Header,
    /// The checksums of the list that it makes.
    pub(super) result: (u32, u32),
    /// Whether the category table's hash is told, because it is not the old list's.
    table_told: bool,
    /// How many of the old list's statements the new list begins with, and those that follow.
    kept_statements: u32,
    new_statements: Vec<Entry>,
    pub(super) changes: u32,
    pub(super) additions: u32,
    pub(super) change_bits: u8,
    pub(super) addition_bits: u8,
}

/// The two coded runs behind a preamble.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a> {
    pub(super) changes: &'a [u8],
    pub(super) additions: &'a [u8],
}

impl Preamble {
    pub(super) fn between<A: AsRef<[u8]>, B: AsRef<[u8]>>(
        old: Option<&List<A>>,
        new: &List<B>,
        changes: u32,
        additions: u32,
    ) -> Self {
        let old_statements = old.map(List::statements).unwrap_or_default();
        let kept = old_statements.iter().zip(new.statements()).take_while(|(old, new)| old == new).count();
        let places = old.map_or(0, |old| old.header().names.into());
        Self {
            base: old.map(List::sums),
            header: new.header().clone(),
            result: new.sums(),
            table_told: old.is_none_or(|old| old.header().category_table != new.header().category_table),
            kept_statements: kept as u32, // a list has at most 65,535 statements
            new_statements: new.statements()[kept..].to_vec(),
            changes,
            additions,
            change_bits: Gaps::plain_bits(places, changes.into()),
            addition_bits: Gaps::plain_bits(key_space(new.header().bucket_bits), additions.into()),
        }
    }

    pub(super) fn encode(&self, changes: &[u8], additions: &[u8]) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        out.0.push(VERSION);
        let whole = if self.base.is_none() { WHOLE } else { 0 };
        out.0.push(whole | if self.table_told { NEW_TABLE } else { 0 });
        if let Some(base) = self.base {
            out.sums(base);
        } else {
            out.0.push(self.header.bucket_bits);
            out.0.extend_from_slice(&self.header.key.0);
        }
        if self.table_told {
            out.0.extend_from_slice(&self.header.category_table.to_le_bytes());
        }
        out.number(self.header.serial);
        out.number(self.header.created);
        out.number(self.header.names.into());
        out.number(self.header.depths.into());
        out.sums(self.result);
        out.number(self.kept_statements.into());
        out.number(self.new_statements.len() as u64);
        self.new_statements.iter().for_each(|&entry| out.0.extend_from_slice(&encode_statement(entry)));
        out.number(self.changes.into());
        out.number(self.additions.into());
        out.0.extend_from_slice(&[self.change_bits, self.addition_bits]);
        out.number(changes.len() as u64);
        out.0.extend_from_slice(changes);
        out.0.extend_from_slice(additions);
        out.0
    }

    /// Reads the preamble, checks that it starts from `old`, and returns the two runs behind it.
    pub(super) fn decode<'a, A: AsRef<[u8]>>(
        delta: &'a [u8],
        old: Option<&List<A>>,
    ) -> Result<(Self, Runs<'a>), FormatError> {
        let mut input = Reader { bytes: delta, read: 0 };
        let magic = delta.get(..MAGIC.len().min(delta.len())).unwrap_or_default();
        if magic != MAGIC {
            let found = String::from_utf8_lossy(magic).into_owned();
            return Err(FormatError::Magic { expected: "delta", found });
        }
        input.array::<4>()?;
        let [version, flags] = input.array()?;
        if version != VERSION {
            return Err(FormatError::Version { expected: VERSION.into(), found: version.into() });
        }
        let (base, bucket_bits, key, old_table) = if flags & WHOLE == 0 {
            let base = input.sums()?;
            let old = same_list(base, old)?.header();
            (Some(base), old.bucket_bits, old.key, old.category_table)
        } else {
            let [bits] = input.array()?;
            (None, bits, HashKey(input.array()?), 0)
        };
        if !BUCKET_BITS.contains(&bucket_bits) {
            let expected = format!("{} to {}", BUCKET_BITS.start(), BUCKET_BITS.end());
            return Err(FormatError::Value { what: "bucket bits", expected, found: bucket_bits.into() });
        }
        let table_told = flags & NEW_TABLE != 0;
        let category_table = if table_told { u64::from_le_bytes(input.array()?) } else { old_table };
        let mut header = Header {
            bucket_bits,
            serial: input.number()?,
            created: input.number()?,
            names: input.number_u32("names")?,
            depths: input.number_u32("depths")?,
            body_sum: 0,
            statements: 0,
            overflow: 0,
            key,
            category_table,
        };
        let result = input.sums()?;
        header.body_sum = result.1;
        let kept_statements = input.number_u32("kept statements")?;
        let count = input.number_u32("new statements")?;
        let mut new_statements = Vec::new();
        for _ in 0..count {
            new_statements.push(decode_statement(&input.array::<STATEMENT_LEN>()?)?);
        }
        let (changes, additions) = (input.number_u32("changes")?, input.number_u32("additions")?);
        let [change_bits, addition_bits] = input.array()?;
        let change_len = input.number_u32("length of the changes")? as usize;
        let (changes_run, additions_run) =
            input.bytes.split_at_checked(change_len).ok_or_else(|| input.truncated(change_len))?;
        let preamble = Self {
            base,
            header,
            result,
            table_told,
            kept_statements,
            new_statements,
            changes,
            additions,
            change_bits,
            addition_bits,
        };
        Ok((preamble, Runs { changes: changes_run, additions: additions_run }))
    }

    /// The checksums of the list that a delta makes, read without the list that it starts from.
    pub(super) fn result_of(delta: &[u8]) -> Result<(u32, u32), FormatError> {
        let mut input = Reader { bytes: delta, read: 0 };
        input.array::<4>()?; // the magic number
        let [_version, flags] = input.array()?;
        if flags & WHOLE == 0 {
            input.sums()?;
        } else {
            input.array::<9>()?; // how many buckets, and the hash's key
        }
        if flags & NEW_TABLE != 0 {
            input.array::<8>()?;
        }
        for _ in ["serial", "created", "names", "depths"] {
            input.number()?;
        }
        input.sums()
    }

    /// The new list's statements.
    pub(super) fn statements<A: AsRef<[u8]>>(
        &self,
        old: Option<&List<A>>,
    ) -> Result<Vec<Entry>, FormatError> {
        let old = old.map(List::statements).unwrap_or_default();
        let kept = old.get(..self.kept_statements as usize).ok_or_else(|| FormatError::Value {
            what: "kept statements",
            expected: format!("at most {}", old.len()),
            found: self.kept_statements.into(),
        })?;
        let all = [kept, &self.new_statements].concat();
        if all.len() > usize::from(u16::MAX) {
            return Err(FormatError::Capacity { what: "distinct statements", limit: u16::MAX.into() });
        }
        Ok(all)
    }
}

fn same_list<A: AsRef<[u8]>>(base: (u32, u32), old: Option<&List<A>>) -> Result<&List<A>, FormatError> {
    let show = |(head, body): (u32, u32)| format!("checksums {head:08x} {body:08x}");
    let Some(old) = old else {
        return Err(FormatError::Base { expected: show(base), found: "no list".into() });
    };
    if old.sums() == base {
        return Ok(old);
    }
    let found = format!("serial {}, {}", old.header().serial, show(old.sums()));
    Err(FormatError::Base { expected: show(base), found })
}

struct Writer(Vec<u8>);

impl Writer {
    fn sums(&mut self, (head, body): (u32, u32)) {
        self.0.extend_from_slice(&head.to_le_bytes());
        self.0.extend_from_slice(&body.to_le_bytes());
    }

    /// LEB128: seven bits a byte, the low ones first.
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80); // the low seven bits
            value >>= 7;
        }
        self.0.push(value as u8); // below 0x80
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    read: usize,
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let Some((array, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(self.truncated(N));
        };
        self.bytes = rest;
        self.read += N;
        Ok(*array)
    }

    fn sums(&mut self) -> Result<(u32, u32), FormatError> {
        Ok((u32::from_le_bytes(self.array()?), u32::from_le_bytes(self.array()?)))
    }

    fn number(&mut self) -> Result<u64, FormatError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(FormatError::Value { what: "number", expected: "at most ten bytes".into(), found: value })
    }

    fn number_u32(&mut self, what: &'static str) -> Result<u32, FormatError> {
        let value = self.number()?;
        u32::try_from(value).map_err(|_| FormatError::Value {
            what,
            expected: format!("at most {}", u32::MAX),
            found: value,
        })
    }

    fn truncated(&self, wanted: usize) -> FormatError {
        let found = (self.read + self.bytes.len()) as u64;
        FormatError::Length { expected: (self.read + wanted) as u64, found }
    }
}
