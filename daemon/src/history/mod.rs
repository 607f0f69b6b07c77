//! What was asked, by whom and about what: counters for a year, the last questions one by one.
//!
//! ```text
//!  Outcome ─┬─► cells ──(ten minutes)─┬─► ledger ─(four hours)─► store ─► activity
//!           └─► ring: last questions  │                          hours, days
//!  traffic counters ─► uses ──────────┘
//! ```
//!
//! Recording a question is a few additions in RAM: no allocation, no lock that waits, no flash. The [`Keeper`] takes
//! the counts in and saves them; losing the disk loses the past, never an answer.

mod activity;
mod cells;
mod coder;
mod dictionary;
mod follow;
mod keeper;
mod ledger;
mod level;
mod place;
mod record;
mod ring;
mod row;
mod shelf;
mod store;
mod table;
#[cfg(test)]
mod tests;
mod totals;
mod uses;

use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::activity::{Activity, By, Step, Wanted};
pub use self::cells::Ending;
pub use self::dictionary::Subject;
pub use self::follow::News;
pub use self::keeper::Keeper;
pub use self::level::Calendar;
pub use self::place::{check, copy};
pub use self::record::Recent;
pub(crate) use self::record::site;
pub use self::totals::Totals;
pub use self::uses::Flowed;

use self::activity::Sum;
use self::cells::Cells;
use self::dictionary::Dictionary;
use self::ledger::Ledger;
use self::level::{Level, PERIOD};
use self::place::{Place, guarded};
use self::record::Record;
use self::ring::Ring;
use self::row::Row;
use self::shelf::Sort;
use self::store::{Store, StoreError};
use self::uses::Uses;
use crate::clock::Timestamp;
use crate::config::{HistoryConfig, Privacy};
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::who::Who;

/// Gives the numbers of this run their lasting names. A number means the same for the whole run.
pub trait Roll: Debug + Send + Sync {
    /// Who this is.
    fn subject(&self, who: Who) -> Subject;
    /// The key of a service.
    fn service(&self, number: u8) -> String;
}

/// The history. Recording never waits: a record that meets a reader is counted and left out of the ring.
#[derive(Debug)]
pub struct History {
    privacy: Privacy,
    /// Seconds after which a question leaves the ring.
    keep_for: u64,
    roll: Arc<dyn Roll>,
    cells: Cells,
    ring: Mutex<Ring<Record>>,
    missed: AtomicU32,
    /// Held for moments only, and the last that is taken.
    uses: Mutex<Uses>,
    /// Held for moments only. Who holds both this and `disk` took that one first.
    ledger: Mutex<Ledger>,
    /// Held while the flash is busy: on threads that may block.
    disk: Mutex<Disk>,
    /// Whether opening the store was tried.
    opened: AtomicBool,
    /// What is wrong with the disk; empty if nothing is.
    trouble: Mutex<String>,
}

#[derive(Debug)]
struct Disk {
    place: Option<Place>,
    store: Option<Store>,
}

impl History {
    /// An empty history, with the roll of who there is. Nothing is read from disk before a [`Keeper`] starts.
    pub fn new(config: &HistoryConfig, roll: Arc<dyn Roll>) -> Self {
        let days = config.keep_counters;
        let place = (days > 0).then(|| Place::new(config.path.clone(), days, place::APART));
        Self {
            privacy: config.privacy,
            keep_for: config.keep_queries_for,
            roll,
            cells: Cells::new(),
            ring: Mutex::new(Ring::new(config.keep_queries)),
            missed: AtomicU32::new(0),
            uses: Mutex::default(),
            ledger: Mutex::default(),
            disk: Mutex::new(Disk { place, store: None }),
            opened: AtomicBool::new(false),
            trouble: Mutex::default(),
        }
    }

    /// The house's privacy, for whoever has none of their own.
    pub fn privacy(&self) -> Privacy {
        self.privacy
    }

