//! `[operator]`: whoever looks after this router and many others, and sets some things of all of them.

use std::path::Path;
use std::time::Duration;

use luytre_trust::{MAX_POLICY, Operator};
use serde::{Deserialize, Serialize};

use super::StateConfig;
use super::list::base_address;
use super::read::Refusal;
use super::read::values::quoted;
use crate::files;
use crate::operator::layer::InForce;
use crate::operator::{Place, Settings};

/// `[operator]` as it is written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct OperatorSpec {
    pub policy: String,
    pub keys: String,
}

/// Whose policies are taken, and which one is in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperatorConfig {
    /// Whose, and from where; `None`: nobody's.
    pub settings: Option<Settings>,
    /// The policy that this configuration was read with.
    pub in_force: Option<InForce>,
    /// Why the one that is there is not in force; empty if it is, or there is none.
    pub refused: String,
}

impl OperatorSpec {
    /// `check_every` is the list's, in seconds, and checked there.
    pub(super) fn resolve(
        self,
        folder: &Path,
        state: &StateConfig,
        check_every: i64,
    ) -> Result<OperatorConfig, Refusal> {
        let half = |key: &str, other: &str| {
            Err(Refusal::new(key, format!("says nothing without operator.{other}; write both, or neither")))
        };
        match (self.policy.is_empty(), self.keys.is_empty()) {
            (true, true) => return Ok(OperatorConfig::default()),
            (true, false) => return half("operator.keys", "policy"),
            (false, true) => return half("operator.policy", "keys"),
            (false, false) => {}
        }
        let place = place(&self.policy, folder).map_err(|what| Refusal::new("operator.policy", what))?;
        // A file that flash has damaged must not keep a home without DNS: the router is its owner's then.
        let path = folder.join(&self.keys);
        let read = files::read_bytes(&path, MAX_POLICY).map_err(|error| error.to_string());
        let keys = match read.and_then(|bytes| Operator::read(&bytes)) {
            Ok(keys) => keys,
            Err(error) => {
                let refused = format!("no policy is taken: [operator] keys: {}: {error}", path.display());
                return Ok(OperatorConfig { refused, ..OperatorConfig::default() });
            }
        };
        let check_every = u64::try_from(check_every).ok().filter(|seconds| *seconds > 0);
        let settings = Settings {
            place,
            keys,
            kept: state.dir.join("policy.json"),
            check_every: check_every.map(Duration::from_secs),
        };
        Ok(OperatorConfig { settings: Some(settings), ..OperatorConfig::default() })
    }
}

/// An address with a file at its end, or a file.
fn place(text: &str, folder: &Path) -> Result<Place, String> {
    if !text.contains("://") {
        return Ok(Place::File(folder.join(text)));
    }
    let wrong = || {
        let text = quoted(text);
        format!("{text} is not an address of a file; write such as \"https://isp.example/fleet/policy.json\"")
    };
    let (base, file) = text.rsplit_once('/').filter(|(_, file)| !file.is_empty()).ok_or_else(wrong)?;
    match base_address(base) {
        Ok(folder) if !file.contains(['?', '#']) => Ok(Place::Web { folder, file: file.to_owned() }),
        _ => Err(wrong()),
    }
}
