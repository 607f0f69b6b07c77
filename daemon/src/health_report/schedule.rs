//! When to look and when to tell. PURE: time and chance are handed in.
//!
//! Days are counted from the daemon's start, and each has one moment for a report, drawn by chance and whether the family
//! agrees or not: so neither the hour of a report nor the time between two says anything about the home, and routers that
//! start together do not report together.

use std::time::Duration;

/// One report in each.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The time between two looks.
const HOUR: Duration = Duration::from_secs(3600);

/// What is due, by the uptime.
#[derive(Debug)]
pub(super) struct Schedule {
    /// When the next day begins.
    day_ends: Duration,
    /// This day's report, before its time.
    tell: Option<Duration>,
    look: Duration,
}

/// What the time has come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) look: bool,
    pub(super) tell: bool,
}

impl Schedule {
    pub(super) fn new(now: Duration, chance: u64) -> Self {
        // By its other half: what looks for servers is not to be in step either.
        let look = now + part(HOUR, chance >> 32);
        Self { day_ends: now + DAY, tell: Some(now + part(DAY, chance)), look }
    }

    /// How long to wait.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        self.tell.unwrap_or(self.day_ends).min(self.look).saturating_sub(now)
    }

    /// What is due, once.
    pub(super) fn due(&mut self, now: Duration, chance: u64) -> Due {
        let due = Due { look: now >= self.look, tell: self.tell.is_some_and(|at| now >= at) };
        if due.look {
            self.look = now + HOUR;
        }
        if due.tell {
            self.tell = None;
        }
        if now >= self.day_ends {
            // One report a day, whatever was slept through.
            let began = if now < self.day_ends + DAY { self.day_ends } else { now };
            (self.day_ends, self.tell) = (began + DAY, Some(began + part(DAY, chance)));
        }
        due
    }
}

fn part(whole: Duration, chance: u64) -> Duration {
    Duration::from_secs(chance % whole.as_secs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The times of the reports, of a daemon that wakes when it is due or `late` seconds after.
    fn reports(days: u32, late: u64, mut chance: impl FnMut() -> u64) -> Vec<u64> {
        let (mut now, mut reports) = (Duration::ZERO, Vec::new());
        let mut schedule = Schedule::new(now, chance());
        while now < DAY * days {
            now += schedule.wait(now) + Duration::from_secs(late);
            if schedule.due(now, chance()).tell {
                reports.push(now.as_secs());
            }
        }
        reports
    }

    #[test]
    fn each_day_has_one_report_at_a_time_of_its_own() {
        let mut chances = [5, 86_399, 0, 43_200].into_iter().cycle();
        // A chance is drawn with each look; only those at a day's end count.
        let day = 24 * 3600;
        let told = reports(4, 0, || 7 * 3600);
        assert_eq!(told, [7, 31, 55, 79].map(|hour| hour * 3600));
        let told = reports(30, 0, || chances.next().unwrap());
        assert!((29..=31).contains(&told.len()), "{told:?}");
        assert!(told.iter().zip(0..).all(|(at, number)| (number * day..=(number + 1) * day).contains(at)));
    }

    #[test]
    fn what_was_slept_through_is_not_made_up_for() {
        let mut schedule = Schedule::new(Duration::ZERO, 0);
        assert!(schedule.due(DAY * 10, 3600).tell);
        assert!(!schedule.due(DAY * 10, 0).tell, "the other nine are gone");
    }

    #[test]
    fn looks_are_an_hour_apart() {
        let mut schedule = Schedule::new(Duration::ZERO, 5 << 32);
        let looks =
            (0..24 * 60).filter(|minute| schedule.due(Duration::from_secs(minute * 60), 0).look).count();
        assert_eq!(looks, 24, "the first within the first hour");
    }

    proptest! {
        #[test]
        fn no_day_has_two(late in 0_u64..5_000, seed in any::<u64>()) {
            let mut chance = seed;
            let told = reports(20, late, || {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                chance >> 20
            });
            prop_assert!(told.len() <= 21, "{told:?}");
            // Two in a row may be close, three never within a day.
            prop_assert!(told.windows(3).all(|three| three[2] - three[0] >= 24 * 3600 - 2 * late), "{told:?}");
        }
    }
}
