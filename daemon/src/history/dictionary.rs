//! Lasting numbers for what rows speak of: who asked, and what kind of question it was.
//!
//! The numbers of [`Who`](crate::who::Who) and of services hold for one run. Rows outlive it, and carry numbers of this
//! dictionary, which is kept beside them. A number is given once and stays while a row uses it.

use std::collections::{HashMap, HashSet};

use super::cells::{Ending, Topic};

/// The most subjects that are told apart; further ones count for the house. As many as a run tells apart.
const MAX_SUBJECTS: usize = 4096;
/// The most kinds with a service; further ones count without it.
const MAX_KINDS: usize = 4096;
/// The longest name of a person, device or service that is kept, in bytes.
const MAX_NAME: usize = 64;

/// One device of one person; either may be unknown, and is empty then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The person's id in `family.toml`.
    pub person: String,
    /// The device's key: its MAC address, or what else it is known by.
    pub device: String,
}

/// The lasting number of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SubjectId(pub(super) u16);

impl SubjectId {
    /// Nobody in particular.
    pub(super) const HOUSE: Self = Self(0);
}

/// What a count is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Measure {
    /// Questions that ended so.
    Questions(Ending),
    /// [Units](super::uses::UNIT) of bytes.
    Bytes,
    /// Minutes of use.
    Minutes,
}

impl Measure {
    /// How many there are.
    pub(super) const COUNT: usize = 5;

    pub(super) fn number(self) -> u8 {
        match self {
            Self::Questions(ending) => ending.number(),
            Self::Bytes => 3,
            Self::Minutes => 4,
        }
    }

    fn new(number: u8) -> Option<Self> {
        match number {
            3 => Some(Self::Bytes),
            4 => Some(Self::Minutes),
            number => Ending::new(number).map(Self::Questions),
        }
    }
}

/// What is counted together for a subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) topic: Topic,
    pub(super) measure: Measure,
    /// The service's key; empty if it is none.
    pub(super) service: String,
}

/// The lasting number of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KindId(pub(super) u16);

/// Subjects and kinds, and their numbers.
#[derive(Clone, Debug)]
pub(super) struct Dictionary {
    subjects: Numbered<Subject>,
    kinds: Numbered<Kind>,
}

/// An entry as it stands on disk: a letter and a number, and the text.
pub(super) type Written = ([u8; 3], Vec<u8>);

const SUBJECT: u8 = b's';
const KIND: u8 = b'k';

impl Default for Dictionary {
    fn default() -> Self {
        let mut subjects = Numbered::default();
        subjects.insert(SubjectId::HOUSE.0, Subject::default());
        Self { subjects, kinds: Numbered::default() }
    }
}

impl Dictionary {
    /// The number of a subject, a new one if need be.
    pub(super) fn subject(&mut self, subject: Subject) -> SubjectId {
        let subject = Subject { person: short(subject.person), device: short(subject.device) };
        self.subjects.number(subject, MAX_SUBJECTS).map_or(SubjectId::HOUSE, SubjectId)
    }

    /// The number of a kind, a new one if need be.
    pub(super) fn kind(&mut self, topic: Topic, measure: Measure, service: &str) -> KindId {
        let kind = Kind { topic, measure, service: short(service.to_owned()) };
        let bound = if kind.service.is_empty() { usize::from(u16::MAX) } else { MAX_KINDS };
        match self.kinds.number(kind, bound) {
            Some(number) => KindId(number),
            // Those without a service are 66 topics × 5 measures: there is room for all.
            None => self.kind(topic, measure, ""),
        }
    }

    /// The kind less its service.
    pub(super) fn without_service(&mut self, kind: KindId) -> KindId {
        let Some(&Kind { topic, measure, .. }) = self.kind_of(kind) else { return kind };
        self.kind(topic, measure, "")
    }

    /// The kind less its category.
    pub(super) fn without_category(&mut self, kind: KindId) -> KindId {
        let Some(&Kind { topic, measure, .. }) = self.kind_of(kind) else { return kind };
        self.kind(if topic == Topic::AGAIN { topic } else { Topic::NONE }, measure, "")
    }

    pub(super) fn subject_of(&self, id: SubjectId) -> Option<&Subject> {
        self.subjects.by_number.get(&id.0)
    }

    pub(super) fn kind_of(&self, id: KindId) -> Option<&Kind> {
        self.kinds.by_number.get(&id.0)
    }

    /// Reads an entry; `false` if it is none.
    pub(super) fn read(&mut self, key: &[u8], text: &[u8]) -> bool {
        let &[letter, high, low] = key else { return false };
        let number = u16::from_be_bytes([high, low]);
        match letter {
            SUBJECT => read_subject(text).map(|subject| self.subjects.insert(number, subject)),
            KIND => read_kind(text).map(|kind| self.kinds.insert(number, kind)),
            _ => None,
        }
        .is_some()
    }

    /// The entries that the disk does not know yet.
    pub(super) fn unsaved(&self) -> Vec<Written> {
        let key = |letter, number: u16| {
            let [high, low] = number.to_be_bytes();
            [letter, high, low]
        };
        let subjects = self.subjects.new.iter().filter_map(|number| {
            let Subject { person, device } = self.subjects.by_number.get(number)?;
            Some((key(SUBJECT, *number), format!("{person}\0{device}").into_bytes()))
        });
        let kinds = self.kinds.new.iter().filter_map(|number| {
            let Kind { topic, measure, service } = self.kinds.by_number.get(number)?;
            let mut text = vec![topic.number(), measure.number()];
            text.extend_from_slice(service.as_bytes());
            Some((key(KIND, *number), text))
        });
        subjects.chain(kinds).collect()
    }

