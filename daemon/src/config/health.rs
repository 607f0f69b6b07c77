//! `[health]`: who is told how the router fares, if the family agrees.

use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::quoted;
use crate::health_report::Settings;
use crate::notify::Target;

/// `[health]` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct HealthSpec {
    pub send_to: String,
}

impl HealthSpec {
    pub(super) fn resolve(self) -> Result<Settings, Refusal> {
        let wrong = || {
            let what = "is not an https:// address; write such as \"https://health.provider.example/luytre\"";
            Refusal::new("health.send_to", format!("{} {what}", quoted(&self.send_to)))
        };
        let to = match self.send_to.as_str() {
            "" => None,
            url => Some(Target::parse(url).ok().filter(|to| to.tls).ok_or_else(wrong)?),
        };
        Ok(Settings { to })
    }
}
