//! A table in a file that only grows: each batch is one piece at its end, on the disk before the next one is written.
//!
//! ```text
//! "luytreJ1" piece piece …
//! piece:  length of the changes (u32), their CRC-32 (u32), changes
//! change: length of the key (u8), length of the value (u16; 0xFFFF: the key goes), key, value
//! ```
//!
//! Numbers are big-endian. All of the table is in memory too: a history is under a megabyte. What a power cut left torn
//! was being written, and is the last: it is cut off when the file is opened.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::{Batch, FILE, LOCK_LOOK, LOCK_LOOKS, StoreError, damaged};

const MAGIC: [u8; 8] = *b"luytreJ1";
/// Before a piece's changes: their length and sum.
const HEAD: usize = 8;
/// In place of a value's length.
const GONE: u16 = u16::MAX;
/// Entries that are copied as one piece: some 100 kB.
const COPIED: usize = 128;

/// An open table.
#[derive(Debug)]
pub(in crate::history) struct Journal {
    /// Locked: a table has one process at a time.
    file: File,
    /// Bytes of the file that count.
    len: u64,
    entries: BTreeMap<Box<[u8]>, Box<[u8]>>,
}

impl Journal {
    /// Opens a table, or makes an empty one.
    pub(in crate::history) fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(folder.join(FILE))?;
        lock(&file)?;
        let size = file.metadata()?.len();
        let mut journal = Self { file, len: 0, entries: BTreeMap::new() };
        if size < MAGIC.len() as u64 {
            journal.file.write_all_at(&MAGIC, 0)?;
            journal.len = MAGIC.len() as u64;
        } else {
            journal.read(size)?;
        }
        if journal.len < size {
            tracing::warn!(bytes = size - journal.len, "the end of the history is torn; the rest is kept");
            journal.file.set_len(journal.len)?;
        }
        if journal.len != size {
            journal.file.sync_all()?;
            File::open(folder)?.sync_all()?;
        }
        Ok(journal)
    }

    pub(in crate::history) fn entries(&self) -> impl Iterator<Item = Result<(&[u8], &[u8]), StoreError>> {
        self.entries.iter().map(|(key, value)| Ok((&**key, &**value)))
    }

    pub(in crate::history) fn get(&self, key: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.entries.get(key).map(|value| &**value))
    }

    /// On disk when this returns. What fails changes nothing.
    pub(in crate::history) fn apply(&mut self, batch: Batch) -> Result<(), StoreError> {
        if batch.0.is_empty() {
            return Ok(());
        }
        let piece = piece(&batch).ok_or_else(|| damaged("a key or a value is too long"))?;
        let written = self.file.write_all_at(&piece, self.len).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // Best effort: what is there of it is written over, or cut off at the next start.
            let _ = self.file.set_len(self.len);
            return Err(error.into());
        }
        self.len += piece.len() as u64;
        for (key, value) in batch.0 {
            match value {
                Some(value) => self.entries.insert(key, value),
                None => self.entries.remove(&key),
            };
        }
        Ok(())
    }

    /// Writes all of it into an empty folder, without what has changed since it was written, and closes both.
    pub(in crate::history) fn copy_to(self, folder: &Path) -> Result<(), StoreError> {
        let mut copy = Self::open(folder)?;
        let mut entries = self.entries.into_iter().peekable();
        while entries.peek().is_some() {
            let some = entries.by_ref().take(COPIED).map(|(key, value)| (key, Some(value)));
            copy.apply(Batch(some.collect()))?;
        }
        Ok(())
    }

    /// Reads a file of this size up to its end or the first piece that is not whole.
    fn read(&mut self, size: u64) -> Result<(), StoreError> {
        let mut reader = BufReader::new(&self.file);
        let mut magic = MAGIC;
        reader.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(damaged("its file is no journal"));
        }
        self.len = MAGIC.len() as u64;
        while let Some(changes) = read_piece(&mut reader, size - self.len)? {
            let mut rest = changes.as_slice();
            while !rest.is_empty() {
                match split_change(&mut rest).ok_or_else(|| damaged("a change makes no sense"))? {
                    (key, Some(value)) => self.entries.insert(key.into(), value.into()),
                    (key, None) => self.entries.remove(key),
                };
            }
            self.len += (HEAD + changes.len()) as u64;
        }
        Ok(())
    }
}

