//! The list's copy on flash, where the list itself lies in memory: in the form in which it travels, a fifth smaller, with
//! what must not be forgotten beside it. After a power cut it is unfolded before the first question.
//!
//! Flash wears out: the copy is written once a week at the most, unless a list is urgent. What a router restores is so a
//! week old at the most, and the next round brings it up to date by a delta.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use luytre_lists::{List, delta};

use super::kept::Kept;
use super::place::Place;
use super::{Trouble, make};
use crate::files;
use crate::list::LoadedList;
use crate::system;

/// How old the copy is when it is written anew, in seconds of the time that is signed: a week.
const OLD: u64 = 7 * 24 * 3600;
/// The largest list that is copied, in bytes: it is coded in memory, and one that is larger has its place on flash.
const MAX_LIST: u64 = 8 << 20;
/// Free bytes that are left on flash for others.
const MARGIN: u64 = 64 * 1024;

/// The copy of a list, in a file.
#[derive(Clone, Debug)]
pub struct Copy(PathBuf);

impl Copy {
    /// The copy in this file.
    pub fn at(file: &Path) -> Self {
        Self(file.to_owned())
    }

    /// Copies the list in force, if the copy is old, or at once. Says whether it did.
    pub fn write(&self, place: &Place, kept: &Kept, at_once: bool) -> Result<bool, Trouble> {
        if !at_once && !self.is_old(kept) {
            return Ok(false);
        }
        let list = LoadedList::map(place.list()).map_err(|error| Trouble::Local(error.to_string()))?;
        let length = list.list().as_bytes().len() as u64;
        if length > MAX_LIST {
            return Err(
                self.trouble(format!("a list of {length} bytes is too large for a copy; keep it on flash"))
            );
        }
        let whole = delta::diff(None::<&List<Vec<u8>>>, list.list());
        let free = system::free_bytes(self.0.parent().unwrap_or(Path::new("."))).unwrap_or(u64::MAX);
        if free < whole.len() as u64 + MARGIN {
            return Err(self.trouble(format!(
                "{} kB are left, and it needs {}",
                free / 1024,
                whole.len() / 1024
            )));
        }
        let written = files::replace(&self.0, |out| io::Write::write_all(out, &whole));
        written.map_err(Trouble::local(self.0.display()))?;
        // Last: a list without it is not believed.
        kept.save(&self.0)?;
        Ok(true)
    }

    /// Unfolds the copy where the list is missing; says whether it did. Nothing is believed but what has the length and
    /// digest that were signed.
    pub fn restore(&self, place: &Place) -> Result<bool, Trouble> {
        if place.list().exists() || !self.0.exists() {
            return Ok(false);
        }
        let mut kept = Kept::read(&self.0)?;
        let Some(held) = kept.installed.clone() else { return Ok(false) };
        let (_turn, _) = place.turn()?;
        make::unfold(held.file, None, &self.0, &place.next())?;
        let next = LoadedList::map(&place.next()).map_err(|error| self.trouble(error.to_string()))?;
        if next.fingerprint() != held.fingerprint {
            return Err(self.trouble("it is another list than was signed"));
        }
        // What lay beside the list is gone with it, the list before too.
        (kept.pending, kept.before, kept.trial) = (None, None, None);
        kept.save(place.list())?;
        fs::rename(place.next(), place.list()).map_err(Trouble::local(place.list().display()))?;
        Ok(true)
    }

    fn is_old(&self, kept: &Kept) -> bool {
        let there = Kept::read(&self.0).unwrap_or_default();
        let (signed, now) = (there.seen().timestamp.created.0, kept.seen().timestamp.created.0);
        there.installed.is_none() || !self.0.exists() || now.saturating_sub(signed) >= OLD
    }

