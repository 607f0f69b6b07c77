//! What a list says about one name: something about the name itself, something about all below it.

use crate::category::CategorySet;

/// What is said about a name, or about what lies below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// Nothing: the next shorter suffix decides.
    #[default]
    Inherit,
    /// An exception: not listed, whatever a shorter suffix says.
    Allow,
    /// Listed under these categories.
    Block(CategorySet),
}

impl Disposition {
    /// Both statements at once: blocks unite, an exception yields to nothing.
    #[must_use]
    fn merge(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allow, _) | (_, Self::Allow) => Self::Allow,
            (Self::Block(a), Self::Block(b)) => Self::Block(a.union(b).sealed()),
            (Self::Inherit, said) | (said, Self::Inherit) => said,
        }
    }
}

/// What a list says about a name. The most specific statement wins: for the name itself `here`, for a name below it
/// `below`, and where those are [`Disposition::Inherit`] the next shorter suffix's `below`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// About the name itself.
    pub here: Disposition,
    /// About every name below it.
    pub below: Disposition,
}

impl Entry {
    /// The name and all below it (what a plain-domain line means).
    pub const fn subtree(said: Disposition) -> Self {
        Self { here: said, below: said }
    }

    /// That name alone (what a hosts line means).
    pub const fn exact(said: Disposition) -> Self {
        Self { here: said, below: Disposition::Inherit }
    }

    /// Both entries at once, as when two sources list one name.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self { here: self.here.merge(other.here), below: self.below.merge(other.below) }
    }

    /// Whether the entry says nothing at all.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}
