//! Counters per hour × category × verdict.
//!
//! Every cell is its own atomic: counting is a handful of relaxed additions. A new hour takes the oldest one's place;
//! a count that meets the change of hour may land in the wrong one of the two, and none is lost but in that moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use luytre_lists::{Category, CategorySet, CategoryTable};
use serde::Serialize;

use crate::clock::Timestamp;

#[derive(Debug)]
pub(super) struct Counters {
    hours: Box<[Hour]>,
    missed: AtomicU32,
}

/// One hour's counts; index 0 of a pair is allowed, 1 is blocked.
#[derive(Debug)]
struct Hour {
    /// Hours since 1970.
    number: AtomicU32,
    verdicts: [AtomicU32; 2],
    categories: [[AtomicU32; 2]; 64],
}

impl Default for Hour {
    fn default() -> Self {
        Self {
            number: AtomicU32::new(0),
            verdicts: Default::default(),
            categories: std::array::from_fn(|_| Default::default()),
        }
    }
}

/// What was counted in the hours kept.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Questions that were answered.
    pub allowed: u64,
    /// Questions that were blocked.
    pub blocked: u64,
    /// Questions by what their name is about.
    pub categories: BTreeMap<String, u64>,
    /// Of those, the blocked ones.
    pub blocked_categories: BTreeMap<String, u64>,
    /// Questions that the ring of recent ones missed.
    pub missed: u32,
}

impl Counters {
    pub(super) fn new(hours: usize) -> Self {
        Self { hours: (0..hours.max(1)).map(|_| Hour::default()).collect(), missed: AtomicU32::new(0) }
    }

    pub(super) fn count(&self, time: Timestamp, blocked: bool, categories: CategorySet) {
        let number = (time / 3600) as u32; // 490,000 in the year 2026
        let Some(hour) = self.hours.get(number as usize % self.hours.len()) else { return };
        hour.begin(number);
        let verdict = usize::from(blocked);
        hour.verdicts[verdict].fetch_add(1, Relaxed);
        for category in categories.iter() {
            hour.categories[usize::from(category.number())][verdict].fetch_add(1, Relaxed);
        }
    }

    pub(super) fn missed(&self) {
        self.missed.fetch_add(1, Relaxed);
    }

    pub(super) fn totals(&self) -> Totals {
        let sum = |cell: &dyn Fn(&Hour) -> &AtomicU32| -> u64 {
            self.hours.iter().map(|hour| u64::from(cell(hour).load(Relaxed))).sum()
        };
        let mut totals = Totals {
            allowed: sum(&|hour| &hour.verdicts[0]),
            blocked: sum(&|hour| &hour.verdicts[1]),
            missed: self.missed.load(Relaxed),
            ..Totals::default()
        };
        let table = CategoryTable::shipped();
        for category in (0..64).filter_map(Category::new) {
            let index = usize::from(category.number());
            let [allowed, blocked] = [0, 1].map(|verdict| sum(&|hour| &hour.categories[index][verdict]));
            if allowed + blocked > 0 {
                totals.categories.insert(table.key(category).into_owned(), allowed + blocked);
            }
            if blocked > 0 {
                totals.blocked_categories.insert(table.key(category).into_owned(), blocked);
            }
        }
        totals
    }
}

impl Hour {
    /// Takes over the place of an older hour.
    fn begin(&self, number: u32) {
        let held = self.number.load(Relaxed);
        if held == number || self.number.compare_exchange(held, number, Relaxed, Relaxed).is_err() {
            return;
        }
        for cell in self.verdicts.iter().chain(self.categories.iter().flatten()) {
            cell.store(0, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_beyond_the_bound_are_forgotten() {
        let counters = Counters::new(2);
        let adult = CategorySet::from_bits(0b10);
        for hour in 1..=3 {
            counters.count(hour * 3600, true, adult);
        }
        let totals = counters.totals();
        assert_eq!((totals.blocked, totals.categories["adult"]), (2, 2));
    }
}
