//! Names kept once: every name gets a small number, and all their bytes lie in one arena.
//!
//! Five million names cost about 40 bytes each here, and a look-up one probe. Numbers follow the order of arrival, so
//! whatever goes through them in order is the same in every build.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use luytre_lists::Name;

/// The number of a name among its [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(u32);

impl NameId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of names, numbered in the order of their arrival.
#[derive(Default)]
pub struct Names {
    bytes: Vec<u8>,
    /// Where each name ends in `bytes`; it begins where the one before it ends.
    ends: Vec<usize>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Names {
    /// The number of the name; a new one if it was not there.
    pub fn intern(&mut self, name: Name<'_>) -> NameId {
        let Self { bytes, ends, table, hasher } = self;
        let wire = name.as_wire();
        let same = |&id: &u32| wire_of(bytes, ends, id) == wire;
        let hash = hasher.hash_one(wire);
        if let Some(&id) = table.find(hash, same) {
            return NameId(id);
        }
        #[expect(
            clippy::expect_used,
            reason = "four billion names need 80 GB of arena before they need 33 bits"
        )]
        let id = u32::try_from(ends.len()).expect("fewer than 2^32 names");
        bytes.extend_from_slice(wire);
        ends.push(bytes.len());
        table.insert_unique(hash, id, |&id| hasher.hash_one(wire_of(bytes, ends, id)));
        NameId(id)
    }

    /// The number of the name, if it is there.
    pub fn get(&self, name: Name<'_>) -> Option<NameId> {
        let wire = name.as_wire();
        let same = |&id: &u32| wire_of(&self.bytes, &self.ends, id) == wire;
        self.table.find(self.hasher.hash_one(wire), same).map(|&id| NameId(id))
    }

    /// Whether the name is there.
    pub fn contains(&self, name: Name<'_>) -> bool {
        self.get(name).is_some()
    }

    /// The name with this number, which must be one that these names gave out.
    pub fn name(&self, id: NameId) -> Name<'_> {
        #[expect(clippy::expect_used, reason = "`intern` took the bytes from a name")]
        Name::from_wire(wire_of(&self.bytes, &self.ends, id.0)).expect("the bytes of a name")
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All numbers, in order.
    pub fn ids(&self) -> impl Iterator<Item = NameId> + use<> {
        // `intern` holds that the count fits.
        (0..self.ends.len() as u32).map(NameId)
    }

    /// All names, in order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = Name<'_>> {
        self.ids().map(|id| self.name(id))
    }
}

fn wire_of<'a>(bytes: &'a [u8], ends: &[usize], id: u32) -> &'a [u8] {
    let id = id as usize;
    let start = if id == 0 { 0 } else { ends[id - 1] };
    &bytes[start..ends[id]]
}

#[cfg(test)]
mod tests {
    use luytre_lists::NameBuf;

    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let mut names = Names::default();
        let texts: Vec<String> = (0..1000).map(|n| format!("n{n}.example")).collect();
        let ids: Vec<NameId> =
            texts.iter().map(|text| names.intern(NameBuf::parse(text).unwrap().as_name())).collect();
        assert_eq!(names.len(), 1000);
        for (text, id) in texts.iter().zip(ids) {
            assert_eq!(names.intern(NameBuf::parse(text).unwrap().as_name()), id);
            assert_eq!(&names.name(id).to_string(), text);
        }
        assert!(!names.contains(NameBuf::parse("example").unwrap().as_name()));
    }
}
