//! Where a publication lies: a folder that a web server shows, or a bucket of an object store.
//!
//! Either takes a file whole or not at all, and has it for good when [`Place::put`] returns: that is what the order of a
//! publication rests on.

mod bucket;
mod folder;
mod http;

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result};
use luytre_trust::Manifest;

use self::bucket::Bucket;
use self::folder::Folder;
use crate::config::Destination;

/// Holds one file for each digest, which nobody asks for once no manifest names it.
const CONTENT: [&str; 3] = ["full", "delta", "model"];

/// A publication.
pub enum Place {
    /// In a folder.
    Folder(Folder),
    /// In a bucket.
    Bucket(Bucket),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.fmt(f),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

impl Place {
    /// Opens the folder, or makes it; nothing is asked of a bucket yet.
    pub fn open(destination: &Destination) -> Result<Self> {
        match destination {
            Destination::Folder(path) => Folder::open(path).map(Self::Folder),
            Destination::Bucket { name, prefix } => Bucket::open(name, prefix).map(Self::Bucket),
        }
        .with_context(|| format!("{destination} can't be published to"))
    }

    /// A file's bytes; `None` if it is not there.
    pub fn get(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => folder.get(path, most),
            Self::Bucket(bucket) => bucket.get(path, most),
        }
        .with_context(|| format!("{self}/{path} can't be read"))
    }

    /// Puts a file there. What is there already is not written again.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.put(path, bytes),
            Self::Bucket(bucket) => bucket.put(path, bytes),
        }
        .with_context(|| format!("{self}/{path} can't be written"))
    }

    /// Removes the files of lists that neither this manifest nor the one before it names. Routers that have just read that
    /// one, or get it from a cache, still find theirs.
    pub fn remove_unused(&self, manifest: &Manifest, before: Option<&Manifest>) -> Result<()> {
        let manifests = [Some(manifest), before].into_iter().flatten();
        let named: BTreeSet<String> = manifests.flat_map(named).collect();
        CONTENT
            .into_iter()
            .try_for_each(|below| match self {
                Self::Folder(folder) => folder.remove_but(below, &named),
                Self::Bucket(bucket) => bucket.remove_but(below, &named),
            })
            .with_context(|| format!("{self} can't be tidied up"))
    }
}

/// The paths of what a manifest names by its digest.
fn named(manifest: &Manifest) -> impl Iterator<Item = String> {
    let lists = manifest.editions.values().flat_map(|edition| {
        let deltas = edition.deltas.iter().map(|delta| edition.delta_path(delta));
        std::iter::once(edition.full_path()).chain(deltas)
    });
    lists.chain(manifest.model.as_ref().map(Manifest::model_path))
}

/// Whether a file is named by its digest, and never changes.
pub fn lasts(path: &str) -> bool {
    CONTENT.into_iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
}
