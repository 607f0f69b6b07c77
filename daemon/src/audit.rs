//! Who changed what, and when: pauses, grants, requests, answers, edits. Two files of at most 32 kB, written only when
//! somebody does something.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::document::from_json;
use crate::files;
use crate::status::rfc3339;

/// Bytes of a file after which the next one begins; there is one before it.
const FULL: u64 = 32 * 1024;
/// The characters that are kept of a text.
const LONGEST: usize = 300;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Entry {
    /// When, RFC 3339.
    pub time: String,
    /// Who: an account, or a person from their own device.
    pub by: String,
    /// What: `pause`, `grant`, `bonus`, `request`, `answer`, `edit`, `health`.
    pub action: String,
    /// To what or whom, in a line.
    pub about: String,
}

/// The log of a house.
#[derive(Debug)]
pub struct Audit(Mutex<PathBuf>);

impl Audit {
    /// The log `audit.jsonl` in the state folder.
    pub fn at(state: &Path) -> Self {
        Self(Mutex::new(state.join("audit.jsonl")))
    }

    /// Writes down what somebody did. A log that can't be written is a warning: what was done is done.
    pub fn record(&self, now: Timestamp, by: &str, action: &str, about: &str) {
        let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
        let entry = Entry { time: rfc3339(now), by: cut(by), action: cut(action), about: cut(about) };
        let path = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = append(&path, &entry) {
            tracing::warn!(%error, file = %path.display(), action, by, "what was done is not written down");
        }
    }

    /// The last `most` entries, the newest first.
    pub fn read(&self, most: usize) -> Vec<Entry> {
        let path = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What a power cut left half-written is no entry.
        let entries = |path: &Path| {
            let text = files::read_text(path, 2 * FULL as usize).unwrap_or_default();
            let entries = text.lines().rev().filter_map(|line| from_json(line.as_bytes()).ok());
            entries.collect::<Vec<Entry>>()
        };
        entries(&path).into_iter().chain(entries(&files::beside(&path, "old"))).take(most).collect()
    }
}

fn append(path: &Path, entry: &Entry) -> io::Result<()> {
    let open = || OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path);
    let mut file = open()?;
    if file.metadata()?.len() >= FULL {
        fs::rename(path, files::beside(path, "old"))?;
        file = open()?;
    }
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    // Behind a line that a power cut left half-written begins a new one.
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    if last != [b'\n'] {
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stands_first_and_what_is_old_goes() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::at(folder.path());
        assert!(audit.read(10).is_empty());
        for number in 0..2000 {
            audit.record(1_795_219_200 + number, "me", "grant", &format!("an name:n{number}.example"));
        }
        let last = &audit.read(1)[0];
        assert_eq!((last.by.as_str(), last.action.as_str()), ("me", "grant"));
        assert_eq!(
            (last.about.as_str(), last.time.as_str()),
            ("an name:n1999.example", "2026-11-21T00:33:19Z")
        );
        let kept = audit.read(usize::MAX).len();
        assert!((300..1000).contains(&kept), "{kept}");
        let size: u64 =
            fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!(size < 64 * 1024 + 2048, "{size} bytes");
    }

    #[test]
    fn half_a_line_costs_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::at(folder.path());
        audit.record(0, "me", "pause", "an 30");
        let mut file = OpenOptions::new().append(true).open(folder.path().join("audit.jsonl")).unwrap();
        file.write_all(b"{\"time\":\"20").unwrap();
        audit.record(0, "me", "pause", "an 0");
        let about: Vec<_> = audit.read(10).into_iter().map(|entry| entry.about).collect();
        assert_eq!(about, ["an 0", "an 30"]);
    }

    #[test]
    fn texts_are_cut_and_stay_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::at(folder.path());
        audit.record(0, "an", "request", &format!("a\n{}", "x".repeat(5000)));
        assert_eq!(audit.read(10)[0].about.chars().count(), LONGEST);
    }
}
