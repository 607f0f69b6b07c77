//! The family in force: read at the start, read again when its file changes, compiled anew as time passes.
//!
//! A document that has a mistake is refused whole, and what was in force stays so; even over a restart, by a copy of
//! the last good one in the state folder.

mod save;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

pub use self::save::SaveError;
use crate::config::Config;
use crate::family::{Etag, Family, MAX_DOCUMENT, Refused, Spec};
use crate::files;
use crate::history::Calendar;
use crate::policy::{Circumstances, Names, Policy, Rulebook, Rules};
use crate::who::directory::Directory;
use crate::who::{People, Roll};

/// A family and the numbers that its people, devices and rules have in this run.
#[derive(Debug)]
pub struct Home {
    file: PathBuf,
    /// A copy of the last good document; `None` for who only looks.
    last_good: Option<PathBuf>,
    directory: Arc<Directory>,
    book: Arc<Rulebook>,
    current: Mutex<Current>,
    /// Held by whoever looks at the file or writes it.
    turn: Mutex<()>,
}

#[derive(Debug)]
struct Current {
    spec: Arc<Spec>,
    family: Arc<Family>,
    /// Which version of the file was looked at last.
    seen: Option<Stamp>,
    /// Why that version is not in force, if it isn't.
    refused: Option<Refused>,
}

#[cfg(test)]
impl Home {
    /// The home of a document.
    pub(crate) fn of(text: &str) -> Self {
        let (spec, family) = Family::parse("family.toml", text).unwrap();
        Self::with(PathBuf::new(), None, (spec, family), Arc::default())
    }
}

/// What tells one version of a file from the next: when it was changed, how long it is, and which file it is.
type Stamp = (SystemTime, u64, u64);

impl Default for Home {
    /// A house without a document.
    fn default() -> Self {
        Self::with(PathBuf::new(), None, Family::nobody(), Arc::default())
    }
}

impl Home {
    /// Reads the family at the daemon's start. With mistakes in the document the last good one is in force, and the
    /// refusal is kept for [`Home::refused`].
    pub fn at_start(config: &Config, directory: Arc<Directory>) -> Self {
        let file = config.family.file.clone();
        let last_good = config.state.dir.join("family.last-good.toml");
        let seen = stamp(&file);
        let (good, refused) = match Family::load(&file) {
            Ok(good) => (good, None),
            Err(refused) => (Family::load(&last_good).unwrap_or_else(|_| Family::nobody()), Some(refused)),
        };
        let home = Self::with(file, Some(last_good), good, directory);
        let mut current = home.current();
        (current.seen, current.refused) = (seen, refused);
        drop(current);
        home.keep();
        home
    }

    /// Reads the family for a command that only looks.
    pub fn read(config: &Config) -> Result<Self, Refused> {
        Ok(Self::with(config.family.file.clone(), None, Family::load(&config.family.file)?, Arc::default()))
    }

    fn with(
        file: PathBuf,
        last_good: Option<PathBuf>,
        (spec, family): (Spec, Family),
        directory: Arc<Directory>,
    ) -> Self {
        let (spec, family) = (Arc::new(spec), Arc::new(family));
        let current = Mutex::new(Current { spec, family, seen: None, refused: None });
        let (book, turn) = Default::default();
        Self { file, last_good, directory, book, current, turn }
    }

    /// Looks whether the file has changed, and takes in what it says; with mistakes in it, which are returned once, what
    /// was in force stays so.
    pub fn look(&self) -> Option<Refused> {
        let _turn = lock(&self.turn);
        self.take_in()
    }

    fn take_in(&self) -> Option<Refused> {
        let seen = stamp(&self.file);
        if self.current().seen == seen {
            return None;
        }
        let read = Family::load(&self.file);
        let mut current = self.current();
        current.seen = seen;
        match read {
            Ok((spec, _)) if spec == *current.spec && current.refused.is_none() => None,
            Ok((spec, family)) => {
                (current.spec, current.family, current.refused) = (Arc::new(spec), Arc::new(family), None);
                drop(current);
                self.keep();
                None
            }
            Err(refused) => {
                current.refused = Some(refused.clone());
                Some(refused)
            }
        }
    }

    /// What is in force, as it is meant.
    pub fn family(&self) -> Arc<Family> {
        Arc::clone(&self.current().family)
    }

    /// The days of the family's time zone, for what is counted by day.
    pub fn calendar(&self) -> Calendar {
        Calendar::new(self.family().zone.rules().clone())
    }

    /// What is in force, as it is written.
    pub fn spec(&self) -> Arc<Spec> {
        Arc::clone(&self.current().spec)
    }

    /// Which version of the document is in force.
    pub fn etag(&self) -> Etag {
        Etag::of(&self.spec())
    }

    /// The document as it stands; empty where there is none.
    pub fn text(&self) -> std::io::Result<String> {
        match files::read_text(&self.file, MAX_DOCUMENT) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }

    /// Why the file is not in force, if it isn't.
    pub fn refused(&self) -> Option<Refused> {
        self.current().refused.clone()
    }

    /// Everybody's numbers.
    pub fn roll(&self) -> &Roll {
        self.directory.roll()
    }

    /// Who is who, by what this document says and the network shows.
    pub fn people(&self, family: &Family) -> People {
        self.directory.set_known(family.devices.iter().map(|device| device.known.clone()).collect())
    }

    /// Everything compiled, for this document. The devices of [`Home::people`] have their numbers before.
    pub fn policy(&self, rules: &Rules, family: Arc<Family>, circumstances: &Circumstances<'_>) -> Policy {
        let names = Names::compile(rules, family, Arc::clone(&self.book));
        self.policy_with(Arc::new(names), rules, circumstances)
    }

    /// The same with names that have not changed.
    pub fn policy_with(&self, names: Arc<Names>, rules: &Rules, circumstances: &Circumstances<'_>) -> Policy {
        Policy::compile(names, rules, &self.roll().subjects(), circumstances)
    }

    /// Keeps a copy of the document in force, if it is another than the one kept. That it can't be written is no
    /// reason not to run.
    fn keep(&self) {
        let Some(last_good) = self.last_good.as_deref().filter(|_| self.refused().is_none()) else { return };
        if let Err(error) = copy_changed(&self.file, last_good) {
            tracing::debug!(%error, file = %last_good.display(), "no copy of the family is kept");
        }
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        lock(&self.current)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked left whole values behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stamp(file: &Path) -> Option<Stamp> {
    fs::metadata(file).ok().and_then(|metadata| stamp_of(&metadata))
}

fn stamp_of(metadata: &fs::Metadata) -> Option<Stamp> {
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

/// Copies a file unless the copy says the same: flash wears out.
fn copy_changed(from: &Path, to: &Path) -> std::io::Result<()> {
    let text = match fs::read(from) {
        Ok(text) => text,
        // No document is an empty family: an old copy must not come back for it.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    if fs::read(to).unwrap_or_default() == text {
        return Ok(());
    }
    files::replace_secret(to, |file| std::io::Write::write_all(file, &text))
}
