//! Why a configuration is refused, in one line for people.

use std::fmt;

/// The first thing that is wrong: where it stands, its key, and what to write instead.
///
/// ```text
/// /etc/luytre/luytre.toml:12: cache.entires: unknown key; did you mean cache.entries?
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// `FILE`, `FILE:LINE`, `FILE:LINE:COLUMN`, or the environment variable's name.
    place: String,
    /// The dotted key; empty where the error is about none.
    key: String,
    what: String,
}

impl ConfigError {
    /// An error about the whole file, or a place in it that has no key.
    pub(super) fn new(place: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { place: place.to_string(), key: String::new(), what: what.into() }
    }

    /// An error about the value of a key, or the key itself.
    pub(super) fn about(place: impl fmt::Display, key: impl fmt::Display, what: impl Into<String>) -> Self {
        Self { place: place.to_string(), key: key.to_string(), what: what.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.place, self.what),
            key => write!(f, "{}: {key}: {}", self.place, self.what),
        }
    }
}

impl std::error::Error for ConfigError {}