    /// Records how a question ended. Allocates nothing and never waits.
    pub fn record(&self, outcome: &Outcome<'_>) {
        let verdict = &outcome.verdict;
        self.cells.count(
            outcome.who,
            verdict.categories,
            verdict.service.map(|service| service.0),
            Ending::of(verdict),
        );
        if outcome.privacy == Privacy::Off {
            return;
        }
        match self.ring.try_lock() {
            Ok(mut ring) => {
                if let Some(record) = ring.advance() {
                    record.set(outcome);
                }
            }
            Err(_) => {
                self.missed.fetch_add(1, Relaxed);
            }
        }
    }

    /// Takes in what a device moved in a minute, as far as its person's privacy lets that be kept.
    pub fn flowed(&self, who: Who, privacy: Option<Privacy>, minute: &[Flowed]) {
        lock(&self.uses).add(who, privacy.unwrap_or(self.privacy), minute);
    }

    /// Today's totals: of the house's day, or of this run while the time is not known.
    pub fn totals(&self) -> Totals {
        // Held while the cells are read: what is taken in meanwhile would count twice or not at all.
        let ledger = lock(&self.ledger);
        Totals { missed: self.missed.load(Relaxed), ..ledger.totals(&self.cells.now()) }
    }

    /// The last `most` questions, the newest first, none older than is kept.
    pub fn recent(&self, most: usize, policy: &Policy, now: Timestamp) -> Vec<Recent> {
        let records = self.records(most, now);
        records.iter().map(|record| record.show(policy, &*self.roll)).collect()
    }

    /// Sums up activity, the largest first in each piece of time. Reads the disk: call it where blocking is allowed.
    pub fn activity(&self, wanted: &Wanted<'_>, calendar: &Calendar, now: Timestamp) -> Vec<Activity> {
        let mut sum = Sum::new(wanted, calendar);
        if wanted.by == By::Domain {
            for record in self.records(usize::MAX, now) {
                let person = self.roll.subject(record.who).person;
                if let Some(site) = record.site() {
                    sum.add_site(record.time, &person, &site, Ending::of(&record.verdict));
                }
            }
            return sum.finish();
        }
        // In this order, and both held: a row that is being saved is on disk or not, but not both.
        let disk = lock(&self.disk);
        let mut ledger = lock(&self.ledger);
        for sort in Sort::ALL {
            let Some(store) = &disk.store else { break };
            let kept = |level| store.periods(sort.at(level)).collect();
            for (level, period) in activity::cover(kept, wanted, calendar) {
                // A row that can't be read is missing; the next save finds out why.
                let row = guarded(|| store.row((sort.at(level), period))).unwrap_or_default();
                add_row(&mut sum, calendar.start(level, period), &row, &ledger.dictionary);
            }
        }
        let uses = lock(&self.uses).now();
        let counting =
            [ledger.row_of(&self.cells.now(), &*self.roll), ledger.row_of_used(&uses, &*self.roll)];
        for ((period, _), row) in &ledger.unsaved {
            add_row(&mut sum, calendar.start(Level::TenMinutes, *period), row, &ledger.dictionary);
        }
        for row in &counting {
            add_row(&mut sum, now / PERIOD * PERIOD, row, &ledger.dictionary);
        }
        sum.finish()
    }

    /// What is wrong with the history on disk; empty if nothing is.
    pub fn trouble(&self) -> String {
        lock(&self.trouble).clone()
    }

    fn records(&self, most: usize, now: Timestamp) -> Vec<Record> {
        let oldest = now.saturating_sub(self.keep_for).max(1);
        let ring = lock(&self.ring);
        let kept = ring.newest_first().filter(|record| record.time >= oldest);
        kept.take(most).copied().collect()
    }

    /// From now on counts belong to another period.
    fn turn(&self) {
        self.cells.turn();
    }

