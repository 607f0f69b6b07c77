//! A year of a busy family: how large it is, and that no roll-up loses or invents a question, a byte or a minute.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::HERE;
use super::household::{Family, Names, START, periods};
use crate::config::{HistoryConfig, Privacy};
use crate::history::cells::{Cells, Topic};
use crate::history::dictionary::{Dictionary, Measure};
use crate::history::keeper::PERIODS_A_SAVE;
use crate::history::ledger::Ledger;
use crate::history::level::{Calendar, Level, PERIOD};
use crate::history::place::Place;
use crate::history::row::Row;
use crate::history::shelf::{Shelf, Sort};
use crate::history::store::Store;
use crate::history::uses::Uses;
use crate::history::{By, History, Step, Wanted};
use crate::home::Home;
use crate::policy::tests::large_family;
use crate::policy::{Circumstances, Rules};

/// Tells the test that measures memory where a year is.
const FOLDER: &str = "LUYTRE_TEST_YEAR";

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

/// Units of bytes and minutes in a row.
pub(super) fn use_in(row: &Row, dictionary: &Dictionary) -> [i64; 2] {
    [Measure::Bytes, Measure::Minutes].map(|measure| {
        let counts = row.iter().filter_map(|(_, kind, count)| {
            let kind = dictionary.kind_of(kind).filter(|kind| kind.measure == measure)?;
            Some(if kind.topic == Topic::AGAIN { -i64::from(count) } else { i64::from(count) })
        });
        counts.sum()
    })
}

/// A family whose history is saved as the keeper does.
pub(super) struct Life {
    place: Place,
    store: Option<Store>,
    pub(super) ledger: Ledger,
    family: Family,
    cells: Cells,
    uses: Uses,
    /// Questions by period.
    pub(super) asked: BTreeMap<u32, i64>,
    /// Units of bytes and minutes by period.
    used: BTreeMap<u32, [i64; 2]>,
}

impl Life {
    /// The store is `store` in that folder.
    pub(super) fn begin(folder: &Path) -> Self {
        let place = Place::new(folder.to_owned(), 366, HERE);
        let (store, dictionary) = place.open().unwrap();
        let mut ledger = Ledger::default();
        ledger.adopt(dictionary);
        let (asked, used) = (BTreeMap::new(), BTreeMap::new());
        let (family, cells, uses) = (Family::new(1), Cells::new(), Uses::default());
        Self { place, store: Some(store), ledger, family, cells, uses, asked, used }
    }

    pub(super) fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    /// Ends the program.
    pub(super) fn end(self) -> (Store, Ledger) {
        (self.store.unwrap(), self.ledger)
    }

    /// Ends the program and starts it again.
    pub(super) fn restart(&mut self) {
        drop(self.store.take());
        let (store, dictionary) = self.place.open().unwrap();
        self.store = Some(store);
        self.ledger.adopt(dictionary);
    }

    /// Lives for ten minutes; saves when it is time.
    pub(super) fn live(&mut self, time: u64, calendar: &Calendar) {
        let (period, asked) = ((time / PERIOD) as u32, self.family.ten_minutes(time));
        asked.iter().for_each(|asked| asked.count(&self.cells));
        *self.asked.entry(period).or_default() += asked.len() as i64;
        for (who, minute) in self.family.ten_minutes_of_use(time) {
            self.uses.add(who, Privacy::Full, &minute);
        }
        self.cells.turn();
        self.ledger.add(period, &self.cells.drain(), &Names, calendar);
        let used = self.uses.drain();
        self.ledger.add_used(period, &used, &Names);
        let row = self.ledger.row_of_used(&used, &Names);
        self.used.insert(period, use_in(&row, &self.ledger.dictionary));
        if (time / PERIOD) % PERIODS_A_SAVE == PERIODS_A_SAVE - 1 {
            let Ledger { unsaved, dictionary, .. } = &mut self.ledger;
            let mut store = self.store.take().unwrap();
            store.save(unsaved, dictionary, calendar, time + PERIOD).unwrap();
            unsaved.clear();
            self.store = Some(store);
            self.place.shrink(&mut self.store).unwrap();
        }
    }

    fn sums_up(&self, calendar: &Calendar) {
        for shelf in Shelf::all() {
            for period in self.store().periods(shelf) {
                let row = self.store().row((shelf, period)).unwrap();
                let [from, to] =
                    [period, period + 1].map(|period| calendar.start(shelf.level, period) / PERIOD);
                let tens = from as u32..to as u32;
                if shelf.sort == Sort::Asked {
                    let asked: i64 = self.asked.range(tens).map(|(_, count)| count).sum();
                    assert_eq!(questions(&row, &self.ledger.dictionary), asked, "{shelf:?} {period}");
                } else {
                    let used = self
                        .used
                        .range(tens)
                        .fold([0; 2], |[units, minutes], (_, more)| [units + more[0], minutes + more[1]]);
                    assert_eq!(use_in(&row, &self.ledger.dictionary), used, "{shelf:?} {period}");
                }
            }
        }
    }
}

