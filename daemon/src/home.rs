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
use crate::policy::{Circumstances, Names, Policy, Rulebook, Rules};
use crate::who::directory::Directory;
use crate::who::{Known, People, Roll};

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
    /// Whether something came into force that [`Home::look`] did not tell yet.
    is_news: bool,
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

/// What became of a changed file.
#[derive(Debug)]
pub enum Look {
    /// It is as it was.
    Same,
    /// What it says is in force; or what was saved since.
    Taken,
    /// It has mistakes; what was in force stays so.
    Refused(Refused),
}

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
        let current = Mutex::new(Current { spec, family, seen: None, refused: None, is_news: false });
        let (book, turn) = Default::default();
        Self { file, last_good, directory, book, current, turn }
    }

    /// Looks whether the file has changed, and reads it if so.
    pub fn look(&self) -> Look {
        let _turn = lock(&self.turn);
        let look = self.take_in();
        let is_news = &mut self.current().is_news;
        match look {
            Look::Refused(_) => look,
            Look::Same if !*is_news => look,
            Look::Same | Look::Taken => {
                *is_news = false;
                Look::Taken
            }
        }
    }

    fn take_in(&self) -> Look {
        let seen = stamp(&self.file);
        if self.current().seen == seen {
            return Look::Same;
        }
        let read = Family::load(&self.file);
        let mut current = self.current();
        current.seen = seen;
        match read {
            Ok((spec, _)) if spec == *current.spec && current.refused.is_none() => Look::Same,
            Ok((spec, family)) => {
                (current.spec, current.family, current.refused) = (Arc::new(spec), Arc::new(family), None);
                drop(current);
                self.keep();
                Look::Taken
            }
            Err(refused) => {
                current.refused = Some(refused.clone());
                Look::Refused(refused)
            }
        }
    }

    /// What is in force, as it is meant.
    pub fn family(&self) -> Arc<Family> {
        Arc::clone(&self.current().family)
    }

    /// What is in force, as it is written.
    pub fn spec(&self) -> Arc<Spec> {
        Arc::clone(&self.current().spec)
    }

    /// Which version of the document is in force.
    pub fn etag(&self) -> Etag {
        Etag::of(&self.spec())
    }

    /// Both what is in force, as it is written, and its version.
    pub fn version(&self) -> (Etag, Arc<Spec>) {
        let spec = self.spec();
        (Etag::of(&spec), spec)
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

    /// The devices that somebody named.
    pub fn known(&self) -> Vec<Known> {
        self.family().devices.iter().map(|device| device.known.clone()).collect()
    }

    /// Who is who, by what the document says and the network shows.
    pub fn people(&self) -> People {
        self.directory.set_known(self.known())
    }

    /// Everything compiled. The devices of [`Home::people`] have their numbers before.
    pub fn policy(&self, rules: &Rules, circumstances: &Circumstances<'_>) -> Policy {
        let names = Names::compile(rules, &self.family(), &self.book);
        self.policy_with(Arc::new(names), rules, circumstances)
    }

    /// The same with names that have not changed.
    pub fn policy_with(&self, names: Arc<Names>, rules: &Rules, circumstances: &Circumstances<'_>) -> Policy {
        let known = (names, Arc::clone(&self.book));
        Policy::compile(known, rules, &self.family(), &self.roll().subjects(), circumstances)
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
