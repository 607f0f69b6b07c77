//! A year of a busy family: how large it is, and that no roll-up loses or invents a question.

use std::collections::BTreeMap;
use std::path::Path;

use super::household::{Family, Names, START, periods};
use crate::history::cells::{Cells, Topic};
use crate::history::dictionary::Dictionary;
use crate::history::ledger::Ledger;
use crate::history::level::{Calendar, Level, PERIOD};
use crate::history::row::Row;
use crate::history::store::Store;

/// What a year may take on disk, in bytes.
const MOST: u64 = 2_000_000;

/// A folder's size on disk, as `du` counts it.
pub(super) fn size_on_disk(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let size = |entry: std::fs::DirEntry| match entry.metadata().unwrap() {
        metadata if metadata.is_dir() => size_on_disk(&entry.path()),
        metadata => metadata.blocks() * 512,
    };
    entries.map(size).sum()
}

pub(super) fn questions(row: &Row, dictionary: &Dictionary) -> i64 {
    let again = |kind| dictionary.kind_of(kind).unwrap().topic == Topic::AGAIN;
    row.iter().map(|(_, kind, count)| if again(kind) { -i64::from(count) } else { i64::from(count) }).sum()
}

/// A family whose history is saved every hour.
pub(super) struct Life {
    pub(super) store: Store,
    pub(super) ledger: Ledger,
    family: Family,
    cells: Cells,
    /// Questions by period.
    pub(super) asked: BTreeMap<u32, i64>,
}

impl Life {
    pub(super) fn begin(folder: &Path) -> Self {
        let (store, dictionary) = Store::open(folder, 366).unwrap();
        let mut ledger = Ledger::default();
        ledger.adopt(dictionary);
        Self { store, ledger, family: Family::new(1), cells: Cells::new(), asked: BTreeMap::new() }
    }

    /// Lives for ten minutes; saves when an hour is over.
    pub(super) fn live(&mut self, time: u64, calendar: &Calendar) {
        let (period, asked) = ((time / PERIOD) as u32, self.family.ten_minutes(time));
        asked.iter().for_each(|asked| asked.count(&self.cells));
        *self.asked.entry(period).or_default() += asked.len() as i64;
        self.cells.turn();
        self.ledger.add(period, &self.cells.drain(), &Names, calendar);
        if (time / PERIOD) % 6 == 5 {
            let Ledger { unsaved, dictionary, .. } = &mut self.ledger;
            self.store.save(unsaved, dictionary, calendar, time + PERIOD).unwrap();
            unsaved.clear();
        }
    }

    fn sums_up(&self, calendar: &Calendar) {
        for level in Level::ALL {
            for period in self.store.periods(level) {
                let row = self.store.row(level, period).unwrap();
                let (from, to) = (calendar.start(level, period), calendar.start(level, period + 1));
                let asked = self.asked.range((from / PERIOD) as u32..(to / PERIOD) as u32);
                let asked: i64 = asked.map(|(_, count)| count).sum();
                assert_eq!(questions(&row, &self.ledger.dictionary), asked, "{level:?} {period}");
            }
        }
    }
}

fn kept(life: &Life) -> [usize; 3] {
    Level::ALL.map(|level| life.store.periods(level).count())
}

#[test]
fn every_roll_up_sums_to_what_was_asked() {
    let folder = tempfile::tempdir().unwrap();
    for zone in ["Asia/Ho_Chi_Minh", "Asia/Kolkata"] {
        let calendar = Calendar::new(jiff::tz::TimeZone::get(zone).unwrap());
        let folder = folder.path().join(zone);
        let mut life = Life::begin(&folder);
        periods(4).for_each(|time| life.live(time, &calendar));
        life.sums_up(&calendar);
        let [tens, hours, days] = kept(&life);
        assert!((288..2 * 288).contains(&tens) && hours >= 95 && days == 4, "{tens} {hours} {days}");
        // And over a restart.
        drop(life);
        let (store, dictionary) = Store::open(&folder, 366).unwrap();
        let row = store.row(Level::Day, store.periods(Level::Day).nth(1).unwrap()).unwrap();
        assert!(questions(&row, &dictionary) > 10_000);
    }
}

#[test]
#[ignore = "a year takes a minute: ./dev test --full"]
fn a_year_of_a_busy_family_takes_two_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    let calendar = Calendar::default();
    let mut life = Life::begin(folder.path());
    periods(366).for_each(|time| life.live(time, &calendar));
    life.sums_up(&calendar);
    let day = (START / PERIOD) as u32..(START / PERIOD + 144) as u32;
    let questions: i64 = life.asked.range(day).map(|(_, count)| count).sum();
    let [tens, hours, days] = kept(&life);
    let size = size_on_disk(folder.path());
    println!(
        "a year of 40 devices with {questions} questions a day: {size} bytes on disk (target {MOST}); \
         {tens} rows of ten minutes, {hours} of hours, {days} of days"
    );
    assert!(size <= MOST && days >= 365);
}
