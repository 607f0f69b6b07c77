//! `[family]`: where people, devices and their rules are written.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StateConfig;

/// `[family]` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct FamilySpec {
    pub file: String,
}

/// Where people, devices and their rules are written.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyConfig {
    /// The document; one that is missing is an empty family.
    pub file: PathBuf,
}

impl FamilySpec {
    pub(super) fn resolve(self, folder: &Path, state: &StateConfig) -> FamilyConfig {
        let file = match self.file.as_str() {
            "" => state.dir.join("family.toml"),
            file => folder.join(file),
        };
        FamilyConfig { file }
    }
}
