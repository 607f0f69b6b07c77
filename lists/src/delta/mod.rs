//! The difference between two lists, applied as a stream.
//!
//! A delta holds two sorted runs: changes to entries of the old list, named by their place in it, and new entries,
//! named by their key. Both are gaps, coded for what they are worth ([`coder`]). The delta from no list at all is the
//! form in which a whole list travels.
//!
//! [`apply`] reads the old list twice, in order, and writes the new one front to back. Its heap is the new list's
//! offset table: 2 bytes a bucket, 2 MB for five million names.

mod coder;
mod wire;

use std::collections::HashMap;
use std::io::Write;

use self::coder::{Decoder, Encoder, Flag, Gaps, Numbers};
use self::wire::{Preamble, Runs};
use crate::entry::Entry;
use crate::error::FormatError;
use crate::format::{BodyWriter, Head, Key, OVERFLOWED, Offsets};
use crate::list::List;

/// The bytes that turn `old` into `new`; without an `old`, or where the two number their buckets differently, the
/// bytes that make `new` from nothing.
pub fn diff<A: AsRef<[u8]>, B: AsRef<[u8]>>(old: Option<&List<A>>, new: &List<B>) -> Vec<u8> {
    let comparable = |old: &&List<A>| {
        let (old, new) = (old.header(), new.header());
        old.bucket_bits == new.bucket_bits && old.key == new.key
    };
    let old = old.filter(comparable);
    let (mut changes, mut additions) = (0, 0);
    compare(old, new, |step| match step {
        Step::Addition(..) => additions += 1,
        Step::Removal(_) | Step::Change(..) => changes += 1,
    });
    let preamble = Preamble::between(old, new, changes, additions);

    let mut change_run = ChangeRun::new(preamble.change_bits);
    let mut addition_run = AdditionRun::new(preamble.addition_bits);
    compare(old, new, |step| match step {
        Step::Removal(place) => change_run.encode(place, None),
        Step::Change(place, statement) => change_run.encode(place, Some(statement)),
        Step::Addition(key, statement) => addition_run.encode(key, statement),
    });
    preamble.encode(&change_run.coder.finish(), &addition_run.coder.finish())
}

/// Writes the list that `delta` makes of `old`. What is written can be trusted only when this returns `Ok`: the
/// result's checksums have then been compared with those in the delta.
pub fn apply<A: AsRef<[u8]>>(
    old: Option<&List<A>>,
    delta: &[u8],
    out: &mut impl Write,
) -> Result<(), FormatError> {
    let (preamble, runs) = Preamble::decode(delta, old)?;
    let old = old.filter(|_| preamble.base.is_some());
    let statements = preamble.statements(old)?;
    let rows = || merge(old, &preamble, &statements, runs);

    let mut offsets = Offsets::new(preamble.header.bucket_bits);
    let mut overflow = Vec::new();
    for (row, index) in rows().zip(0_u32..) {
        let (key, statement) = row?;
        offsets.add(key.bucket())?;
        if statement >= OVERFLOWED.into() {
            overflow.push((index, statement));
        }
    }
    let (offsets, names) = offsets.finish()?;
    let mut header = preamble.header.clone();
    if names != header.names {
        let expected = format!("{} names", header.names);
        return Err(FormatError::Value { what: "result of the delta", expected, found: names.into() });
    }
    header.overflow = overflow.len() as u32; // no more than names
    header.statements = statements.len() as u32; // checked when they were read
    let head_sum = Head { header, statements: statements.clone(), overflow, offsets }.write(out)?;
    check("head of the delta's result", preamble.result.0, head_sum)?;

    let mut body = BodyWriter::new(out);
    for row in rows() {
        let (key, statement) = row?;
        body.add(key, statement)?;
    }
    check("entries of the delta's result", preamble.result.1, body.finish()?)
}

/// Whether a delta says that it makes this list: as much as can be known without the list that it starts from.
pub fn leads_to<A: AsRef<[u8]>>(delta: &[u8], list: &List<A>) -> bool {
    Preamble::result_of(delta).is_ok_and(|result| result == list.sums())
}

