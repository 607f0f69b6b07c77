//! The set-up code: whoever can read it at the router, or on its label, may make the first account.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::Error;
use super::secret::{Digest, copied, readable};
use super::store::write_secret;

/// Fewest letters and digits of a label's code; attempts are throttled besides.
const FEWEST: usize = 8;
/// The most that is read of a file with a code, in bytes.
const LARGEST: u64 = 256;

/// Where the code lies.
#[derive(Debug)]
pub(super) struct SetupCode {
    file: PathBuf,
    /// The router's label has it too: it is not ours to make or to remove.
    on_label: bool,
}

impl SetupCode {
    /// The code of a state folder, or of the `label`'s file.
    pub(super) fn new(state: &Path, label: Option<&Path>) -> Self {
        match label {
            Some(label) => Self { file: label.to_owned(), on_label: true },
            None => Self { file: state.join("setup-code"), on_label: false },
        }
    }

    /// The code; made now if there is none yet.
    pub(super) fn show(&self) -> Result<String, Error> {
        if let Some(code) = self.read()? {
            return Ok(code);
        }
        if self.on_label {
            return Err(Error::NoCode(format!(
                "{} holds no code of {FEWEST} letters and digits or more",
                self.file.display()
            )));
        }
        let code = readable::<3>()?;
        write_secret(&self.file, |file| writeln!(file, "{code}"))?;
        Ok(code)
    }

    /// Whether this is the code.
    pub(super) fn matches(&self, text: &str) -> Result<bool, Error> {
        let code = self.read()?;
        // Digests, so that the comparison's time tells nothing.
        Ok(code.is_some_and(|code| Digest::of(&copied(&code)) == Digest::of(&copied(text))))
    }

    /// It was used: it opens nothing any more.
    pub(super) fn spend(&self) {
        if !self.on_label
            && let Err(error) = fs::remove_file(&self.file)
            && error.kind() != ErrorKind::NotFound
        {
            // Without effect as long as there is an account.
            tracing::warn!(%error, file = %self.file.display(), "the used set-up code can't be removed");
        }
    }

    fn read(&self) -> Result<Option<String>, Error> {
        let mut text = String::new();
        let read = File::open(&self.file).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        match read {
            Ok(_) => Ok(Some(text.trim().to_owned()).filter(|code| copied(code).len() >= FEWEST)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    fn unreadable(&self, error: &io::Error) -> Error {
        Error::NoCode(format!("the set-up code in {} can't be read: {error}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_made_once_known_however_it_is_written_and_spent() {
        let folder = tempfile::tempdir().unwrap();
        let code = SetupCode::new(folder.path(), None);
        assert!(!code.matches("").unwrap());
        let shown = code.show().unwrap();
        assert_eq!(code.show().unwrap(), shown);
        assert!(code.matches(&shown.to_lowercase().replace('-', " ")).unwrap());
        assert!(!code.matches(&shown[1..]).unwrap() && !code.matches("").unwrap());
        code.spend();
        assert!(!code.matches(&shown).unwrap());
        assert_ne!(code.show().unwrap(), shown);
    }

    #[test]
    fn the_labels_code_is_taken_as_it_is_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let label = folder.path().join("label");
        let code = SetupCode::new(folder.path(), Some(&label));
        assert!(code.show().is_err() && !code.matches("").unwrap());
        for (written, good) in [("vnpt-48a7-22b1\n", true), ("1234", false), ("", false)] {
            crate::files::replace(&label, |file| file.write_all(written.as_bytes())).unwrap();
            assert_eq!(code.matches(written).unwrap(), good, "{written}");
            code.spend();
            assert_eq!(code.show().is_ok(), good, "{written}");
        }
    }
}
