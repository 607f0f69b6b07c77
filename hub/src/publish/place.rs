//! Where a publication lies: a folder that a web server shows.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use luytre_trust::Manifest;

use crate::files;

/// A folder that a web server shows.
pub struct Place(PathBuf);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Place {
    /// Opens the folder, or makes it.
    pub fn folder(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("the folder {} can't be made", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// A file's bytes; `None` if it is not there.
    pub fn get(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        let file = self.0.join(path);
        match files::read_at_most(&file, most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", file.display())),
        }
    }

    /// Puts a file there, whole and on the disk when this returns. What is there already is not written again.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let file = self.0.join(path);
        let same = fs::metadata(&file).is_ok_and(|there| there.len() == bytes.len() as u64)
            && fs::read(&file).is_ok_and(|there| there == bytes);
        if same {
            return Ok(());
        }
        let put = || {
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            files::replace(&file, |out| out.write_all(bytes))
        };
        put().with_context(|| format!("{} can't be written", file.display()))
    }

    /// Removes the files of lists that neither this manifest nor the one before it names. Routers that have just read that
    /// one, or get it from a cache, still find theirs.
    pub fn remove_unused(&self, manifest: &Manifest, before: Option<&Manifest>) -> Result<()> {
        let editions = [Some(manifest), before].into_iter().flatten().flat_map(|one| one.editions.values());
        let named = editions.flat_map(|edition| {
            let deltas = edition.deltas.iter().map(|delta| edition.delta_path(delta));
            std::iter::once(edition.full_path()).chain(deltas)
        });
        let named: BTreeSet<PathBuf> = named.map(|path| self.0.join(path)).collect();
        let tidy = || {
            remove_but(&self.0.join("full"), &named)?;
            remove_but(&self.0.join("delta"), &named)
        };
        tidy().with_context(|| format!("{self} can't be tidied up"))
    }
}

/// Removes all files below a folder but these, and folders that are empty then.
fn remove_but(folder: &Path, kept: &BTreeSet<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            remove_but(&path, kept)?;
            // One that is not empty stays.
            let _ = fs::remove_dir(&path);
        } else if !kept.contains(&path) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
