//! Everything that is known about names, other than the list, behind one walk over a name's suffixes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use luytre_lists::hash::{HashKey, SuffixHashes};
use luytre_lists::{Domain, Name};

use super::rulebook::RuleId;
use super::special::Special;
use crate::catalogue::{EngineId, ServiceId};
use crate::family::Whom;

/// A statement about a name itself and about what lies below it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scoped<T> {
    here: Option<T>,
    below: Option<T>,
}

impl<T> Default for Scoped<T> {
    fn default() -> Self {
        Self { here: None, below: None }
    }
}

impl<T: Copy> Scoped<T> {
    /// Says it about the name, and unless `exact` about all below it.
    pub(super) fn set(&mut self, exact: bool, value: T) {
        self.here = Some(value);
        if !exact {
            self.below = Some(value);
        }
    }

    pub(super) fn get(&self, exact: bool) -> Option<T> {
        if exact { self.here } else { self.below }
    }
}

/// What is known about one name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NameFacts {
    pub(super) special: Option<Special>,
    /// A zone with servers of its own.
    pub(super) forwarded: bool,
    pub(super) essential: Scoped<bool>,
    /// Whether the operator denies it, and the rule's number.
    pub(super) operator: Scoped<(bool, RuleId)>,
    /// `None`: excepted from the service that it lies in.
    pub(super) service: Scoped<Option<ServiceId>>,
    /// The search engine that answers to it; the name itself, not what lies below.
    pub(super) engine: Option<EngineId>,
    /// The family's rules and scopes that name it: a stretch of [`NameTable::statements`].
    stated: (u16, u16),
}

/// What a family says about a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    /// About the name alone, not what lies below.
    pub(super) exact: bool,
    pub(super) kind: Stated,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Stated {
    /// An own rule.
    Rule { whom: Whom, rule: Own },
    /// A schedule, a budget or a grant is about it, under this number.
    Mark(u8),
}

/// One of the family's own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    pub(super) denied: bool,
    pub(super) over_time: bool,
    pub(super) id: RuleId,
}

/// What is known about a question's name: for each kind the most specific statement.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) special: Option<(Special, u8)>,
    pub(super) forwarded: Option<u8>,
    pub(super) essential: bool,
    pub(super) operator: Option<(bool, RuleId)>,
    pub(super) own: Option<Own>,
    pub(super) service: Option<ServiceId>,
    pub(super) engine: Option<EngineId>,
    /// Every mark on the name and above it, a bit each.
    pub(super) marks: u128,
    /// Whether anything is said of the name for anybody. That its zone has servers of its own matters to special
    /// names only.
    pub(super) named: bool,
}

/// Names by hash; the name itself is compared on a hit, so that it is exact.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    facts: HashMap<u64, (Domain, NameFacts), BuildHasherDefault<Hashed>>,
    statements: Box<[Statement]>,
}

impl NameTable {
    /// The facts about a name, to be filled in.
    pub(super) fn entry(&mut self, name: &Domain) -> &mut NameFacts {
        // The root has no hash of its own; it is never looked up.
        let hash = SuffixHashes::of(HashKey::LUYTRE, name.as_name()).whole().unwrap_or_default();
        &mut self.facts.entry(hash).or_insert_with(|| (name.clone(), NameFacts::default())).1
    }

    /// Enters what the family says; once, at the end. Statements beyond 65,535 are left out, which is more than a
    /// document can hold.
    pub(super) fn state(&mut self, mut stated: Vec<(Domain, Statement)>) {
        stated.truncate(usize::from(u16::MAX));
        stated.sort_by(|(one, _), (other, _)| one.as_name().as_wire().cmp(other.as_name().as_wire()));
        for (index, (name, _)) in stated.iter().enumerate() {
            let begins = index == 0 || stated[index - 1].0 != *name;
            let index = index as u16; // truncated above
            let place = &mut self.entry(name).stated;
            *place = if begins { (index, index + 1) } else { (place.0, index + 1) };
        }
        self.statements = stated.into_iter().map(|(_, statement)| statement).collect();
    }

    /// Walks the suffixes once. Allocates nothing.
    pub(super) fn find(&self, name: Name<'_>, suffixes: &SuffixHashes, asking: Whom) -> Found {
        let suffixes = suffixes.shortest_first();
        let count = suffixes.len();
        let mut found = Found::default();
        for (labels, hash) in (1_u8..).zip(suffixes) {
            let Some((domain, facts)) = self.facts.get(&hash) else { continue };
            if !name.as_wire().ends_with(domain.as_name().as_wire()) {
                continue;
            }
            let exact = usize::from(labels) == count;
            found.special = facts.special.map(|special| (special, labels)).or(found.special);
            found.forwarded = facts.forwarded.then_some(labels).or(found.forwarded);
            found.essential |= facts.essential.get(exact).unwrap_or(false);
            found.operator = facts.operator.get(exact).or(found.operator);
            found.service = facts.service.get(exact).unwrap_or(found.service);
            found.engine = facts.engine.filter(|_| exact);
            let (from, to) = facts.stated;
            let stated = self.statements.get(usize::from(from)..usize::from(to)).unwrap_or_default();
            found.note(stated, exact, asking);
            found.named |= !stated.is_empty();
        }
        found.named |= found.special.is_some()
            || found.essential
            || found.operator.is_some()
            || found.service.is_some()
            || found.engine.is_some();
        found
    }
}

impl Found {
    /// Takes in what is said about one suffix; a rule about a longer one wins over those before.
    fn note(&mut self, stated: &[Statement], whole: bool, asking: Whom) {
        let mut best: Option<(bool, bool, Own)> = None;
        for statement in stated.iter().filter(|statement| whole || !statement.exact) {
            match statement.kind {
                Stated::Mark(bit) => self.marks |= 1 << bit,
                Stated::Rule { whom, rule } if whom.includes(asking) => {
                    // The name alone is more specific than the name and all below; a block wins a tie.
                    let rank = (statement.exact, rule.denied);
                    if best.is_none_or(|(exact, denied, _)| rank > (exact, denied)) {
                        best = Some((statement.exact, rule.denied, rule));
                    }
                }
                Stated::Rule { .. } => {}
            }
        }
        self.own = best.map(|(_, _, rule)| rule).or(self.own);
    }
}

/// The keys are hashes already.
#[derive(Debug, Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Only `write_u64` is called; this keeps the trait's promise for anything else.
        bytes.iter().for_each(|&byte| self.0 = self.0.rotate_left(8) ^ u64::from(byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
