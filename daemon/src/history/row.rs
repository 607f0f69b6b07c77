//! One period's counts by lasting numbers, and their form on disk.
//!
//! Numbers are written as steps from the one before and packed by the [`coder`](super::coder), which knows that they are
//! small: a cell takes some nine bits, which is what makes a year small.

use std::collections::{BTreeMap, HashMap};

use super::cells::{Ending, Topic};
use super::coder::{Decoder, Encoder, Model, Truncated};
use super::dictionary::{Dictionary, KindId, Measure, SubjectId};

/// The most cells of a row; one with more is made coarser. A busy day of 40 devices has some 1,300.
pub(super) const MAX_CELLS: usize = 4096;

/// Counts by subject and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row(BTreeMap<(SubjectId, KindId), u32>);

/// Bytes that are no row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotARow;

impl Row {
    pub(super) fn add(&mut self, subject: SubjectId, kind: KindId, count: u32) {
        let held = self.0.entry((subject, kind)).or_default();
        // A thousand questions a second, all of one kind, fill it in 50 days.
        *held = held.saturating_add(count);
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|(subject, kind, count)| self.add(subject, kind, count));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SubjectId, KindId, u32)> {
        self.0.iter().map(|(&(subject, kind), &count)| (subject, kind, count))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same questions in at most [`MAX_CELLS`] cells: without services if there are more, then without categories,
    /// then without people.
    pub(super) fn bounded(self, dictionary: &mut Dictionary) -> Self {
        let mut row = self;
        for coarser in [Dictionary::without_service, Dictionary::without_category] {
            if row.0.len() <= MAX_CELLS {
                return row;
            }
            row = row.map(|subject, kind| (subject, coarser(dictionary, kind)));
        }
        if row.0.len() <= MAX_CELLS { row } else { row.map(|_, kind| (SubjectId::HOUSE, kind)) }
    }

    /// The same row in the numbers of another dictionary.
    pub(super) fn translated(&self, from: &Dictionary, to: &mut Dictionary) -> Self {
        self.map(|subject, kind| {
            let subject = from.subject_of(subject).cloned().unwrap_or_default();
            let kind = from.kind_of(kind).map(|kind| to.kind(kind.topic, kind.measure, &kind.service));
            // Numbers in a row are always in its dictionary; one that is not counts for nothing in particular.
            (
                to.subject(subject),
                kind.unwrap_or_else(|| to.kind(Topic::NONE, Measure::Questions(Ending::Allowed), "")),
            )
        })
    }

    fn map(&self, mut to: impl FnMut(SubjectId, KindId) -> (SubjectId, KindId)) -> Self {
        let mut mapped = Self::default();
        for (subject, kind, count) in self.iter() {
            let (subject, kind) = to(subject, kind);
            mapped.add(subject, kind, count);
        }
        mapped
    }

    /// The row as bytes: how many subjects, then each one's step from the one before, how many kinds it has, and for
    /// each of these the step and the count.
    pub(super) fn pack(&self) -> Vec<u8> {
        let (mut encoder, models) = (Encoder::new(), &mut Models::default());
        let mut subjects: Vec<(SubjectId, Vec<(KindId, u32)>)> = Vec::new();
        for (subject, kind, count) in self.iter() {
            match subjects.last_mut() {
                Some((last, kinds)) if *last == subject => kinds.push((kind, count)),
                _ => subjects.push((subject, vec![(kind, count)])),
            }
        }
        encoder.put(&mut models.sizes, subjects.len() as u32); // at most 65,536
        let mut last_subject = 0;
        for (subject, kinds) in &subjects {
            encoder.put(&mut models.subjects, u32::from(subject.0 - last_subject));
            encoder.put(&mut models.sizes, kinds.len() as u32); // at most 65,536
            last_subject = subject.0;
            let (mut last_kind, mut last_count) = (0, 0);
            for (kind, count) in kinds {
                encoder.put(&mut models.kinds, u32::from(kind.0 - last_kind));
                encoder.put(&mut models.differs, u32::from(*count != last_count));
                if *count != last_count {
                    encoder.put(models.counts_of(*kind), *count);
                }
                models.seen.insert(*kind, *count);
                (last_kind, last_count) = (kind.0, *count);
            }
        }
        encoder.finish()
    }

    /// Reads what [`pack`](Self::pack) wrote.
    pub(super) fn unpack(bytes: &[u8]) -> Result<Self, NotARow> {
        let (mut decoder, models) = (Decoder::new(bytes), &mut Models::default());
        let mut row = Self::default();
        let mut subject = 0;
        for _ in 0..decoder.take(&mut models.sizes)? {
            subject = step(subject, decoder.take(&mut models.subjects)?)?;
            let (mut kind, mut count) = (0, 0);
            for _ in 0..decoder.take(&mut models.sizes)? {
                kind = step(kind, decoder.take(&mut models.kinds)?)?;
                if decoder.take(&mut models.differs)? != 0 {
                    count = decoder.take(models.counts_of(KindId(kind)))?;
                }
                models.seen.insert(KindId(kind), count);
                row.add(SubjectId(subject), KindId(kind), count);
                if row.0.len() > MAX_CELLS {
                    return Err(NotARow);
                }
            }
        }
        Ok(row)
    }
}

