//! Against a model that thinks minute by minute, in many zones, on the days on which clocks change.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp as Instant};

use super::super::BRIDGE;
use super::*;

const ZONES: [&str; 46] = [
    "Asia/Ho_Chi_Minh",
    "Asia/Bangkok",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Pyongyang",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Chisinau",
    "Atlantic/Azores",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "Africa/Lagos",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "America/St_Johns",
    "America/Havana",
    "America/Asuncion",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/Scoresbysund",
    "America/Nuuk",
    "Antarctica/Troll",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Eucla",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Norfolk",
    "Pacific/Easter",
    "UTC",
];

/// Year ends, leap days, Tết, and when clocks change somewhere.
const DAYS: [&str; 46] = [
    "2026-11-20",
    "2026-11-21",
    "2026-11-22",
    "2026-12-31",
    "2027-01-01",
    "2027-01-02",
    "2026-02-16",
    "2026-02-17",
    "2028-02-28",
    "2028-02-29",
    "2028-03-01",
    "2026-03-07",
    "2026-03-08",
    "2026-03-28",
    "2026-03-29",
    "2026-10-24",
    "2026-10-25",
    "2026-10-31",
    "2026-11-01",
    "2026-04-04",
    "2026-04-05",
    "2026-10-03",
    "2026-10-04",
    "2026-09-05",
    "2026-09-06",
    "2026-09-26",
    "2026-09-27",
    "2026-04-23",
    "2026-04-24",
    "2026-10-29",
    "2026-10-30",
    "2026-02-15",
    "2026-03-22",
    "2018-11-03",
    "2018-11-04",
    "2018-02-17",
    "2018-02-18",
    "2011-12-29",
    "2011-12-30",
    "2011-12-31",
    "2015-08-14",
    "2016-09-30",
    "2022-03-26",
    "2023-10-27",
    "2024-10-05",
    "2025-03-29",
];

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// What a patient person with a watch and a calendar would write down.
struct Model {
    zone: TimeZone,
    reset: i64,
    limits: [u32; 2],
    today: Date,
    /// The active minutes of each day, by their number.
    active: BTreeMap<Date, Vec<u32>>,
    /// What was used when nothing was left.
    used_up: BTreeMap<Date, u32>,
}

impl Model {
    /// The day that clocks have come to: they are read less the hour of the reset, and a day that began goes on.
    fn look_at_the_clock(&mut self, now: Timestamp) {
        let shown = self.zone.to_datetime(Instant::from_second(now.cast_signed()).unwrap());
        self.today = self.today.max(shown.saturating_sub(Span::new().minutes(self.reset)).date());
    }

    fn limit(&self) -> u32 {
        self.limits[usize::from(matches!(self.today.weekday(), Weekday::Saturday | Weekday::Sunday))]
    }

    /// Sessions from their first to their last active minute; one of a single minute counts while it may go on.
    fn used(&self, minute: u32) -> u32 {
        if let Some(used) = self.used_up.get(&self.today) {
            return *used;
        }
        let active = self.active.get(&self.today).map_or(&[][..], Vec::as_slice);
        let sessions = active.chunk_by(|one, next| next - one <= BRIDGE);
        let used = sessions.map(|session| match session {
            [lone] if minute - lone > BRIDGE || Some(lone) != active.last() => 0,
            session => session[session.len() - 1] - session[0] + 1,
        });
        used.sum()
    }
}

/// Eight hours around the reset of one day; returns how many minutes were compared.
fn compare(zone: &str, day: &str, dice: &mut Dice) -> u32 {
    let reset = dice.one_of(&[0, 90, 150, 4 * 60, 4 * 60, 22 * 60 + 30]);
    let limits = [dice.one_of(&[0, 7, 45, 400]), dice.one_of(&[0, 20, 90, 500])];
    let budget = format!(
        "time_zone = \"{zone}\"\n{AN}budget = [{{ who = \"an\", of = \"service:youtube\", minutes = {}, \
         weekend_minutes = {}, reset = \"{:02}:{:02}\" }}]",
        limits[0],
        limits[1],
        reset / 60,
        reset % 60
    );
    let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).unwrap();
    let date: Date = day.parse().unwrap();
    let at = date.at(0, 0, 0, 0).saturating_add(Span::new().minutes(reset));
    let around = zone.to_timestamp(at).unwrap().as_second().cast_unsigned();
    let start = around - 3 * HOUR - dice.below(60);
    let mut model =
        Model { zone, reset, limits, today: Date::MIN, active: BTreeMap::new(), used_up: BTreeMap::new() };
    // Whatever clocks showed in the two days before.
    (start - 48 * HOUR..start).step_by(60).for_each(|past| model.look_at_the_clock(past));
    let mut house = House::reading(&budget, start);
    house.saves = false;
    let mut busy = false;
    for minute in 0..8 * 60 {
        model.look_at_the_clock(house.time.now);
        busy = dice.below(if busy { 25 } else { 60 }) == 0 || busy && dice.below(25) != 0;
        let active = busy && dice.below(3) != 0 || dice.below(40) == 0;
        if active && house.spent().is_none() {
            model.active.entry(model.today).or_default().push(minute);
        }
        house.minute(u16::from(active));
        // The minute's own day may be used up by it, although the next has begun.
        if model.used(minute) >= model.limit() {
            let used = model.used(minute);
            model.used_up.entry(model.today).or_insert(used);
        }
        model.look_at_the_clock(house.time.now);
        let (used, limit) = (model.used(minute), model.limit());
        if used >= limit {
            model.used_up.entry(model.today).or_insert(used);
        }
        let allowance = house.allowance(0);
        let told = (allowance.used, allowance.left, house.spent().is_some());
        assert_eq!(
            told,
            (used, limit.saturating_sub(used), used >= limit),
            "{} {day} minute {minute}",
            zone_of(&house)
        );
    }
    8 * 60
}

fn zone_of(house: &House) -> String {
    house.meters.family().zone.to_string()
}

#[test]
fn budgets_are_what_a_patient_person_would_count() {
    let mut dice = Dice(147);
    let (mut cases, mut minutes) = (0, 0);
    for zone in ZONES {
        for day in DAYS {
            minutes += compare(zone, day, &mut dice);
            cases += 1;
        }
    }
    assert!(cases >= 2000);
    println!("{cases} zones x days, {minutes} minutes compared");
}
