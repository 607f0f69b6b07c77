//! Rows on disk, in a [`Table`]: one batch a save.
//!
//! Keys: a [`Shelf`]'s letter, the period and the chunk hold a row; the [`Dictionary`]'s entries have keys of their own;
//! [`STATE`] says how far rows are rolled up.
//!
//! Version 2 brought rows of [use](Sort::Used) and their kinds. A store of version 1 is one without them: it is opened as
//! it is, and becomes one of version 2 with the next save. An older program takes that for damage and moves it aside.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::dictionary::{Dictionary, SubjectId};
use super::ledger::Rows;
use super::level::{Calendar, Level};
use super::row::Row;
use super::shelf::{At, Shelf, Sort};
pub(super) use super::table::StoreError;
use super::table::{self, Batch, Table, damaged};
use crate::clock::Timestamp;

/// Version of the layout, then the first hour and the first day that are not rolled up yet.
const STATE: &[u8] = b"!";
const VERSION: u8 = 2;
const OLDEST_VERSION: u8 = 1;

/// Bytes of a row under one key. sled keeps up to 16 keys in a page of its tree, which must stay below a quarter of a
/// segment (16 kB), or it becomes a file of its own.
const CHUNK: usize = 700;

/// An open store.
#[derive(Debug)]
pub(super) struct Store {
    table: Table,
    folder: PathBuf,
    /// Rows of so many days are kept.
    days: usize,
    rows: Index,
    rolled: Rolled,
}

/// Which rows there are, how many chunks and bytes each has.
type Index = BTreeMap<At, (u8, usize)>;

/// Rows of earlier hours and days are complete; what comes late is added to them directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rolled {
    hour: u32,
    day: u32,
}

impl Store {
    /// Opens a store, or makes an empty one, and reads all of it once: what can be read now can be read later. sled
    /// may panic on damage.
    pub(super) fn open(folder: &Path, days: usize) -> Result<(Self, Dictionary), StoreError> {
        let is_new = table::size(folder) == 0;
        let mut table = Table::open(folder)?;
        let (mut rows, mut dictionary, mut rolled) = (Index::new(), Dictionary::default(), None);
        let record = |key: &[u8]| damaged(&format!("the record {key:?} makes no sense"));
        for entry in table.entries() {
            let (key, value) = entry?;
            let (key, value) = (key.as_ref(), value.as_ref());
            if key == STATE {
                rolled = Some(Rolled::read(value).ok_or_else(|| record(key))?);
            } else if let Some(at) = Shelf::of_key(key) {
                let (chunks, bytes) = rows.entry(at).or_default();
                (*chunks, *bytes) = (*chunks + 1, *bytes + value.len());
            } else if !dictionary.read(key, value) {
                return Err(record(key));
            }
        }
        // A table's file of which nothing could be read is empty: what is not new has this record.
        let rolled = match rolled {
            Some(rolled) => rolled,
            None if is_new => first_state(&mut table)?,
            None => return Err(record(STATE)),
        };
        let store = Self { table, folder: folder.to_owned(), days, rows, rolled };
        store.rows.keys().try_for_each(|at| store.row(*at).map(drop))?;
        Ok((store, dictionary))
    }

    /// Adds rows of ten minutes, rolls up the hours and days that are over by `now`, and lets go what is beyond the
    /// bounds; on disk when this returns.
    pub(super) fn save(
        &mut self,
        rows: &Rows,
        dictionary: &mut Dictionary,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut changed = BTreeMap::new();
        let ten_minutes = |period| calendar.start(Level::TenMinutes, period);
        for ((period, sort), row) in rows {
            let is_asked = *sort == Sort::Asked;
            if is_asked {
                self.add(&mut changed, (sort.at(Level::TenMinutes), *period), row)?;
            }
            for (level, first_open) in [(Level::Hour, self.rolled.hour), (Level::Day, self.rolled.day)] {
                let longer = calendar.period(level, ten_minutes(*period));
                if longer < first_open || !is_asked {
                    self.add(&mut changed, (sort.at(level), longer), row)?;
                }
            }
        }
        let rolled = self.rolled_until(calendar, now);
        self.roll_up(&mut changed, rolled, calendar)?;
        let mut batch = Batch::default();
        let mut after = self.rows.clone();
        for (at, row) in changed {
            put_row(&mut batch, &mut after, at, &row.bounded(dictionary).pack());
        }
        for shelf in Shelf::all() {
            for period in beyond_bounds(&after, shelf, rolled, calendar, self.days) {
                put_row(&mut batch, &mut after, (shelf, period), &[]);
            }
        }
        dictionary.unsaved().iter().for_each(|(key, text)| batch.insert(key, text));
        batch.insert(STATE, &rolled.write());
        self.table.apply(batch)?;
        dictionary.saved();
        (self.rows, self.rolled) = (after, rolled);
        Ok(())
    }

    /// Forgets subjects that neither these rows nor those on disk speak of.
    pub(super) fn forget_unused(
        &mut self,
        rows: &Rows,
        dictionary: &mut Dictionary,
    ) -> Result<(), StoreError> {
        let mut used: HashSet<SubjectId> =
            rows.values().flat_map(Row::iter).map(|(subject, ..)| subject).collect();
        for at in self.rows.keys() {
            used.extend(self.row(*at)?.iter().map(|(subject, ..)| subject));
        }
        let mut batch = Batch::default();
        dictionary.keep_only(&used).iter().for_each(|key| batch.remove(key));
        self.table.apply(batch)
    }

    /// The periods of which there is a row.
    pub(super) fn periods(&self, shelf: Shelf) -> impl DoubleEndedIterator<Item = u32> {
        self.rows.range((shelf, 0)..=(shelf, u32::MAX)).map(|((_, period), _)| *period)
    }