/// What is expected of each sort of number in a row.
#[derive(Default)]
struct Models {
    sizes: Model,
    subjects: Model,
    kinds: Model,
    /// Whether a count differs from the one before: a question in several categories counts the same in each.
    differs: Model,
    /// By the length of the count that the last subject had of the same kind.
    counts: [Model; 10],
    seen: HashMap<KindId, u32>,
}

impl Models {
    fn counts_of(&mut self, kind: KindId) -> &mut Model {
        let last = self.seen.get(&kind).copied().unwrap_or(0);
        let length = (u32::BITS - last.leading_zeros()) as usize;
        &mut self.counts[length.min(9)]
    }
}

impl From<Truncated> for NotARow {
    fn from(_: Truncated) -> Self {
        Self
    }
}

fn step(from: u16, by: u32) -> Result<u16, NotARow> {
    u16::try_from(by).ok().and_then(|by| from.checked_add(by)).ok_or(NotARow)
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    fn row() -> impl Strategy<Value = Row> {
        let cells = btree_map((0u16..60, 0u16..300), 1u32.., 0..600);
        cells.prop_map(|cells| {
            Row(cells.into_iter().map(|((s, k), count)| ((SubjectId(s), KindId(k)), count)).collect())
        })
    }

    proptest! {
        #[test]
        fn what_is_unpacked_is_what_was_packed(row in row()) {
            prop_assert_eq!(Row::unpack(&row.pack()), Ok(row));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Row::unpack(&bytes);
        }
    }

    #[test]
    fn a_row_of_too_many_cells_is_coarser_and_sums_the_same() {
        let (mut dictionary, mut row) = (Dictionary::default(), Row::default());
        let kinds: Vec<_> = (0..40u8)
            .flat_map(|topic| (0..5).map(move |service| (topic, format!("service-{service}"))))
            .map(|(topic, service)| dictionary.kind(Topic::new(topic).unwrap(), Measure::Minutes, &service))
            .collect();
        for subject in 0..100 {
            kinds.iter().for_each(|kind| row.add(SubjectId(subject), *kind, 2));
        }
        let bounded = row.bounded(&mut dictionary);
        assert_eq!(bounded.0.len(), 100 * 40, "services went, categories did not");
        assert_eq!(bounded.iter().map(|(_, _, count)| count).sum::<u32>(), 100 * 200 * 2);
    }

    #[test]
    fn half_a_row_is_refused() {
        let mut row = Row::default();
        (1..200).for_each(|kind| row.add(SubjectId(1), KindId(kind), u32::from(kind) * 7919));
        let packed = row.pack();
        assert_eq!(Row::unpack(&packed[..packed.len() / 2]), Err(NotARow));
    }
}
