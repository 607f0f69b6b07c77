//! `[notify]`: where a parent's phone hears of requests.

use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::choice;
use crate::notify::{Format, Settings, Target};

/// `[notify]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct NotifySpec {
    pub webhook: String,
    pub format: String,
}

impl Default for NotifySpec {
    fn default() -> Self {
        Self { webhook: String::new(), format: "json".into() }
    }
}

impl NotifySpec {
    pub(super) fn resolve(self) -> Result<Settings, Refusal> {
        let formats = [("json", Format::Json), ("ntfy", Format::Ntfy)];
        let format = choice("notify.format", &self.format, &formats)?;
        let target = match self.webhook.as_str() {
            "" => None,
            url => Some(Target::parse(url).map_err(|what| Refusal::new("notify.webhook", what))?),
        };
        Ok(Settings { target, format })
    }
}
