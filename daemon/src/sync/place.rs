//! Where the lists lie: the one in force, the one before it, the one that is being made; and how they take each other's
//! place so that a power cut at any step leaves one of them, whole.
//!
//! ```text
//! list.lyt        in force          list.lyt.sync   what must not be forgotten (`kept`)
//! list.lyt.prev   the one before    list.lyt.lock   held by whoever changes any of it
//! list.lyt.next   being made        list.lyt.part-… being fetched
//! ```

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use luytre_trust::Sha256;

use super::Trouble;
use super::kept::{Held, Kept};
use crate::files;
use crate::list::LoadedList;
use crate::system;

/// Free bytes that are left on the disk for others.
const MARGIN: u64 = 256 * 1024;
/// So often the daemon may start with a new list and end before it has run well.
const TRIALS: u32 = 3;

/// The files of a list.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

/// Held while any of the files is changed; another process waits until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _lock: File,
}

impl Place {
    /// The place of this list.
    pub fn of(list: &Path) -> Self {
        Self(list.to_owned())
    }

    /// The list in force.
    pub fn list(&self) -> &Path {
        &self.0
    }

    /// The list before it.
    pub fn before(&self) -> PathBuf {
        files::beside(&self.0, "prev")
    }

    /// The list that is being made.
    pub fn next(&self) -> PathBuf {
        files::beside(&self.0, "next")
    }

    /// Where a file with this digest is fetched to.
    pub fn part(&self, digest: Sha256) -> PathBuf {
        files::beside(&self.0, &format!("part-{}", &digest.to_string()[..16]))
    }

    /// Waits for its turn to change the files, and mends what a power cut has left.
    pub fn turn(&self) -> Result<(Turn, Kept), Trouble> {
        self.take_turn(File::lock)
    }

    fn take_turn(&self, lock: impl FnOnce(&File) -> io::Result<()>) -> Result<(Turn, Kept), Trouble> {
        let path = files::beside(&self.0, "lock");
        let open = || {
            // Before the daemon's first start there may be no folder yet.
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
            lock(&file)?;
            Ok(file)
        };
        let lock = open().map_err(Trouble::local(path.display()))?;
        let mut kept = Kept::read(&self.0)?;
        self.recover(&mut kept)?;
        Ok((Turn { _lock: lock }, kept))
    }

    /// Puts `next` in the place of the list in force.
    pub fn install(&self, kept: &mut Kept, held: Held, edition: &str) -> Result<(), Trouble> {
        kept.pending = Some(held);
        kept.save(&self.0)?;
        self.keep_before(kept).map_err(Trouble::local(self.before().display()))?;
        self.rename(&self.next(), &self.0)?;
        kept.before = kept.installed.take();
        kept.installed = kept.pending.take();
        edition.clone_into(&mut kept.edition);
        kept.trial = Some(0);
        kept.save(&self.0)
    }

    /// Puts the list before in the place of the one in force, whose serial is not taken again.
    pub fn roll_back(&self, kept: &mut Kept) -> Result<(), Trouble> {
        let none = || Trouble::Local("there is no list before this one to go back to".to_owned());
        let before = kept.before.clone().ok_or_else(none)?;
        let wrong = |error| Trouble::Local(format!("the list before can't be used: {error}"));
        let loaded = LoadedList::map(&self.before()).map_err(wrong)?;
        if loaded.fingerprint() != before.fingerprint {
            return Err(none());
        }
        if let Some(held) = &kept.installed {
            kept.refuse(held.serial);
        }
        kept.pending = Some(before);
        kept.save(&self.0)?;
        self.rename(&self.before(), &self.0)?;
        kept.installed = kept.pending.take();
        (kept.before, kept.trial) = (None, None);
        kept.save(&self.0)
    }

    /// Counts a start. A list with which the daemon ends again and again is rolled back from; says so then.
    pub fn count_start(&self) -> Result<Option<String>, Trouble> {
        if !files::beside(&self.0, "sync").exists() {
            return Ok(None);
        }
        // Who has the turn now has run well enough; DNS does not wait for it.
        let (_turn, mut kept) = self.take_turn(|file| Ok(file.try_lock()?))?;
        let Some(starts) = kept.trial else { return Ok(None) };
        if starts < TRIALS || kept.before.is_none() {
            kept.trial = Some(starts.saturating_add(1));
            kept.save(&self.0)?;
            return Ok(None);
        }
        let serial = kept.installed.as_ref().map_or(0, |held| held.serial);
        self.roll_back(&mut kept)?;
        Ok(Some(format!(
            "the daemon ended {starts} times soon after it had taken list {serial}; the list before is back"
        )))
    }

