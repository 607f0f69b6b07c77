//! What was decided, and why.

use luytre_lists::{Category, CategorySet};

use super::special::Special;
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
    /// The categories that the list gives the name.
    Category,
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
            Self::Category => "category",
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
    /// A rule of `luytre.toml`, by its number among them.
    Operator {
        /// Whether it blocks.
        denied: bool,
        /// Its number.
        index: u16,
    },
    /// A category of the list.
    Category(Category),
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
    /// When another answer is due, which caps the answer's TTL.
    pub until: Option<Timestamp>,
}

impl Verdict {
    /// No rule was about it: allowed.
    pub const fn nothing_against(categories: CategorySet) -> Self {
        Self { action: Action::Allow, reason: Reason::None, rule: Rule::None, categories, until: None }
    }

    /// `blocked` or `allowed`.
    pub fn word(&self) -> &'static str {
        match self.action {
            Action::Block => "blocked",
            Action::Allow | Action::Local(_) => "allowed",
        }
    }

    /// Whether the question gets a block instead of its answer.
    pub fn is_blocked(&self) -> bool {
        self.action == Action::Block
    }
}
