//! What is known of a file that was fetched, in a small file beside it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};

/// What is known of a file that was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    /// Where it came from.
    pub(super) url: String,
    /// The server's name for this version.
    pub(super) etag: Option<String>,
    /// When it was changed, in the server's words.
    pub(super) modified: Option<String>,
    /// When it was last looked at, in seconds since 1970.
    pub(super) looked: u64,
    /// How many names it has.
    pub(super) names: u64,
}

impl Note {
    /// The note beside a file; one that can't be read is none, and the file is fetched anew.
    pub(super) fn beside(file: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(file)).ok()?).ok()
    }

    pub(super) fn write(&self, file: &Path) -> Result<()> {
        super::replace(&path(file), &serde_json::to_vec_pretty(self)?)
    }
}

fn path(file: &Path) -> PathBuf {
    let mut name = OsString::from(file.as_os_str());
    name.push(".note");
    name.into()
}
