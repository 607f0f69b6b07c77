//! Counting on the packet path: one probe into a table and one addition for each category of a question.
//!
//! Two tables of cells, each a packed key and a count, both 32-bit atomics (MIPS has no wider ones). A key's first
//! count claims a cell by compare-and-exchange. At the end of a period the keeper turns the tables over and a moment
//! later empties the one that rests. A thread that was held up for longer than that moment counts in the resting
//! table, and its count is found one turn later: late, not lost.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use luytre_lists::{Category, CategorySet};

use crate::policy::{Action, Verdict};
use crate::who::Who;

/// Cells in a table: ten minutes of 40 busy devices take some 600. Two tables of 4,096 take 64 kB.
const CELLS: usize = 4096;
/// How far from its place a key may lie.
const PROBES: usize = 16;
/// Stands in every key that is in use, so that an empty cell is 0.
const TAKEN: u32 = 1 << 31;
const NO_SERVICE: u8 = u8::MAX;

/// What a question is about, as far as counting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Topic(u8);

impl Topic {
    /// No category is known.
    pub(super) const NONE: Self = Self(64);
    /// Not a topic: how often questions were counted beyond their first category. Questions are the sum of all other
    /// topics less this.
    pub(super) const AGAIN: Self = Self(65);

    pub(super) fn new(number: u8) -> Option<Self> {
        (number <= Self::AGAIN.0).then_some(Self(number))
    }

    pub(super) fn number(self) -> u8 {
        self.0
    }

    /// The category, if it is one.
    pub(super) fn category(self) -> Option<Category> {
        Category::new(self.0)
    }
}

impl From<Category> for Topic {
    fn from(category: Category) -> Self {
        Self(category.number())
    }
}

/// How a question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// It got its answer.
    Allowed,
    /// It got a block.
    Blocked,
    /// It got another answer, such as a safe search.
    Rewritten,
}

impl Ending {
    /// How a question ended for which this was decided.
    pub(super) fn of(verdict: &Verdict) -> Self {
        match verdict.action {
            Action::Block => Self::Blocked,
            Action::Allow | Action::Local(_) => Self::Allowed,
            Action::Rewrite(..) => Self::Rewritten,
        }
    }

    pub(super) fn new(number: u8) -> Option<Self> {
        [Self::Allowed, Self::Blocked, Self::Rewritten].get(usize::from(number)).copied()
    }

    pub(super) fn number(self) -> u8 {
        self as u8
    }
}

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) who: Who,
    pub(super) topic: Topic,
    /// The service's number in this run.
    pub(super) service: Option<u8>,
    pub(super) ending: Ending,
}

impl Cell {
    /// 12 bits of who (rolls have at most 4,096), 7 of topic, 8 of service, 2 of ending.
    fn pack(self) -> u32 {
        let who = u32::from(self.who.0 & 0xfff);
        let service = u32::from(self.service.unwrap_or(NO_SERVICE));
        TAKEN | who << 17 | u32::from(self.topic.0) << 10 | service << 2 | u32::from(self.ending.number())
    }

    fn unpack(key: u32) -> Option<Self> {
        let service = (key >> 2) as u8; // the low eight bits of what is left
        Some(Self {
            who: Who((key >> 17 & 0xfff) as u16),
            topic: Topic::new((key >> 10 & 0x7f) as u8)?,
            service: (service != NO_SERVICE).then_some(service),
            ending: Ending::new((key & 3) as u8)?,
        })
    }
}

/// All that is counted and not yet in a row.
#[derive(Debug)]
pub(super) struct Cells {
    tables: [Table; 2],
    /// The table that counts.
    active: AtomicU32,
    /// Questions that found no cell, by ending: the house's.
    overflow: [AtomicU32; 3],
    /// Counts that lost their detail because the table was full.
    coarse: AtomicU32,
}

#[derive(Debug)]
struct Table(Box<[(AtomicU32, AtomicU32)]>);

