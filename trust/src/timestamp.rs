//! `timestamp.json`: which manifest is the latest. Small, and asked for all the time.

use serde::{Deserialize, Serialize};

use crate::manifest::FileRef;
use crate::moment::Moment;

/// What `timestamp.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timestamp {
    /// Tells it from other documents.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Grows with every signing.
    pub version: u64,
    /// When it was signed: it is no earlier now.
    #[serde(default)]
    pub created: Moment,
    /// When its time is over; two days later.
    pub expires: Moment,
    /// Grows with every publication.
    pub serial: u64,
    /// Whether lists are to be taken at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    /// The version of `lifts.json`; `None`: nothing is lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifts: Option<u64>,
    /// The manifest.
    pub manifest: FileRef,
}

/// The `type` of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The only one here.
    Timestamp,
}

impl Timestamp {
    /// Announces a manifest.
    pub fn new(version: u64, created: Moment, lifetime_s: u64, serial: u64, manifest: FileRef) -> Self {
        let expires = created.plus(lifetime_s);
        Self {
            kind: Kind::Timestamp,
            version,
            created,
            expires,
            serial,
            urgent: false,
            lifts: None,
            manifest,
        }
    }
}
