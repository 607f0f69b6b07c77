//! `[list]`: the list of names by category.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StateConfig;

/// `[list]` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct ListSpec {
    pub file: String,
    pub edition: String,
    pub urls: Vec<String>,
    pub root: String,
    pub check_every: i64,
}

/// The list of names by category.
#[derive(Clone, Debug, PartialEq)]
pub struct ListConfig {
    /// The compiled list.
    pub file: PathBuf,
    /// Whether the configuration names the file. One that it does not name is used if it is there, else the starter
    /// list is.
    pub named: bool,
}

impl ListSpec {
    pub(super) fn resolve(self, folder: &Path, state: &StateConfig) -> ListConfig {
        match self.file.as_str() {
            "" => ListConfig { file: state.dir.join("list.lyt"), named: false },
            file => ListConfig { file: folder.join(file), named: true },
        }
    }
}
