//! The path of a value: `section.key`, in `upstream.zones` also the entry, and the item where the value is a list.

use std::fmt;

/// Where a value stands in the document, whatever the way it is written there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::config) struct Key {
    names: Vec<String>,
    item: Option<usize>,
}

impl Key {
    /// The key of an entry of this table.
    pub(in crate::config) fn entry(&self, name: &str) -> Self {
        let mut names = self.names.clone();
        names.push(name.to_owned());
        Self { names, item: None }
    }

    /// An item of this list, counted from 0. People see the list's key, and the item's line.
    pub(in crate::config) fn item(mut self, index: usize) -> Self {
        self.item = Some(index);
        self
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(super) fn index(&self) -> Option<usize> {
        self.item
    }

    /// The sections of the file are its top.
    pub(super) fn is_section(&self) -> bool {
        self.names.len() == 1
    }
}

/// Splits a key of ours, such as `cache.entries`, at its dots.
impl From<&str> for Key {
    fn from(dotted: &str) -> Self {
        Self { names: dotted.split('.').map(str::to_owned).collect(), item: None }
    }
}

/// Dotted, as TOML would have it: what is not a bare key stands in quotes.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.names().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if !name.is_empty() && name.len() <= super::values::SHOWN && name.chars().all(bare) {
                write!(f, "{dot}{name}")?;
            } else {
                write!(f, "{dot}{}", super::values::quoted(name))?;
            }
        }
        Ok(())
    }
}
