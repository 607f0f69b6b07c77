//! The rows in RAM: what is counted and not on disk yet, and the sum of today.

use std::collections::BTreeMap;

use super::cells::{Cell, Topic};
use super::dictionary::{Dictionary, Measure};
use super::level::{Calendar, Level};
use super::row::Row;
use super::shelf::Sort;
use super::uses::{Amount, Use};
use super::{Roll, Totals};
use crate::clock::Timestamp;

/// So many rows of ten minutes wait for the disk, two days of both sorts; then the oldest go.
const MAX_UNSAVED: usize = 2 * 288;

/// Rows of ten minutes by period.
pub(super) type Rows = BTreeMap<(u32, Sort), Row>;

/// Rows and the dictionary that they go by.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) dictionary: Dictionary,
    /// Rows of ten minutes that are not on disk.
    pub(super) unsaved: Rows,
    today: Today,
}

#[derive(Debug, Default)]
struct Today {
    day: u32,
    /// When the first of it was counted.
    since: Option<Timestamp>,
    row: Row,
}

impl Ledger {
    /// Takes in what was counted in ten minutes.
    pub(super) fn add(&mut self, period: u32, counted: &[(Cell, u32)], roll: &dyn Roll, calendar: &Calendar) {
        let row = self.row_of(counted, roll).bounded(&mut self.dictionary);
        self.add_to_today(period, &row, calendar);
        self.keep(period, Sort::Asked, &row);
    }

    /// Takes in what flowed in ten minutes.
    pub(super) fn add_used(&mut self, period: u32, used: &[(Use, Amount)], roll: &dyn Roll) {
        let row = self.row_of_used(used, roll).bounded(&mut self.dictionary);
        self.keep(period, Sort::Used, &row);
    }

    fn keep(&mut self, period: u32, sort: Sort, row: &Row) {
        if row.is_empty() {
            return;
        }
        self.unsaved.entry((period, sort)).or_default().add_all(row);
        while self.unsaved.len() > MAX_UNSAVED {
            self.unsaved.pop_first();
        }
    }

    /// Adds a row to today's sum; the first row of another day begins a new one.
    pub(super) fn add_to_today(&mut self, period: u32, row: &Row, calendar: &Calendar) {
        let start = calendar.start(Level::TenMinutes, period);
        let day = calendar.period(Level::Day, start);
        if day != self.today.day {
            self.today = Today { day, ..Today::default() };
        }
        self.today.row.add_all(row);
        self.today.since = Some(self.today.since.map_or(start, |since| since.min(start)));
    }

    /// Goes over to the dictionary of a store that was opened.
    pub(super) fn adopt(&mut self, dictionary: Dictionary) {
        let before = std::mem::replace(&mut self.dictionary, dictionary);
        let rows = self.unsaved.values_mut().chain([&mut self.today.row]);
        for row in rows {
            *row = row.translated(&before, &mut self.dictionary);
        }
    }

    /// Counted cells by lasting numbers.
    pub(super) fn row_of(&mut self, counted: &[(Cell, u32)], roll: &dyn Roll) -> Row {
        let mut row = Row::default();
        for (cell, count) in counted {
            let subject = self.dictionary.subject(roll.subject(cell.who));
            let service = cell.service.map_or_else(String::new, |number| roll.service(number));
            let measure = Measure::Questions(cell.ending);
            row.add(subject, self.dictionary.kind(cell.topic, measure, &service), *count);
        }
        row
    }

    /// What flowed by lasting numbers.
    pub(super) fn row_of_used(&mut self, used: &[(Use, Amount)], roll: &dyn Roll) -> Row {
        let mut row = Row::default();
        for (what, amount) in used {
            let subject = self.dictionary.subject(roll.subject(what.who));
            let service = what.service.map_or_else(String::new, |number| roll.service(number));
            for (measure, count) in [(Measure::Minutes, amount.minutes), (Measure::Bytes, amount.units())] {
                if count > 0 {
                    row.add(subject, self.dictionary.kind(what.topic, measure, &service), count);
                }
            }
        }
        row
    }

    /// Today's sum and what is being counted.
    pub(super) fn totals(&self, counting: &[(Cell, u32)]) -> Totals {
        let mut totals = Totals { since: self.today.since, ..Totals::default() };
        let today = self.today.row.iter().filter_map(|(_, kind, count)| {
            let kind = self.dictionary.kind_of(kind)?;
            match kind.measure {
                Measure::Questions(ending) => Some((kind.topic, ending, count)),
                Measure::Bytes | Measure::Minutes => None,
            }
        });
        let counting = counting.iter().map(|(cell, count)| (cell.topic, cell.ending, *count));
        // What is beyond first categories comes last: it is taken off what is there.
        let (again, counted): (Vec<_>, Vec<_>) =
            today.chain(counting).partition(|(topic, ..)| *topic == Topic::AGAIN);
        for (topic, ending, count) in counted.into_iter().chain(again) {
            totals.add(topic, ending, count);
        }
        totals
    }
}
