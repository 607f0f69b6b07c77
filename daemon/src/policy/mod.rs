//! What may be answered: pure, compiled, one order written once.
//!
//! [`Policy::compile`] turns the configuration into tables and masks; [`decide`](decide::decide) takes a question,
//! what the list says about it and who asks, and gives a [`Verdict`] that carries its own reason.

mod answer;
mod decide;
mod special;
mod table;
mod verdict;

use luytre_lists::hash::{HashKey, SuffixHashes};
use luytre_lists::{Category, CategorySet, Domain, Name};
use serde::Deserialize;

pub use self::answer::decide_answer;
pub use self::decide::{Asked, Considered, Decided, consider, decide, decide_unnamed};
pub use self::special::Special;
pub(crate) use self::special::zone_of;
pub use self::verdict::{Action, Local, Reason, Rule, Verdict};

use self::table::NameTable;
use crate::config::Config;
use crate::who::Who;

/// A name in the operator's or a family's rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NameRule {
    /// The name.
    pub name: Domain,
    /// That name alone, not what lies below it.
    pub exact: bool,
    /// The rule as it was written.
    pub text: String,
}

/// What the policy is compiled from.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The categories that the whole house blocks.
    pub block: CategorySet,
    /// Names that the operator allows.
    pub allow: Vec<NameRule>,
    /// Names that the operator blocks.
    pub deny: Vec<NameRule>,
    /// Zones with servers of their own: special names in them are forwarded there.
    pub zones: Vec<Domain>,
    /// Our own names, answered with the address that the client reached us by.
    pub own_names: Vec<Domain>,
    /// We make IPv6 addresses from IPv4 ones, and answer for the name that tells clients so.
    pub dns64: bool,
}

impl Config {
    /// What the policy is compiled from.
    pub fn rules(&self) -> Rules {
        Rules {
            block: self.house.block,
            allow: self.house.allow.clone(),
            deny: self.house.deny.clone(),
            zones: self.upstream.zones.iter().map(|zone| zone.name.clone()).collect(),
            own_names: self.web.hosts.clone(),
            dns64: self.inspect.dns64.is_some(),
        }
    }
}

/// The compiled rules of the house.
#[derive(Debug)]
pub struct Policy {
    names: NameTable,
    profiles: Box<[Profile]>,
    rules: Box<[Box<str>]>,
    /// Whether the operator denies anything.
    denies: bool,
}

/// One compiled profile: what [`Who`] indexes.
#[derive(Clone, Copy, Debug)]
struct Profile {
    block: CategorySet,
}

impl Policy {
    /// Compiles the rules.
    pub fn compile(rules: &Rules) -> Self {
        let mut names = NameTable::default();
        special::add_to(&mut names);
        if rules.dns64 {
            special::add_dns64_to(&mut names);
        }
        for essential in essentials() {
            names.entry(&essential.name).essential.set(essential.exact, true);
        }
        let mut texts = Vec::new();
        for (denied, rule) in
            rules.allow.iter().map(|rule| (false, rule)).chain(rules.deny.iter().map(|rule| (true, rule)))
        {
            // More rules than a configuration file can hold.
            let Ok(index) = u16::try_from(texts.len()) else { break };
            texts.push(rule.text.as_str().into());
            let slot = &mut names.entry(&rule.name).operator;
            // Deny wins a tie.
            if denied || !slot.get(rule.exact).is_some_and(|(denied, _)| denied) {
                slot.set(rule.exact, (denied, index));
            }
        }
        for zone in &rules.zones {
            names.entry(zone).forwarded = true;
        }
        for own in &rules.own_names {
            names.entry(own).special = Some(Special::OwnName);
        }
        let house = Profile { block: rules.block.with(Category::ALWAYS) };
        Self { names, profiles: [house].into(), rules: texts.into(), denies: !rules.deny.is_empty() }
    }

    /// The rule in words that a person can find again: `<kind>:<id>`; empty when no rule decided.
    pub fn describe(&self, rule: Rule) -> String {
        let table = luytre_lists::CategoryTable::shipped();
        match rule {
            Rule::None => String::new(),
            Rule::Special(special) => format!("special:{}", special.id()),
            Rule::Essential => "essential:essentials.toml".into(),
            Rule::Operator { denied, index } => {
                let list = if denied { "deny" } else { "allow" };
                format!("{list}:{}", self.rules.get(usize::from(index)).map_or("", |text| text))
            }
            Rule::Category(category) => format!("category:{}", table.key(category)),
            Rule::ListAllow => "list:allow".into(),
            Rule::Rebinding => "special:rebinding".into(),
        }
    }

    /// The operator's rule that denies this name, if one does. Allocates nothing.
    pub fn denial(&self, name: Name<'_>) -> Option<Rule> {
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name);
        let (denied, index) = self.names.find(name, &suffixes).operator?;
        denied.then_some(Rule::Operator { denied, index })
    }

    /// Whether the operator denies anything at all: where not, no target need be looked at.
    pub fn denies_any(&self) -> bool {
        self.denies
    }

    fn profile(&self, who: Who) -> Profile {
        // The house's profile is always there, and an index from an older snapshot must not panic.
        let house = Profile { block: CategorySet::EMPTY.with(Category::ALWAYS) };
        self.profiles.get(usize::from(who.0)).or(self.profiles.first()).copied().unwrap_or(house)
    }
}

/// The names that are never blocked in a home, from `config/essentials.toml`.
fn essentials() -> Vec<NameRule> {
    #[derive(Deserialize)]
    struct File {
        group: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        names: Vec<String>,
    }
    #[expect(clippy::expect_used, reason = "compiled in; a test holds that it parses")]
    let file: File =
        toml::from_str(include_str!("../../../config/essentials.toml")).expect("essentials.toml parses");
    let names = file.group.into_iter().flat_map(|group| group.names);
    names.filter_map(|text| NameRule::parse(&text).ok()).collect()
}

impl NameRule {
    /// Reads `example.com` or `*.example.com` (the name and all below it) or `=example.com` (that name alone).
    pub fn parse(text: &str) -> Result<Self, luytre_lists::NameError> {
        let (exact, name) = match text.strip_prefix('=') {
            Some(name) => (true, name),
            None => (false, text.strip_prefix("*.").unwrap_or(text)),
        };
        Ok(Self { name: Domain::parse(name)?, exact, text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_essential_is_a_name() {
        let count = include_str!("../../../config/essentials.toml").lines();
        let lines = count.filter(|line| line.starts_with("  \"")).count();
        assert!(essentials().len() >= lines && lines > 300, "{} of {lines}", essentials().len());
    }
}
