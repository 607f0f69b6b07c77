//! `[reports]`: where people's reports of wrong blocks and harmful sites go.

use serde::{Deserialize, Serialize};

use super::list::base_address;
use super::read::Refusal;
use crate::reports::Settings;

/// `[reports]` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct ReportsSpec {
    pub centre: String,
}

impl ReportsSpec {
    pub(super) fn resolve(self) -> Result<Settings, Refusal> {
        let centre = match self.centre.as_str() {
            "" => None,
            url => Some(base_address(url).map_err(|what| Refusal::new("reports.centre", what))?),
        };
        Ok(Settings { centre })
    }
}
