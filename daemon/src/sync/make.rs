//! The next list is made: the old one and a delta, or the whole form, become a file, as a stream.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use luytre_lists::{Category, CategoryTable, List, delta};
use luytre_trust::{Categories, Edition, FileRef, Hasher};
use memmap2::Mmap;

use super::Trouble;
use super::kept::Held;
use crate::policy;

/// Bytes that are written at once: a few blocks of flash.
const BUFFER: usize = 64 * 1024;

/// Makes `next` of what lies in `part`, and of the old list if `part` is a delta from it. Both are mapped: on the heap lies
/// no more than the new list's offset table (2 bytes for 5 names). `categories` are those that its numbers stand for.
pub fn make(
    edition: &Edition,
    categories: &Categories,
    old: Option<&Path>,
    part: &Path,
    next: &Path,
) -> Result<Held, Trouble> {
    unfold(edition.list, old, part, next)?;
    try_it(edition, categories, next)
}

/// Writes `next`, which has to be the list that was signed.
pub fn unfold(wanted: FileRef, old: Option<&Path>, part: &Path, next: &Path) -> Result<(), Trouble> {
    let changes = map(part).map_err(Trouble::local(part.display()))?;
    let old = match old {
        Some(path) => Some(List::open(map(path).map_err(Trouble::local(path.display()))?)?),
        None => None,
    };
    let disk = |error: io::Error| Trouble::local(next.display())(error);
    let file = File::create(next).map_err(disk)?;
    let mut out = BufWriter::with_capacity(BUFFER, Signed::new(file, wanted.length));
    delta::apply(old.as_ref(), &changes, &mut out)?;
    let signed = out.into_inner().map_err(|error| disk(error.into_error()))?;
    wanted.check("the list that was made", signed.finish().map_err(disk)?)?;
    Ok(())
}

/// The self-check: whether the list that was made can do what it is to do. It is signed by people, and people err.
fn try_it(edition: &Edition, categories: &Categories, next: &Path) -> Result<Held, Trouble> {
    let list = List::open(map(next).map_err(Trouble::local(next.display()))?)?;
    list.verify()?;
    let info = list.info();
    if (info.serial, u64::from(info.names)) != (edition.serial, edition.names) {
        let what =
            format!("the list has serial {} and {} names, where others are signed", info.serial, info.names);
        return Err(Trouble::Refused(what));
    }
    if !categories.is_empty() && info.category_table != CategoryTable::hash_of(categories.by_number()) {
        let what = "the numbers of the list's categories mean others than those that are signed";
        return Err(Trouble::Refused(what.to_owned()));
    }
    let cut_off = policy::essentials().into_iter().find(|essential| {
        let found = list.lookup(essential.name.as_name()).and_then(|found| found.categories);
        found.is_some_and(|categories| categories.contains(Category::ALWAYS))
    });
    match cut_off {
        Some(essential) => {
            Err(Trouble::Refused(format!("the list would cut off {}, which must never be", essential.text)))
        }
        None => Ok(Held { serial: info.serial, file: edition.list, fingerprint: list.fingerprint() }),
    }
}

fn map(path: &Path) -> io::Result<Mmap> {
    // SAFETY: the map is read only, and the file is ours: it lies beside the list, we hold the lock over what lies there,
    // and lists are only ever replaced by rename.
    unsafe { Mmap::map(&File::open(path)?) }
}

/// A file, with the digest of what goes into it; never longer than was signed.
struct Signed {
    out: File,
    hasher: Hasher,
    written: u64,
    most: u64,
}

impl Signed {
    fn new(out: File, most: u64) -> Self {
        Self { out, hasher: Hasher::default(), written: 0, most }
    }

    /// On the disk when this returns.
    fn finish(self) -> io::Result<FileRef> {
        self.out.sync_all()?;
        Ok(FileRef { length: self.written, sha256: self.hasher.finish() })
    }
}

impl Write for Signed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written + bytes.len() as u64 > self.most {
            return Err(io::Error::other(format!("it unfolds to more than the signed {} bytes", self.most)));
        }
        let count = self.out.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
