//! Entries become the compiled list; where hashes collide with a name that people need, the listed name gives way.
//!
//! The list keeps part of a hash of each name. A name that is not listed can by chance have the hash of one that is
//! (2⁻²⁹ a probe), and it and all below it would be blocked for that. So every popular and every protected name is
//! tried, with its parents.

use std::collections::HashMap;

use anyhow::{Context, Result};
use luytre_lists::{CategorySet, Entry, FormatError, List, ListWriter, Meta, Name};

use super::draft::{Draft, Row};
use super::edition::Selection;
use super::fold;
use super::names::{NameId, Names};

/// A listed name that the list can't tell from a watched one, and which is left out for it.
#[derive(Debug)]
pub struct Collision {
    /// The listed name.
    pub name: NameId,
    /// What it was listed under.
    pub categories: CategorySet,
    /// The popular or protected name, or a parent of one.
    pub watched: String,
}

/// What to write, and how.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    /// Serial and time of the list.
    pub meta: Meta,
    /// The list that routers have now, whose numbering is kept.
    pub previous: Option<&'a List<Vec<u8>>>,
    /// The entries that go into the list; `None`: all.
    pub kept: Option<&'a Selection>,
}

/// Compiles the draft. Entries that collide with a watched name are taken out of the draft, and the list made again.
pub fn compile(
    draft: &mut Draft,
    watched: &[&Names],
    writing: Writing<'_>,
) -> Result<(List<Vec<u8>>, Vec<Collision>)> {
    let list = write(draft, writing)?;
    let collisions = find(draft, watched, writing, |name| list.key_of(name));
    if collisions.is_empty() {
        return Ok((list, collisions));
    }
    for collision in &collisions {
        *draft.row_mut(collision.name) = Row::default();
    }
    Ok((write(draft, writing)?, collisions))
}

fn write(draft: &Draft, writing: Writing<'_>) -> Result<List<Vec<u8>>> {
    let mut writer = ListWriter::new(writing.meta);
    if let Some(previous) = writing.previous {
        writer = writer.continuing(previous);
    }
    let added = writing.entries(draft).try_for_each(|(id, entry)| writer.add(draft.names().name(id), entry));
    let list = added.and_then(|()| writer.finish()).and_then(List::open);
    list.map_err(|error: FormatError| anyhow::Error::new(error)).context("the list can't be compiled")
}

/// The entries whose key is that of another name which is watched, or which a watched name lies below.
fn find(
    draft: &Draft,
    watched: &[&Names],
    writing: Writing<'_>,
    key_of: impl Fn(Name<'_>) -> Option<u64>,
) -> Vec<Collision> {
    let watched = watched.iter().flat_map(|names| names.iter()).flat_map(Name::suffixes);
    let keys: HashMap<u64, Name<'_>> = watched.filter_map(|name| Some((key_of(name)?, name))).collect();
    let collision = |id: NameId| {
        let name = draft.names().name(id);
        let watched = keys.get(&key_of(name)?).filter(|&&watched| watched != name)?;
        Some(Collision { name: id, categories: draft.row(id).listed(), watched: watched.to_string() })
    };
    writing.entries(draft).filter_map(|(id, _)| collision(id)).collect()
}

impl Writing<'_> {
    fn entries(self, draft: &Draft) -> impl Iterator<Item = (NameId, Entry)> {
        fold::entries(draft).filter(move |(id, _)| self.kept.is_none_or(|kept| kept.has(*id)))
    }
}

#[cfg(test)]
mod tests {
    use luytre_lists::NameBuf;

    use super::super::testing::{draft, names};
    use super::*;

    const ALL: Writing<'_> = Writing { meta: Meta { serial: 0, created: 0 }, previous: None, kept: None };

    /// A key of two letters and the number of labels: names collide as soon as they begin alike.
    fn short_key(name: Name<'_>) -> Option<u64> {
        let [first, second, ..] = *name.first_label()? else { return None };
        Some(u64::from(u32::from_be_bytes([first, second, 0, 0])) + name.label_count() as u64)
    }

    #[test]
    fn a_listed_name_gives_way_to_the_watched_name_it_collides_with() {
        let draft = draft(&[("malware", "bad.example"), ("malware", "worse.example")]);
        let found = find(&draft, &[&names(&["bank.example"])], ALL, short_key);
        let shown: Vec<_> = found
            .iter()
            .map(|one| (draft.names().name(one.name).to_string(), one.watched.as_str()))
            .collect();
        assert_eq!(shown, [("bad.example".to_owned(), "bank.example")]);
    }

    #[test]
    fn a_parent_of_a_watched_name_counts_and_the_name_itself_does_not() {
        let draft = draft(&[("malware", "bad.example")]);
        let find = |watched: &str| find(&draft, &[&names(&[watched])], ALL, short_key).len();
        assert_eq!(find("www.bank.example"), 1, "all below bank.example would be blocked");
        assert_eq!(find("bad.example"), 0, "it is the listed name");
        assert_eq!(find("www.bad.example"), 0);
    }

    #[test]
    fn what_collides_is_left_out_of_the_list() {
        let mut draft = draft(&[("malware", "bad.example")]);
        let (list, collisions) = compile(&mut draft, &[&names(&["bank.example"])], ALL).unwrap();
        assert!(collisions.is_empty(), "the real hash tells them apart");
        assert!(list.lookup(NameBuf::parse("bad.example").unwrap().as_name()).is_some());
    }
}
