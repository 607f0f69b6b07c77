//! The list in force: from a file that is mapped, or the starter list that every build carries.
//!
//! A file that a person put there may be overwritten in place at any time, which would tear a memory map. So what
//! filters is our own copy in the state folder, made once for each new list after all its checksums are good; that
//! copy also is the last good list when the file is damaged later.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use luytre_lists::hash::SuffixHashes;
use luytre_lists::{Category, Domain, FormatError, Info, List, Match, Name};
use memmap2::Mmap;

use crate::files;
use crate::sync::kept::Kept;

static STARTER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/starter.lyt"));

/// The list in force.
#[derive(Debug)]
pub struct LoadedList {
    list: List<Bytes>,
    origin: Origin,
    /// The hashes of names that count as not listed, in order: the centre's mistakes, until a list without them comes.
    lifted: Box<[u64]>,
}

/// Where a list's bytes are.
#[derive(Debug)]
enum Bytes {
    BuiltIn(&'static [u8]),
    Mapped(Mmap),
    /// Where neither state folder nor `.prev` can hold a copy.
    Heap(Vec<u8>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::BuiltIn(bytes) => bytes,
            Self::Mapped(map) => map,
            Self::Heap(bytes) => bytes,
        }
    }
}

/// Which list it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Starter,
    File(PathBuf),
    /// From the centre.
    Published(PathBuf),
}

/// Why a list file can't be used.
#[derive(Debug)]
pub enum ListError {
    /// It can't be read.
    Read(PathBuf, io::Error),
    /// It is empty, damaged, or no list at all.
    Format(PathBuf, FormatError),
}

