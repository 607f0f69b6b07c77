//! The folder of the store, and how it is opened so that damage stays without consequence.
//!
//! sled may panic on what a worn-out flash gives back, and where a panic ends the program (as in what ships) no thread
//! can guard against that. So another process looks first: `luytre history-check` opens the store and reads all of it.
//! What it can't read is moved aside, where one such store is kept, and begun anew. A marker stands beside the store
//! while it is opened here, in case that ends the program all the same.

use std::fs::{self, File};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::dictionary::Dictionary;
use super::store::{Store, StoreError};
use super::table;
use crate::clock::Clock;

/// A store of 2 MB is read in well under a second on the slowest router.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often opening may end the program in a row, over restarts of the machine.
const ATTEMPTS: u8 = 3;
/// Beyond this size sled's file is written anew, if that helps: it seldom gives room back by itself.
const LARGE: u64 = 1_700_000;

/// Exit codes of `luytre history-check`; everything else is damage, a panic's end too.
const HEALTHY: i32 = 0;
/// The folder's name is none that can be given to a command.
const NOT_UNDERSTOOD: i32 = 2;
const NO_DISK: i32 = 3;

/// What is done to a store by another process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart {
    /// Looks into it.
    pub(super) check: fn(&Path) -> Health,
    /// Writes it anew into another folder; whether that succeeded.
    pub(super) copy: fn(&Path, &Path) -> bool,
}

/// By the commands `luytre history-check` and `history-copy`.
pub(super) const APART: Apart = Apart { check: check_apart, copy: copy_apart };

/// What a look into a store showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// All of it can be read, or nobody can tell.
    Good,
    /// It can't be read.
    Damaged,
}

/// Where the store lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    folder: PathBuf,
    /// Days that are kept.
    days: usize,
    apart: Apart,
    /// The file's size after it was last written anew.
    smallest: u64,
}

impl Place {
    /// A store in this folder, which need not be there yet, with so many days.
    pub(super) fn new(folder: PathBuf, days: usize, apart: Apart) -> Self {
        Self { folder, days, apart, smallest: 0 }
    }

    /// Whether there is something where the store belongs.
    pub(super) fn exists(&self) -> bool {
        self.folder.exists()
    }

    /// Opens the store, or begins a new one if it is damaged.
    pub(super) fn open(&self) -> Result<(Store, Dictionary), String> {
        let failed = |error: io::Error| format!("{}: {error}", self.folder.display());
        fs::create_dir_all(&self.folder).map_err(failed)?;
        self.finish_copy().map_err(failed)?;
        let store = self.store();
        let attempts = self.attempts();
        let is_bad =
            store.exists() && (attempts >= ATTEMPTS || (self.apart.check)(&store) == Health::Damaged);
        if is_bad {
            self.move_aside("it can't be read")?;
        }
        self.mark(if is_bad { 0 } else { attempts + 1 }).map_err(failed)?;
        let opened = match self.try_open() {
            Err(StoreError::Damaged(reason)) => {
                self.move_aside(&reason)?;
                self.try_open()
            }
            opened => opened,
        };
        self.sync().map_err(failed)?;
        // Best effort: a marker that stays costs another look at the next start.
        let _ = fs::remove_file(self.marker());
        opened.map_err(|error| error.to_string())
    }

    fn try_open(&self) -> Result<(Store, Dictionary), StoreError> {
        guarded(|| Store::open(&self.store(), self.days))
    }

    /// Puts a store that makes no sense where the next start does not find it.
    pub(super) fn move_aside(&self, reason: &str) -> Result<(), String> {
        let aside = self.beside("damaged");
        tracing::error!(%reason, kept = %aside.display(), "the history is damaged; a new one begins");
        // The last one goes: one is enough to look into, and flash is small.
        let _ = fs::remove_dir_all(&aside);
        fs::rename(self.store(), &aside)
            .and_then(|()| self.sync())
            .map_err(|error| format!("{} can't be moved aside: {error}", self.store().display()))
    }

