//! Writing the family's document.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::{Home, Stamp, lock, stamp_of};
use crate::clock::Timestamp;
use crate::family::{self, Etag, Family, MAX_DOCUMENT, Problem, Refused, Spec, edit};
use crate::files;

/// Why a document was not saved. What was in force stays so, and the file as it is.
#[derive(Debug)]
pub enum SaveError {
    /// What is wrong with it.
    Wrong(Vec<Problem>),
    /// Somebody else changed the document since it was read.
    Changed,
    /// The file has mistakes that were made by hand; they would be lost.
    Mistakes(Refused),
    /// The file can't be written, or not so that it says this.
    File(io::Error),
}

impl Home {
    /// Saves what the family is to be, and makes it what [`Home::family`] gives. `expected` is the version
    /// that the change was made of. Grants and pauses that are over at `now` are left out. Returns the new version.
    pub fn save(&self, expected: Etag, spec: Spec, now: Timestamp) -> Result<Etag, SaveError> {
        let spec = edit::without_expired(spec, now);
        let family = Family::resolve(&spec).map_err(SaveError::Wrong)?;
        let _turn = lock(&self.turn);
        // What was written by hand a moment ago is taken in first.
        self.take_in();
        if let Some(mistakes) = self.refused() {
            return Err(SaveError::Mistakes(mistakes));
        }
        if self.etag() != expected {
            return Err(SaveError::Changed);
        }
        let seen = self.write(&spec)?;
        let tag = Etag::of(&spec);
        let mut current = self.current();
        (current.spec, current.family) = (Arc::new(spec), Arc::new(family));
        if let Some(seen) = seen {
            current.seen = Some(seen);
        }
        drop(current);
        self.keep();
        Ok(tag)
    }

    /// Edits the file; returns its stamp, unless it says the same already.
    fn write(&self, spec: &Spec) -> Result<Option<Stamp>, SaveError> {
        // A link stays one.
        let file = fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone());
        let name = file.display().to_string();
        let failed = |error: io::Error| {
            SaveError::File(io::Error::new(error.kind(), format!("{name} can't be saved: {error}")))
        };
        let before = match files::read_text(&file, MAX_DOCUMENT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            before => before.map_err(failed)?,
        };
        let (read, _) = Family::parse(&name, &before).map_err(SaveError::Mistakes)?;
        if read != *self.spec() {
            return Err(SaveError::Changed);
        }
        let text = family::render(&before, spec).map_err(|refused| failed(io::Error::other(refused)))?;
        // Nothing is written that would not be read back, whatever the file looked like.
        let again = Family::parse(&name, &text).map_err(|refused| failed(io::Error::other(refused)))?;
        if again.0 != *spec {
            return Err(failed(io::Error::other("it would say something else; write it by hand")));
        }
        if text == before {
            return Ok(None);
        }
        replace(&file, &text).map(Some).map_err(failed)
    }
}

/// Replaces the file; the stamp is that of what was written, even if somebody changes it right behind.
fn replace(file: &Path, text: &str) -> io::Result<Stamp> {
    let mut seen = None;
    files::replace_for_owner(file, |new| {
        new.write_all(text.as_bytes())?;
        seen = stamp_of(&new.metadata()?);
        Ok(())
    })?;
    seen.ok_or_else(|| io::Error::other("the file system tells no time"))
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(problems) => {
                let told = problems.iter().map(|problem| format!("{}: {}", problem.pointer, problem.what));
                f.write_str(&told.collect::<Vec<_>>().join("\n"))
            }
            Self::Changed => f.write_str(
                "it was changed meanwhile; read it again, and repeat your change on what is there now",
            ),
            Self::Mistakes(refused) => {
                write!(
                    f,
                    "family.toml has mistakes made by hand, which would be lost; mend them first:\n{refused}"
                )
            }
            Self::File(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SaveError {}

#[cfg(test)]
mod tests;