impl std::fmt::Display for ListError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Format(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for ListError {}

impl ListError {
    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read(_, error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl LoadedList {
    /// The starter list.
    pub fn starter() -> Self {
        #[expect(clippy::expect_used, reason = "made by build.rs; a test opens it")]
        let list = List::open(Bytes::BuiltIn(STARTER)).expect("the starter list is a list");
        Self { list, origin: Origin::Starter, lifted: Box::default() }
    }

    /// The list to begin with, and why the configured one was refused if it was: the file; else our last good
    /// copy; else the file before it; else the starter list. A missing file is no error unless it was `named`.
    pub fn at_start(file: &Path, named: bool, state: &Path) -> (Self, Option<String>) {
        Self::first_good(file, named, state, |path| Self::from_file(path, state))
    }

    /// The list that a daemon would begin with, looked at where it lies: nothing is copied.
    pub fn inspect(file: &Path, named: bool, state: &Path) -> (Self, Option<String>) {
        Self::first_good(file, named, state, |path| {
            Self::map(path).map(|loaded| {
                let kept = Kept::read(path).unwrap_or_default();
                let lifted =
                    if kept.knows(loaded.fingerprint()) { loaded.lifted_by(&kept) } else { Box::default() };
                Self { lifted, ..loaded }
            })
        })
    }

    fn first_good(
        file: &Path,
        named: bool,
        state: &Path,
        open: impl Fn(&Path) -> Result<Self, ListError>,
    ) -> (Self, Option<String>) {
        let refused = match open(file) {
            Ok(loaded) => return (loaded, None),
            Err(error) if error.is_missing() && !named => return (Self::starter(), None),
            Err(error) => error.to_string(),
        };
        // Our copy is what was in force last, and needs no writing.
        let last_good = Self::map(&copy_in(state)).or_else(|_| open(&files::beside(file, "prev")));
        (last_good.unwrap_or_else(|_| Self::starter()), Some(refused))
    }

    /// The list in a file, whole and checked.
    pub fn from_file(file: &Path, state: &Path) -> Result<Self, ListError> {
        let copy = copy_in(state);
        let list = open_whole(file)?;
        let kept = Kept::read(file).unwrap_or_default();
        if kept.knows(list.fingerprint()) {
            // Only ever replaced by rename: no copy is needed, and an older one would be taken for the last good list.
            let _ = fs::remove_file(&copy);
            let loaded = Self { list, origin: Origin::Published(file.to_owned()), lifted: Box::default() };
            return Ok(Self { lifted: loaded.lifted_by(&kept), ..loaded });
        }
        let mut loaded = match same_list(&list, &copy) {
            Some(mapped) => mapped,
            None => keep_copy(list, &copy),
        };
        loaded.origin = Origin::File(file.to_owned());
        Ok(loaded)
    }

    /// The list in a file, whole and checked, used where it lies: for a moment's look, or for files that are only ever
    /// replaced by rename.
    pub fn map(path: &Path) -> Result<Self, ListError> {
        let list = open_whole(path)?;
        Ok(Self { list, origin: Origin::File(path.to_owned()), lifted: Box::default() })
    }

    /// The most specific statement about a name, lifted ones aside. Allocates nothing.
    pub fn lookup(&self, name: Name<'_>) -> Option<Match> {
        self.lookup_hashed(&SuffixHashes::of(self.list.hash_key(), name))
    }

    /// The same by hashes that were made with the list's [key](List::hash_key).
    pub fn lookup_hashed(&self, suffixes: &SuffixHashes) -> Option<Match> {
        let found = self.list.lookup_hashed(suffixes)?;
        Some(if self.lifts(suffixes, found) { Match { categories: None, ..found } } else { found })
    }

    /// The hashes of what is lifted, in order; what is no name is left out.
    fn lifted_by(&self, kept: &Kept) -> Box<[u64]> {
        let names = kept.lifts.iter().flat_map(|lifts| &lifts.names);
        let names = names.filter_map(|name| Domain::parse(name).ok());
        let hash = |name: Domain| SuffixHashes::of(self.list.hash_key(), name.as_name()).whole();
        let mut hashes: Vec<u64> = names.filter_map(hash).collect();
        hashes.sort_unstable();
        hashes.into()
    }

    /// Whether a block is lifted: by its own name, or by one below it that the question is for. What is blocked for
    /// everybody never is.
    fn lifts(&self, suffixes: &SuffixHashes, found: Match) -> bool {
        let is_always = found.categories.is_none_or(|set| set.contains(Category::ALWAYS));
        if self.lifted.is_empty() || is_always {
            return false;
        }
        let mut as_specific = suffixes.shortest_first().skip(usize::from(found.labels).saturating_sub(1));
        as_specific.any(|hash| self.lifted.binary_search(&hash).is_ok())
    }

    /// The list itself.
    pub fn list(&self) -> &List<impl AsRef<[u8]> + use<>> {
        &self.list
    }

    /// What the list says about itself.
    pub fn info(&self) -> Info {
        self.list.info()
    }

    /// `starter`, `local`, or `current`: from the centre.
    pub fn state(&self) -> &'static str {
        match self.origin {
            Origin::Starter => "starter",
            Origin::File(_) => "local",
            Origin::Published(_) => "current",
        }
    }

    /// The list's own checksums: it is known again by them.
    pub fn fingerprint(&self) -> u64 {
        self.list.fingerprint()
    }

    /// Which file it came from; empty for the starter list.
    pub fn file(&self) -> String {
        match &self.origin {
            Origin::Starter => String::new(),
            Origin::File(path) | Origin::Published(path) => path.display().to_string(),
        }
    }
}

fn copy_in(state: &Path) -> PathBuf {
    state.join("list.active.lyt")
}

/// Maps a file and checks every byte of it.
fn open_whole(path: &Path) -> Result<List<Bytes>, ListError> {
    let list = open_mapped(path)?;
    list.verify().map_err(|error| ListError::Format(path.to_owned(), error))?;
    Ok(list)
}

/// Maps a file and checks all but its entries.
fn open_mapped(path: &Path) -> Result<List<Bytes>, ListError> {
    let unreadable = |error| ListError::Read(path.to_owned(), error);
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.len() == 0 {
        let empty = FormatError::Length { expected: 64, found: 0 };
        return Err(ListError::Format(path.to_owned(), empty));
    }
    // SAFETY: the map is read only. A file that shrinks under it would raise SIGBUS; it is used for the moment of this
    // check and of copying, or is our own copy, which is only ever replaced by rename.
    let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
    List::open(Bytes::Mapped(map)).map_err(|error| ListError::Format(path.to_owned(), error))
}

/// Our copy, if it holds the very same list: then flash is not written again.
fn same_list(list: &List<Bytes>, copy: &Path) -> Option<LoadedList> {
    // The other list is whole, so the same bytes are too: no need to sum them up once more.
    let held = open_mapped(copy).ok()?;
    let same = held.as_bytes() == list.as_bytes();
    same.then(|| LoadedList { list: held, origin: Origin::File(copy.to_owned()), lifted: Box::default() })
}

/// Copies a list that is whole into the state folder and maps the copy. Where that can't be written, the list is held
/// in memory.
fn keep_copy(list: List<Bytes>, copy: &Path) -> LoadedList {
    let written = files::replace(copy, |file| file.write_all(list.as_bytes()));
    let mapped = written
        .map_err(|error| error.to_string())
        .and_then(|()| LoadedList::map(copy).map_err(|error| error.to_string()));
    mapped.unwrap_or_else(|error| {
        tracing::warn!(%error, copy = %copy.display(), "the state folder can't hold the list; it is kept in memory");
        let bytes = Bytes::Heap(list.as_bytes().to_vec());
        // The very bytes that were checked: opening them can't fail, and if it did the map is still good.
        let list = List::open(bytes).unwrap_or(list);
        LoadedList { list, origin: Origin::File(copy.to_owned()), lifted: Box::default() }
    })
}

#[cfg(test)]
mod tests {
    use luytre_lists::{CategorySet, Disposition, Domain, Entry, ListWriter, Meta};

    use super::*;

    fn list_of(name: &str) -> Vec<u8> {
        let mut writer = ListWriter::new(Meta { serial: 7, created: 0 });
        let blocked = Entry::subtree(Disposition::Block(CategorySet::from_bits(0b10)));
        writer.add(Domain::parse(name).unwrap().as_name(), blocked).unwrap();
        writer.finish().unwrap()
    }

    fn blocks(loaded: &LoadedList, name: &str) -> bool {
        loaded.list().lookup(Domain::parse(name).unwrap().as_name()).is_some()
    }

    fn write(path: &Path, bytes: &[u8]) {
        File::create(path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn the_starter_list_knows_well_known_names() {
        let starter = LoadedList::starter();
        assert_eq!(starter.state(), "starter");
        assert!(starter.info().names > 1000, "{} names", starter.info().names);
        assert!(blocks(&starter, "www.bet365.com") && !blocks(&starter, "example.com"));
    }

    #[test]
    fn a_file_overwritten_in_place_does_not_tear_the_list_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.lyt");
        write(&file, &list_of("bad.example"));
        let loaded = LoadedList::from_file(&file, folder.path()).unwrap();
        write(&file, b"short");
        assert!(blocks(&loaded, "bad.example"));
        let error = LoadedList::from_file(&file, folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("mine.lyt: not a compiled list: the file begins with \"short\""), "{error}");
    }

    #[test]
    fn a_damaged_file_leaves_the_last_good_list_in_force() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.lyt");
        let good = list_of("bad.example");
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for (damaged, reason) in [
            (&b""[..], "truncated: expected 64 bytes, found 0"),
            (&good[..good.len() - 1], "truncated"),
            (&flipped, "damaged entries"),
        ] {
            write(&file, &good);
            let (loaded, refused) = LoadedList::at_start(&file, true, folder.path());
            assert_eq!((loaded.state(), refused), ("local", None));
            write(&file, damaged);
            let (loaded, refused) = LoadedList::at_start(&file, true, folder.path());
            let refused = refused.unwrap();
            assert!(refused.contains("mine.lyt") && refused.contains(reason), "{refused}");
            assert!(blocks(&loaded, "bad.example"), "after {reason}");
        }
    }

    #[test]
    fn a_missing_file_is_refused_by_name_only_when_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("none.lyt");
        let (loaded, refused) = LoadedList::at_start(&file, false, folder.path());
        assert_eq!((loaded.state(), refused), ("starter", None));
        let (loaded, refused) = LoadedList::at_start(&file, true, folder.path());
        assert!(refused.is_some_and(|refused| refused.contains("none.lyt")));
        assert!(blocks(&loaded, "bet365.com"), "the starter list is in force");
    }

    #[test]
    fn the_file_before_stands_in_for_a_damaged_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.lyt");
        write(&file, b"damaged");
        write(&files::beside(&file, "prev"), &list_of("before.example"));
        let (loaded, refused) = LoadedList::at_start(&file, true, folder.path());
        assert!(refused.is_some() && blocks(&loaded, "before.example"));

        write(&file, &list_of("last.example"));
        LoadedList::from_file(&file, folder.path()).unwrap();
        write(&file, b"damaged");
        let (loaded, _) = LoadedList::at_start(&file, true, folder.path());
        assert!(blocks(&loaded, "last.example"), "what was in force last stays in force");
    }
}
