//! What speaks for a name's being listed, besides one source's word.

use std::fmt;

use luytre_lists::{Category, Name};

use super::super::draft::Draft;
use super::super::sources::Trust;
use super::super::starter::Starter;

/// Where evidence is looked for.
pub struct Evidence<'a> {
    /// The sources' claims.
    pub draft: &'a Draft,
    /// Our own starter list.
    pub starter: &'a Starter,
}

/// Why a popular name stays listed under a harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof<'a> {
    /// It stands in our own starter list.
    Starter,
    /// This source is trusted.
    Trusted(&'a str),
    /// These sources of different publishers agree.
    Agreed(&'a str, &'a str),
}

impl Evidence<'_> {
    /// The best proof that the name belongs in the category; a parent listed with all below it counts for the name.
    pub fn proof(&self, name: Name<'_>, category: Category) -> Option<Proof<'_>> {
        if self.starter.categories(name).contains(category) {
            return Some(Proof::Starter);
        }
        let mut trusted =
            self.draft.witnesses(name, category).filter(|source| source.trust == Trust::Trusted);
        if let Some(source) = trusted.next() {
            return Some(Proof::Trusted(&source.id));
        }
        let mut believed =
            self.draft.witnesses(name, category).filter(|source| source.trust == Trust::Normal);
        let first = believed.next()?;
        let second = believed.find(|source| source.publisher != first.publisher)?;
        Some(Proof::Agreed(&first.id, &second.id))
    }
}

impl fmt::Display for Proof<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starter => f.write_str("in our starter list"),
            Self::Trusted(source) => write!(f, "listed by the trusted source {source}"),
            Self::Agreed(first, second) => write!(f, "{first} and {second} agree"),
        }
    }
}