impl Cells {
    pub(super) fn new() -> Self {
        Self {
            tables: [Table::new(), Table::new()],
            active: AtomicU32::new(0),
            overflow: Default::default(),
            coarse: AtomicU32::new(0),
        }
    }

    /// Counts a question once in each of its categories, and once if it has none.
    pub(super) fn count(&self, who: Who, categories: CategorySet, service: Option<u8>, ending: Ending) {
        let table = &self.tables[self.active.load(Relaxed) as usize & 1];
        let cell = |topic| Cell { who, topic, service, ending };
        let again = categories.bits().count_ones().saturating_sub(1);
        if categories.is_empty() {
            self.add(table, cell(Topic::NONE));
        } else if again > 0 && !table.add(cell(Topic::AGAIN), again) {
            // Without it the categories would count as questions of their own.
            self.add_coarse(table, cell(Topic::NONE));
        } else {
            categories.iter().for_each(|category| self.add(table, cell(category.into())));
        }
    }

    fn add(&self, table: &Table, cell: Cell) {
        if !table.add(cell, 1) {
            self.add_coarse(table, cell);
        }
    }

    /// The table is full: who asked and how it ended is kept, or at least that it was asked.
    fn add_coarse(&self, table: &Table, cell: Cell) {
        self.coarse.fetch_add(1, Relaxed);
        let ending = cell.ending;
        if !table.add(Cell { topic: Topic::NONE, service: None, ..cell }, 1) {
            self.overflow[usize::from(ending.number())].fetch_add(1, Relaxed);
        }
    }

    /// Turns the tables over: from now on the other one counts.
    pub(super) fn turn(&self) {
        self.active.fetch_xor(1, Relaxed);
    }

    /// Takes what was counted in the table that rests, and what found no cell.
    pub(super) fn drain(&self) -> Vec<(Cell, u32)> {
        let resting = &self.tables[(self.active.load(Relaxed) as usize & 1) ^ 1];
        let mut drained = Vec::new();
        for (key, count) in &resting.0 {
            let (cell, counted) = (Cell::unpack(key.load(Relaxed)), count.swap(0, Relaxed));
            match cell {
                Some(cell) if counted > 0 => drained.push((cell, counted)),
                // Not asked for a whole period: the cell is free for another.
                _ => key.store(0, Relaxed),
            }
        }
        drained.extend(self.overflowed(|count| count.swap(0, Relaxed)));
        // What belongs together is numbered together, and neighbours pack well.
        drained.sort_unstable_by_key(|(cell, _)| (cell.who.0, cell.service, cell.ending, cell.topic));
        drained
    }

    /// What is counted now, in both tables, without taking it.
    pub(super) fn now(&self) -> Vec<(Cell, u32)> {
        let cells = self.tables.iter().flat_map(|table| &table.0);
        let counted = cells.filter_map(|(key, count)| {
            let count = count.load(Relaxed);
            (count > 0).then_some((Cell::unpack(key.load(Relaxed))?, count))
        });
        counted.chain(self.overflowed(|count| count.load(Relaxed))).collect()
    }

    /// How many counts lost their detail since the last call.
    pub(super) fn take_coarse(&self) -> u32 {
        self.coarse.swap(0, Relaxed)
    }

    fn overflowed(&self, take: impl Fn(&AtomicU32) -> u32) -> impl Iterator<Item = (Cell, u32)> {
        let endings = [Ending::Allowed, Ending::Blocked, Ending::Rewritten].into_iter().zip(&self.overflow);
        endings.filter_map(move |(ending, count)| {
            let cell = Cell { who: Who::UNKNOWN, topic: Topic::NONE, service: None, ending };
            Some((cell, take(count))).filter(|(_, count)| *count > 0)
        })
    }
}

impl Table {
    fn new() -> Self {
        Self((0..CELLS).map(|_| Default::default()).collect())
    }

