//! A folder that a web server shows.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::files;

/// A folder that a web server shows.
pub struct Folder(PathBuf);

impl fmt::Display for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Folder {
    /// Opens it, or makes it.
    pub fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    /// A file's bytes; `None` if it is not there.
    pub fn get(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        match files::read_at_most(&self.0.join(path), most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts a file there, whole and on the disk when this returns.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let file = self.0.join(path);
        let same = fs::metadata(&file).is_ok_and(|there| there.len() == bytes.len() as u64)
            && fs::read(&file).is_ok_and(|there| there == bytes);
        if same {
            return Ok(());
        }
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        Ok(files::replace(&file, |out| out.write_all(bytes))?)
    }

    /// Removes all files below a folder of the publication but these.
    pub fn remove_but(&self, below: &str, kept: &BTreeSet<String>) -> Result<()> {
        let kept = kept.iter().map(|path| self.0.join(path)).collect();
        Ok(remove_but(&self.0.join(below), &kept)?)
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
