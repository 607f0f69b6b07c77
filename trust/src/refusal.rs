//! Why a document is not believed.

use std::fmt;

use crate::hex::Sha256;
use crate::moment::Moment;

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Says who the others are.
    Root,
    /// Says which lists there are.
    Targets,
    /// Says which manifest is the latest.
    Timestamp,
    /// Says which blocks are lifted.
    Lifts,
    /// Looks after a fleet of routers: no role of a root's.
    Operator,
}

impl Role {
    /// The document that it signs.
    pub fn document(self) -> &'static str {
        match self {
            Self::Root => "root.json",
            Self::Targets => "manifest.json",
            Self::Timestamp => "timestamp.json",
            Self::Lifts => "lifts.json",
            Self::Operator => "policy.json",
        }
    }
}

/// As `root.json` has it.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "root",
            Self::Targets => "targets",
            Self::Timestamp => "timestamp",
            Self::Lifts => "lifts",
            Self::Operator => "operator",
        })
    }
}

/// Why a document is not believed. What was believed before stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is longer than any such document.
    TooLong {
        /// Which.
        role: Role,
        /// The most bytes.
        most: usize,
        /// Its bytes.
        found: usize,
    },
    /// It is no such document at all, or says what can't be.
    Document {
        /// Which.
        role: Role,
        /// What is wrong with it.
        what: String,
    },
    /// Too few of the role's keys have signed it.
    Signatures {
        /// Which.
        role: Role,
        /// Good signatures of different keys.
        valid: usize,
        /// How many there have to be.
        threshold: u32,
        /// The version of the root that has those keys; `None`: no root does.
        by: Option<u64>,
    },
    /// It is older than what was believed before.
    Rollback {
        /// What has fallen, such as `version of timestamp.json`.
        what: &'static str,
        /// What is known.
        known: u64,
        /// What was offered.
        offered: u64,
    },
    /// A root was left out.
    MissingRoot {
        /// The version that has to come next.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// Its time is over.
    Expired {
        /// Which.
        role: Role,
        /// When it was over.
        expired: Moment,
        /// What is the time at least.
        now: Moment,
    },
    /// It is not the one that was announced.
    Mismatch {
        /// What it is, such as `manifest.json`.
        what: String,
        /// The digest that was announced.
        expected: Sha256,
        /// Its digest.
        found: Sha256,
    },
    /// It has another length than was announced.
    Length {
        /// What it is.
        what: String,
        /// The bytes that were announced.
        expected: u64,
        /// Its bytes.
        found: u64,
    },
    /// Two documents contradict each other.
    Contradiction {
        /// How.
        what: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { role, most, found } => {
                write!(f, "{} is too long: {found} bytes, where {most} are the most", role.document())
            }
            Self::Document { role, what } => write!(f, "{} is not one: {what}", role.document()),
            Self::Signatures { role, valid, threshold, by } => {
                let of = by.map_or(String::new(), |version| format!(" of root {version}"));
                let document = role.document();
                write!(
                    f,
                    "{document} has {valid} good signatures of different {role} keys{of}, and needs {threshold}"
                )
            }
            Self::Rollback { what, known, offered } => {
                write!(f, "rollback: the {what} was {known} and is {offered} now")
            }
            Self::MissingRoot { expected, found } => {
                write!(f, "root {expected} has to come next, and {found} came")
            }
            Self::Expired { role, expired, now } => {
                write!(f, "{} has expired at {expired}; it is {now} now, or later", role.document())
            }
            Self::Mismatch { what, expected, found } => {
                write!(
                    f,
                    "{what} is not the one that is signed: SHA-256 {expected} was announced, {found} came"
                )
            }
            Self::Length { what, expected, found } => {
                write!(f, "{what} has the wrong length: {expected} bytes were announced, {found} came")
            }
            Self::Contradiction { what } => f.write_str(what),
        }
    }
}

impl std::error::Error for Refusal {}
