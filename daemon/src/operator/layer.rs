//! What a policy says, in the words of `luytre.toml`.

use luytre_trust::policy::{List, Policy, Taken, Upstream};
use luytre_trust::{Moment, Ring, Sha256};

/// What a policy sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The section of the configuration.
    pub section: &'static str,
    /// The key there.
    pub key: &'static str,
    /// Its value.
    pub value: Said,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A text.
    Text(String),
    /// Several.
    Texts(Vec<String>),
}

/// A policy that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Its version.
    pub version: u64,
    /// Until when others may take it.
    pub expires: Moment,
    /// Names exactly what was signed.
    pub digest: Sha256,
    /// What it sets, by dotted keys.
    pub sets: Vec<String>,
    /// What of that the router's own configuration says otherwise, and that stands over it.
    pub overridden: Vec<String>,
}

impl InForce {
    /// What is in force of a policy, where the configuration says those keys itself.
    pub fn of(taken: &Taken, overridden: Vec<String>) -> Self {
        let Policy { version, expires, .. } = taken.policy;
        let sets = settings(&taken.policy).iter().map(Setting::dotted).collect();
        Self { version, expires, digest: taken.digest, sets, overridden }
    }
}

impl Setting {
    /// `section.key`.
    pub fn dotted(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// Everything that a policy sets.
pub fn settings(policy: &Policy) -> Vec<Setting> {
    let Policy { upstream: Upstream { servers, bootstrap }, list: List { urls, edition, ring }, .. } = policy;
    let list = |section, key, items: &[String]| Setting { section, key, value: Said::Texts(items.to_vec()) };
    let text = |section, key, text: &str| Setting { section, key, value: Said::Text(text.to_owned()) };
    let all = [
        list("upstream", "servers", servers),
        list("upstream", "bootstrap", bootstrap),
        list("list", "urls", urls),
        text("list", "edition", edition),
        text("list", "ring", ring.map_or("", Ring::word)),
        text("web", "provider", &policy.provider),
        text("reports", "centre", &policy.centre),
    ];
    let says = |setting: &Setting| match &setting.value {
        Said::Text(text) => !text.is_empty(),
        Said::Texts(texts) => !texts.is_empty(),
    };
    all.into_iter().filter(says).collect()
}
