//! What counts as use, and what is left of it.

use super::super::BRIDGE;
use super::*;

const FILMS: &str = "budget = [{ id = \"films\", who = \"an\", of = \"service:youtube\", minutes = 60, weekend_minutes = 30, warn = [5, 15] }]";

#[test]
fn each_active_minute_is_one_used() {
    let mut house = House::new(FILMS, NOON);
    house.minutes(20, 1);
    let allowance = house.allowance(0);
    assert_eq!((allowance.who.as_str(), allowance.budget.as_str()), ("an", "films"));
    assert_eq!((allowance.minutes, allowance.used, allowance.left), (30, 20, 10));
    assert_eq!(allowance.resets, "2026-11-21T21:00:00Z", "four in the morning");
}

#[test]
fn warnings_tell_the_smallest_step_that_is_reached() {
    let mut house = House::new(FILMS, NOON);
    let mut warnings = Vec::new();
    for _ in 0..31 {
        house.minute(1);
        warnings.push(house.allowance(0).warning);
    }
    let expected = [vec![None; 14], vec![Some(15); 10], vec![Some(5); 5], vec![None; 2]].concat();
    assert_eq!(warnings, expected, "and none when nothing is left");
}

#[test]
fn what_is_used_up_stays_so_until_the_day_ends() {
    let mut house = House::new(FILMS, NOON);
    house.minutes(29, 1);
    assert_eq!(house.spent(), None);
    house.minute(1);
    let reset = NOON + 16 * HOUR;
    assert_eq!(house.spent(), Some(reset));
    house.pass(16 * 60 - 31);
    assert_eq!(house.spent(), Some(reset));
    house.pass(1);
    assert_eq!((house.spent(), house.used()), (None, 0));
}

#[test]
fn a_film_asks_little_and_counts_whole() {
    let mut house = House::new(FILMS, NOON);
    house.minute(1);
    house.pass(BRIDGE - 1);
    house.minute(1);
    assert_eq!(house.used(), BRIDGE + 1);
}

#[test]
fn a_lone_minute_is_no_use() {
    let mut house = House::new(FILMS, NOON);
    for _ in 0..10 {
        house.minute(1);
        assert_eq!(house.used(), 1);
        house.pass(BRIDGE + 5);
        assert_eq!(house.used(), 0);
    }
}

#[test]
fn who_waits_gets_no_more() {
    let mut house = House::new(FILMS, NOON);
    house.minutes(29, 1);
    house.pass(60);
    house.minute(1);
    assert!(house.spent().is_some());
    house.pass(60);
    assert!(house.spent().is_some(), "the minute that used it up stays");
}

#[test]
fn minutes_given_besides_hold_for_the_day() {
    let mut house = House::new(FILMS, NOON);
    house.minutes(30, 1);
    house.give("films", 15).unwrap();
    assert_eq!(house.spent(), None);
    assert_eq!((house.allowance(0).bonus, house.allowance(0).left), (15, 15));
    house.tick();
    house.power_cut();
    assert_eq!(house.allowance(0).bonus, 15, "what is given is written at the next tick");
    house.minutes(15, 1);
    assert!(house.spent().is_some());
    house.pass(24 * 60);
    assert_eq!((house.allowance(0).bonus, house.spent()), (0, None));
}

#[test]
fn what_is_given_has_bounds() {
    let house = House::new(FILMS, NOON);
    assert_eq!(house.give("film", 15).unwrap_err(), "there is no budget \"film\"");
    assert_eq!(house.give("films", 0).unwrap_err(), "write 1 to 1440 minutes");
    house.give("films", 1000).unwrap();
    assert_eq!(house.give("films", 441).unwrap_err(), "write 1 to 440 minutes");
}

#[test]
fn a_budget_of_nothing_is_used_up_at_once() {
    let house = House::new("budget = [{ who = \"an\", of = \"all\", minutes = 0 }]", NOON);
    assert!(house.spent().is_some());
}

#[test]
fn a_budget_taken_away_by_mistake_comes_back_as_it_was() {
    let mut house = House::new(FILMS, NOON);
    house.minutes(20, 1);
    let before = std::mem::take(&mut house.meters);
    house.pass(3);
    house.meters = before;
    assert_eq!(house.used(), 20);
    house.meters = Meters::default();
    house.pass(48 * 60);
    assert!(house.usage.state().ledger.accounts.is_empty());
}
