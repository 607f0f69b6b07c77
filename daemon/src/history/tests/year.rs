//! A year of a busy family: how large it is, and that no roll-up loses or invents a question.

use std::collections::BTreeMap;
use std::path::Path;

use super::household::{Family, Names, START, periods};
use crate::history::cells::{Cells, Topic};
use crate::history::dictionary::{Dictionary, SubjectId};
use crate::history::level::{Calendar, Level, PERIOD};
use crate::history::row::Row;
use crate::history::store::Store;
use crate::history::{Roll, row_of};

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

fn questions(row: &Row, dictionary: &Dictionary) -> BTreeMap<SubjectId, i64> {
    let mut questions = BTreeMap::new();
    for (subject, kind, count) in row.iter() {
        let again = dictionary.kind_of(kind).unwrap().topic == Topic::AGAIN;
        *questions.entry(subject).or_default() += if again { -i64::from(count) } else { i64::from(count) };
    }
    questions
}

/// Lives through so many days, saving every so many periods.
fn live(folder: &Path, days: u64, every: usize) -> (Store, Dictionary, BTreeMap<u32, i64>) {
    let (mut store, mut dictionary) = Store::open(folder, 366).unwrap();
    let (cells, mut family, calendar) = (Cells::new(), Family::new(1), Calendar::default());
    let (mut unsaved, mut asked_on) = (BTreeMap::new(), BTreeMap::new());
    let mut kinds = Vec::new();
    for (n, time) in periods(days).enumerate() {
        let asked = family.ten_minutes(time);
        asked.iter().for_each(|asked| asked.count(&cells));
        *asked_on.entry(((time - START) / 86_400) as u32).or_default() += asked.len() as i64;
        cells.turn();
        let drained = cells.drain();
        kinds.push(drained.len());
        unsaved.insert((time / PERIOD) as u32, row_of(&drained, &Names as &dyn Roll, &mut dictionary));
        if n % every == every - 1 {
            store.save(&unsaved, &mut dictionary, &calendar, time + PERIOD).unwrap();
            unsaved.clear();
        }
    }
    kinds.sort_unstable();
    println!("cells in ten minutes: median {}, most {}", kinds[kinds.len() / 2], kinds[kinds.len() - 1]);
    (store, dictionary, asked_on)
}

fn measure(days: u64, every: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (store, _dictionary, asked_on) = live(folder.path(), days, every);
    for level in Level::ALL {
        let rows: Vec<_> = store.periods(level).collect();
        let bytes: usize = rows.iter().map(|period| store.row(level, *period).unwrap().pack().len()).sum();
        println!("{level:?}: {} rows, {bytes} bytes", rows.len());
    }
    println!("{} questions a day; payload {} bytes, on disk {} bytes", asked_on[&0], store.bytes(), size_on_disk(folder.path()));
    drop(store);
    println!("closed: {}", size_on_disk(folder.path()));
    for entry in std::fs::read_dir(folder.path()).unwrap() { let e = entry.unwrap(); println!("{:?} {}", e.file_name(), e.metadata().unwrap().len()); }
}

#[test]
#[ignore]
fn probe() {
    measure(std::env::var("DAYS").map_or(5, |d| d.parse().unwrap()), std::env::var("EVERY").map_or(3, |d| d.parse().unwrap()));
}