    /// Adds to a cell, claiming it first if need be; `false` if there is no room for it.
    fn add(&self, cell: Cell, by: u32) -> bool {
        let wanted = cell.pack();
        let place = (wanted.wrapping_mul(0x9e37_79b1) >> 20) as usize; // Fibonacci hashing, 12 bits
        for probe in 0..PROBES {
            let (key, count) = &self.0[(place + probe) % CELLS];
            let held = match key.load(Relaxed) {
                0 => key.compare_exchange(0, wanted, Relaxed, Relaxed).map_or_else(|held| held, |_| wanted),
                held => held,
            };
            if held == wanted {
                count.fetch_add(by, Relaxed);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Questions, not counts: what several categories added is taken off.
    fn questions(counted: &[(Cell, u32)]) -> i64 {
        let signed = counted.iter().map(|(cell, count)| match cell.topic {
            Topic::AGAIN => -i64::from(*count),
            _ => i64::from(*count),
        });
        signed.sum()
    }

    fn ending() -> impl Strategy<Value = Ending> {
        (0u8..3).prop_map(|number| Ending::new(number).unwrap())
    }

    proptest! {
        #[test]
        fn a_key_is_what_was_packed(
            who in 0u16..4096, topic in 0u8..=65, service in proptest::option::of(0u8..255), ending in ending()
        ) {
            let cell = Cell { who: Who(who), topic: Topic(topic), service, ending };
            prop_assert_eq!(Cell::unpack(cell.pack()), Some(cell));
        }

        #[test]
        fn every_question_is_counted_once_even_in_a_full_table(
            asked in proptest::collection::vec((0u16..4096, any::<u64>(), 0u8..9, ending()), 1..3000)
        ) {
            let cells = Cells::new();
            for (turn, (who, bits, service, ending)) in asked.iter().enumerate() {
                cells.count(Who(*who), CategorySet::from_bits(*bits), Some(*service), *ending);
                if turn == asked.len() / 2 {
                    cells.turn();
                }
            }
            prop_assert_eq!(questions(&cells.now()), asked.len() as i64);
            let mut drained = cells.drain();
            cells.turn();
            drained.extend(cells.drain());
            prop_assert_eq!(questions(&drained), asked.len() as i64);
            prop_assert!(cells.now().is_empty());
        }
    }

    #[test]
    fn a_question_counts_in_each_of_its_categories() {
        let cells = Cells::new();
        for _ in 0..3 {
            cells.count(Who(7), CategorySet::from_bits(0b110), Some(9), Ending::Blocked);
        }
        let mut now: Vec<_> = cells.now().into_iter().map(|(cell, count)| (cell.topic.0, count)).collect();
        now.sort_unstable();
        assert_eq!(now, [(1, 3), (2, 3), (65, 3)]);
        assert_eq!(questions(&cells.now()), 3);
    }

    #[test]
    fn a_full_table_keeps_who_asked_and_says_so() {
        let cells = Cells::new();
        cells.count(Who(1), CategorySet::EMPTY, None, Ending::Allowed);
        for who in 2..900 {
            cells.count(Who(who), CategorySet::from_bits(u64::MAX), Some(1), Ending::Allowed);
        }
        assert!(cells.take_coarse() > 0 && cells.take_coarse() == 0);
        assert_eq!(questions(&cells.now()), 899);
    }

    #[test]
    fn threads_lose_no_count_while_tables_turn() {
        const EACH: u32 = 20_000;
        let cells = Cells::new();
        let mut drained = Vec::new();
        std::thread::scope(|scope| {
            let count = |who| {
                let cells = &cells;
                move || {
                    for n in 0..EACH {
                        let categories = CategorySet::from_bits(u64::from(n % 8));
                        cells.count(Who(who), categories, None, Ending::Allowed);
                    }
                }
            };
            let threads: Vec<_> = (0..4).map(|who| scope.spawn(count(who))).collect();
            while threads.iter().any(|thread| !thread.is_finished()) {
                cells.turn();
                drained.extend(cells.drain());
            }
        });
        drained.extend(cells.now());
        assert_eq!(questions(&drained), i64::from(4 * EACH));
    }
}
