//! `[list]`: the list of names by category.

use std::path::{Path, PathBuf};
use std::time::Duration;

use luytre_trust::Ring;
use serde::{Deserialize, Serialize};

use super::StateConfig;
use super::read::Refusal;
use super::read::values::{choice, items, number, quoted};
use crate::notify::Target;
use crate::sync::{self, kept::Kept};

/// `[list]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct ListSpec {
    pub file: String,
    pub edition: String,
    pub copy: String,
    pub urls: Vec<String>,
    pub root: String,
    pub ring: String,
    pub check_every: i64,
}

impl Default for ListSpec {
    fn default() -> Self {
        let nothing = String::new;
        let (file, edition, copy, root) = (nothing(), nothing(), nothing(), nothing());
        Self {
            file,
            edition,
            copy,
            urls: Vec::new(),
            root,
            ring: Ring::default().word().into(),
            check_every: 0,
        }
    }
}

/// The list of names by category, and where the next one comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct ListConfig {
    /// The compiled list.
    pub file: PathBuf,
    /// Whether the configuration names the file. One that it does not name is used if it is there, else the starter
    /// list is.
    pub named: bool,
    /// What is fetched from where; `None`: nothing is.
    pub sync: Option<sync::Settings>,
    /// Why nothing is fetched although a part of that is written; empty if it is not so.
    pub half_written: &'static str,
}

impl ListConfig {
    /// Whether there has to be a list: it is named, or one has come already; not while the first one is on its way.
    pub fn must_be_there(&self) -> bool {
        match &self.sync {
            None => self.named,
            Some(_) => Kept::read(&self.file).is_ok_and(|kept| kept.installed.is_some()),
        }
    }
}

/// The longest time between two looks, in seconds: a week.
const LONGEST: i64 = 7 * 24 * 3600;

impl ListSpec {
    pub(super) fn resolve(self, folder: &Path, state: &StateConfig) -> Result<ListConfig, Refusal> {
        let (file, named) = match self.file.as_str() {
            "" => (state.dir.join("list.lyt"), false),
            file => (folder.join(file), true),
        };
        let editions = ["", "small", "standard", "full"].map(|name| (name, name));
        let edition = choice("list.edition", &self.edition, &editions)?;
        let mirrors = items("list.urls", &self.urls, base_address)?;
        let rings = Ring::ALL.map(|ring| (ring.word(), ring));
        let ring = choice("list.ring", &self.ring, &rings)?;
        let seconds = number("list.check_every", self.check_every, 0..=LONGEST, "seconds")?;
        let half_written = match (mirrors.is_empty(), self.root.is_empty()) {
            (true, false) => "lists are not fetched: [list] root is written, and urls is not",
            (false, true) => {
                "lists are not fetched: [list] urls is written, and root, which signatures are checked by, is not"
            }
            _ => "",
        };
        let settings = || sync::Settings {
            file: file.clone(),
            copy: Some(&self.copy).filter(|copy| !copy.is_empty()).map(|copy| folder.join(copy)),
            root: folder.join(&self.root),
            mirrors,
            edition: Some(edition.to_owned()).filter(|edition| !edition.is_empty()),
            ring,
            check_every: (seconds > 0).then(|| Duration::from_secs(seconds)),
        };
        let sync = (half_written.is_empty() && !self.root.is_empty()).then(settings);
        Ok(ListConfig { file, named, sync, half_written })
    }
}

/// The address of a folder, that names of files can be put behind.
pub(super) fn base_address(url: &str) -> Result<Target, String> {
    let wrong =
        || format!("{} is not an address; write such as \"https://centre.example/luytre\"", quoted(url));
    Target::parse(url).ok().filter(|_| !url.contains('?')).ok_or_else(wrong)
}
