//! What may be answered: pure, compiled, one order written once.
//!
//! [`Policy::compile`] turns the configuration into tables and masks; [`decide`](decide::decide) takes a question,
//! what the list says about it and who asks, and gives a [`Verdict`] that carries its own reason.

mod access;
mod answer;
mod compile;
mod decide;
mod plan;
mod rulebook;
mod special;
mod standing;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;

use std::sync::Arc;

use luytre_lists::hash::{HashKey, SuffixHashes};
use luytre_lists::{Category, CategorySet, Domain, Name};
use serde::Deserialize;

pub use self::access::Access;
pub use self::answer::decide_answer;
pub use self::compile::Names;
pub use self::decide::{Asked, Considered, Decided, consider, decide, decide_unnamed};
pub use self::plan::Circumstances;
pub use self::rulebook::{RuleId, Rulebook};
pub use self::special::Special;
pub(crate) use self::special::zone_of;
pub use self::verdict::{Action, Local, Reason, Rule, Verdict};

use self::plan::Plan;
use self::standing::Standing;
use crate::catalogue::{Catalogue, Level, SafeSearch, ServiceSet};
use crate::clock::Timestamp;
use crate::config::{Config, FirewallConfig, Privacy};
use crate::family::{Family, Whom};
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
    /// The categories that supervised people are kept from besides, whatever their profile says.
    pub supervised: CategorySet,
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
            supervised: self.firewall.as_ref().map_or(CategorySet::EMPTY, FirewallConfig::supervised),
            dns64: self.inspect.dns64.is_some(),
        }
    }
}

/// The compiled rules of the house and its family.
#[derive(Debug)]
pub struct Policy {
    names: Arc<Names>,
    profiles: Box<[Profile]>,
    /// People in the order of the family, then who is nobody: supervised or not.
    plans: Box<[Plan]>,
    /// By [`Who`]; never empty, the unknown one first.
    subjects: Box<[Subject]>,
    /// By [`Who`], too.
    standing: Box<[Standing]>,
    /// What it was compiled with.
    spent: Box<[Option<Timestamp>]>,
}

/// One compiled profile.
#[derive(Clone, Copy, Debug, Default)]
struct Profile {
    block: CategorySet,
    services: ServiceSet,
    safe_search: Level,
    youtube: Level,
    suspected: bool,
    supervised: bool,
}

/// One compiled subject: what [`Who`] indexes.
#[derive(Clone, Copy, Debug, Default)]
struct Subject {
    /// A person's bit, and whether they are supervised.
    whom: Whom,
    profile: u16,
    plan: u16,
    paused: Option<(Timestamp, RuleId)>,
    privacy: Option<Privacy>,
}

impl Policy {
    /// The rule in words that a person can find again: `<kind>:<id>`; empty when no rule decided.
    pub fn describe(&self, rule: Rule) -> String {
        let table = luytre_lists::CategoryTable::shipped();
        match rule {
            Rule::None => String::new(),
            Rule::Special(special) => format!("special:{}", special.id()),
            Rule::Essential => "essential:essentials.toml".into(),
            Rule::Written(id) => self.names.book.text(id),
            Rule::Service(id) => {
                format!("service:{}", Catalogue::shipped().service(id).map_or("", |service| service.key))
            }
            Rule::Category(category) => format!("category:{}", table.key(category)),
            Rule::Engine(id) => {
                format!("safe_search:{}", SafeSearch::shipped().engine(id).map_or("", |engine| engine.key))
            }
            Rule::ListAllow => "list:allow".into(),
            Rule::Rebinding => "special:rebinding".into(),
        }
    }

    /// The operator's rule that denies this name, if one does. Allocates nothing.
    pub fn denial(&self, name: Name<'_>) -> Option<Rule> {
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name);
        let (denied, id) = self.names.table.find(name, &suffixes, Whom::default()).operator?;
        denied.then_some(Rule::Written(id))
    }

    /// Whether the operator denies anything at all: where not, no target need be looked at.
    pub fn denies_any(&self) -> bool {
        self.names.denies
    }

    /// What is kept of this one's questions, where the family says so.
    pub fn privacy(&self, who: Who) -> Option<Privacy> {
        self.subject(who).privacy
    }

    /// Whose budgets [`Verdict::budgets`] means: a person by their place in the family, which ends before the numbers
    /// of those who are nobody.
    pub fn place(&self, who: Who) -> usize {
        self.subject(who).plan.into()
    }

    /// Whether somebody is supervised: not all that the Internet offers goes to them.
    pub fn supervises(&self, who: Who) -> bool {
        self.profile(&self.subject(who)).supervised
    }

    /// What is known of names: the same as long as it is the same pointer.
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// The family whose rules these are.
    pub fn family(&self) -> &Arc<Family> {
        &self.names.family
    }

    /// For each budget of the family, until when it counts as used up.
    pub fn spent(&self) -> &[Option<Timestamp>] {
        &self.spent
    }

    fn subject(&self, who: Who) -> Subject {
        // One who came since this was compiled is unknown to it.
        self.subjects.get(usize::from(who.0)).or(self.subjects.first()).copied().unwrap_or_default()
    }

    fn profile(&self, subject: &Subject) -> Profile {
        // A subject's profile is always there; without one the least holds.
        let least = Profile { block: CategorySet::EMPTY.with(Category::ALWAYS), ..Profile::default() };
        self.profiles.get(usize::from(subject.profile)).copied().unwrap_or(least)
    }
}

#[cfg(test)]
impl Policy {
    /// The policy of a house without a family.
    pub(crate) fn of_house(rules: &Rules) -> Self {
        let (home, circumstances) = (crate::home::Home::default(), Circumstances::default());
        home.policy(rules, home.family(), &circumstances)
    }
}

/// The names that are never blocked, to hold rules against.
#[derive(Debug)]
pub struct Essentials(Vec<NameRule>);

impl Essentials {
    /// Those of `config/essentials.toml`.
    pub fn shipped() -> Self {
        Self(essentials())
    }

    /// Whether a rule's name is one of them, or lies below one.
    pub fn cover(&self, rule: &NameRule) -> bool {
        let name = rule.name.as_name();
        let covers = |essential: &NameRule| match essential.exact {
            true => essential.name.as_name() == name,
            false => name.is_in(essential.name.as_name()),
        };
        self.0.iter().any(covers)
    }
}

/// The names that are never blocked in a home, from `config/essentials.toml`.
pub(crate) fn essentials() -> Vec<NameRule> {
    #[derive(Deserialize)]
    struct File {
        group: Vec<Group>,
    }
    #[derive(Deserialize)]
    struct Group {
        names: Vec<String>,
    }
    #[expect(clippy::expect_used, reason = "compiled in; a test holds that it parses")]
    let file: File = luytre_lists::written::from_toml(include_str!("../../../config/essentials.toml"))
        .expect("essentials.toml parses");
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
