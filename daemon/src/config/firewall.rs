//! `[firewall]`: the ways round the filter, closed.

use std::path::{Path, PathBuf};

use luytre_lists::{CategorySet, CategoryTable};
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
    pub observe: bool,
    pub helper: String,
    pub mark_mask: i64,
}

/// Strict mode: no name, no route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strict {
    /// Everything goes everywhere that nothing else forbids.
    #[default]
    Off,
    /// So it does, and what strict mode would cut is shown.
    Observed,
    /// Supervised devices reach only addresses that were answered to them.
    On,
}

/// The ways round the filter, closed.
#[derive(Clone, Debug, PartialEq)]
pub struct FirewallConfig {
    /// The home's own networks; never empty.
    pub interfaces: Vec<Interface>,
    /// Whether supervised devices reach only addresses that were answered to them.
    pub strict: Strict,
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
            observe: false,
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
        let strict = match (self.strict, self.observe) {
            (true, true) => {
                let what = "shows what firewall.strict would cut, which is cut already; write false for one of the two";
                return Err(Refusal::new("firewall.observe", what));
            }
            (true, false) => Strict::On,
            (false, true) => Strict::Observed,
            (false, false) => Strict::Off,
        };
        if strict != Strict::Off && !self.enabled {
            let key = if self.strict { "firewall.strict" } else { "firewall.observe" };
            return Err(Refusal::new(key, "needs firewall.enabled = true"));
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
        Ok(Some(FirewallConfig { interfaces, strict, helper, mask }))
    }
}

impl FirewallConfig {
    /// The categories that supervised people are kept from under it: in strict mode whoever lends names to addresses, as
    /// a child could name any.
    pub fn supervised(&self) -> CategorySet {
        let lenders = CategoryTable::shipped().by_key("dyndns");
        lenders.filter(|_| self.strict == Strict::On).into_iter().collect()
    }
}