fn lock(file: &File) -> Result<(), StoreError> {
    for _ in 0..LOCK_LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_LOOK),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
    }
    Err(StoreError::Disk("its file is locked: another process has it open".into()))
}

/// A batch as it is written; `None` if a length is beyond what can be said.
fn piece(batch: &Batch) -> Option<Vec<u8>> {
    let mut piece = vec![0; HEAD];
    for (key, value) in &batch.0 {
        let value_len = match value {
            Some(value) => u16::try_from(value.len()).ok().filter(|len| *len != GONE)?,
            None => GONE,
        };
        piece.push(u8::try_from(key.len()).ok()?);
        piece.extend_from_slice(&value_len.to_be_bytes());
        piece.extend_from_slice(key);
        piece.extend_from_slice(value.as_deref().unwrap_or_default());
    }
    let (head, changes) = piece.split_at_mut(HEAD);
    let len = u32::try_from(changes.len()).ok()?;
    head[..4].copy_from_slice(&len.to_be_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(changes).to_be_bytes());
    Some(piece)
}

/// The changes of the next piece; `None` if in the `rest` of the file there is none that is whole.
fn read_piece(reader: &mut impl Read, rest: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(most) = rest.checked_sub(HEAD as u64) else { return Ok(None) };
    let mut number = || {
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    };
    let (len, sum) = (number()?, number()?);
    // A file system may leave zeros where it had no time to write: no piece is empty.
    if len == 0 || u64::from(len) > most {
        return Ok(None);
    }
    let mut changes = vec![0; len as usize];
    reader.read_exact(&mut changes)?;
    Ok((crc32fast::hash(&changes) == sum).then_some(changes))
}

