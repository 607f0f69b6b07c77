//! A set of dates.

use super::Date;

/// A first and a last day.
pub(super) type Range = (Date, Date);

/// A set of days, kept as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    /// In order, and apart by a day at least.
    ranges: Vec<Range>,
}

impl Days {
    /// Whether a day is among them. Allocates nothing.
    pub fn contains(&self, date: Date) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= date);
        self.ranges[..after].last().is_some_and(|&(_, last)| date <= last)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The first and last day of each stretch, in order.
    pub fn ranges(&self) -> impl Iterator<Item = (Date, Date)> {
        self.ranges.iter().copied()
    }
}

impl FromIterator<Range> for Days {
    fn from_iter<I: IntoIterator<Item = Range>>(ranges: I) -> Self {
        let mut sorted: Vec<Range> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut ranges: Vec<Range> = Vec::new();
        for (first, last) in sorted {
            match ranges.last_mut() {
                Some((_, end)) if first <= end.next() => *end = last.max(*end),
                _ => ranges.push((first, last)),
            }
        }
        Self { ranges }
    }
}
