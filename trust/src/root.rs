//! `root/<n>.json`: which keys may say what.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::categories::Categories;
use crate::hex::{KeyId, PublicKey, Sha256};
use crate::moment::Moment;
use crate::refusal::{Refusal, Role};

/// What `root/<n>.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// Tells it from other documents.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// 1, 2, …, without gaps.
    pub version: u64,
    /// When its time is over.
    pub expires: Moment,
    /// Every key by its name.
    pub keys: BTreeMap<KeyId, Key>,
    /// Who may say what.
    pub roles: Roles,
    /// The categories that lists may have: a new one needs the keys of root. Empty: nothing is said of them.
    #[serde(default, skip_serializing_if = "Categories::is_empty")]
    pub categories: Categories,
}

/// The `type` of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The only one here.
    Root,
}

/// A key as a root has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// The key.
    pub public: PublicKey,
}

/// The keys of each role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles {
    /// Sign the next root.
    pub root: Keyholders,
    /// Sign the manifest.
    pub targets: Keyholders,
    /// Sign the timestamp.
    pub timestamp: Keyholders,
    /// Sign what is lifted; `None`: nobody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifts: Option<Keyholders>,
}

/// Holds a role that a root gives to nobody: no signature is enough.
static NOBODY: Keyholders = Keyholders { keyids: BTreeSet::new(), threshold: 1 };

impl Roles {
    /// The keys of one of them.
    pub fn of(&self, role: Role) -> &Keyholders {
        match role {
            Role::Root => &self.root,
            Role::Targets => &self.targets,
            Role::Timestamp => &self.timestamp,
            Role::Lifts => self.lifts.as_ref().unwrap_or(&NOBODY),
            // No root has a say over a provider's routers.
            Role::Operator => &NOBODY,
        }
    }
}

/// Some keys, and how many of them have to sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyholders {
    /// The keys.
    pub keyids: BTreeSet<KeyId>,
    /// How many different ones have to sign.
    pub threshold: u32,
}

impl Root {
    /// A root with these keys, each list with its threshold.
    pub fn new(version: u64, expires: Moment, roles: [(&[PublicKey], u32); 3]) -> Self {
        let id = |public: &PublicKey| Sha256::of(&public.0);
        let keys = roles.iter().flat_map(|(keys, _)| *keys).map(|&public| (id(&public), Key { public }));
        let keys = keys.collect();
        let [root, targets, timestamp] =
            roles.map(|(keys, threshold)| Keyholders { keyids: keys.iter().map(id).collect(), threshold });
        let roles = Roles { root, targets, timestamp, lifts: None };
        Self { kind: Kind::Root, version, expires, keys, roles, categories: Categories::default() }
    }

    /// The same, where these keys may lift blocks, so many of them together.
    #[must_use]
    pub fn lifting_by(mut self, keys: &[PublicKey], threshold: u32) -> Self {
        let named = |public: &PublicKey| (Sha256::of(&public.0), Key { public: *public });
        self.roles.lifts =
            Some(Keyholders { keyids: keys.iter().map(|key| named(key).0).collect(), threshold });
        self.keys.extend(keys.iter().map(named));
        self
    }

    /// Whether it says what can be: each key under its own name, each role with as many keys as have to sign.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: String| Err(Refusal::Document { role: Role::Root, what });
        if let Some((id, _)) = self.keys.iter().find(|(id, key)| Sha256::of(&key.public.0) != **id) {
            return wrong(format!("key {id} does not have the SHA-256 that it is called by"));
        }
        let lifts = self.roles.lifts.as_ref().map(|_| Role::Lifts);
        for role in [Role::Root, Role::Targets, Role::Timestamp].into_iter().chain(lifts) {
            let Keyholders { keyids, threshold } = self.roles.of(role);
            if *threshold == 0 || *threshold as usize > keyids.len() {
                return wrong(format!("{} keys of {role} can't give {threshold} signatures", keyids.len()));
            }
            if let Some(id) = keyids.iter().find(|id| !self.keys.contains_key(id)) {
                return wrong(format!("it does not have the key {id} of {role}"));
            }
        }
        Ok(())
    }
}
