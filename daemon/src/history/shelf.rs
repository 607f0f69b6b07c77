//! Where rows of each sort and length stand, and how many there may be.

use super::level::Level;

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// Questions.
    Asked,
    /// Bytes and minutes of use; since version 2 of the layout. Ten minutes of them wait in memory, and go to their hour
    /// and their day when they are saved: rows that small cost the flash many times their bytes (`tests/flash.rs`).
    Used,
}

/// Rows of one sort and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shelf {
    pub(super) sort: Sort,
    pub(super) level: Level,
}

/// A row's place: its shelf and its period.
pub(super) type At = (Shelf, u32);

impl Sort {
    pub(super) const ALL: [Self; 2] = [Self::Asked, Self::Used];

    /// The shelf of this sort and that length.
    pub(super) fn at(self, level: Level) -> Shelf {
        Shelf { sort: self, level }
    }
}

impl Shelf {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let all = Sort::ALL.into_iter().flat_map(|sort| Level::ALL.map(|level| sort.at(level)));
        all.filter(|shelf| shelf.letter().is_some())
    }

    /// How it is named in a key on disk; `None` for one that has no rows there.
    fn letter(self) -> Option<u8> {
        match (self.sort, self.level) {
            (Sort::Asked, Level::TenMinutes) => Some(b'1'),
            (Sort::Asked, Level::Hour) => Some(b'2'),
            (Sort::Asked, Level::Day) => Some(b'3'),
            (Sort::Used, Level::TenMinutes) => None,
            (Sort::Used, Level::Hour) => Some(b'5'),
            (Sort::Used, Level::Day) => Some(b'6'),
        }
    }

    /// The most rows and the most bytes that are kept, where the house keeps `days`. On disk sled takes two to three
    /// times the bytes. A year of questions of a busy family of 40 devices just needs them (`tests/year.rs`); of their
    /// use there is room for some two months, and of a home of eight devices for the year.
    pub(super) fn bounds(self, days: usize) -> (usize, usize) {
        let bytes = match (self.sort, self.level) {
            (Sort::Asked, Level::TenMinutes) => 96 << 10,
            (Sort::Asked, Level::Hour) => 128 << 10,
            (Sort::Asked, Level::Day) => 672 << 10,
            (Sort::Used, Level::TenMinutes) => 0,
            (Sort::Used, Level::Hour) => 16 << 10,
            (Sort::Used, Level::Day) => 40 << 10,
        };
        let rows = match self.level {
            Level::TenMinutes => days.min(2) * 144,
            Level::Hour => days.min(8) * 24,
            Level::Day => days,
        };
        (rows, bytes)
    }

    /// The key of a part of a row.
    pub(super) fn key(self, period: u32, chunk: u8) -> [u8; 6] {
        let [a, b, c, d] = period.to_be_bytes();
        [self.letter().unwrap_or_default(), a, b, c, d, chunk]
    }

    /// The row that a key belongs to; `None` if it is no row's.
    pub(super) fn of_key(key: &[u8]) -> Option<At> {
        let &[letter, a, b, c, d, _] = key else { return None };
        let shelf = Self::all().find(|shelf| shelf.letter() == Some(letter))?;
        Some((shelf, u32::from_be_bytes([a, b, c, d])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shelf_has_keys_of_its_own() {
        for shelf in Shelf::all() {
            assert_eq!(Shelf::of_key(&shelf.key(0x0102_0304, 9)), Some((shelf, 0x0102_0304)));
        }
        assert_eq!((Shelf::of_key(b"400000"), Shelf::of_key(b"\x0000000")), (None, None));
        assert_eq!(Shelf::of_key(b"k00"), None);
    }
}
