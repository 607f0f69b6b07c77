//! What flowed, as the firewall's counters show it once a minute: bytes, and minutes in which something was in use.
//!
//! It waits here until its ten minutes are over. What is short of a whole [`UNIT`] stays and counts with the next ten
//! minutes: late, not lost.

use std::collections::HashMap;

use luytre_lists::Category;

use super::cells::Topic;
use crate::config::Privacy;
use crate::who::Who;

/// Bytes are written in units of so many: fewer take no room worth the name in anybody's day.
pub(super) const UNIT: u64 = 1_000_000;
/// The most things told apart in ten minutes; further ones count as their device's. A busy home of 40 has some 150.
const MOST: usize = 2048;

/// What a device moved in a minute with all that is about the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flowed {
    /// What it is about, if that is known.
    pub category: Option<Category>,
    /// The service's number in this run, if it is one.
    pub service: Option<u8>,
    /// Bytes both ways.
    pub bytes: u64,
    /// Whether they are so many that somebody was at it.
    pub in_use: bool,
}

/// What is summed up together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Use {
    pub(super) who: Who,
    pub(super) topic: Topic,
    pub(super) service: Option<u8>,
}

/// How much that was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    bytes: u64,
    pub(super) minutes: u32,
}

impl Amount {
    /// Whole [`UNIT`]s of bytes.
    pub(super) fn units(self) -> u32 {
        u32::try_from(self.bytes / UNIT).unwrap_or(u32::MAX)
    }
}

/// All that flowed and is not in a row yet.
#[derive(Debug, Default)]
pub(super) struct Uses(HashMap<Use, Amount>);

impl Uses {
    /// Adds what a device moved in a minute, as far as its privacy lets that be kept.
    pub(super) fn add(&mut self, who: Who, privacy: Privacy, minute: &[Flowed]) {
        let who = if privacy == Privacy::Off { Who::UNKNOWN } else { who };
        let in_use = minute.iter().filter(|flowed| flowed.in_use).count();
        for Flowed { category, service, bytes, in_use } in minute {
            let known = match privacy {
                Privacy::Full | Privacy::Domain => (category.map_or(Topic::NONE, Topic::from), *service),
                Privacy::Category => (category.map_or(Topic::NONE, Topic::from), None),
                Privacy::Off => (Topic::NONE, None),
            };
            self.add_to(Use { who, topic: known.0, service: known.1 }, *bytes, u32::from(*in_use));
        }
        if in_use > 1 {
            // The device was in use for one minute, whatever at.
            self.add_to(Use { who, topic: Topic::AGAIN, service: None }, 0, in_use as u32 - 1); // few in a minute
        }
    }

    fn add_to(&mut self, what: Use, bytes: u64, minutes: u32) {
        if bytes == 0 && minutes == 0 {
            return;
        }
        let has_room = self.0.len() < MOST || self.0.contains_key(&what) || what.topic == Topic::AGAIN;
        let what = if has_room { what } else { Use { topic: Topic::NONE, service: None, ..what } };
        let amount = self.0.entry(what).or_default();
        amount.bytes = amount.bytes.saturating_add(bytes);
        amount.minutes = amount.minutes.saturating_add(minutes);
    }

    /// Takes what makes up whole units and minutes.
    pub(super) fn drain(&mut self) -> Vec<(Use, Amount)> {
        let mut drained = self.now();
        drained.retain(|(_, amount)| amount.units() > 0 || amount.minutes > 0);
        self.0.retain(|_, amount| {
            *amount = Amount { bytes: amount.bytes % UNIT, minutes: 0 };
            amount.bytes > 0
        });
        // What belongs together is numbered together, and neighbours pack well.
        drained.sort_unstable_by_key(|(what, _)| (what.who.0, what.service, what.topic));
        drained
    }

    /// What is there now, without taking it.
    pub(super) fn now(&self) -> Vec<(Use, Amount)> {
        self.0.iter().map(|(what, amount)| (*what, *amount)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PHONE: Who = Who(7);

    fn flowed(category: Option<u8>, service: Option<u8>, bytes: u64) -> Flowed {
        Flowed { category: category.and_then(Category::new), service, bytes, in_use: bytes > 50_000 }
    }

    fn topics(uses: &[(Use, Amount)]) -> Vec<(Who, u8, Option<u8>, u64, u32)> {
        let mut topics: Vec<_> = uses
            .iter()
            .map(|(what, amount)| (what.who, what.topic.number(), what.service, amount.bytes, amount.minutes))
            .collect();
        topics.sort_by_key(|(_, topic, service, ..)| (*topic, *service));
        topics
    }

    #[test]
    fn a_minute_at_two_things_is_one_minute_of_the_device() {
        let mut uses = Uses::default();
        let minute =
            [flowed(Some(3), Some(9), 900_000), flowed(None, None, 70_000), flowed(Some(4), None, 10)];
        uses.add(PHONE, Privacy::Full, &minute);
        let again = Topic::AGAIN.number();
        assert_eq!(
            topics(&uses.now()),
            [
                (PHONE, 3, Some(9), 900_000, 1),
                (PHONE, 4, None, 10, 0),
                (PHONE, Topic::NONE.number(), None, 70_000, 1),
                (PHONE, again, None, 0, 1)
            ]
        );
    }

    #[test]
    fn privacy_leaves_out_what_it_says() {
        let minute = [flowed(Some(3), Some(9), 200_000)];
        for (privacy, kept) in [
            (Privacy::Full, (PHONE, 3, Some(9))),
            (Privacy::Domain, (PHONE, 3, Some(9))),
            (Privacy::Category, (PHONE, 3, None)),
            (Privacy::Off, (Who::UNKNOWN, Topic::NONE.number(), None)),
        ] {
            let mut uses = Uses::default();
            uses.add(PHONE, privacy, &minute);
            assert_eq!(topics(&uses.now()), [(kept.0, kept.1, kept.2, 200_000, 1)], "{privacy:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_drained_is_what_flowed_but_for_less_than_a_unit_each(
            minutes in proptest::collection::vec((0u16..4000, 0u8..60, 0u64..3_000_000), 1..4000)
        ) {
            let (mut uses, mut drained, mut sum, mut in_use) = (Uses::default(), 0, 0, 0);
            for (turn, (who, topic, bytes)) in minutes.iter().enumerate() {
                let flowed = flowed(Some(*topic), None, *bytes);
                uses.add(Who(*who), Privacy::Full, &[flowed]);
                (sum, in_use) = (sum + bytes, in_use + u32::from(flowed.in_use));
                if turn % 500 == 499 || turn + 1 == minutes.len() {
                    for (_, amount) in uses.drain() {
                        drained += u64::from(amount.units()) * UNIT;
                        in_use -= amount.minutes;
                    }
                }
                prop_assert!(uses.0.len() <= MOST + 4000);
            }
            let left: u64 = uses.now().iter().map(|(_, amount)| amount.bytes).sum();
            prop_assert!(uses.0.values().all(|amount| amount.bytes < UNIT));
            prop_assert_eq!((drained + left, in_use), (sum, 0));
        }
    }
}