    /// The daemon has run well with this list for a while.
    pub fn end_trial(&self) -> Result<(), Trouble> {
        let (_turn, mut kept) = self.turn()?;
        if kept.trial.take().is_some() {
            kept.save(&self.0)?;
        }
        Ok(())
    }

    /// Sees to it that so many bytes can be written; the list before gives way if it must.
    pub fn make_room(&self, kept: &mut Kept, bytes: u64) -> Result<(), Trouble> {
        let folder = self.0.parent().unwrap_or(Path::new("."));
        let free = || system::free_bytes(folder).unwrap_or(u64::MAX);
        if free() >= bytes + MARGIN {
            return Ok(());
        }
        if kept.before.take().is_some() {
            tracing::warn!("the disk is small: the list before is removed to make room for the next one");
            kept.save(&self.0)?;
            let _ = fs::remove_file(self.before());
        }
        match free() {
            free if free >= bytes + MARGIN => Ok(()),
            free => Err(Trouble::Local(format!(
                "{} has {} kB left, and the next list needs {} kB; make room, or write a smaller [list] edition",
                folder.display(),
                free / 1024,
                (bytes + MARGIN) / 1024
            ))),
        }
    }

    /// Free bytes, with those that the list before would give up.
    pub fn room(&self) -> u64 {
        let folder = self.0.parent().unwrap_or(Path::new("."));
        let before = fs::metadata(self.before()).map_or(0, |there| there.len());
        system::free_bytes(folder).unwrap_or(u64::MAX).saturating_add(before)
    }

    /// Removes what is left of other tries.
    pub fn remove_parts(&self, but: Option<&Path>) {
        let (Some(folder), Some(name)) = (self.0.parent(), self.0.file_name().and_then(|name| name.to_str()))
        else {
            return;
        };
        let prefix = format!("{name}.part-");
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_part = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix))
        };
        for path in entries.filter(is_part).filter(|path| Some(path.as_path()) != but) {
            // Next time, then.
            let _ = fs::remove_file(path);
        }
    }

    /// Finishes, or takes back, what a power cut has interrupted.
    fn recover(&self, kept: &mut Kept) -> Result<(), Trouble> {
        for leftover in [self.next(), files::beside(&self.before(), "new")] {
            match fs::remove_file(&leftover) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Trouble::local(leftover.display())(error));
                }
                _ => {}
            }
        }
        let Some(pending) = kept.pending.take() else { return Ok(()) };
        let in_force = LoadedList::map(&self.0).ok().map(|list| list.fingerprint());
        if in_force == Some(pending.fingerprint) {
            kept.before = kept.installed.replace(pending);
            kept.trial = Some(0);
        } else if in_force.is_none() {
            let before = LoadedList::map(&self.before()).ok().map(|list| list.fingerprint());
            if before.is_some() && before == kept.installed.as_ref().map(|held| held.fingerprint) {
                // Where files can't have two names, the old list had only its second one for a moment.
                self.rename(&self.before(), &self.0)?;
            }
        }
        kept.save(&self.0)
    }

    /// Gives the list in force its second name, under which it stays when the next one comes.
    fn keep_before(&self, kept: &Kept) -> io::Result<()> {
        let is_ours = kept.installed.as_ref().is_some_and(|held| {
            LoadedList::map(&self.0).is_ok_and(|list| list.fingerprint() == held.fingerprint)
        });
        if !is_ours {
            return Ok(());
        }
        let (before, new) = (self.before(), files::beside(&self.before(), "new"));
        match fs::hard_link(&self.0, &new) {
            Ok(()) => fs::rename(&new, &before),
            // Some file systems know no second names.
            Err(_) => fs::rename(&self.0, &before),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Trouble> {
        let rename = || {
            fs::rename(from, to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        rename().map_err(Trouble::local(to.display()))
    }
}
