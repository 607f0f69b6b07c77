//! `[house]`: what the whole house blocks and allows.

use luytre_lists::{AddressBlock, AddressError, Category, CategorySet, CategoryTable};
use serde::{Deserialize, Serialize};

use super::read::Refusal;
use super::read::key::Key;
use super::read::values::{did_you_mean, items, quoted};
use crate::policy::NameRule;

/// `[house]` as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "config/luytre.toml says it of every key")]
pub struct HouseSpec {
    pub block: Vec<String>,
    pub allow: Vec<String>,
    pub deny: Vec<String>,
}

/// What the whole house blocks and allows.
#[derive(Clone, Debug, PartialEq)]
pub struct HouseConfig {
    /// The categories that are blocked; `always` is among them, written or not.
    pub block: CategorySet,
    /// Names that are allowed, whatever their categories.
    pub allow: Vec<NameRule>,
    /// Names that are blocked, and addresses as their reverse names; none stands in `allow` with the same scope.
    pub deny: Vec<NameRule>,
}

impl Default for HouseSpec {
    fn default() -> Self {
        let block = [
            "always",
            "adult",
            "violence",
            "self_harm",
            "hate",
            "extremism",
            "drugs",
            "gambling",
            "scam",
            "phishing",
            "malware",
            "crypto_mining",
        ];
        Self { block: block.map(str::to_owned).into(), allow: Vec::new(), deny: Vec::new() }
    }
}

impl HouseSpec {
    pub(super) fn resolve(self) -> Result<HouseConfig, Refusal> {
        let block: CategorySet = items("house.block", &self.block, category)?.into_iter().collect();
        let allow = items("house.allow", &self.allow, name_rule)?;
        let deny = items("house.deny", &self.deny, name_or_address_rule)?;
        for (index, denied) in deny.iter().enumerate() {
            let same = |allowed: &&NameRule| (&allowed.name, allowed.exact) == (&denied.name, denied.exact);
            if let Some(allowed) = allow.iter().find(same) {
                let (denied, allowed) = (quoted(&denied.text), quoted(&allowed.text));
                let what = format!("{denied} stands in house.allow too, as {allowed}; leave one out");
                return Err(Refusal::new(Key::from("house.deny").item(index), what));
            }
        }
        Ok(HouseConfig { block: block.with(Category::ALWAYS), allow, deny })
    }
}

fn category(text: &str) -> Result<Category, String> {
    let table = CategoryTable::shipped();
    match (table.by_key(text), table.by_stem(text)) {
        (Some(Category::ESSENTIAL), _) => {
            Err("\"essential\" is never blocked: helplines, banks, certificates; leave it out".to_owned())
        }
        (Some(category), _) => Ok(category),
        (None, Some(meant)) => {
            Err(format!("{} is not a category's key; write \"{}\"", quoted(text), table.key(meant)))
        }
        (None, None) => {
            let keys = || table.iter().map(|(_, info)| info.key.as_str()).filter(|key| *key != "essential");
            Err(match did_you_mean(text, keys()) {
                near if near.is_empty() => {
                    format!("{} is not one of {}", quoted(text), keys().collect::<Vec<_>>().join(", "))
                }
                near => format!("{} is not a category{near}", quoted(text)),
            })
        }
    }
}

/// A name, or an address or prefix, which stands as its reverse name.
fn name_or_address_rule(text: &str) -> Result<NameRule, String> {
    match text.parse::<AddressBlock>() {
        Ok(block) => {
            let name = block.reverse_name().as_name().to_domain();
            Ok(NameRule { name, exact: false, text: text.to_owned() })
        }
        // No name has a slash.
        Err(AddressError::Form) if !text.contains('/') => name_rule(text),
        Err(error) => Err(format!("{} can't be denied: {error}", quoted(text))),
    }
}

/// A name, for itself and all below it, or with `=` for itself alone.
pub(crate) fn name_rule(text: &str) -> Result<NameRule, String> {
    NameRule::parse(text).map_err(|error| {
        let text = quoted(text);
        format!("{text} is not a name: {error}; write \"example.com\" for it and all below, \"=example.com\" for it alone")
    })
}
