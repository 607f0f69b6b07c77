//! The last so many of something.

/// A ring that grows to its bound, then forgets the oldest.
#[derive(Debug)]
pub(super) struct Ring<T> {
    records: Vec<T>,
    bound: usize,
    next: usize,
    /// How many were ever added; wraps.
    added: usize,
}

impl<T: Default> Ring<T> {
    /// Takes all its memory now, so that adding never allocates.
    pub(super) fn new(bound: usize) -> Self {
        Self { records: Vec::with_capacity(bound), bound, next: 0, added: 0 }
    }

    /// The place of the newest record, to be written over: an older one may still stand there. `None` in a ring of
    /// nothing.
    pub(super) fn advance(&mut self) -> Option<&mut T> {
        let at = self.next;
        if self.records.len() < self.bound {
            self.records.push(T::default());
        }
        self.next = (at + 1) % self.bound.max(1);
        self.added = self.added.wrapping_add(usize::from(self.bound > 0));
        self.records.get_mut(at)
    }

    /// Writes what is to be forgotten over with nothing.
    pub(super) fn forget(&mut self, is_old: impl Fn(&T) -> bool) {
        self.records.iter_mut().filter(|record| is_old(record)).for_each(|record| *record = T::default());
    }

    /// How many were ever added; wraps.
    pub(super) fn added(&self) -> usize {
        self.added
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &T> {
        let (newer, older) = self.records.split_at(self.next.min(self.records.len()));
        newer.iter().rev().chain(older.iter().rev())
    }
}
