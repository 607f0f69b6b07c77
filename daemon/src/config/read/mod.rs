//! How text becomes a [`Spec`](super::Spec), and how a refusal finds its line.
//!
//! * [`document`]: the parsed file with the position of every value; the environment's values are laid over it.
//! * [`environment`]: `LUYTRE_A__B` variables as values for `a.b`.
//! * [`schema`]: which keys there are and what kind of value each takes; words the refusal of what does not fit.
//! * [`key`]: the path of a value, as it is named in errors.
//! * [`values`]: numbers with bounds, choices, addresses and names, for the sections to check theirs with.

pub(super) mod document;
pub(super) mod environment;
pub(super) mod key;
pub(super) mod schema;
pub(super) mod values;

use key::Key;

/// What is wrong with the value of a key, before anybody asks on which line it stands.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) key: Key,
    pub(super) what: String,
}

impl Refusal {
    /// Refuses a key's value; `what` says what is wrong and what to write instead.
    pub(super) fn new(key: impl Into<Key>, what: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into() }
    }
}
