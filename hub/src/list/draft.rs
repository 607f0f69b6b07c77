//! The list while it is made: every name, who says what about it, and what will be said.
//!
//! Claims are what the sources say and never change. Rows are what the list is going to say: they start as the
//! union of the claims, and the guard takes out of them.

use luytre_lists::{Category, CategorySet, Name};

use super::names::{NameId, Names};
use super::read::Reading;
use super::sources::{Scope, Source, Sources};

/// What one source says about one name.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    source: u16,
    scope: Scope,
    allow: bool,
}

/// What is listed at one place, and what is excepted from that which a parent passes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// Listed under these categories.
    pub listed: CategorySet,
    /// Not under these, whatever a parent says.
    pub except: CategorySet,
}

impl Layer {
    /// What holds here, given what a parent passes on.
    pub fn over(self, inherited: CategorySet) -> CategorySet {
        inherited.difference(self.except).union(self.listed).sealed()
    }
}

/// What the list is going to say about one name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// About the name itself.
    pub here: Layer,
    /// About all below it.
    pub below: Layer,
}

impl Row {
    /// The layers that a statement of this scope touches.
    pub fn layers(&mut self, scope: Scope) -> impl Iterator<Item = &mut Layer> {
        let below = (scope == Scope::Subtree).then_some(&mut self.below);
        std::iter::once(&mut self.here).chain(below)
    }

    /// Every category listed at the name or below it.
    pub fn listed(&self) -> CategorySet {
        self.here.listed.union(self.below.listed)
    }
}

/// The list while it is made.
pub struct Draft {
    names: Names,
    rows: Vec<Row>,
    sources: Vec<Source>,
    /// All claims, name by name; those of name `n` begin at `first[n]`.
    claims: Vec<Claim>,
    first: Vec<u32>,
}

/// Collects readings, in the order of the sources, into a [`Draft`].
#[derive(Default)]
pub struct DraftBuilder {
    names: Names,
    claims: Vec<(NameId, Claim)>,
}

impl DraftBuilder {
    /// Adds what the source with this index says.
    pub fn add(&mut self, source: u16, reading: &Reading) {
        for said in reading.statements() {
            let id = self.names.intern(said.name);
            self.claims.push((id, Claim { source, scope: said.scope, allow: said.allow }));
        }
    }

    /// Sorts the claims by name and states their union.
    pub fn finish(mut self, sources: Sources) -> Draft {
        // Stable: the claims of a name stay in the order of the sources.
        self.claims.sort_by_key(|&(id, _)| id);
        let mut first = Vec::with_capacity(self.names.len() + 1);
        for (index, (id, _)) in (0_u32..).zip(&self.claims) {
            // Each name came with a claim, so this adds at most one.
            if id.index() == first.len() {
                first.push(index);
            }
        }
        let claims: Vec<Claim> = self.claims.into_iter().map(|(_, claim)| claim).collect();
        first.push(claims.len() as u32); // as many as there were lines; `zip` above ends at 2^32
        let rows = vec![Row::default(); self.names.len()];
        let mut draft = Draft { names: self.names, rows, sources: sources.all, claims, first };
        draft.state_claims();
        draft
    }
}

impl Draft {
    /// Listed is what any source lists; an exception holds within the category of the source that makes it.
    fn state_claims(&mut self) {
        for id in self.names.ids() {
            let mut row = Row::default();
            for claim in claims_of(&self.claims, &self.first, id) {
                let category = self.sources[usize::from(claim.source)].category.into();
                for layer in row.layers(claim.scope) {
                    let set = if claim.allow { &mut layer.except } else { &mut layer.listed };
                    *set = set.union(category);
                }
            }
            for layer in row.layers(Scope::Subtree) {
                layer.listed = layer.listed.difference(layer.except);
            }
            self.rows[id.index()] = row;
        }
    }

    /// The names: those of the sources first, in the order of their arrival.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The sources, in order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// What will be said about a name.
    pub fn row(&self, id: NameId) -> &Row {
        &self.rows[id.index()]
    }

    /// The same, to change it.
    pub fn row_mut(&mut self, id: NameId) -> &mut Row {
        &mut self.rows[id.index()]
    }

    /// The number of a name, which may be one that no source lists.
    pub fn intern(&mut self, name: Name<'_>) -> NameId {
        let id = self.names.intern(name);
        self.rows.resize(self.names.len(), Row::default());
        id
    }

    /// Those of the name and its parents that stand in the draft, the longest first; whether it is the name itself.
    pub fn covering(&self, name: Name<'_>) -> impl Iterator<Item = (NameId, bool)> {
        let own = name.as_wire().len();
        name.suffixes()
            .filter_map(move |suffix| Some((self.names.get(suffix)?, suffix.as_wire().len() == own)))
    }

    /// What the parents of a name pass on to it.
    pub fn inherited(&self, name: Name<'_>) -> CategorySet {
        let Some(parent) = name.parent().filter(|parent| *parent != Name::ROOT) else {
            return CategorySet::EMPTY;
        };
        let passed_on = self.inherited(parent);
        match self.names.get(parent) {
            Some(id) => self.row(id).below.over(passed_on),
            None => passed_on,
        }
    }

    /// What the list will say about a name: empty when it is not listed.
    pub fn categories(&self, name: Name<'_>) -> CategorySet {
        let inherited = self.inherited(name);
        match self.names.get(name) {
            Some(id) => self.row(id).here.over(inherited),
            None => inherited,
        }
    }

    /// The categories that sources list the name itself under.
    pub fn claimed(&self, id: NameId) -> CategorySet {
        self.sources_of(id, CategorySet::from_bits(u64::MAX)).map(|source| source.category).collect()
    }

    /// The sources that list the name itself under one of these categories, each once, in order.
    pub fn sources_of(&self, id: NameId, categories: CategorySet) -> impl Iterator<Item = &Source> {
        let mut before = None;
        claims_of(&self.claims, &self.first, id)
            .iter()
            .filter(|claim| !claim.allow)
            .filter(move |claim| before.replace(claim.source) != Some(claim.source))
            .map(|claim| &self.sources[usize::from(claim.source)])
            .filter(move |source| categories.contains(source.category))
    }

    /// The sources that list the name, or a parent with all below it, under a category. What the guard has taken out
    /// of a parent counts no longer: to list `gov.vn` says nothing about a town's name in it.
    pub fn witnesses(&self, name: Name<'_>, category: Category) -> impl Iterator<Item = &Source> {
        let counts =
            move |&(id, itself): &(NameId, bool)| itself || self.row(id).below.listed.contains(category);
        self.covering(name).filter(counts).flat_map(move |(id, itself)| {
            claims_of(&self.claims, &self.first, id)
                .iter()
                .filter(move |claim| !claim.allow && (itself || claim.scope == Scope::Subtree))
                .map(|claim| &self.sources[usize::from(claim.source)])
                .filter(move |source| source.category == category)
        })
    }
}

/// Names that came after the sources have no claims.
fn claims_of<'a>(claims: &'a [Claim], first: &[u32], id: NameId) -> &'a [Claim] {
    match first.get(id.index()..=id.index() + 1) {
        Some(&[from, to]) => &claims[from as usize..to as usize],
        _ => &[],
    }
}
