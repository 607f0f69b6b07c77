//! What a build did and why, for people (`text`) and for programs (`json`).
//!
//! Nothing here depends on the clock, the machine or the order of threads: the same input gives the same report.

mod json;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};

use luytre_lists::{CategorySet, CategoryTable, Disposition, List, Name};
use serde::Serialize;

use super::compile::Collision;
use super::draft::Draft;
use super::gates::Passage;
use super::guard::{Effect, Finding, Guard, harm};
use super::intake::Intake;
use super::names::NameId;
use super::read::Rejects;
use super::sources::{Skipped, Trust};

/// What a build did and why.
#[derive(Serialize)]
pub struct Report {
    edition: String,
    serial: u64,
    created: u64,
    /// Entries of the list.
    pub names: u32,
    /// Size of the list in bytes.
    pub bytes: u64,
    /// Listed names whose parent already says the same: not in the list.
    redundant: usize,
    categories: BTreeMap<String, PerCategory>,
    sources: Vec<PerSource>,
    skipped: Vec<Skipped>,
    rejected: Vec<Rejected>,
    gates: Vec<Passage>,
    /// Entries that the guard took out.
    pub removed: Vec<Row>,
    /// Entries that the guard narrowed.
    pub narrowed: Vec<Row>,
    collisions: Vec<CollisionRow>,
    /// Popular names that stay listed.
    pub kept_popular: Vec<Kept>,
}

#[derive(Default, Serialize)]
struct PerCategory {
    /// Names that sources list.
    names: u64,
    /// Entries of the list.
    entries: u64,
    removed: u64,
    narrowed: u64,
    kept_popular: u64,
    sources: Vec<String>,
}

#[derive(Serialize)]
struct PerSource {
    id: String,
    publisher: String,
    category: String,
    trust: Trust,
    licence: Option<String>,
    lines: u64,
    rejected: u64,
}

#[derive(Serialize)]
struct Rejected {
    reason: &'static str,
    count: u64,
    examples: Vec<String>,
}

/// An entry that was taken out or narrowed.
#[derive(Serialize)]
pub struct Row {
    name: String,
    categories: Vec<String>,
    reason: String,
    sources: Vec<String>,
}

/// A popular name that stays listed.
#[derive(Serialize)]
pub struct Kept {
    name: String,
    categories: Vec<String>,
    reason: String,
}

#[derive(Serialize)]
struct CollisionRow {
    name: String,
    categories: Vec<String>,
    watched: String,
}

/// Everything that a report tells about.
pub struct Told<'a> {
    /// The edition's name.
    pub edition: &'a str,
    /// What was made.
    pub draft: &'a Draft,
    /// What came of it.
    pub list: &'a List<Vec<u8>>,
    /// What the guard knows.
    pub guard: &'a Guard<'a>,
    /// What the guard did.
    pub findings: &'a [Finding],
    /// What collided.
    pub collisions: &'a [Collision],
    /// What came in.
    pub intake: Intake,
    /// What was left aside.
    pub skipped: Vec<Skipped>,
    /// How the gates were met.
    pub gates: Vec<Passage>,
}

impl Report {
    /// Gathers the report; names in the order of the alphabet.
    pub fn of(told: Told<'_>) -> Self {
        let info = told.list.info();
        let stated = told.draft.names().ids().filter(|&id| *told.draft.row(id) != Default::default()).count();
        let mut report = Self {
            edition: told.edition.to_owned(),
            serial: info.serial,
            created: info.created,
            names: info.names,
            bytes: info.bytes,
            redundant: stated - info.names as usize,
            categories: BTreeMap::new(),
            sources: sources(told.draft, &told.intake),
            rejected: rejected(&told.intake.rejects),
            removed: rows(&told, |effect| matches!(effect, Effect::Removed)),
            narrowed: rows(&told, |effect| !matches!(effect, Effect::Removed)),
            collisions: told
                .collisions
                .iter()
                .map(|collision| collision_row(told.draft, collision))
                .collect(),
            kept_popular: kept_popular(&told),
            skipped: told.skipped,
            gates: told.gates,
        };
        report.count_categories(told.draft, told.list);
        report
    }

    /// Whether no gate stops the list.
    pub fn passes(&self) -> bool {
        self.stopped_by().next().is_none()
    }

    /// The gates that stop the list.
    pub fn stopped_by(&self) -> impl Iterator<Item = &Passage> {
        self.gates.iter().filter(|passage| passage.stops())
    }

