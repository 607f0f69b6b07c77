//! Sets of services: what a profile blocks, a window permits, a budget counts.

use std::fmt;

/// A service of the [catalogue](super::Catalogue), by its place there. It holds for one run only: files, logs and the
/// API name a service by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub u8);

/// A set of services: bit `n` is service `n`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ServiceSet([u32; 8]);

impl ServiceSet {
    /// No service.
    pub const EMPTY: Self = Self([0; 8]);

    /// Adds a service.
    pub const fn insert(&mut self, service: ServiceId) {
        self.0[service.word()] |= service.bit();
    }

    /// The set with this service added.
    #[must_use]
    pub const fn with(mut self, service: ServiceId) -> Self {
        self.insert(service);
        self
    }

    /// Whether the service is in the set.
    pub const fn contains(&self, service: ServiceId) -> bool {
        self.0[service.word()] & service.bit() != 0
    }

    /// Everything in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        self.each(other, |a, b| a | b)
    }

    /// What both sets hold.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        self.each(other, |a, b| a & b)
    }

    /// What this set holds and the other does not.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        self.each(other, |a, b| a & !b)
    }

    /// Whether every service of the other set is in this one.
    pub fn is_superset(self, other: Self) -> bool {
        other.difference(self).is_empty()
    }

    /// Whether the set holds nothing.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }

    /// The services in the order of their places in the catalogue.
    pub fn iter(self) -> impl Iterator<Item = ServiceId> {
        (0..=u8::MAX).map(ServiceId).filter(move |&service| self.contains(service))
    }

    fn each(self, other: Self, combine: impl Fn(u32, u32) -> u32) -> Self {
        Self(std::array::from_fn(|word| combine(self.0[word], other.0[word])))
    }
}

impl ServiceId {
    const fn word(self) -> usize {
        (self.0 / 32) as usize
    }

    const fn bit(self) -> u32 {
        1 << (self.0 % 32)
    }
}

impl From<ServiceId> for ServiceSet {
    fn from(service: ServiceId) -> Self {
        Self::EMPTY.with(service)
    }
}

impl FromIterator<ServiceId> for ServiceSet {
    fn from_iter<I: IntoIterator<Item = ServiceId>>(services: I) -> Self {
        services.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for ServiceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|service| service.0)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn set(ids: &BTreeSet<u8>) -> ServiceSet {
        ids.iter().copied().map(ServiceId).collect()
    }

    fn ids(set: ServiceSet) -> BTreeSet<u8> {
        set.iter().map(|service| service.0).collect()
    }

    proptest! {
        /// It is the set of the standard library in 32 bytes.
        #[test]
        fn a_set_is_a_set(a: BTreeSet<u8>, b: BTreeSet<u8>, id: u8) {
            let (left, right) = (set(&a), set(&b));
            prop_assert_eq!(ids(left), a.clone());
            prop_assert_eq!(ids(left.union(right)), &a | &b);
            prop_assert_eq!(ids(left.intersection(right)), &a & &b);
            prop_assert_eq!(ids(left.difference(right)), &a - &b);
            prop_assert_eq!(left.contains(ServiceId(id)), a.contains(&id));
            prop_assert_eq!(left.is_superset(right), a.is_superset(&b));
            prop_assert_eq!(left.is_empty(), a.is_empty());
            prop_assert!(left.with(ServiceId(id)).contains(ServiceId(id)));
        }
    }
}