fn check(part: &'static str, expected: u32, found: u32) -> Result<(), FormatError> {
    if expected == found { Ok(()) } else { Err(FormatError::Checksum { part, expected, found }) }
}

/// One difference. A place is an entry's index in the old list.
enum Step {
    Removal(u64),
    Change(u64, u16),
    Addition(Key, u16),
}

/// Walks both lists in key order and tells each difference.
fn compare<A: AsRef<[u8]>, B: AsRef<[u8]>>(old: Option<&List<A>>, new: &List<B>, mut tell: impl FnMut(Step)) {
    let meaning = |statements: &[Entry], number: u16| statements.get(usize::from(number)).copied();
    let mut old_rows = (0_u64..).zip(old.into_iter().flat_map(List::rows)).peekable();
    let old_statements = old.map(List::statements).unwrap_or_default();
    for (key, statement) in new.rows() {
        while let Some((place, _)) = old_rows.next_if(|(_, (old_key, _))| *old_key < key) {
            tell(Step::Removal(place));
        }
        match old_rows.next_if(|(_, (old_key, _))| *old_key == key) {
            None => tell(Step::Addition(key, statement)),
            Some((place, (_, before))) => {
                if meaning(old_statements, before) != meaning(new.statements(), statement) {
                    tell(Step::Change(place, statement));
                }
            }
        }
    }
    for (place, _) in old_rows {
        tell(Step::Removal(place));
    }
}

/// The changes to old entries, being written.
struct ChangeRun {
    coder: Encoder,
    gaps: Gaps,
    removal: Flag,
    numbers: Numbers,
    next: u64,
}

impl ChangeRun {
    fn new(bits: u8) -> Self {
        let (coder, gaps) = (Encoder::new(), Gaps::new(bits));
        Self { coder, gaps, removal: Flag::new(), numbers: Numbers::new(), next: 0 }
    }

    fn encode(&mut self, place: u64, statement: Option<u16>) {
        self.gaps.encode(&mut self.coder, place - self.next);
        self.next = place + 1;
        self.removal.encode(&mut self.coder, statement.is_none());
        if let Some(statement) = statement {
            self.numbers.encode(&mut self.coder, statement);
        }
    }
}

/// The new entries, being written.
struct AdditionRun {
    coder: Encoder,
    gaps: Gaps,
    numbers: Numbers,
    next: u64,
}

impl AdditionRun {
    fn new(bits: u8) -> Self {
        Self { coder: Encoder::new(), gaps: Gaps::new(bits), numbers: Numbers::new(), next: 0 }
    }

    fn encode(&mut self, key: Key, statement: u16) {
        self.gaps.encode(&mut self.coder, key.0 - self.next);
        self.next = key.0 + 1;
        self.numbers.encode(&mut self.coder, statement);
    }
}

/// The old entries and a delta's two runs, merged into the new entries in key order.
struct Merge<'a, I: Iterator> {
    old: std::iter::Peekable<I>,
    renumbered: Vec<Option<u16>>,
    changes: Changes<'a>,
    change: Option<(u64, Option<u16>)>,
    additions: Additions<'a>,
    addition: Option<(Key, u16)>,
    statements: usize,
}

fn merge<'a, A: AsRef<[u8]>>(
    old: Option<&'a List<A>>,
    preamble: &Preamble,
    statements: &[Entry],
    runs: Runs<'a>,
) -> Merge<'a, impl Iterator<Item = (u64, (Key, u16))>> {
    let numbers: HashMap<Entry, u16> = statements.iter().copied().zip(0..).collect();
    let old_statements = old.map(List::statements).unwrap_or_default();
    let places = old.map_or(0, |old| old.header().names.into());
    Merge {
        old: (0..).zip(old.into_iter().flat_map(List::rows)).peekable(),
        renumbered: old_statements.iter().map(|statement| numbers.get(statement).copied()).collect(),
        changes: Changes::new(runs.changes, preamble, places),
        change: None,
        additions: Additions::new(runs.additions, preamble),
        addition: None,
        statements: statements.len(),
    }
}

