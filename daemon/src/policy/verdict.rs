//! What was decided, and why.

use luytre_lists::{Category, CategorySet};

use super::rulebook::RuleId;
use super::special::Special;
use crate::catalogue::{EngineId, Level, ServiceId};
use crate::clock::Timestamp;

/// What is done with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Answered from the cache or upstream.
    Allow,
    /// Answered with a block.
    Block,
    /// Answered here, with what this says.
    Local(Local),
    /// Answered with the safe host of a search engine.
    Rewrite(EngineId, Level),
}

/// A special name's answer: what it is, and how many labels its zone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The kind of special name.
    pub special: Special,
    /// How many labels the zone that it lies in has.
    pub zone_labels: u8,
}

/// Why it was decided so: the vocabulary of the log, the page, the extended error and `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A name that the standards reserve.
    Special,
    /// One of our own names.
    Local,
    /// Blocked for everybody.
    Always,
    /// Never blocked in a home.
    Essential,
    /// A rule of `luytre.toml`.
    Operator,
    /// Cut off for a while.
    Paused,
    /// Allowed for a while.
    Grant,
    /// A name that the family allowed or blocked.
    Rule,
    /// A time of the day.
    Schedule,
    /// The day's time is used up.
    Budget,
    /// A service that is switched off.
    Service,
    /// The categories that the list gives the name.
    Category,
    /// What the name model suspects.
    Suspected,
    /// Safe search.
    Rewrite,
    /// Nothing was against it.
    None,
}

impl Reason {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Special => "special",
            Self::Local => "local",
            Self::Always => "always",
            Self::Essential => "essential",
            Self::Operator => "operator",
            Self::Paused => "paused",
            Self::Grant => "grant",
            Self::Rule => "rule",
            Self::Schedule => "schedule",
            Self::Budget => "budget",
            Self::Service => "service",
            Self::Category => "category",
            Self::Suspected => "suspected",
            Self::Rewrite => "rewrite",
            Self::None => "none",
        }
    }
}

/// Which rule decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// No rule.
    None,
    /// A special name.
    Special(Special),
    /// `essentials.toml`.
    Essential,
    /// One that somebody wrote, in `luytre.toml` or `family.toml`.
    Written(RuleId),
    /// A service that is switched off.
    Service(ServiceId),
    /// A category of the list.
    Category(Category),
    /// A search engine's safe host.
    Engine(EngineId),
    /// An exception in the list.
    ListAllow,
    /// The answer leads a public name into the home.
    Rebinding,
}

/// What was decided about a question, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// By which rule.
    pub rule: Rule,
    /// What the list says the name is about, whether that mattered or not.
    pub categories: CategorySet,
    /// The service that the name belongs to, whether that mattered or not.
    pub service: Option<ServiceId>,
    /// Whether this very name was allowed, by whatever rule: then what its answer contains does not count.
    pub vouched: bool,
    /// When another answer is due, which caps the answer's TTL.
    pub until: Option<Timestamp>,
    /// The asking person's budgets that this counts towards, the first in the family's order being bit 0. None of one
    /// that could not block the question just now: an essential, what a grant allows.
    pub budgets: u16,
}

impl Verdict {
    /// No rule was about it: allowed.
    pub const fn nothing_against(categories: CategorySet) -> Self {
        Self {
            action: Action::Allow,
            reason: Reason::None,
            rule: Rule::None,
            categories,
            service: None,
            vouched: false,
            until: None,
            budgets: 0,
        }
    }

    /// `blocked`, `allowed` or `rewritten`.
    pub fn word(&self) -> &'static str {
        match self.action {
            Action::Block => "blocked",
            Action::Allow | Action::Local(_) => "allowed",
            Action::Rewrite(..) => "rewritten",
        }
    }

    /// Whether the question gets a block instead of its answer.
    pub fn is_blocked(&self) -> bool {
        self.action == Action::Block
    }
}
