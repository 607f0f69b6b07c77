//! `[inspect]`: what is looked for in answers, and what goes.

use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::values::{domain, items, quoted};
use crate::inspect::{Nat64Prefix, Settings};

/// `[inspect]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct InspectSpec {
    pub rebind_protection: bool,
    pub rebind_allow: Vec<String>,
    pub remove_ech: bool,
    pub filter_aaaa: bool,
    pub dns64: bool,
    pub dns64_prefix: String,
}

impl Default for InspectSpec {
    fn default() -> Self {
        Self {
            rebind_protection: true,
            rebind_allow: Vec::new(),
            remove_ech: false,
            filter_aaaa: false,
            dns64: false,
            dns64_prefix: Nat64Prefix::WELL_KNOWN.to_string(),
        }
    }
}

impl InspectSpec {
    pub(super) fn resolve(self) -> Result<Settings, Refusal> {
        let prefix: Nat64Prefix = self.dns64_prefix.parse().map_err(|what| {
            Refusal::new("inspect.dns64_prefix", format!("{} {what}", quoted(&self.dns64_prefix)))
        })?;
        if self.dns64 && self.filter_aaaa {
            let what =
                "makes the addresses that inspect.filter_aaaa takes out; write false for one of the two";
            return Err(Refusal::new("inspect.dns64", what));
        }
        Ok(Settings {
            rebind_protection: self.rebind_protection,
            rebind_allow: items("inspect.rebind_allow", &self.rebind_allow, domain)?,
            remove_ech: self.remove_ech,
            filter_aaaa: self.filter_aaaa,
            dns64: self.dns64.then_some(prefix),
        })
    }
}