    /// Writes a store anew that has become larger than its rows need; `None` if there is no need, and else the store in
    /// its new place. Another process does it: it takes 10 MB for a moment, which would never come back here.
    pub(super) fn shrink(&mut self, store: &mut Option<Store>) -> Result<Option<Dictionary>, StoreError> {
        let size = store.as_ref().map_or(0, Store::size);
        if size < LARGE || size < self.smallest / 16 * 17 {
            return Ok(None);
        }
        // Closed: a store has one process at a time.
        drop(store.take());
        let copy = self.beside("copy");
        let _ = fs::remove_dir_all(&copy);
        if (self.apart.copy)(&self.store(), &copy) {
            fs::rename(self.store(), self.beside("before"))?;
        }
        self.finish_copy()?;
        let (reopened, dictionary) = self.try_open()?;
        self.smallest = reopened.size();
        tracing::info!(before = size, after = self.smallest, "the history was written anew, in bytes");
        *store = Some(reopened);
        Ok(Some(dictionary))
    }

    /// A power cut may come between any two steps of [`shrink`](Self::shrink): the copy counts from the moment when the
    /// store has moved away for it.
    fn finish_copy(&self) -> io::Result<()> {
        let (store, copy, before) = (self.store(), self.beside("copy"), self.beside("before"));
        if before.exists() && !store.exists() {
            self.sync()?;
            fs::rename(if copy.exists() { &copy } else { &before }, &store)?;
            self.sync()?;
        }
        for left in [copy, before] {
            if left.exists() {
                fs::remove_dir_all(left)?;
            }
        }
        Ok(())
    }

    /// How often in a row opening ended the program. In one and the same run of the machine once is enough; a power cut
    /// in the moment of opening says nothing about the store.
    fn attempts(&self) -> u8 {
        let text = fs::read_to_string(self.marker()).unwrap_or_default();
        match text.trim().split_once(' ') {
            Some((_, boot)) if boot == boot_id() => ATTEMPTS,
            Some((attempts, _)) => attempts.parse().unwrap_or(1),
            None => 0,
        }
    }

    fn mark(&self, attempt: u8) -> io::Result<()> {
        // No fsync: it is there for the next process.
        File::create(self.marker())?.write_all(format!("{attempt} {}", boot_id()).as_bytes())
    }

    fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    fn marker(&self) -> PathBuf {
        self.beside("opening")
    }

    fn beside(&self, extension: &str) -> PathBuf {
        crate::files::beside(&self.store(), extension)
    }

    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

/// Runs what may panic on damage; a panic is damage.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::Damaged("sled panicked on it".into())))
}

/// The exit code of `luytre history-check FOLDER`: reads the store in that folder.
pub fn check(folder: &Path) -> u8 {
    let code = match Store::open(folder, usize::from(u16::MAX)) {
        Ok(_) => HEALTHY,
        Err(StoreError::Disk(_)) => NO_DISK,
        Err(StoreError::Damaged(_)) => 1,
    };
    code as u8 // one of three small numbers
}

/// What `luytre history-copy FROM TO` does; returns its exit code.
pub fn copy(from: &Path, to: &Path) -> u8 {
    let copied = Store::open(from, usize::from(u16::MAX)).and_then(|(store, _)| store.copy_to(to));
    u8::from(copied.is_err())
}

fn check_apart(store: &Path) -> Health {
    match run_apart("history-check", &[store]) {
        Ran::Ended(Some(HEALTHY | NOT_UNDERSTOOD | NO_DISK)) | Ran::Never => Health::Good,
        Ran::Ended(_) => Health::Damaged,
    }
}

fn copy_apart(from: &Path, to: &Path) -> bool {
    matches!(run_apart("history-copy", &[from, to]), Ran::Ended(Some(HEALTHY))) && table::size(to) > 0
}

/// How another process went.
enum Ran {
    /// It could not be started or watched.
    Never,
    /// With this exit code; `None` for a signal, ours after [`PATIENCE`] too.
    Ended(Option<i32>),
}

/// Runs a command of this program in another process.
fn run_apart(command: &str, folders: &[&Path]) -> Ran {
    let mut process = Command::new("/proc/self/exe");
    process.arg(command).args(folders).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = process.spawn() else { return Ran::Never };
    let clock = Clock::default();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ran::Ended(status.code()),
            Err(_) => return Ran::Never,
            Ok(None) if clock.uptime() > PATIENCE => {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return Ran::Ended(None);
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Another one after each start of the machine.
fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}
