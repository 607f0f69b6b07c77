//! `accounts.json` in the state folder: read at once, replaced whole, for its owner's eyes only.
//!
//! `luytre reset-password` writes it too, whether the daemon runs or not; so each reading looks whether it is still the
//! file that was read last.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use super::{Account, Error, Token};
use crate::document::from_json;
use crate::files;

/// The version of the file that this build writes.
const VERSION: u32 = 1;
/// The largest file that is read, in bytes: everything at its bound takes 20 kB.
const LARGEST: u64 = 256 << 10;

/// The file's content.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Saved {
    version: u32,
    pub(super) accounts: Vec<Account>,
    pub(super) tokens: Vec<Token>,
}

impl Default for Saved {
    fn default() -> Self {
        Self { version: VERSION, accounts: Vec::new(), tokens: Vec::new() }
    }
}

impl Saved {
    pub(super) fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    pub(super) fn account_mut(&mut self, id: &str) -> Result<&mut Account, Error> {
        self.accounts.iter_mut().find(|account| account.id == id).ok_or(Error::Unknown)
    }
}

/// The file and what was read of it. Damaged is not the same as missing: nobody gets in, instead of everybody.
#[derive(Debug)]
pub(super) struct Store {
    file: PathBuf,
    current: ArcSwap<Result<Arc<Saved>, String>>,
    /// Held while the file is read or written; no `.await` meanwhile.
    seen: Mutex<Option<Seen>>,
}

/// What tells a file from the one that was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Store {
    pub(super) fn open(state: &Path) -> Self {
        let file = state.join("accounts.json");
        let current = ArcSwap::from_pointee(load(&file));
        let seen = Mutex::new(Seen::of(&file));
        Self { file, current, seen }
    }

    /// What the file says now.
    pub(super) fn read(&self) -> Result<Arc<Saved>, Error> {
        // Whoever holds it is writing: until that is done, what was in force still is. (Only a thread that may wait
        // for the disk takes it otherwise.)
        if let Ok(mut seen) = self.seen.try_lock() {
            self.refresh(&mut seen);
        }
        self.current()
    }

    /// Changes the file; what can't be written does not hold.
    pub(super) fn change<T>(&self, edit: impl FnOnce(&mut Saved) -> Result<T, Error>) -> Result<T, Error> {
        let (done, written) = self.edit(edit, false)?;
        written.map(|()| done)
    }

    /// Changes what is in force even where the file can't be written: a used code stays used.
    pub(super) fn note<T>(&self, edit: impl FnOnce(&mut Saved) -> Result<T, Error>) -> Result<T, Error> {
        let (done, written) = self.edit(edit, true)?;
        if let Err(error) = written {
            tracing::warn!(%error, "remembered until the next start only");
        }
        Ok(done)
    }

    /// Begins anew with an empty file, whatever is there.
    pub(super) fn clear(&self) -> Result<(), Error> {
        let mut seen = self.lock();
        self.write(&Saved::default())?;
        self.put(Ok(Saved::default()), &mut seen);
        Ok(())
    }

    fn edit<T>(
        &self,
        edit: impl FnOnce(&mut Saved) -> Result<T, Error>,
        anyway: bool,
    ) -> Result<(T, Result<(), Error>), Error> {
        let mut seen = self.lock();
        self.refresh(&mut seen);
        let mut saved = (*self.current()?).clone();
        let done = edit(&mut saved)?;
        let written = self.write(&saved);
        if written.is_ok() || anyway {
            self.put(Ok(saved), &mut seen);
        }
        Ok((done, written))
    }

    fn write(&self, saved: &Saved) -> Result<(), Error> {
        write_secret(&self.file, |file| {
            serde_json::to_writer_pretty(&mut *file, saved)?;
            file.write_all(b"\n")
        })
    }

    fn refresh(&self, seen: &mut Option<Seen>) {
        if Seen::of(&self.file) != *seen {
            self.put(load(&self.file).map(Arc::unwrap_or_clone), seen);
        }
    }

    fn put(&self, saved: Result<Saved, String>, seen: &mut Option<Seen>) {
        self.current.store(Arc::new(saved.map(Arc::new)));
        *seen = Seen::of(&self.file);
    }

    fn current(&self) -> Result<Arc<Saved>, Error> {
        (**self.current.load()).clone().map_err(Error::Damaged)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn of(file: &Path) -> Option<Self> {
        let found = fs::metadata(file).ok()?;
        Some(Self { inode: found.ino(), bytes: found.len(), changed: (found.mtime(), found.mtime_nsec()) })
    }
}

