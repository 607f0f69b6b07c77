//! The project's own starter list, `config/starter`: well-known names that nobody argues about. Here it is evidence:
//! what stands in it stays listed, however popular.

use anyhow::{Context, Result};
use luytre_lists::{CategorySet, CategoryTable, Name, NameBuf};

use super::names::{NameId, Names};

/// Category keys and the text of their files, gathered by `build.rs`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/starter.rs"));

/// The starter list, by name.
#[derive(Default)]
pub struct Starter {
    names: Names,
    categories: Vec<CategorySet>,
}

impl Starter {
    /// The one this build ships with.
    pub fn shipped() -> Result<Self> {
        Self::parse(FILES).context("config/starter")
    }

    /// Reads files of one name a line, `#` starting a comment, each for a category.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self> {
        let mut starter = Self::default();
        for (key, text) in files {
            let category = CategoryTable::shipped().by_key(key);
            let category = category.with_context(|| format!("{key}.txt: no category of this name"))?;
            for line in text.lines() {
                let name = line.split('#').next().unwrap_or_default().trim();
                if name.is_empty() {
                    continue;
                }
                let name = NameBuf::parse(name).with_context(|| format!("{key}.txt: {name:?} is no name"))?;
                starter.add(name.as_name(), category.into());
            }
        }
        Ok(starter)
    }

    fn add(&mut self, name: Name<'_>, categories: CategorySet) {
        let id = self.names.intern(name);
        self.categories.resize(self.names.len(), CategorySet::EMPTY);
        let set = &mut self.categories[id.index()];
        *set = set.union(categories);
    }

    /// What it says about a name: all that it says about the name and its parents.
    pub fn categories(&self, name: Name<'_>) -> CategorySet {
        name.suffixes()
            .filter_map(|suffix| self.names.get(suffix))
            .fold(CategorySet::EMPTY, |all, id| all.union(self.at(id)))
    }

    /// Its names with what it says of each.
    pub fn iter(&self) -> impl Iterator<Item = (Name<'_>, CategorySet)> {
        self.names.ids().map(|id| (self.names.name(id), self.at(id)))
    }

    fn at(&self, id: NameId) -> CategorySet {
        self.categories[id.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_files_are_read() {
        let starter = Starter::shipped().unwrap();
        let adult = CategoryTable::shipped().by_key("adult").unwrap();
        let categories = |text: &str| starter.categories(NameBuf::parse(text).unwrap().as_name());
        assert!(categories("pornhub.com").contains(adult));
        assert!(categories("cdn.pornhub.com").contains(adult), "with all below");
        assert!(categories("google.com").is_empty());
    }
}