    /// What [`unsaved`](Self::unsaved) gave is on disk.
    pub(super) fn saved(&mut self) {
        self.subjects.new.clear();
        self.kinds.new.clear();
    }

    /// Forgets subjects that no row speaks of, and returns their keys on disk.
    pub(super) fn keep_only(&mut self, used: &HashSet<SubjectId>) -> Vec<[u8; 3]> {
        let is_used = |number: &u16| *number == SubjectId::HOUSE.0 || used.contains(&SubjectId(*number));
        let gone: Vec<u16> =
            self.subjects.by_number.keys().filter(|number| !is_used(number)).copied().collect();
        gone.iter().for_each(|number| self.subjects.remove(*number));
        gone.iter().map(|number| [SUBJECT, (number >> 8) as u8, *number as u8]).collect()
    }

    /// Whether so many subjects are known that unused ones should go.
    pub(super) fn is_crowded(&self) -> bool {
        self.subjects.by_number.len() > MAX_SUBJECTS / 2
    }
}

fn read_subject(text: &[u8]) -> Option<Subject> {
    let (person, device) = str::from_utf8(text).ok()?.split_once('\0')?;
    Some(Subject { person: person.into(), device: device.into() })
}

fn read_kind(text: &[u8]) -> Option<Kind> {
    let (&[topic, measure], service) = text.split_first_chunk()?;
    let service = str::from_utf8(service).ok()?.into();
    Some(Kind { topic: Topic::new(topic)?, measure: Measure::new(measure)?, service })
}

/// No longer than [`MAX_NAME`], and without the byte that separates names.
fn short(mut name: String) -> String {
    let end = (0..=MAX_NAME.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    name.truncate(end.unwrap_or(0));
    name.retain(|c| c != '\0');
    name
}

/// Things with small numbers, both ways.
#[derive(Clone, Debug)]
struct Numbered<T> {
    by_number: HashMap<u16, T>,
    numbers: HashMap<T, u16>,
    /// Where to look for a free number.
    next: u16,
    /// Numbers that the disk does not know yet.
    new: Vec<u16>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { by_number: HashMap::new(), numbers: HashMap::new(), next: 0, new: Vec::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn number(&mut self, thing: T, bound: usize) -> Option<u16> {
        if let Some(number) = self.numbers.get(&thing) {
            return Some(*number);
        }
        if self.by_number.len() >= bound {
            return None;
        }
        while self.by_number.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1);
        }
        let number = self.next;
        self.insert(number, thing);
        self.new.push(number);
        Some(number)
    }

    fn insert(&mut self, number: u16, thing: T) {
        self.numbers.insert(thing.clone(), number);
        self.by_number.insert(number, thing);
    }

    fn remove(&mut self, number: u16) {
        if let Some(thing) = self.by_number.remove(&number) {
            self.numbers.remove(&thing);
        }
        self.new.retain(|new| *new != number);
        // Small numbers pack small.
        self.next = self.next.min(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(person: &str, device: &str) -> Subject {
        Subject { person: person.into(), device: device.into() }
    }

    #[test]
    fn numbers_stay_over_a_restart() {
        let mut before = Dictionary::default();
        let an = before.subject(subject("an", "02:00:00:00:00:10"));
        let game = before.kind(Topic::NONE, Measure::Questions(Ending::Blocked), "roblox");
        let written = before.unsaved();
        before.saved();
        assert_eq!((written.len(), before.unsaved().len()), (2, 0));
        let mut after = Dictionary::default();
        assert!(written.iter().all(|(key, text)| after.read(key, text)));
        let other = after.subject(subject("binh", ""));
        assert_eq!(after.subject(subject("an", "02:00:00:00:00:10")), an);
        assert_eq!(after.kind(Topic::NONE, Measure::Questions(Ending::Blocked), "roblox"), game);
        assert!(other != an && other != SubjectId::HOUSE);
        assert_eq!(after.unsaved().len(), 1, "only the new one is to be written");
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        let mut dictionary = Dictionary::default();
        for (key, text) in [
            (&b"s\0\x01"[..], &b"no separator"[..]),
            (b"s\0", b"an\0phone"),
            (b"k\0\x01", b"\xff\0"),
            (b"k\0\x01", b"\0"),
            (b"x\0\x01", b"an\0phone"),
            (b"s\0\x01", b"\xff\0"),
        ] {
            assert!(!dictionary.read(key, text), "{key:?} {text:?}");
        }
    }

    #[test]
    fn strangers_beyond_the_bound_count_for_the_house() {
        let mut dictionary = Dictionary::default();
        let ids: Vec<_> = (0..5000).map(|n| dictionary.subject(subject("", &format!("mac-{n}")))).collect();
        assert!(dictionary.is_crowded());
        assert_eq!(ids.iter().filter(|id| **id == SubjectId::HOUSE).count(), 5000 - 4095);
        let gone = dictionary.keep_only(&ids[..10].iter().copied().collect());
        assert_eq!(gone.len(), 4095 - 10);
        assert_eq!(dictionary.subject(subject("", "mac-3")), ids[3]);
        assert!(dictionary.subject(subject("", "new")).0 == 11, "free numbers are used again");
    }

    #[test]
    fn kinds_beyond_the_bound_lose_their_service() {
        let mut dictionary = Dictionary::default();
        let kind = |service: String, dictionary: &mut Dictionary| {
            let id = dictionary.kind(Topic::NONE, Measure::Bytes, &service);
            dictionary.kind_of(id).cloned().unwrap()
        };
        assert_eq!(kind("a".repeat(70), &mut dictionary).service.len(), MAX_NAME);
        for n in 0..MAX_KINDS {
            kind(format!("{n}"), &mut dictionary);
        }
        assert_eq!(kind("one more".into(), &mut dictionary).service, "");
    }
}
