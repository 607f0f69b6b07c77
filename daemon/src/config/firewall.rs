//! `[firewall]`: the ways round the filter, closed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::StateConfig;
use super::read::Refusal;
use super::read::values::{items, number};
use crate::traffic::plan::{Interface, MarkMask};

/// `[firewall]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct FirewallSpec {
    pub enabled: bool,
    pub lan_interfaces: Vec<String>,
    pub strict: bool,
    pub helper: String,
    pub mark_mask: i64,
}

/// The ways round the filter, closed.
#[derive(Clone, Debug, PartialEq)]
pub struct FirewallConfig {
    /// The home's own networks; never empty.
    pub interfaces: Vec<Interface>,
    /// Whether supervised devices reach only addresses that were answered to them.
    pub strict: bool,
    /// The socket of the helper.
    pub helper: PathBuf,
    /// The bits of connection marks that are ours.
    pub mask: MarkMask,
}

impl Default for FirewallSpec {
    fn default() -> Self {
        Self {
            enabled: false,
            lan_interfaces: Vec::new(),
            strict: false,
            helper: String::new(),
            mark_mask: u32::from(MarkMask::default()).into(),
        }
    }
}

impl FirewallSpec {
    /// `None` where it is off.
    pub(super) fn resolve(
        self,
        folder: &Path,
        state: &StateConfig,
    ) -> Result<Option<FirewallConfig>, Refusal> {
        let key = "firewall.mark_mask";
        let mask: u32 = number(key, self.mark_mask, 1..=i64::from(u32::MAX), "as a mask of 32 bits")?;
        let mask = MarkMask::try_from(mask).map_err(|what| Refusal::new(key, what))?;
        let interface = |text: &str| Interface::try_from(text.to_owned());
        let interfaces = items("firewall.lan_interfaces", &self.lan_interfaces, interface)?;
        if self.strict && !self.enabled {
            return Err(Refusal::new("firewall.strict", "needs firewall.enabled = true"));
        }
        if !self.enabled {
            return Ok(None);
        }
        if interfaces.is_empty() {
            let what = "needs firewall.lan_interfaces: write the home's own, such as [\"br-lan\"]";
            return Err(Refusal::new("firewall.enabled", what));
        }
        let helper = match self.helper.as_str() {
            "" => state.dir.join("helper.sock"),
            path => folder.join(path),
        };
        Ok(Some(FirewallConfig { interfaces, strict: self.strict, helper, mask }))
    }
}