    fn trouble(&self, what: impl std::fmt::Display) -> Trouble {
        Trouble::Local(format!("the list's copy {}: {what}", self.0.display()))
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::{Category, Disposition, Domain, Entry, ListWriter, Meta};
    use luytre_trust::{FileRef, Moment, Seen};

    use super::*;
    use crate::sync::kept::Held;

    /// A router with a list in memory and a copy on flash.
    struct Router {
        folder: tempfile::TempDir,
        place: Place,
        copy: Copy,
    }

    impl Router {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let place = Place::of(&folder.path().join("memory/list.lyt"));
            let copy = Copy::at(&folder.path().join("flash.copy"));
            fs::create_dir(folder.path().join("memory")).unwrap();
            Self { folder, place, copy }
        }

        /// A list from the centre, signed at this time.
        fn takes(&self, serial: u64, signed: u64) -> Kept {
            let mut writer = ListWriter::new(Meta { serial, created: signed });
            for number in 0..500 {
                let name = Domain::parse(&format!("n{number}-{serial}.example")).unwrap();
                let said = Disposition::Block(Category::new(9).unwrap().into());
                writer.add(name.as_name(), Entry::subtree(said)).unwrap();
            }
            let bytes = writer.finish().unwrap();
            files::replace(self.place.list(), |out| io::Write::write_all(out, &bytes)).unwrap();
            let fingerprint = LoadedList::map(self.place.list()).unwrap().fingerprint();
            let mut seen = Seen::default();
            seen.timestamp.created = Moment(signed);
            let mut kept = Kept::having_seen(seen);
            kept.installed = Some(Held { serial, file: FileRef::of(&bytes), fingerprint });
            kept.save(self.place.list()).unwrap();
            kept
        }

        fn loses_its_memory(&self) {
            fs::remove_dir_all(self.folder.path().join("memory")).unwrap();
        }

        fn list(&self) -> Vec<u8> {
            fs::read(self.place.list()).unwrap_or_default()
        }
    }

    #[test]
    fn a_power_cut_gives_the_same_list_back_and_what_was_seen() {
        let router = Router::new();
        let kept = router.takes(7, 1000);
        let before = router.list();
        assert!(router.copy.write(&router.place, &kept, false).unwrap());
        assert!(
            (fs::metadata(router.folder.path().join("flash.copy")).unwrap().len() as usize) < before.len()
        );
        router.loses_its_memory();
        assert!(router.copy.restore(&router.place).unwrap());
        assert_eq!(router.list(), before);
        assert_eq!(Kept::read(router.place.list()).unwrap(), kept);
        assert!(!router.copy.restore(&router.place).unwrap(), "a list that is there stays");
    }

    #[test]
    fn flash_is_written_once_a_week_or_when_it_is_urgent() {
        let router = Router::new();
        let write = |serial, signed, at_once| {
            router.copy.write(&router.place, &router.takes(serial, signed), at_once).unwrap()
        };
        assert!(write(1, 1000, false));
        assert!(!write(2, 1000 + OLD - 1, false));
        assert!(write(3, 2000, true));
        assert!(!write(4, 1000 + OLD, false));
        assert!(write(5, 2000 + OLD, false));
    }

    #[test]
    fn a_copy_that_was_touched_is_not_believed() {
        let router = Router::new();
        let kept = router.takes(7, 1000);
        router.copy.write(&router.place, &kept, true).unwrap();
        let copy = router.folder.path().join("flash.copy");
        let whole = fs::read(&copy).unwrap();
        router.loses_its_memory();
        for bit in (0..whole.len() * 8).step_by(101) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            files::replace(&copy, |out| io::Write::write_all(out, &flipped)).unwrap();
            assert!(router.copy.restore(&router.place).is_err(), "bit {bit}");
            assert!(router.list().is_empty());
        }
        files::replace(&copy, |out| io::Write::write_all(out, &whole)).unwrap();
        fs::remove_file(files::beside(&copy, "sync")).unwrap();
        assert!(
            !router.copy.restore(&router.place).unwrap(),
            "without what was signed there is nothing to check by"
        );
    }

    #[test]
    fn without_a_copy_nothing_happens() {
        let router = Router::new();
        assert!(!router.copy.restore(&router.place).unwrap());
    }
}
