//! `consent.json`: whom the family lets know how its router fares. It is kept over restarts and upgrades, and written when
//! a parent decides.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::document::{Document, of_version_1};
use crate::notify::Target;

/// The largest file that is read, in bytes: a host's name and some signs.
const MAX_FILE: usize = 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    version: u32,
    /// Host and port; empty: nobody.
    to: String,
}

/// What the family decided.
#[derive(Debug)]
pub(super) struct Consent(Document<Kept>);

impl Consent {
    /// Nobody, where there is no file, or none that can be understood.
    pub(super) fn read(state: &Path) -> Self {
        let nobody = Kept { version: 1, to: String::new() };
        let parse = |text: &str| of_version_1(text, |kept: &Kept| kept.version);
        Self(Document::read(state, "consent", MAX_FILE, (nobody, parse)))
    }

    /// Whether these may know: who agreed to one provider did not agree to the next.
    pub(super) fn covers(&self, to: &Target) -> bool {
        self.0.content().to == to.authority
    }

    /// Writes to the disk.
    pub(super) fn give(&mut self, to: Option<&Target>) {
        let to = to.map_or(String::new(), |to| to.authority.clone());
        self.0.change(|kept| kept.to = to);
    }

    pub(super) fn notices(&self) -> Vec<String> {
        self.0.notices()
    }
}
