//! What a worn-out flash gives back: a store that can't be read is moved aside, and a new one begins.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::HERE;
use super::household::{Family, periods};
use super::year::Life;
use crate::history::level::Calendar;
use crate::history::place::{Apart, Health, Place, check};

/// Which of the two tables is meant here.
const IS_JOURNAL: bool = cfg!(target_arch = "mips");

/// Tells the test that looks into a store where that is.
const FOLDER: &str = "LUYTRE_TEST_CHECKED";

/// Not a test by itself: what `luytre history-check` does.
#[test]
#[ignore = "run by the tests below"]
fn checked() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        assert_eq!(check(Path::new(&folder)), 0);
    }
}

fn check_apart(store: &Path) -> Health {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "history::tests::damage::checked"]).env(FOLDER, store);
    match command.output() {
        Ok(looked) if !looked.status.success() => Health::Damaged,
        // Under an emulator nobody can start it.
        _ => Health::Good,
    }
}

/// A day of a family, on disk and closed.
fn lived() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut life = Life::begin(folder.path());
    periods(1).for_each(|time| life.live(time, &Calendar::default()));
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

fn snapshot(store: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(store).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("snap."))
}

#[test]
fn a_damaged_store_is_moved_aside_or_read() {
    let (lived, mut chance, mut aside) = (lived(), Family::new(3), 0);
    let size = fs::metadata(lived.path().join("store/db")).unwrap().len();
    const CASES: usize = 40;
    for case in 0..CASES {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        copy(&lived.path().join("store"), &store);
        let db = store.join("db");
        match case % 8 {
            0 => fs::OpenOptions::new().write(true).open(&db).unwrap().set_len(chance.below(size)).unwrap(),
            1 => overwrite(&db, 0, &vec![0xa5; size as usize]),
            2 => fs::File::create(store.join("conf"))
                .unwrap()
                .write_all(b"segment_size: what, and of what kind, when nobody can tell")
                .unwrap(),
            3 => fs::remove_file(&db).unwrap(),
            4 if snapshot(&store).is_some() => overwrite(&snapshot(&store).unwrap(), 0, &[0xff; 40]),
            5 => overwrite(&db, chance.below(size - 4096) / 4096 * 4096, &[0; 4096]),
            _ => (0..20).for_each(|_| overwrite(&db, chance.below(size), &[chance.below(256) as u8])),
        }
        // Every other time nobody looks first, and the panic comes here.
        let place = Place::new(
            folder.path().to_owned(),
            366,
            if case / 8 % 2 == 0 { Apart { check: check_apart, ..HERE } } else { HERE },
        );
        drop(place.open().unwrap_or_else(|error| panic!("case {case}: {error}")));
        let is_aside = folder.path().join("store.damaged").exists();
        // Of the others as much is read as is found. Only sled has a `conf`.
        let is_garbage = case % 8 == 1 || case % 8 == 2 && !IS_JOURNAL;
        assert!(is_aside || !is_garbage, "case {case}: garbage, and nobody says so");
        aside += usize::from(is_aside);
        assert!(!folder.path().join("store.opening").exists(), "case {case}");
        // Whatever it was, the next days are kept.
        let mut life = Life::begin(folder.path());
        periods(1).for_each(|time| life.live(time, &Calendar::default()));
    }
    println!("{CASES} damaged stores: {aside} moved aside, the others read");
    assert!(aside >= CASES / if IS_JOURNAL { 8 } else { 4 }, "{aside}");
}

#[test]
fn a_store_that_ended_the_program_when_it_was_opened_is_moved_aside() {
    let folder = lived();
    let place = Place::new(folder.path().to_owned(), 366, HERE);
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    for (marker, is_damaged) in [
        ("1 of another run of the machine".to_owned(), false),
        ("3 of another run of the machine".to_owned(), true),
        (format!("1 {boot}"), true),
    ] {
        fs::File::create(folder.path().join("store.opening")).unwrap().write_all(marker.as_bytes()).unwrap();
        drop(place.open().unwrap());
        assert_eq!(folder.path().join("store.damaged").exists(), is_damaged, "{marker}");
        let _ = fs::remove_dir_all(folder.path().join("store.damaged"));
    }
}

#[test]
fn a_disk_that_is_not_there_is_no_damage() {
    let folder = lived();
    let file = folder.path().join("not-a-folder");
    fs::File::create(&file).unwrap();
    assert!(Place::new(file, 366, HERE).open().is_err());
    let place = Place::new(folder.path().to_owned(), 366, HERE);
    let (_held, _) = place.open().unwrap();
    let error = place.open().err().unwrap();
    assert!(error.contains("lock") && !folder.path().join("store.damaged").exists(), "{error}");
}
