//! `lifts.json`: names that are blocked by mistake, opened at once by a key that is online.
//!
//! A wrong block harms people while those who hold the keys of targets are asleep. So one more key, which a root delegates,
//! may say which listed names count as not listed; and since it lies on a machine that may be broken into, it can do little
//! else: 256 names, for two weeks, never what is on the list for everybody (`always`), nothing that a family has decided.

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::refusal::{Refusal, Role};

/// The most names that are lifted at a time.
pub const MAX_NAMES: usize = 256;
/// The highest version: `timestamp.json`, of 500 bytes at the most, has room for five digits. Another key begins anew.
const MAX_VERSION: u64 = 99_999;
/// The longest name in its text form (RFC 1035 §2.3.4).
const MAX_NAME: usize = 253;
/// The longest time that such a document may be good for, in seconds: two weeks. By then a list is published without them.
pub const MAX_LIFETIME: u64 = 14 * 24 * 3600;

/// What `lifts.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifts {
    /// Tells it from other documents.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Grows with every signing.
    pub version: u64,
    /// When it was signed: it is no earlier now.
    pub created: Moment,
    /// When its time is over; two weeks later at the most.
    pub expires: Moment,
    /// The names, in lower case, each with all below it that the list does not block by itself.
    pub names: Vec<String>,
}

/// The `type` of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The only one here.
    Lifts,
}

impl Lifts {
    /// Lifts these names.
    pub fn new(version: u64, created: Moment, lifetime_s: u64, names: Vec<String>) -> Self {
        Self { kind: Kind::Lifts, version, created, expires: created.plus(lifetime_s), names }
    }

    /// Whether it says what it may.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let wrong = |what: String| Err(Refusal::Document { role: Role::Lifts, what });
        if self.names.len() > MAX_NAMES {
            return wrong(format!("{} names, where {MAX_NAMES} are the most", self.names.len()));
        }
        if self.version > MAX_VERSION {
            return wrong(format!("version {}, where {MAX_VERSION} is the highest", self.version));
        }
        if self.expires > self.created.plus(MAX_LIFETIME) {
            return wrong(format!("it would be good for more than {} days", MAX_LIFETIME / (24 * 3600)));
        }
        // Nobody's whole zone: a name has two labels at least.
        let is_name = |name: &&String| name.len() <= MAX_NAME && name.trim_matches('.').contains('.');
        match self.names.iter().find(|name| !is_name(name)) {
            Some(name) => wrong(format!("{:.64?} is no name that may be lifted", name)),
            None => Ok(()),
        }
    }
}