    /// Writes it for programs.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        json::write(self, out)
    }

    /// Writes it for people.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        text::write(self, out)
    }

    fn count_categories(&mut self, draft: &Draft, list: &List<Vec<u8>>) {
        let mut counts = [const { Counts { names: 0, entries: 0 } }; 64];
        for id in draft.names().ids() {
            each(draft.claimed(id), |number| counts[number].names += 1);
        }
        for (entry, count) in list.census() {
            each(blocked(entry.here).union(blocked(entry.below)), |number| {
                counts[number].entries += u64::from(count)
            });
        }
        for source in draft.sources() {
            let key = CategoryTable::shipped().key(source.category).into_owned();
            let Counts { names, entries } = counts[usize::from(source.category.number())];
            let category = self.categories.entry(key).or_default();
            (category.names, category.entries) = (names, entries);
            category.sources.push(source.id.clone());
        }
        let all = &mut self.categories;
        self.removed.iter().for_each(|row| per_key(all, &row.categories, |category| category.removed += 1));
        self.narrowed.iter().for_each(|row| per_key(all, &row.categories, |category| category.narrowed += 1));
        self.kept_popular
            .iter()
            .for_each(|row| per_key(all, &row.categories, |category| category.kept_popular += 1));
    }
}

fn per_key(all: &mut BTreeMap<String, PerCategory>, keys: &[String], mut add: impl FnMut(&mut PerCategory)) {
    for key in keys {
        if let Some(category) = all.get_mut(key) {
            add(category);
        }
    }
}

#[derive(Clone, Copy)]
struct Counts {
    names: u64,
    entries: u64,
}

fn each(set: CategorySet, mut add: impl FnMut(usize)) {
    set.iter().for_each(|category| add(category.number().into()));
}

fn blocked(said: Disposition) -> CategorySet {
    match said {
        Disposition::Block(categories) => categories,
        Disposition::Inherit | Disposition::Allow => CategorySet::EMPTY,
    }
}

fn sources(draft: &Draft, intake: &Intake) -> Vec<PerSource> {
    let per_source = draft.sources().iter().zip(&intake.lines);
    per_source
        .map(|(source, &(lines, rejected))| PerSource {
            id: source.id.clone(),
            publisher: source.publisher.clone(),
            category: CategoryTable::shipped().key(source.category).into_owned(),
            trust: source.trust,
            licence: source.licence.clone(),
            lines,
            rejected,
        })
        .collect()
}

fn rejected(rejects: &Rejects) -> Vec<Rejected> {
    rejects
        .iter()
        .map(|(reject, tally)| Rejected {
            reason: reject.text(),
            count: tally.count,
            examples: tally.examples.clone(),
        })
        .collect()
}

fn rows(told: &Told<'_>, wanted: impl Fn(&Effect) -> bool) -> Vec<Row> {
    let row = |finding: &Finding| Row {
        name: told.draft.names().name(finding.name).to_string(),
        categories: keys(finding.categories),
        reason: finding.reason.clone(),
        sources: source_ids(told.draft, finding.name, finding.categories),
    };
    let mut rows: Vec<Row> =
        told.findings.iter().filter(|finding| wanted(&finding.effect)).map(row).collect();
    // Stable: the findings about one name stay in the order of the rules.
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    rows
}

fn source_ids(draft: &Draft, id: NameId, categories: CategorySet) -> Vec<String> {
    draft.sources_of(id, categories).map(|source| source.id.clone()).collect()
}

fn collision_row(draft: &Draft, collision: &Collision) -> CollisionRow {
    CollisionRow {
        name: draft.names().name(collision.name).to_string(),
        categories: keys(collision.categories),
        watched: collision.watched.clone(),
    }
}

/// Every popular name that the list blocks, asked of the list itself.
fn kept_popular(told: &Told<'_>) -> Vec<Kept> {
    let mut kept: Vec<Kept> = told
        .guard
        .popular
        .iter()
        .filter_map(|name| {
            let found = told.list.lookup(name)?;
            let categories = found.categories?;
            let parent = name.with_labels(found.labels.into());
            let mut reason = kept_reason(told, name, categories);
            if parent != name {
                reason = format!("below {parent}; {reason}");
            }
            Some(Kept { name: name.to_string(), categories: keys(categories), reason })
        })
        .collect();
    kept.sort_by(|a, b| a.name.cmp(&b.name));
    kept
}

fn kept_reason(told: &Told<'_>, name: Name<'_>, categories: CategorySet) -> String {
    let evidence = told.guard.evidence(told.draft);
    let table = CategoryTable::shipped();
    let harms = categories.intersection(harm()).iter().map(|category| {
        let key = table.key(category);
        match evidence.proof(name, category) {
            Some(proof) => format!("{key}: {proof}"),
            None => format!("{key}: listed"),
        }
    });
    let choices = categories.difference(harm());
    let choices = (!choices.is_empty()).then(|| format!("{}: a family's choice", table.keys(choices)));
    harms.chain(choices).collect::<Vec<_>>().join("; ")
}

fn keys(categories: CategorySet) -> Vec<String> {
    categories.iter().map(|category| CategoryTable::shipped().key(category).into_owned()).collect()
}
