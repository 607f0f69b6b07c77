//! A power cut at any moment: the store opens, and no more is gone than what was not saved.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::HERE;
use super::household::{Family, START, periods};
use super::trace::{Disk, Step, record};
use super::year::{Life, questions};
use crate::history::activity::{self, By, Wanted};
use crate::history::dictionary::Dictionary;
use crate::history::level::{Calendar, Level, PERIOD};
use crate::history::place::Place;
use crate::history::shelf::Sort;
use crate::history::store::Store;

/// Tells the test that is recorded where to write.
const FOLDER: &str = "LUYTRE_TEST_RECORDED";

/// Not a test by itself: six days of a family, to be recorded. After each save it says how many questions it has
/// saved.
#[test]
#[ignore = "recorded by the tests below"]
fn recorded() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let mut progress = std::fs::File::create(folder.join("progress")).unwrap();
    let calendar = Calendar::default();
    let mut life = Life::begin(&folder);
    let mut asked = 0;
    for time in periods(12) {
        life.live(time, &calendar);
        asked += life.asked[&((time / PERIOD) as u32)];
        if life.ledger.unsaved.is_empty() {
            progress.write_all(asked.to_string().as_bytes()).unwrap();
        }
        if (time - START) % 86_400 == 43_200 {
            // sled writes other files then.
            life.restart();
        }
    }
}

/// All questions that a store has, the same by its longest rows and by its shortest.
fn all_questions(store: &Store, dictionary: &Dictionary, calendar: &Calendar) -> i64 {
    let sum = |step| {
        let wanted = Wanted { from: 0, to: START * 2, by: By::Person, step, person: None };
        let kept = |level| store.periods(Sort::Asked.at(level)).collect();
        let rows = activity::cover(kept, &wanted, calendar).into_iter();
        let rows = rows.map(|(level, period)| store.row((Sort::Asked.at(level), period)).unwrap());
        rows.map(|row| questions(&row, dictionary)).sum::<i64>()
    };
    let sums = [activity::Step::Whole, activity::Step::Day, activity::Step::Hour, activity::Step::TenMinutes]
        .map(sum);
    assert!(sums.iter().all(|other| *other == sums[0]), "roll-ups differ: {sums:?}");
    sums[0]
}

/// A power cut changes the boot id, which the marker of an open that never ended carries.
fn in_another_run_of_the_machine(marker: &Path) {
    if marker.exists() {
        std::fs::File::create(marker).unwrap().write_all(b"1 another").unwrap();
    }
}

/// The six days, step by step. `None`, and says so, where they can't be recorded.
fn six_days() -> Option<Vec<Step>> {
    let folder = tempfile::tempdir().unwrap();
    let recorded_in = folder.path().join("recorded");
    std::fs::create_dir(&recorded_in).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "history::tests::power_cut::recorded"]).env(FOLDER, &recorded_in);
    let steps = record(&command, &recorded_in, &folder.path().join("log"));
    if steps.is_none() {
        super::skip("no power cuts: strace is not here, or may not trace");
    }
    steps
}

fn survives(cuts: usize) {
    let Some(steps) = six_days() else { return };
    let folder = tempfile::tempdir().unwrap();
    let saves = steps.iter().filter(|step| matches!(step, Step::Says(_))).count();
    assert!(saves >= 70, "{saves} saves in {} steps", steps.len());
    let says = |step: &Step| match step {
        Step::Says(text) => Some(text.parse::<i64>().unwrap()),
        _ => None,
    };
    let (mut disk, mut chance, calendar) = (Disk::default(), Family::new(7), Calendar::default());
    let (mut saved, mut lost_last, mut begun_anew) = (0, 0, 0);
    for (n, step) in steps.iter().enumerate() {
        disk.step(step);
        saved = says(step).unwrap_or(saved);
        // Spread over the steps, each with the same part of the cuts.
        for _ in n * cuts / steps.len()..(n + 1) * cuts / steps.len() {
            let next = steps[n + 1..].iter().find_map(says).unwrap_or(saved);
            let after = tempfile::tempdir_in(folder.path()).unwrap();
            disk.cut(after.path(), &mut chance);
            in_another_run_of_the_machine(&after.path().join("store.opening"));
            let place = Place::new(after.path().to_owned(), 366, HERE);
            let (store, dictionary) = place.open().unwrap();
            let found = all_questions(&store, &dictionary, &calendar);
            begun_anew += usize::from(after.path().join("store.damaged").exists());
            lost_last += usize::from(found == saved && next != saved);
            assert!(found == saved || found == next, "cut after step {n}: {found}, not {saved} or {next}");
        }
    }
    println!(
        "{cuts} power cuts in {} steps of {saves} saves: all open, {begun_anew} anew before the first save; \
         nothing saved was lost, the save under way was in {lost_last}",
        steps.len()
    );
}

#[test]
fn no_power_cut_loses_what_was_saved() {
    survives(250);
}

#[test]
#[ignore = "takes a minute: ./dev test --full"]
fn no_power_cut_of_thousands_loses_what_was_saved() {
    survives(5000);
}

/// In one of some ten thousand cuts a new segment of sled's log was there and said that the one before it was too, which
/// had only been handed to `sync_file_range`: sled took all of its log for torn.
#[test]
fn no_piece_of_the_log_speaks_of_one_that_is_not_on_the_disk() {
    let Some(steps) = six_days() else { return };
    let saves = steps.split(|step| matches!(step, Step::Says(_)));
    // When it is opened sled clears free segments, all at once, of which nothing speaks.
    let saves = saves.filter(|save| !save.iter().any(|step| matches!(step, Step::Create(_))));
    let pieces = saves.map(|save| {
        let count = |what: fn(&Step) -> Option<&String>| {
            save.iter().filter_map(what).filter(|file| *file == "/store/db").count()
        };
        let written = count(|step| if let Step::Write(file, ..) = step { Some(file) } else { None });
        let synced = count(|step| if let Step::Sync(file) = step { Some(file) } else { None });
        assert!(synced >= written, "{written} pieces, {synced} times on the disk: {save:?}");
        written
    });
    let pieces: usize = pieces.sum();
    assert!(pieces >= 100, "{pieces} pieces");
}

#[test]
fn a_cut_while_the_store_is_written_anew_loses_nothing() {
    let calendar = Calendar::default();
    let folder = tempfile::tempdir().unwrap();
    let history = |name: &str| folder.path().join(name);
    let mut life = Life::begin(folder.path());
    periods(1).for_each(|time| life.live(time, &calendar));
    let all = life.asked.values().sum::<i64>();
    let (store, ledger) = life.end();
    assert_eq!(all_questions(&store, &ledger.dictionary, &calendar), all);
    store.copy_to(&history("store.copy")).unwrap();
    let place = Place::new(folder.path().to_owned(), 366, HERE);
    let opens = |what: &str| {
        let (store, dictionary) = place.open().unwrap();
        assert_eq!(all_questions(&store, &dictionary, &calendar), all, "{what}");
        assert!(!history("store.copy").exists() && !history("store.before").exists(), "{what}");
        store
    };
    let rename = |from, to| std::fs::rename(history(from), history(to)).unwrap();
    opens("the copy is written").copy_to(&history("store.copy")).unwrap();
    rename("store", "store.before");
    opens("the store has moved away").copy_to(&history("store.copy")).unwrap();
    rename("store", "store.before");
    rename("store.copy", "store");
    let store = opens("the copy has its name");
    assert!(store.periods(Sort::Asked.at(Level::Hour)).count() >= 23);
}