impl<I: Iterator<Item = (u64, (Key, u16))>> Merge<'_, I> {
    fn step(&mut self) -> Result<Option<(Key, u16)>, FormatError> {
        if self.addition.is_none() {
            self.addition = self.additions.next()?;
        }
        loop {
            if self.change.is_none() {
                self.change = self.changes.next()?;
            }
            let Some(&(place, (key, statement))) = self.old.peek() else {
                return Ok(self.addition.take());
            };
            match self.addition {
                Some((new_key, _)) if new_key < key => return Ok(self.addition.take()),
                Some((new_key, _)) if new_key == key => {
                    let expected = "a key that the old list lacks".to_owned();
                    return Err(FormatError::Value { what: "addition", expected, found: new_key.0 });
                }
                _ => {}
            }
            self.old.next();
            match self.change.take_if(|(changed, _)| *changed == place) {
                Some((_, None)) => {}
                Some((_, Some(statement))) => return Ok(Some((key, statement))),
                None => {
                    let kept = self.renumbered.get(usize::from(statement)).copied().flatten();
                    let expected = "a statement that the new list has".to_owned();
                    let unknown =
                        FormatError::Value { what: "kept entry", expected, found: statement.into() };
                    return kept.map(|number| Some((key, number))).ok_or(unknown);
                }
            }
        }
    }
}

impl<I: Iterator<Item = (u64, (Key, u16))>> Iterator for Merge<'_, I> {
    type Item = Result<(Key, u16), FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.step().transpose()?;
        Some(row.and_then(|(key, statement)| {
            if usize::from(statement) < self.statements {
                return Ok((key, statement));
            }
            let expected = format!("below {}", self.statements);
            Err(FormatError::Value { what: "statement number", expected, found: statement.into() })
        }))
    }
}

/// The changes to old entries, being read.
struct Changes<'a> {
    coder: Decoder<'a>,
    gaps: Gaps,
    removal: Flag,
    numbers: Numbers,
    left: u32,
    next: u64,
    places: u64,
}

impl<'a> Changes<'a> {
    fn new(bytes: &'a [u8], preamble: &Preamble, places: u64) -> Self {
        let (coder, gaps) = (Decoder::new(bytes), Gaps::new(preamble.change_bits));
        let (removal, numbers) = (Flag::new(), Numbers::new());
        Self { coder, gaps, removal, numbers, left: preamble.changes, next: 0, places }
    }

    fn next(&mut self) -> Result<Option<(u64, Option<u16>)>, FormatError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let outside = || FormatError::Value {
            what: "change",
            expected: format!("a place below {}", self.places),
            found: self.places,
        };
        let most = self.places.checked_sub(self.next + 1).ok_or_else(outside)?;
        let place = self.next + self.gaps.decode(&mut self.coder, most).ok_or_else(outside)?;
        self.next = place + 1;
        let removed = self.removal.decode(&mut self.coder);
        Ok(Some((place, (!removed).then(|| self.numbers.decode(&mut self.coder)))))
    }
}

/// The new entries, being read.
struct Additions<'a> {
    coder: Decoder<'a>,
    gaps: Gaps,
    numbers: Numbers,
    left: u32,
    next: u64,
    space: u64,
}

impl<'a> Additions<'a> {
    fn new(bytes: &'a [u8], preamble: &Preamble) -> Self {
        let (coder, gaps) = (Decoder::new(bytes), Gaps::new(preamble.addition_bits));
        let space = key_space(preamble.header.bucket_bits);
        Self { coder, gaps, numbers: Numbers::new(), left: preamble.additions, next: 0, space }
    }

    fn next(&mut self) -> Result<Option<(Key, u16)>, FormatError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let outside = || FormatError::Value {
            what: "addition",
            expected: format!("a key below {}", self.space),
            found: self.space,
        };
        let most = self.space.checked_sub(self.next + 1).ok_or_else(outside)?;
        let key = self.next + self.gaps.decode(&mut self.coder, most).ok_or_else(outside)?;
        self.next = key + 1;
        Ok(Some((Key(key), self.numbers.decode(&mut self.coder))))
    }
}

/// How many keys there are.
fn key_space(bucket_bits: u8) -> u64 {
    1 << (bucket_bits + 32)
}
