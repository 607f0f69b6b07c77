//! Clocks that are wrong, go back, or are not set yet: nothing is given back, and nothing stays blocked for ever.

use super::*;

const HALF_HOUR: &str = "budget = [{ who = \"an\", of = \"service:youtube\", minutes = 30 }]";
const DAY: u64 = 24 * HOUR;

#[test]
fn a_clock_set_back_gives_nothing_back() {
    for back in [60, HOUR, 13 * HOUR, DAY, 40 * DAY, NOON] {
        let mut house = House::new(HALF_HOUR, NOON);
        house.minutes(30, 1);
        house.time.now -= back;
        house.pass(5);
        let spent = house.spent();
        assert!(spent > Some(house.time.now), "{back} s back: {spent:?}");
        assert!(spent <= Some(house.time.now + 2 * DAY), "{back} s back: it ends");
    }
}

#[test]
fn a_clock_set_back_over_a_reset_begins_no_third_day() {
    let reset = NOON + 16 * HOUR;
    let mut house = House::new(HALF_HOUR, reset - 60);
    house.pass(2);
    house.minutes(30, 1);
    assert_eq!(house.spent(), Some(reset + DAY));
    house.time.now = reset - 10 * 60;
    house.pass(2);
    assert_eq!(house.spent(), Some(reset + DAY));
    house.pass(20);
    assert_eq!(house.spent(), Some(reset + DAY), "the reset comes a second time");
}

#[test]
fn a_clock_that_was_a_year_ahead_blocks_nobody_for_a_year() {
    let mut house = House::new(HALF_HOUR, NOON + 365 * DAY);
    house.minutes(30, 1);
    house.time.now = NOON;
    house.pass(1);
    assert_eq!(house.spent(), Some(NOON + 16 * HOUR));
    house.pass(16 * 60);
    assert_eq!(house.spent(), None);
}

#[test]
fn before_the_clock_is_set_minutes_count_for_the_day_that_it_will_show() {
    let mut house = House::new(HALF_HOUR, 1000);
    house.time.trusted = false;
    house.usage = Usage::at_start(house.folder());
    house.minutes(20, 1);
    (house.time.now, house.time.trusted) = (NOON, true);
    house.pass(1);
    assert_eq!(house.used(), 20);
    house.minutes(10, 1);
    assert_eq!(house.spent(), Some(NOON + 16 * HOUR));
}

#[test]
fn what_was_used_up_stays_so_until_the_clock_is_set() {
    let mut house = House::new(HALF_HOUR, NOON);
    house.minutes(30, 1);
    // Off for a night; on again without a clock.
    house.time = Time { now: 100, trusted: false, uptime: 0 };
    house.power_cut();
    assert!(house.spent() > Some(house.time.now), "the stricter of what may be");
    (house.time.now, house.time.trusted) = (NOON + DAY, true);
    house.pass(1);
    assert_eq!((house.spent(), house.used()), (None, 0));
}

#[test]
fn minutes_of_a_night_without_a_clock_are_the_new_days() {
    let mut house = House::new(HALF_HOUR, NOON);
    house.minutes(10, 1);
    house.pass(15);
    house.time = Time { now: 100, trusted: false, uptime: 0 };
    house.power_cut();
    house.minutes(12, 1);
    assert_eq!(house.used(), 22);
    (house.time.now, house.time.trusted) = (NOON + DAY, true);
    house.pass(1);
    assert_eq!(house.used(), 12);
}

#[test]
fn a_late_count_loses_no_minute_and_a_jump_invents_none() {
    let mut house = House::new(HALF_HOUR, NOON);
    for _ in 0..3 {
        house.meters.note(0, 1, house.time.minute());
        (house.time.now, house.time.uptime) = (house.time.now + 60, house.time.uptime + 60);
    }
    house.tick();
    assert_eq!(house.used(), 3);
    (house.time.now, house.time.uptime) = (house.time.now + 6 * HOUR, house.time.uptime + 6 * 3600);
    house.tick();
    assert_eq!(house.used(), 3);
}
