//! The last so many of something.

/// A ring that grows to its bound, then forgets the oldest.
#[derive(Debug)]
pub(super) struct Ring<T> {
    records: Vec<T>,
    bound: usize,
    next: usize,
}

impl<T> Ring<T> {
    /// Takes all its memory now, so that pushing never allocates.
    pub(super) fn new(bound: usize) -> Self {
        Self { records: Vec::with_capacity(bound), bound, next: 0 }
    }

    pub(super) fn push(&mut self, record: T) {
        if self.records.len() < self.bound {
            self.records.push(record);
        } else if let Some(oldest) = self.records.get_mut(self.next) {
            *oldest = record;
            self.next = (self.next + 1) % self.bound;
        }
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &T> {
        let (newer, older) = self.records.split_at(self.next);
        newer.iter().rev().chain(older.iter().rev())
    }
}
