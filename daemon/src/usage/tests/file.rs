//! `usage.jsonl`: what a power cut takes, what is written, and what a damaged file costs.

use std::fs;

use super::*;

const FILMS: &str = "budget = [{ who = \"an\", of = \"service:youtube\", minutes = 1000 }]";

fn file(house: &House) -> std::path::PathBuf {
    house.folder().join("usage.jsonl")
}

#[test]
fn a_power_cut_takes_or_gives_two_minutes_at_most() {
    let mut house = House::new(FILMS, NOON - 12 * HOUR);
    let (mut cuts, mut most) = (0, 0);
    for minute in 0..900_u32 {
        // A rhythm with gaps of all lengths.
        house.minute(u16::from(minute.is_multiple_of(1 + minute / 60)));
        if minute % 7 == 3 {
            let before = house.used();
            house.power_cut();
            let after = house.used();
            assert!(before.abs_diff(after) <= 2, "minute {minute}: {before} were used, {after} are known");
            (cuts, most) = (cuts + 1, most.max(before));
        }
    }
    assert!(cuts > 100 && most > 200, "until the night ended {most} minutes were used");
}

#[test]
fn a_stop_takes_nothing() {
    let mut house = House::new(FILMS, NOON);
    house.minutes(7, 1);
    house.usage.save_exactly(house.time);
    house.power_cut();
    assert_eq!(house.used(), 7);
}

#[test]
fn nothing_is_written_while_nobody_uses_anything() {
    let mut house = House::new(FILMS, NOON);
    house.pass(100);
    assert!(!file(&house).exists());
    house.minutes(5, 1);
    house.pass(15);
    let written = fs::read(file(&house)).unwrap();
    house.pass(3 * 24 * 60);
    assert_eq!(fs::read(file(&house)).unwrap(), written, "new days are not worth a write");
    house.power_cut();
    assert_eq!(house.used(), 0, "and yesterday's minutes are not today's");
}

#[test]
fn a_damaged_file_is_moved_aside_and_said_so() {
    for damaged in [
        "{\"turn\":1,\"crc32\":\"d1b2c3d4\",\"version\":1,\"budget\":[]}\n\n",
        "{\"version\":1,\"budget\":[]}",
        "\0\0\0",
        "",
    ] {
        let mut house = House::new(FILMS, NOON);
        #[expect(clippy::disallowed_methods, reason = "damage is what this is about")]
        fs::write(file(&house), damaged).unwrap();
        house.power_cut();
        let notices = house.usage.notices();
        assert!(notices.len() == 1 && notices[0].contains("usage.jsonl.damaged"), "{notices:?}");
        assert_eq!(fs::read_to_string(house.folder().join("usage.jsonl.damaged")).unwrap(), damaged);
        house.minutes(5, 1);
        house.power_cut();
        assert!(house.used() >= 4 && house.usage.notices().is_empty(), "it is written anew");
    }
}

#[test]
fn a_folder_that_is_not_there_is_a_warning() {
    let mut house = House::new(FILMS, NOON);
    house.usage = Usage::at_start(&house.folder().join("nowhere"));
    house.minutes(30, 1);
    assert_eq!(house.used(), 30);
    let notices = house.usage.notices();
    assert!(notices.len() == 1 && notices[0].contains("can't be written"), "{notices:?}");
}

/// A day of a busy family: three children with three budgets each, who are at it for four hours each, half of them
/// together.
#[test]
fn a_busy_family_writes_little() {
    let mut house = House::reading(&three_children(), NOON - 8 * HOUR);
    let (mut writes, mut seen) = (0, Vec::new());
    // Until the day ends.
    for minute in 0..23 * 60 {
        for child in 0..3 {
            // Each begins two hours after the one before.
            let hours = 10 + child as u32 * 2;
            if (hours * 60..(hours + 4) * 60).contains(&minute) && minute % 3 != 0 {
                house.meters.note(child, 0b111, house.time.minute());
            }
        }
        house.pass(1);
        let now = fs::read(file(&house)).unwrap_or_default();
        if now != seen {
            (seen, writes) = (now, writes + 1);
        }
    }
    let used = house.usage.allowances(house.meters.family(), house.time);
    assert!(used.iter().all(|allowance| allowance.used >= 238), "{used:?}");
    println!("a busy family: {writes} writes of {} bytes in a day", seen.len() / 2);
    assert!(writes <= 8 * 60 / 4 + 10, "four minutes of use lie between two writes: {writes}");
    assert_eq!(seen.len(), 2 * 4096, "a block of flash each");
}
