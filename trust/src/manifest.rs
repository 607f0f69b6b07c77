//! `manifest.json`: the lists of each size, and the deltas to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::categories::Categories;
use crate::hex::Sha256;
use crate::moment::Moment;
use crate::refusal::{Refusal, Role};
use crate::root::Root;
use crate::version::Version;

/// The longest list that is announced, in bytes, mapped or in transfer: 20 times today's largest.
pub const MAX_LIST: u64 = 512 << 20;
/// The longest model that is announced, in bytes: a router has it in memory besides the list.
pub const MAX_MODEL: u64 = 16 << 20;
/// The most names of a list: what its format holds.
const MAX_NAMES: u64 = 1 << 27;
/// The most editions.
const MAX_EDITIONS: usize = 16;
/// The most deltas of an edition: today's are nine.
const MAX_DELTAS: usize = 64;
/// The longest wait that a publisher can ask for, in seconds: a week.
const MAX_WAIT: u64 = 7 * 24 * 3600;

/// What `manifest.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Tells it from other documents.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Grows with every signing.
    pub version: u64,
    /// When it was signed: it is no earlier now.
    #[serde(default)]
    pub created: Moment,
    /// When its time is over; 30 days later.
    pub expires: Moment,
    /// Grows with every publication.
    pub serial: u64,
    /// Seconds that routers wait at least before they ask again; 0 leaves it to them.
    #[serde(default)]
    pub min_wait_s: u64,
    /// How many routers of a hundred take this serial already.
    #[serde(default = "everybody")]
    pub rollout_percent: u8,
    /// Serials that turned out to be wrong: who has one takes this one at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<u64>,
    /// The sizes of the list by name: `small`, `standard`, `full`.
    pub editions: BTreeMap<String, Edition>,
    /// The categories that the lists were built with.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub categories: Categories,
    /// `model/<sha256>`, what judges names that are on no list, for the routers that can use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<FileRef>,
    /// Where the publisher's own log stands, so that nobody can rewrite it unseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditHead>,
    /// The response policy zone of the same names, which providers of resolvers get in another way: it holds them in the
    /// clear. Routers have no use for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<FileRef>,
    /// The newest version of the router's program, so that a family learns of it. Nothing is fetched by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Version>,
}

/// The `type` of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The only one here.
    Manifest,
}

fn everybody() -> u8 {
    100
}

/// The length and digest of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// Its bytes.
    pub length: u64,
    /// Its digest.
    pub sha256: Sha256,
}

impl FileRef {
    /// What these bytes are called.
    pub fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len() as u64, sha256: Sha256::of(bytes) }
    }

    /// Whether these are its bytes; `what` names them in the refusal.
    pub fn check(&self, what: &str, found: Self) -> Result<(), Refusal> {
        if self.length != found.length {
            let (expected, found) = (self.length, found.length);
            return Err(Refusal::Length { what: what.to_owned(), expected, found });
        }
        if self.sha256 != found.sha256 {
            let (expected, found) = (self.sha256, found.sha256);
            return Err(Refusal::Mismatch { what: what.to_owned(), expected, found });
        }
        Ok(())
    }
}

/// The last row of a log in which each row names the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHead {
    /// How many rows it has.
    pub rows: u64,
    /// The digest of the last one.
    pub sha256: Sha256,
}

/// One size of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// Of the list.
    pub serial: u64,
    /// How many names it has.
    pub names: u64,
    /// `full/<sha256>`, the form in which a whole list travels.
    #[serde(flatten)]
    pub full: FileRef,
    /// The list that comes out of it, or of a delta.
    pub list: FileRef,
    /// What leads there from earlier lists.
    pub deltas: Vec<Delta>,
}

/// `delta/<from>-<serial>/<sha256>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// The serial of the list that it starts from.
    pub from: u64,
    /// The file.
    #[serde(flatten)]
    pub file: FileRef,
}

impl Edition {
    /// Where its whole form lies in a publication.
    pub fn full_path(&self) -> String {
        format!("full/{}", self.full.sha256)
    }

    /// Where a delta lies in a publication.
    pub fn delta_path(&self, delta: &Delta) -> String {
        format!("delta/{}-{}/{}", delta.from, self.serial, delta.file.sha256)
    }

    /// The delta from a serial, if there is one that is worth its bytes.
    pub fn delta_from(&self, serial: u64) -> Option<&Delta> {
        self.deltas.iter().find(|delta| delta.from == serial && delta.file.length < self.full.length)
    }
}

impl Manifest {
    /// An empty manifest.
    pub fn new(version: u64, created: Moment, lifetime_s: u64, serial: u64) -> Self {
        Self {
            kind: Kind::Manifest,
            version,
            created,
            expires: created.plus(lifetime_s),
            serial,
            min_wait_s: 0,
            rollout_percent: everybody(),
            withdrawn: Vec::new(),
            editions: BTreeMap::new(),
            categories: Categories::default(),
            model: None,
            audit: None,
            zone: None,
            program: None,
        }
    }

    /// Where a model lies in a publication.
    pub fn model_path(model: &FileRef) -> String {
        format!("model/{}", model.sha256)
    }

    /// Whether its lists have those categories only that a root allows.
    pub(crate) fn check_categories(&self, root: &Root) -> Result<(), Refusal> {
        let wrong = |what: String| Err(Refusal::Document { role: Role::Targets, what });
        match self.categories.stranger_to(&root.categories) {
            _ if root.categories.is_empty() => Ok(()),
            None if self.categories.is_empty() => wrong(format!(
                "it does not say its categories, of which root {} allows some only",
                root.version
            )),
            Some(key) => wrong(format!("root {} does not allow the category {key:?}", root.version)),
            None => Ok(()),
        }
    }

    /// Whether it says what can be, within the bounds of a router.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: String| Err(Refusal::Document { role: Role::Targets, what });
        if self.editions.len() > MAX_EDITIONS {
            return wrong(format!("{} editions, where {MAX_EDITIONS} are the most", self.editions.len()));
        }
        if self.rollout_percent > 100 {
            return wrong(format!("{} routers of a hundred can't take it", self.rollout_percent));
        }
        if self.min_wait_s > MAX_WAIT {
            return wrong(format!("a wait of {} s, where {MAX_WAIT} are the most", self.min_wait_s));
        }
        if let Some(model) = self.model.filter(|model| model.length > MAX_MODEL) {
            return wrong(format!("a model of {} bytes, where {MAX_MODEL} are the most", model.length));
        }
        for (name, edition) in &self.editions {
            let files = edition.deltas.iter().map(|delta| delta.file).chain([edition.full, edition.list]);
            if let Some(file) = files.into_iter().find(|file| file.length > MAX_LIST) {
                return wrong(format!(
                    "{name} has a file of {} bytes, where {MAX_LIST} are the most",
                    file.length
                ));
            }
            if edition.names > MAX_NAMES {
                return wrong(format!("{name} has {} names, where {MAX_NAMES} are the most", edition.names));
            }
            if edition.deltas.len() > MAX_DELTAS {
                return wrong(format!(
                    "{name} has {} deltas, where {MAX_DELTAS} are the most",
                    edition.deltas.len()
                ));
            }
            if edition.serial > self.serial {
                return wrong(format!("{name} has serial {}, and the whole {}", edition.serial, self.serial));
            }
        }
        Ok(())
    }
}
