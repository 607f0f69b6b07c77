//! Everything that is known about names, other than the list, behind one walk over a name's suffixes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use luytre_lists::hash::{HashKey, SuffixHashes};
use luytre_lists::{Domain, Name};

use super::special::Special;

/// A statement about a name itself and about what lies below it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Scoped<T> {
    here: Option<T>,
    below: Option<T>,
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
    pub(super) operator: Scoped<(bool, u16)>,
}

/// What is known about a question's name: for each kind the most specific statement.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Found {
    pub(super) special: Option<(Special, u8)>,
    pub(super) forwarded: Option<u8>,
    pub(super) essential: bool,
    pub(super) operator: Option<(bool, u16)>,
}

impl Found {
    /// Whether nothing is said of the name. That its zone has servers of its own matters to special names only.
    pub(super) fn is_empty(&self) -> bool {
        self.special.is_none() && !self.essential && self.operator.is_none()
    }
}

/// Names by hash; the name itself is compared on a hit, so that it is exact.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    facts: HashMap<u64, (Domain, NameFacts), BuildHasherDefault<Hashed>>,
}

impl NameTable {
    /// The facts about a name, to be filled in.
    pub(super) fn entry(&mut self, name: &Domain) -> &mut NameFacts {
        // The root has no hash of its own; it is never looked up.
        let hash = SuffixHashes::of(HashKey::LUYTRE, name.as_name()).whole().unwrap_or_default();
        &mut self.facts.entry(hash).or_insert_with(|| (name.clone(), NameFacts::default())).1
    }

    /// Walks the suffixes once. Allocates nothing.
    pub(super) fn find(&self, name: Name<'_>, suffixes: &SuffixHashes) -> Found {
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
        }
        found
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
