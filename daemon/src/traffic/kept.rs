//! What was answered, over a stop: the addresses that devices may reach by their names lie in a file between the end of
//! one daemon and the start of the next, so that what an app remembers works on. After a crash they stand in the kernel.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::protocol::{Entry, MAX_SECONDS, Request, Set};
use crate::clock::Timestamp;
use crate::files;

/// The most addresses that are kept, those that live longest: 400 kB of flash, written once a stop.
const MOST: usize = 4096;
/// The longest file that is read, in bytes.
const MAX_FILE: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// When it was written.
    at: Timestamp,
    entries: Vec<Entry>,
}

/// Writes what was answered, at this time.
pub fn write(file: &Path, entries: Vec<Entry>, at: Timestamp) -> io::Result<()> {
    let mut kept = Kept { at, entries };
    // What was open to one who is cut off is decided anew.
    kept.entries.retain(|entry| matches!(entry.set, Set::Named | Set::Vital));
    kept.entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.seconds));
    kept.entries.truncate(MOST);
    let text = serde_json::to_vec(&kept)?;
    files::replace_secret(file, |file| file.write_all(&text))
}

/// Reads what still lives of it at this time, and takes the file away: nothing is taken over twice. Without one, or if it
/// makes no sense, that is nothing.
pub fn take(file: &Path, now: Timestamp) -> Vec<Entry> {
    let read = files::read_bytes(file, MAX_FILE);
    if read.is_ok() {
        let _ = std::fs::remove_file(file);
    }
    let kept = read.and_then(|bytes| Ok(serde_json::from_slice::<Kept>(&bytes)?));
    let Kept { at, mut entries } = match kept {
        Ok(kept) => kept,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            tracing::warn!(%error, file = %file.display(), "what was answered before can't be read");
            return Vec::new();
        }
    };
    // A clock that went back tells no age: it counts as none.
    let age = u32::try_from(now.saturating_sub(at)).unwrap_or(u32::MAX);
    entries.iter_mut().for_each(|entry| entry.seconds = entry.seconds.saturating_sub(age).min(MAX_SECONDS));
    let is_good = |entry: &Entry| Request::Put(vec![*entry]).check().is_ok();
    entries
        .retain(|entry| entry.seconds > 0 && matches!(entry.set, Set::Named | Set::Vital) && is_good(entry));
    entries.truncate(MOST);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::Mac;

    fn entry(set: Set, last: u8, seconds: u32) -> Entry {
        Entry { set, mac: Mac([2, 0, 0, 0, 0, 0x10]), address: [192, 0, 2, last].into(), seconds }
    }

    #[test]
    fn what_still_lives_is_taken_over_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answers.json");
        let entries = vec![
            entry(Set::Named, 1, 300),
            entry(Set::Open, 2, 300),
            entry(Set::Named, 3, 40),
            entry(Set::Vital, 4, 900),
            entry(Set::Barred, 5, 900),
        ];
        write(&file, entries, 1000).unwrap();
        assert_eq!(take(&file, 1050), [entry(Set::Vital, 4, 850), entry(Set::Named, 1, 250)]);
        assert_eq!(take(&file, 1050), []);
    }

    #[test]
    fn a_clock_that_went_back_or_a_damaged_file_opens_nothing_for_longer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answers.json");
        write(&file, vec![entry(Set::Named, 1, u32::MAX)], 1000).unwrap();
        assert_eq!(take(&file, 10), [entry(Set::Named, 1, MAX_SECONDS)]);
        let nobody = Entry { mac: Mac([0xff; 6]), ..entry(Set::Named, 1, 60) };
        write(&file, vec![nobody], 1000).unwrap();
        assert_eq!(take(&file, 1000), []);
        files::replace(&file, |file| file.write_all(b"{\"at\": 1, ")).unwrap();
        assert_eq!(take(&file, 1000), []);
    }

    #[test]
    fn those_that_live_longest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answers.json");
        let number =
            |number: u32| Entry { address: number.to_be_bytes().into(), ..entry(Set::Named, 0, number) };
        write(&file, (1..=2 * MOST as u32).map(number).collect(), 0).unwrap();
        let taken = take(&file, 0);
        assert!(taken.len() == MOST && taken.iter().all(|entry| entry.seconds > MOST as u32));
    }
}