fn load(file: &Path) -> Result<Arc<Saved>, String> {
    let damaged = |why: &dyn std::fmt::Display| Err(format!("{}: {why}", file.display()));
    let mut text = String::new();
    let read = File::open(file).and_then(|opened| opened.take(LARGEST).read_to_string(&mut text));
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Arc::default()),
        Err(error) => return damaged(&error),
        Ok(_) => {}
    }
    match from_json::<Saved>(text.as_bytes()) {
        Ok(saved) if saved.version != VERSION => {
            damaged(&format_args!("version {} is from another luytre", saved.version))
        }
        Ok(saved) => Ok(Arc::new(saved)),
        Err(error) => damaged(&error),
    }
}

/// Writes a file for its owner's eyes only. It belongs to whom the folder belongs to: root may write it at the command
/// line, and the daemon reads it as a user of its own.
pub(super) fn write_secret(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), Error> {
    let written = files::replace_secret(path, |file| {
        if let Some(folder) = path.parent().and_then(|folder| fs::metadata(folder).ok())
            && folder.uid() != file.metadata()?.uid()
        {
            std::os::unix::fs::fchown(&*file, Some(folder.uid()), Some(folder.gid()))?;
        }
        write(file)
    });
    written.map_err(|error| Error::Unwritable(path.to_owned(), error))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn add(store: &Store, id: &str) {
        let account = crate::accounts::tests::account(id);
        store
            .change(|saved| {
                saved.accounts.push(account);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn what_is_written_is_read_again_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        assert!(store.read().unwrap().accounts.is_empty());
        add(&store, "parent");
        assert!(Store::open(folder.path()).read().unwrap().account("parent").is_some());
        let file = folder.path().join("accounts.json");
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_another_process_wrote_is_seen_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (daemon, command) = (Store::open(folder.path()), Store::open(folder.path()));
        add(&daemon, "parent");
        assert!(command.read().unwrap().account("parent").is_some());
        command.clear().unwrap();
        assert!(daemon.read().unwrap().accounts.is_empty());
        add(&daemon, "anew");
        assert_eq!(command.read().unwrap().accounts.len(), 1);
    }

    #[test]
    fn a_refused_change_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        add(&store, "parent");
        let refused: Result<(), _> = store.change(|saved| {
            saved.accounts.clear();
            Err(Error::Unknown)
        });
        assert!(matches!(refused, Err(Error::Unknown)));
        assert_eq!(store.read().unwrap().accounts.len(), 1);
    }

    #[test]
    fn a_damaged_file_lets_nobody_in_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        for damaged in ["", "{", "[]", "{\"version\":2,\"accounts\":[],\"tokens\":[]}", "\u{0}\u{1}"] {
            let file = folder.path().join("accounts.json");
            files::replace(&file, |file| file.write_all(damaged.as_bytes())).unwrap();
            let store = Store::open(folder.path());
            assert!(matches!(store.read(), Err(Error::Damaged(_))), "{damaged}");
            assert!(store.change(|_| Ok(())).is_err(), "{damaged}");
            store.clear().unwrap();
            assert!(store.read().is_ok(), "{damaged}");
        }
    }

    #[test]
    fn where_nothing_can_be_written_the_folder_is_named_and_a_note_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("missing"));
        let push = |saved: &mut Saved| {
            saved.accounts.push(crate::accounts::tests::account("parent"));
            Ok(())
        };
        let error = store.change(push).unwrap_err().to_string();
        assert!(error.contains("missing/accounts.json can't be written"), "{error}");
        assert!(store.read().unwrap().accounts.is_empty());
        store.note(push).unwrap();
        assert_eq!(store.read().unwrap().accounts.len(), 1);
    }
}