    /// Takes in what was counted in a period, after a [`turn`](Self::turn), and forgets old questions.
    fn take_in(&self, period: u32, calendar: &Calendar, now: Timestamp) {
        let mut ledger = lock(&self.ledger);
        ledger.add(period, &self.cells.drain(), &*self.roll, calendar);
        ledger.add_used(period, &lock(&self.uses).drain(), &*self.roll);
        drop(ledger);
        let coarse = self.cells.take_coarse();
        if coarse > 0 {
            tracing::warn!(
                coarse,
                "too much of too many kinds in ten minutes; some counts lost their detail"
            );
        }
        let oldest = now.saturating_sub(self.keep_for);
        lock(&self.ring).forget(|record| record.time < oldest);
    }

    fn is_opened(&self) -> bool {
        self.opened.load(Relaxed)
    }

    /// Writes what is not on disk yet, and opens the store if it is not open. What fails is tried again next time.
    fn save(&self, calendar: &Calendar, now: Timestamp) {
        let mut disk = lock(&self.disk);
        let saved = self.save_to(&mut disk, calendar, now);
        self.opened.store(true, Relaxed);
        let trouble = match saved {
            Ok(()) => String::new(),
            Err(reason) => format!("the history is kept in memory only: {reason}"),
        };
        let mut told = lock(&self.trouble);
        if !trouble.is_empty() && *told != trouble {
            tracing::warn!("{trouble}");
        }
        *told = trouble;
    }

    fn save_to(&self, disk: &mut Disk, calendar: &Calendar, now: Timestamp) -> Result<(), String> {
        let Some(place) = &mut disk.place else { return Ok(()) };
        if !place.exists() && lock(&self.ledger).unsaved.is_empty() {
            // Nothing to read and nothing to write: the flash is left alone.
            return Ok(());
        }
        let mut store = match disk.store.take() {
            Some(store) => store,
            None => self.open(place, calendar, now)?,
        };
        let (rows, mut dictionary) = {
            let ledger = lock(&self.ledger);
            (ledger.unsaved.clone(), ledger.dictionary.clone())
        };
        let saved = guarded(|| {
            if !rows.is_empty() {
                store.save(&rows, &mut dictionary, calendar, now)?;
            }
            if dictionary.is_crowded() {
                store.forget_unused(&rows, &mut dictionary)?;
            }
            Ok(())
        });
        match saved {
            Ok(()) => {
                let mut ledger = lock(&self.ledger);
                rows.keys().for_each(|at| drop(ledger.unsaved.remove(at)));
                ledger.dictionary = dictionary;
            }
            Err(StoreError::Damaged(reason)) => {
                drop(store);
                place.move_aside(&reason)?;
                disk.store = Some(self.open(place, calendar, now)?);
                return Ok(());
            }
            Err(StoreError::Disk(reason)) => {
                disk.store = Some(store);
                return Err(reason);
            }
        }
        disk.store = Some(store);
        if let Some(dictionary) = place.shrink(&mut disk.store).map_err(|error| error.to_string())? {
            lock(&self.ledger).adopt(dictionary);
        }
        Ok(())
    }

    /// Opens the store, goes over to its numbers and adds what it has of today.
    fn open(&self, place: &Place, calendar: &Calendar, now: Timestamp) -> Result<Store, String> {
        let (store, dictionary) = place.open()?;
        let today = calendar.period(Level::Day, now);
        let mut ledger = lock(&self.ledger);
        ledger.adopt(dictionary);
        let tens = Sort::Asked.at(Level::TenMinutes);
        for period in store.periods(tens) {
            let start = calendar.start(Level::TenMinutes, period);
            if calendar.period(Level::Day, start) == today {
                let row = guarded(|| store.row((tens, period))).map_err(|error| error.to_string())?;
                ledger.add_to_today(period, &row, calendar);
            }
        }
        Ok(store)
    }
}

fn add_row(sum: &mut Sum<'_>, start: Timestamp, row: &Row, dictionary: &Dictionary) {
    for (subject, kind, count) in row.iter() {
        if let (Some(subject), Some(kind)) = (dictionary.subject_of(subject), dictionary.kind_of(kind)) {
            sum.add(start, subject, kind, count);
        }
    }
}

/// Nothing that is done under these locks leaves half a state: a panic there is no reason for another.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
