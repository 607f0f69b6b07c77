//! `[state]`: where the daemon keeps what it must not forget.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::read::Refusal;

/// `[state]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct StateSpec {
    pub dir: String,
}

/// Where the daemon keeps what it must not forget.
#[derive(Clone, Debug, PartialEq)]
pub struct StateConfig {
    /// The folder of the control socket, the list and what else is kept.
    pub dir: PathBuf,
}

impl Default for StateSpec {
    fn default() -> Self {
        Self { dir: "/var/lib/luytre".into() }
    }
}

impl StateSpec {
    pub(super) fn resolve(self, folder: &Path) -> Result<StateConfig, Refusal> {
        if self.dir.is_empty() {
            return Err(Refusal::new("state.dir", "is empty; write a folder, such as \"/var/lib/luytre\""));
        }
        Ok(StateConfig { dir: folder.join(self.dir) })
    }
}