/// Takes the first change off.
fn split_change<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let ([key_len, high, low], after) = rest.split_first_chunk()?;
    let (key, after) = after.split_at_checked(usize::from(*key_len))?;
    let value_len = u16::from_be_bytes([*high, *low]);
    let (value, after) = match value_len {
        GONE => (None, after),
        _ => after.split_at_checked(usize::from(value_len)).map(|(value, after)| (Some(value), after))?,
    };
    *rest = after;
    Some((key, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

    fn entries(journal: &Journal) -> Entries {
        journal.entries().map(Result::unwrap).map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
    }

    /// A batch that inserts and removes, by one that does the same to a map.
    fn batch(changes: &[(u8, Option<Vec<u8>>)], expected: &mut Entries) -> Batch {
        let mut batch = Batch::default();
        for (key, value) in changes {
            let key = [b'k', *key];
            match value {
                Some(value) => {
                    batch.insert(&key, value);
                    expected.insert(key.to_vec(), value.clone());
                }
                None => {
                    batch.remove(&key);
                    expected.remove(key.as_slice());
                }
            }
        }
        batch
    }

    /// A file of these many batches, with what it had after each, and where each ended.
    fn written(folder: &Path, batches: u8) -> Vec<(u64, Entries)> {
        let mut journal = Journal::open(folder).unwrap();
        let mut states = vec![(journal.len, Entries::new())];
        for n in 0..batches {
            let mut state = states[usize::from(n)].1.clone();
            // None ends in a zero, or zeros after all but that would be all of it.
            let changes = [(n / 2, None), (0, Some(vec![7; usize::from(n)])), (n, Some(vec![n + 1; 40]))];
            journal.apply(batch(&changes, &mut state)).unwrap();
            states.push((journal.len, state));
        }
        states
    }

    fn write(folder: &Path, bytes: &[u8]) {
        File::create(folder.join(FILE)).unwrap().write_all_at(bytes, 0).unwrap();
    }

    fn changes() -> impl Strategy<Value = Vec<(u8, Option<Vec<u8>>)>> {
        prop::collection::vec((0..20u8, prop::option::of(prop::collection::vec(any::<u8>(), 0..900))), 0..12)
    }

    proptest! {
        #[test]
        fn what_was_applied_is_there_after_it_was_opened_again_and_copied(
            batches in prop::collection::vec(changes(), 0..8),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (store, copy) = (folder.path().join("store"), folder.path().join("copy"));
            let mut expected = Entries::new();
            for changes in &batches {
                let mut journal = Journal::open(&store).unwrap();
                journal.apply(batch(changes, &mut expected)).unwrap();
                prop_assert_eq!(&entries(&journal), &expected);
                for key in 0..20 {
                    let key = [b'k', key];
                    prop_assert_eq!(journal.get(&key).unwrap(), expected.get(key.as_slice()).map(|value| &**value));
                }
            }
            let journal = Journal::open(&store).unwrap();
            prop_assert_eq!(&entries(&journal), &expected);
            let size = journal.len;
            journal.copy_to(&copy).unwrap();
            let copied = Journal::open(&copy).unwrap();
            prop_assert_eq!(&entries(&copied), &expected);
            prop_assert!(copied.len <= size);
        }
    }

    #[test]
    fn a_file_that_ends_anywhere_has_all_batches_before() {
        let folder = tempfile::tempdir().unwrap();
        let states = written(folder.path(), 6);
        let whole = std::fs::read(folder.path().join(FILE)).unwrap();
        for end in 0..=whole.len() {
            // What was not written before the power went is missing, or zeros.
            for zeros in [0, 700] {
                let torn = [&whole[..end], &vec![0; zeros]].concat();
                if end < MAGIC.len() && zeros > 0 {
                    continue;
                }
                write(folder.path(), &torn);
                let journal = Journal::open(folder.path()).unwrap();
                let (_, expected) =
                    states.iter().rev().find(|(len, _)| *len <= end as u64).unwrap_or(&states[0]);
                assert_eq!(&entries(&journal), expected, "{end} bytes and {zeros} zeros");
            }
        }
    }

    #[test]
    fn a_bit_that_turned_costs_what_came_after_or_the_table_and_never_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let states = written(folder.path(), 6);
        let whole = std::fs::read(folder.path().join(FILE)).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut turned = whole.clone();
            turned[bit / 8] ^= 1 << (bit % 8);
            write(folder.path(), &turned);
            match Journal::open(folder.path()) {
                Ok(journal) => {
                    let (_, expected) = states.iter().rev().find(|(len, _)| *len <= bit as u64 / 8).unwrap();
                    assert_eq!(&entries(&journal), expected, "bit {bit}");
                }
                Err(error) => assert!(bit < MAGIC.len() * 8 && matches!(error, StoreError::Damaged(_))),
            }
        }
    }

    #[test]
    fn a_batch_that_does_not_fit_on_the_disk_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (_, before) = written(folder.path(), 3).pop().unwrap();
        let mut journal = Journal::open(folder.path()).unwrap();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let file = std::mem::replace(&mut journal.file, full);
        let mut after = before.clone();
        let refused = journal.apply(batch(&[(9, Some(vec![9]))], &mut after)).unwrap_err();
        assert!(matches!(refused, StoreError::Disk(_)), "{refused}");
        assert_eq!(entries(&journal), before);
        journal.file = file;
        journal.apply(batch(&[(9, Some(vec![9]))], &mut after)).unwrap();
        drop(journal);
        assert_eq!(entries(&Journal::open(folder.path()).unwrap()), after);
    }

    #[test]
    fn one_process_has_it_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let _open = Journal::open(folder.path()).unwrap();
        let error = Journal::open(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "its file is locked: another process has it open");
    }
}
