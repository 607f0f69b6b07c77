//! Gates stop a list that must not go out: they look at the compiled bytes, as a router will.

use clap::ValueEnum;
use luytre_lists::{Category, CategorySet, List, Name, NameBuf};
use serde::{Deserialize, Serialize};

use super::draft::Draft;
use super::fold;
use super::guard::{Guard, harm};
use super::names::Names;
use super::sources::Scope;

/// A condition that a list has to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// No protected name and no parent of one is listed.
    Protected,
    /// No popular or protected name is matched by chance.
    Collisions,
    /// The starter list's names that the sources list are listed; so are those of the previous list.
    Canaries,
    /// At most 2 % of the previous list's entries changed.
    Change,
    /// The list is not empty, and not half as long as the previous one.
    Size,
}

/// How a gate was met.
#[derive(Debug, Serialize)]
pub struct Passage {
    /// Which gate.
    pub gate: Gate,
    /// Whether the list meets it.
    pub passed: bool,
    /// Whether it was let through although it does not.
    pub overridden: bool,
    /// What was found.
    pub detail: String,
}

impl Passage {
    /// Whether this gate stops the list.
    pub fn stops(&self) -> bool {
        !self.passed && !self.overridden
    }
}

/// What the gates look at.
pub struct Checked<'a> {
    /// The compiled list.
    pub list: &'a List<Vec<u8>>,
    /// What it was made of.
    pub draft: &'a Draft,
    /// What is known besides.
    pub guard: &'a Guard<'a>,
    /// The list before it, where there is one.
    pub previous: Option<&'a List<Vec<u8>>>,
}

/// The largest change from the previous list that needs nobody's consent, in percent of its entries.
const MOST_CHANGED_PERCENT: u64 = 2;
/// How many offenders a passage names.
const EXAMPLES: usize = 5;

impl Checked<'_> {
    /// Tries every gate.
    pub fn pass(&self, overrides: &[Gate]) -> Vec<Passage> {
        Gate::value_variants()
            .iter()
            .map(|&gate| {
                let found = match gate {
                    Gate::Protected => self.protected(),
                    Gate::Collisions => self.collisions(),
                    Gate::Canaries => self.canaries(),
                    Gate::Change => self.change(),
                    Gate::Size => self.size(),
                };
                let passed = found.is_ok();
                let (Ok(detail) | Err(detail)) = found;
                Passage { gate, passed, overridden: !passed && overrides.contains(&gate), detail }
            })
            .collect()
    }

    fn protected(&self) -> Result<String, String> {
        let protected = self.guard.protected;
        let names = protected.iter().map(|(name, protection)| {
            // What lies below an essential that is protected alone may be a family's choice.
            let below =
                if protection.scope == Scope::Exact { harm() } else { CategorySet::from_bits(u64::MAX) };
            (name, protection.from, protection.from.intersection(below))
        });
        let zones = protected.zones().map(|zone| (zone, harm(), harm()));
        let mut count = 0;
        let wrong = names.chain(zones).filter(|&(name, from, from_below)| {
            count += 1;
            let wrong = self.listed(name).intersection(from);
            !wrong.union(self.passed_on(name).intersection(from_below)).is_empty()
        });
        let wrong = Offenders::of(wrong.map(|(name, ..)| name));
        wrong.none_or("protected names are listed", || {
            format!("{count} protected names and zones are not listed")
        })
    }

    fn collisions(&self) -> Result<String, String> {
        let watched = || self.guard.watched().into_iter().flat_map(Names::iter);
        let wrong = Offenders::of(watched().filter(|&name| self.listed(name) != self.draft.categories(name)));
        let count = watched().count();
        wrong.none_or("names are matched by chance", || {
            format!("{count} popular and protected names are told apart")
        })
    }

    fn canaries(&self) -> Result<String, String> {
        let mut count = 0;
        let dead = self.guard.starter.iter().filter(|&(name, categories)| {
            let wanted = self.expected_of(name).intersection(categories);
            count += usize::from(!wanted.is_empty());
            !self.listed(name).is_superset(wanted)
        });
        let dead = Offenders::of(dead.map(|(name, _)| name));
        dead.none_or("well-known names are no longer listed", || {
            format!("{count} well-known names are listed")
        })
    }

    /// What the sources or the previous list say about a name.
    fn expected_of(&self, name: Name<'_>) -> CategorySet {
        let claimed: CategorySet = (0..64)
            .filter_map(Category::new)
            .filter(|&category| self.draft.witnesses(name, category).next().is_some())
            .collect();
        claimed.union(self.previous.map_or(CategorySet::EMPTY, |list| categories(list, name)))
    }

    fn change(&self) -> Result<String, String> {
        let Some(previous) = self.previous else { return Ok("there is no previous list".to_owned()) };
        let before = u64::from(previous.info().names);
        let (mut added, mut altered, mut kept) = (0, 0, 0);
        for (id, entry) in fold::entries(self.draft) {
            match previous.entry(self.draft.names().name(id)) {
                None => added += 1,
                Some(same) if same == entry => kept += 1,
                Some(_) => altered += 1,
            }
        }
        let removed = before.saturating_sub(altered + kept);
        let changed = added + altered + removed;
        let detail = format!("of {before} entries: {added} added, {altered} altered, {removed} removed");
        if changed * 100 <= before * MOST_CHANGED_PERCENT {
            return Ok(detail);
        }
        Err(format!("{detail}; more than {MOST_CHANGED_PERCENT} % changed"))
    }

    fn size(&self) -> Result<String, String> {
        let names = self.list.info().names;
        let before = self.previous.map_or(0, |list| list.info().names);
        match names {
            0 => Err("the list is empty".to_owned()),
            few if few < before / 2 => Err(format!("{few} names, where the previous list has {before}")),
            _ => Ok(format!("{names} names")),
        }
    }

    fn listed(&self, name: Name<'_>) -> CategorySet {
        categories(self.list, name)
    }

    /// What the list passes on to whatever lies below a name.
    fn passed_on(&self, name: Name<'_>) -> CategorySet {
        // No list has this name, and one label more than the longest has no harm in it.
        let mut below = NameBuf::new();
        let fits = std::iter::once(&b"luytre--gate"[..])
            .chain(name.labels())
            .all(|label| below.push_label(label).is_ok());
        if fits { self.listed(below.as_name()) } else { CategorySet::EMPTY }
    }
}

fn categories(list: &List<Vec<u8>>, name: Name<'_>) -> CategorySet {
    list.lookup(name).and_then(|found| found.categories).unwrap_or_default()
}

/// The names that fail a gate.
struct Offenders {
    count: usize,
    examples: Vec<String>,
}

impl Offenders {
    fn of<'a>(names: impl Iterator<Item = Name<'a>>) -> Self {
        let mut offenders = Self { count: 0, examples: Vec::new() };
        for name in names {
            offenders.count += 1;
            if offenders.examples.len() < EXAMPLES {
                offenders.examples.push(name.to_string());
            }
        }
        offenders
    }

    fn none_or(self, what: &str, good: impl FnOnce() -> String) -> Result<String, String> {
        if self.count == 0 {
            return Ok(good());
        }
        Err(format!("{} {what}: {}", self.count, self.examples.join(", ")))
    }
}
