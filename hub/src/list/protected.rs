//! Names that must not be listed by mistake: `config/essentials.toml` and `config/guard.toml`.

use anyhow::{Context, Result, ensure};
use luytre_lists::{CategorySet, CategoryTable, Name, NameBuf, category::Kind};
use serde::Deserialize;

use super::names::{NameId, Names};
use super::sources::Scope;

/// What is protected, and from which categories.
#[derive(Default)]
pub struct Protected {
    names: Names,
    protections: Vec<Protection>,
    zones: Names,
}

/// How one name is protected.
#[derive(Clone, Debug)]
pub struct Protection {
    /// From being listed under these.
    pub from: CategorySet,
    /// The name alone, or all below it as well.
    pub scope: Scope,
    /// Why: the title of its group.
    pub group: String,
}

/// The files as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    version: u32,
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    id: String,
    en: String,
    #[expect(dead_code, reason = "for the pages; reports are in English")]
    vi: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    zones: Vec<String>,
}

impl Protected {
    /// The names this build ships with: essentials from everything, the guard's from harm.
    pub fn shipped() -> Result<Self> {
        let mut protected = Self::default();
        protected
            .read(include_str!("../../../config/essentials.toml"), CategorySet::from_bits(u64::MAX))
            .context("config/essentials.toml")?;
        protected
            .read(include_str!("../../../config/guard.toml"), CategoryTable::shipped().of_kind(Kind::Harm))
            .context("config/guard.toml")?;
        Ok(protected)
    }

    fn read(&mut self, text: &str, from: CategorySet) -> Result<()> {
        let spec: Spec = toml::from_str(text)?;
        ensure!(spec.version == 1, "version {} is unknown; this build reads 1", spec.version);
        for group in spec.group {
            for text in &group.names {
                let (text, scope) = match text.strip_prefix('=') {
                    Some(text) => (text, Scope::Exact),
                    None => (text.as_str(), Scope::Subtree),
                };
                let name = parse(text, &group.id)?;
                self.add(name.as_name(), Protection { from, scope, group: group.en.clone() });
            }
            for zone in &group.zones {
                self.zones.intern(parse(zone, &group.id)?.as_name());
            }
        }
        Ok(())
    }

    /// A name that stands twice keeps its first protection: essentials are read first.
    fn add(&mut self, name: Name<'_>, protection: Protection) {
        let id = self.names.intern(name);
        if id.index() == self.protections.len() {
            self.protections.push(protection);
        }
    }

    /// The protections that a name enjoys: its own, and those of its parents that reach below.
    pub fn of(&self, name: Name<'_>) -> impl Iterator<Item = &Protection> {
        let own = name.as_wire().len();
        name.suffixes().filter_map(move |suffix| {
            let protection = &self.protections[self.names.get(suffix)?.index()];
            (suffix.as_wire().len() == own || protection.scope == Scope::Subtree).then_some(protection)
        })
    }

    /// How many labels a name has in front of the public zone it lies in, 0 for the zone itself; `None` outside.
    pub fn labels_below_zone(&self, name: Name<'_>) -> Option<usize> {
        name.suffixes().position(|suffix| self.zones.contains(suffix))
    }

    /// The protected names alone.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The protected names and how each is protected.
    pub fn iter(&self) -> impl Iterator<Item = (Name<'_>, &Protection)> {
        self.names.ids().map(|id: NameId| (self.names.name(id), &self.protections[id.index()]))
    }

    /// The public zones.
    pub fn zones(&self) -> impl Iterator<Item = Name<'_>> {
        self.zones.iter()
    }
}

fn parse(text: &str, group: &str) -> Result<NameBuf> {
    NameBuf::parse(text).with_context(|| format!("group {group}: {text:?} is no name"))
}
