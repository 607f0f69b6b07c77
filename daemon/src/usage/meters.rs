//! Which minutes each budget was used in, as the questions of a household show it.
//!
//! One meter for each budget, whatever the number of devices: two that are active in the same minute mark the same
//! one. Marking is a load and a store of 32 bits; it neither locks nor allocates.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::family::Family;

/// Minutes since the daemon's start: a clock that never goes back.
pub type Minute = u32;

/// Minutes whose marks are kept: whoever counts them may be so late.
pub(super) const KEPT: Minute = 4;

/// A minute counts towards a budget for everything from so many questions for addresses on: a page asks for dozens, a
/// device that lies there for a few. One for something that has a budget of its own is enough.
pub(super) const QUESTIONS: u8 = 10;

/// The meters of a family's budgets.
#[derive(Debug, Default)]
pub struct Meters {
    family: Arc<Family>,
    /// In the order of the family's budgets.
    marks: Box<[Marks]>,
    /// By a person's place in the family, in the order of [`Verdict::budgets`](crate::policy::Verdict::budgets).
    people: Box<[Own]>,
}

/// One person's budgets.
#[derive(Debug, Default)]
struct Own {
    /// Their places among the family's.
    budgets: Box<[u16]>,
    /// Those that are not about everything.
    narrow: u16,
}

/// For the last minutes each the minute's number, of which 24 bits last 31 years, and the questions asked in it.
#[derive(Debug, Default)]
struct Marks([AtomicU32; KEPT as usize]);

impl Meters {
    /// New meters for these budgets.
    pub fn of(family: Arc<Family>) -> Self {
        let own = |person: usize| {
            let own = (0..).zip(&family.budgets).filter(|(_, budget)| budget.person == person);
            let narrow = own.clone().enumerate().filter(|(_, (_, budget))| !budget.scope.all);
            Own {
                narrow: narrow.fold(0, |all, (bit, _)| all | bit_of(bit)),
                budgets: own.map(|(place, _)| place).collect(),
            }
        };
        let people = (0..family.people.len()).map(own).collect();
        let marks = family.budgets.iter().map(|_| Marks::default()).collect();
        Self { family, marks, people }
    }

    /// Whose they are.
    pub fn family(&self) -> &Arc<Family> {
        &self.family
    }

    /// The budgets of the person at this place that are not about everything.
    pub fn narrow(&self, person: usize) -> u16 {
        self.people.get(person).map_or(0, |own| own.narrow)
    }

    /// Marks what a question counts towards: `budgets` of the person at this place. Questions that arrive together on
    /// several threads may count once: a few more or less decide nothing.
    pub fn note(&self, person: usize, budgets: u16, minute: Minute) {
        let Some(own) = self.people.get(person) else { return };
        let weight = if budgets & own.narrow == 0 { 1 } else { QUESTIONS };
        for (bit, place) in own.budgets.iter().enumerate() {
            if budgets & bit_of(bit) != 0
                && let Some(marks) = self.marks.get(usize::from(*place))
            {
                marks.add(minute, weight);
            }
        }
    }

    /// Marks what traffic shows to be used: it needs no second sign.
    pub fn mark(&self, person: usize, budgets: u16, minute: Minute) {
        let Some(own) = self.people.get(person) else { return };
        for (bit, place) in own.budgets.iter().enumerate() {
            if budgets & bit_of(bit) != 0
                && let Some(marks) = self.marks.get(usize::from(*place))
            {
                marks.add(minute, QUESTIONS);
            }
        }
    }

    /// Whether the budget at this place was used in a minute: one of the last [`KEPT`].
    pub(super) fn is_active(&self, budget: usize, minute: Minute) -> bool {
        self.marks.get(budget).is_some_and(|marks| marks.count(minute) >= QUESTIONS)
    }
}

/// The bit of a person's budget, of which there are 16 at most.
fn bit_of(place: usize) -> u16 {
    u32::try_from(place).ok().and_then(|place| 1_u16.checked_shl(place)).unwrap_or(0)
}

impl Marks {
    fn slot(&self, minute: Minute) -> Option<&AtomicU32> {
        self.0.get((minute % KEPT) as usize)
    }

    fn add(&self, minute: Minute, weight: u8) {
        let Some(slot) = self.slot(minute) else { return };
        let count = self.count(minute);
        if count < QUESTIONS {
            let count = count.saturating_add(weight).min(QUESTIONS);
            slot.store(minute << 8 | u32::from(count), Ordering::Relaxed);
        }
    }

    fn count(&self, minute: Minute) -> u8 {
        let mark = self.slot(minute).map_or(0, |slot| slot.load(Ordering::Relaxed));
        let is_it = mark & !0xff == minute << 8;
        if is_it { mark as u8 } else { 0 } // its low bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meters() -> Meters {
        let (_, family) = Family::parse(
            "family.toml",
            r#"
            person = [{ id = "an", name = "An", birth_year = 2015 }, { id = "bo", name = "Bo", birth_year = 2013 }]
            budget = [
              { who = "bo", of = "all", minutes = 60 },
              { who = "an", of = "all", minutes = 60 },
              { who = "an", of = "service:youtube", minutes = 60 },
            ]
            "#,
        )
        .unwrap();
        Meters::of(Arc::new(family))
    }

    fn active(meters: &Meters, minute: Minute) -> [bool; 3] {
        [0, 1, 2].map(|budget| meters.is_active(budget, minute))
    }

    #[test]
    fn everything_needs_many_questions_and_something_one() {
        let meters = meters();
        for _ in 1..QUESTIONS {
            meters.note(0, 0b01, 7);
        }
        assert_eq!(active(&meters, 7), [false; 3]);
        meters.note(0, 0b01, 7);
        assert_eq!(active(&meters, 7), [false, true, false]);
        meters.note(0, 0b11, 8);
        assert_eq!(active(&meters, 8), [false, true, true]);
        assert_eq!((active(&meters, 7), active(&meters, 9)), ([false, true, false], [false; 3]));
    }

    #[test]
    fn traffic_marks_at_once_and_then_questions_say_nothing_of_everything() {
        let meters = meters();
        meters.mark(0, 0b01, 7);
        assert_eq!(active(&meters, 7), [false, true, false]);
        for _ in 0..QUESTIONS {
            meters.note(0, 0b11 & meters.narrow(0), 8);
        }
        assert_eq!(active(&meters, 8), [false, false, true]);
    }

    #[test]
    fn a_minute_is_kept_until_four_later() {
        let meters = meters();
        meters.note(0, 0b10, 7);
        meters.note(0, 0b10, 10);
        assert!(meters.is_active(2, 7) && meters.is_active(2, 10));
        meters.note(0, 0b10, 11);
        assert!(!meters.is_active(2, 7) && meters.is_active(2, 11));
    }

    #[test]
    fn marking_allocates_nothing_and_strangers_mark_nothing() {
        let meters = meters();
        let allocations = crate::allocations::during(|| {
            for person in [0, 1, 2, usize::MAX] {
                meters.note(person, u16::MAX, 3);
            }
        });
        assert_eq!(allocations, 0);
        meters.note(2, u16::MAX, 4);
        assert_eq!(active(&meters, 4), [false; 3]);
    }
}
