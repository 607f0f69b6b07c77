//! The lists of one serial in the form in which they travel, and the deltas to them.

use std::collections::BTreeMap;

use anyhow::Result;
use luytre_lists::{List, delta};
use luytre_trust::{Delta, Edition, FileRef};

use super::documents::Content;
use super::shelf::Shelf;
use crate::keys;

/// How many serials back a delta starts: a week of daily lists, and routers that were away for two or four.
pub const BACK: [u64; 9] = [1, 2, 3, 4, 5, 6, 7, 14, 30];

/// The lists of one serial by edition.
pub struct Lists {
    /// Their serial.
    pub serial: u64,
    /// The lists.
    pub lists: Vec<(String, List<Vec<u8>>)>,
    /// The zone for other people's resolvers.
    pub zone: Option<Vec<u8>>,
}

/// What is published of them.
pub struct Release {
    /// Their serial.
    pub serial: u64,
    /// The zone for other people's resolvers.
    pub zone: Option<Vec<u8>>,
    editions: BTreeMap<String, (Edition, Files)>,
}

/// The bytes of an edition's files: the whole list, and each of its deltas in their order.
struct Files {
    whole: Vec<u8>,
    deltas: Vec<Vec<u8>>,
}

impl Release {
    /// Codes the lists, and compares them with the earlier ones that are kept.
    pub fn of(lists: Lists, shelf: &Shelf) -> Result<Self> {
        let Lists { serial, lists, zone } = lists;
        let editions = lists.iter().map(|(name, list)| {
            let whole = delta::diff(None::<&List<Vec<u8>>>, list);
            let (mut deltas, mut files) = (Vec::new(), Vec::new());
            for from in BACK.into_iter().filter_map(|back| serial.checked_sub(back)) {
                let Some(old) = shelf.list(from, name)? else { continue };
                let bytes = delta::diff(Some(&old), list);
                // Of a list that grew so much that its buckets are others, the whole is shorter.
                if bytes.len() < whole.len() {
                    deltas.push(Delta { from, file: FileRef::of(&bytes) });
                    files.push(bytes);
                }
            }
            let edition = Edition {
                serial,
                names: list.info().names.into(),
                full: FileRef::of(&whole),
                list: FileRef::of(list.as_bytes()),
                deltas,
            };
            Ok((name.clone(), (edition, Files { whole, deltas: files })))
        });
        Ok(Self { serial, zone, editions: editions.collect::<Result<_>>()? })
    }

    /// What the manifest says of them.
    pub fn content(&self) -> Content {
        let editions = self.editions.iter().map(|(name, (edition, _))| (name.clone(), edition.clone()));
        let zone = self.zone.as_deref().map(FileRef::of);
        Content { serial: self.serial, editions: editions.collect(), categories: keys::categories(), zone }
    }

    /// Every file and where it goes.
    pub fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        self.editions.values().flat_map(|(edition, files)| {
            let deltas = edition.deltas.iter().zip(&files.deltas);
            let deltas = deltas.map(|(delta, bytes)| (edition.delta_path(delta), bytes.as_slice()));
            std::iter::once((edition.full_path(), files.whole.as_slice())).chain(deltas)
        })
    }

    /// The whole lists by edition.
    pub fn whole(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.editions.iter().map(|(name, (_, files))| (name.as_str(), files.whole.as_slice()))
    }
}
