//! What categories a list may have: root allows them, and a manifest says which of them its lists were built with.
//!
//! This is what keeps a list that protects children from becoming something else: who publishes lists can't add a category
//! to them, however urgent it is said to be. The people who hold root's keys can, and everybody sees it in `root/<n>.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of each category by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Categories(pub BTreeMap<String, u8>);

impl Categories {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those in the order of their numbers.
    pub fn by_number(&self) -> Vec<(u8, &str)> {
        let mut rows: Vec<_> = self.0.iter().map(|(key, &number)| (number, key.as_str())).collect();
        rows.sort_unstable();
        rows
    }

    /// One of them that is not among those that are allowed, or has another number there.
    pub(crate) fn stranger_to(&self, allowed: &Self) -> Option<&str> {
        let stranger = self.0.iter().find(|(key, number)| allowed.0.get(*key) != Some(*number));
        stranger.map(|(key, _)| key.as_str())
    }
}

impl FromIterator<(u8, String)> for Categories {
    fn from_iter<I: IntoIterator<Item = (u8, String)>>(rows: I) -> Self {
        Self(rows.into_iter().map(|(number, key)| (key, number)).collect())
    }
}