    /// A row; empty if there is none.
    pub(super) fn row(&self, at: At) -> Result<Row, StoreError> {
        let Some((chunks, size)) = self.rows.get(&at) else { return Ok(Row::default()) };
        let mut packed = Vec::with_capacity(*size);
        for chunk in 0..*chunks {
            let key = at.0.key(at.1, chunk);
            let value = self.table.get(&key)?.ok_or_else(|| damaged("a part of a row is gone"))?;
            packed.extend_from_slice(value.as_ref());
        }
        Row::unpack(&packed).map_err(|_| damaged("a row makes no sense"))
    }

    /// The bytes of a shelf's rows.
    #[cfg(test)]
    pub(super) fn bytes(&self, shelf: Shelf) -> usize {
        self.rows.range((shelf, 0)..=(shelf, u32::MAX)).map(|(_, (_, bytes))| bytes).sum()
    }

    /// The size of the table's file in bytes.
    pub(super) fn size(&self) -> u64 {
        table::size(&self.folder)
    }

    /// Writes all of it into an empty folder, without the room that was lost on the way, and closes both.
    pub(super) fn copy_to(self, folder: &Path) -> Result<(), StoreError> {
        self.table.copy_to(folder)
    }

    fn add(&self, changed: &mut Changed, at: At, row: &Row) -> Result<(), StoreError> {
        use std::collections::btree_map::Entry;
        match changed.entry(at) {
            Entry::Occupied(held) => held.into_mut(),
            Entry::Vacant(free) => free.insert(self.row(at)?),
        }
        .add_all(row);
        Ok(())
    }

    /// Which hours and days are complete by then.
    fn rolled_until(&self, calendar: &Calendar, now: Timestamp) -> Rolled {
        let [hour, day] = [Level::Hour, Level::Day].map(|level| calendar.period(level, now));
        Rolled { hour: self.rolled.hour.max(hour), day: self.rolled.day.max(day) }
    }

    /// Sums up the questions of each hour and day that ended since the last save.
    fn roll_up(&self, changed: &mut Changed, until: Rolled, calendar: &Calendar) -> Result<(), StoreError> {
        let tens = Sort::Asked.at(Level::TenMinutes);
        let written = changed.range((tens, 0)..=(tens, u32::MAX)).map(|((_, period), _)| *period);
        let mut periods: Vec<u32> = self.periods(tens).chain(written).collect();
        periods.sort_unstable();
        periods.dedup();
        for period in periods {
            let open =
                [(Level::Hour, self.rolled.hour, until.hour), (Level::Day, self.rolled.day, until.day)];
            for (level, from, until) in open {
                let longer = calendar.period(level, calendar.start(Level::TenMinutes, period));
                if (from..until).contains(&longer) {
                    let row = match changed.get(&(tens, period)) {
                        Some(row) => row.clone(),
                        None => self.row((tens, period))?,
                    };
                    self.add(changed, (Sort::Asked.at(level), longer), &row)?;
                }
            }
        }
        Ok(())
    }
}

fn first_state(table: &mut Table) -> Result<Rolled, StoreError> {
    let rolled = Rolled::default();
    let mut batch = Batch::default();
    batch.insert(STATE, &rolled.write());
    table.apply(batch)?;
    Ok(rolled)
}

type Changed = BTreeMap<At, Row>;

impl Rolled {
    fn write(self) -> Vec<u8> {
        [&[VERSION][..], &self.hour.to_be_bytes(), &self.day.to_be_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (hour, day) = rest.split_first_chunk()?;
        let day = u32::from_be_bytes(day.try_into().ok()?);
        (OLDEST_VERSION..=VERSION).contains(version).then_some(Self { hour: u32::from_be_bytes(*hour), day })
    }
}

/// Puts a packed row in place of what there was; an empty one goes.
fn put_row(batch: &mut Batch, rows: &mut Index, at: At, packed: &[u8]) {
    let (shelf, period) = at;
    let had = rows.remove(&at).map_or(0, |(had, _)| had);
    let mut count = 0;
    // A row of the most cells takes some 40 chunks.
    for (chunk, number) in packed.chunks(CHUNK).zip(0..u8::MAX) {
        batch.insert(&shelf.key(period, number), chunk);
        count = number + 1;
    }
    (count..had).for_each(|chunk| batch.remove(&shelf.key(period, chunk)));
    if count > 0 {
        rows.insert(at, (count, packed.len()));
    }
}

/// The rows of a shelf that are of the oldest days beyond its bounds, whole days at a time, so that a day has all of its
/// hours or none. Ten minutes of a day that is not summed up yet stay.
fn beyond_bounds(rows: &Index, shelf: Shelf, rolled: Rolled, calendar: &Calendar, days: usize) -> Vec<u32> {
    let day_of = |period| calendar.period(Level::Day, calendar.start(shelf.level, period));
    let (most_rows, most_bytes) = shelf.bounds(days);
    let (mut count, mut bytes) = (0, 0);
    let on_shelf = rows.range((shelf, 0)..=(shelf, u32::MAX)).map(|((_, period), (_, size))| (*period, size));
    let within = on_shelf.clone().rev().take_while(|(_, size)| {
        (count, bytes) = (count + 1, bytes + *size);
        count <= most_rows && bytes <= most_bytes
    });
    let first_kept = within.last().map_or(u32::MAX, |(period, _)| day_of(period));
    let is_summed_up = |day| shelf.level != Level::TenMinutes || day < rolled.day;
    let periods = on_shelf.map(|(period, _)| period);
    periods.take_while(|period| day_of(*period) < first_kept && is_summed_up(day_of(*period))).collect()
}