fn kept(life: &Life, sort: Sort) -> [usize; 3] {
    Level::ALL.map(|level| life.store().periods(sort.at(level)).count())
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
        let [tens, hours, days] = kept(&life, Sort::Asked);
        assert!((288..2 * 288).contains(&tens) && hours >= 95 && days == 4, "{tens} {hours} {days}");
        let [tens, hours, days] = kept(&life, Sort::Used);
        assert!(tens == 0 && hours >= 90 && days >= 4, "{tens} {hours} {days}");
        // And over a restart.
        drop(life);
        let (store, Ledger { dictionary, .. }) = Life::begin(&folder).end();
        let row = |sort: Sort| {
            let days = sort.at(Level::Day);
            store.row((days, store.periods(days).nth(1).unwrap())).unwrap()
        };
        assert!(questions(&row(Sort::Asked), &dictionary) > 10_000);
        let [units, minutes] = use_in(&row(Sort::Used), &dictionary);
        assert!(units > 1000 && minutes > 1000, "{units} {minutes}");
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
    let size = size_on_disk(folder.path());
    println!(
        "a year of 40 devices with {questions} questions a day: {size} bytes on disk (target {MOST}); \
         rows of ten minutes, hours and days: {:?} of questions, {:?} of use; {:?} bytes in them",
        kept(&life, Sort::Asked),
        kept(&life, Sort::Used),
        Shelf::all().map(|shelf| life.store().bytes(shelf)).collect::<Vec<_>>(),
    );
    let ([_, _, asked], [_, hours, used]) = (kept(&life, Sort::Asked), kept(&life, Sort::Used));
    assert!(size <= MOST && asked >= 365 && hours >= 96 && used >= 45);
    // Below the size at which it would be written anew, by another process, which a test has not.
    let fresh = folder.path().join("fresh");
    std::fs::create_dir(&fresh).unwrap();
    life.end().0.copy_to(&fresh.join("store")).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "history::tests::year::in_memory"]);
    let output = command.env(FOLDER, &fresh).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    for line in String::from_utf8(output.stdout).unwrap().lines().filter(|line| line.contains("resident")) {
        println!("{line}");
    }
}

/// This process's own resident memory in bytes: without pages of its file, which the kernel reads in by sixteen around
/// each that is touched first, and a test program's are others than the daemon's.
fn resident() -> i64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Anonymous:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<i64>().unwrap() * 1024
}

/// Not a test by itself: what a year's history takes in a fresh process.
#[test]
#[ignore = "run by the test above"]
fn in_memory() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let config = HistoryConfig {
        path: folder.into(),
        keep_queries: 1000,
        keep_queries_for: 86_400,
        keep_counters: 366,
        privacy: Privacy::Full,
    };
    // What any home has: the catalogue of services, essentials, search engines.
    let compile = |text: &str, now| {
        let home = Home::of(text);
        let circumstances = Circumstances { now, trusted: true, spent: &[] };
        (home.people(&home.family()), home.policy(&Rules::default(), home.family(), &circumstances))
    };
    let _catalogue = compile("", START);
    let begin = resident();
    let _empty = compile("", START);
    let of_any_home = resident() - begin;
    let (calendar, mut family, mut now) = (Calendar::default(), Family::new(2), START + 366 * 86_400);
    let before = resident();
    let history = History::new(&config, Arc::new(Names));
    history.save(&calendar, now);
    let open = resident() - before;
    for period in 1..=24 {
        family.ten_minutes(now).iter().for_each(|asked| asked.count(&history.cells));
        history.turn();
        history.take_in((now / PERIOD) as u32, &calendar, now);
        now += PERIOD;
        if period % 6 == 0 {
            history.save(&calendar, now);
        }
    }
    let saved = resident() - before;
    let compiled = compile(&large_family(), now);
    let family = resident() - before - saved - of_any_home;
    let wanted = Wanted { from: START, to: now, by: By::Category, step: Step::Day, person: None };
    let rows = history.activity(&wanted, &calendar, now);
    let asked = resident() - before - family - of_any_home;
    assert!(history.trouble().is_empty() && rows.len() > 366 * 10, "{} {}", history.trouble(), rows.len());
    println!(
        "resident with a year open: {open} bytes more, after four saves {saved}, after a year's chart {asked}; \
         for forty devices {family}"
    );
    // The chart itself, some 15,000 rows, is gone when it is shown; the allocator keeps the room.
    assert!(saved + family <= 6_000_000 && asked <= 9_000_000);
    drop(compiled);
}
