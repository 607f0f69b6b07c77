//! The history on disk: kept over restarts, never in the way of an answer.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Daemon, House, patiently};

fn house() -> House {
    House::new().list("adult", ["bad.example"])
}

fn db(house: &Daemon) -> PathBuf {
    PathBuf::from(house.path("state/history/store/db"))
}

#[test]
fn todays_counts_outlive_a_restart() {
    let mut house = house().start();
    house.ask("bad.example");
    house.ask("good.example");
    house.status_after(2);
    house.stop();
    house.start_again();
    let status = house.status_after(2);
    assert_eq!((&status["categories"]["adult"], &status["verdicts"]["blocked"]), (&1.into(), &1.into()));
    assert!(status["recent"].as_array().unwrap().is_empty(), "names are kept in memory only");
    assert!(status["since"].is_u64());
}

#[test]
fn a_damaged_history_is_moved_aside_behind_the_answers() {
    let mut house = house().start();
    house.ask("bad.example");
    house.status_after(1);
    house.stop();
    let garbage = vec![0xa5; fs::metadata(db(&house)).unwrap().len() as usize];
    fs::File::create(db(&house)).and_then(|mut file| std::io::Write::write_all(&mut file, &garbage)).unwrap();
    house.start_again();
    house.ask("bad.example");
    let aside = house.path("state/history/store.damaged");
    patiently("the damaged history is moved aside", || fs::exists(&aside).unwrap().then_some(()));
    house.ask("good.example");
    patiently("it begins anew", || db(&house).exists().then_some(()));
}

#[test]
fn a_history_without_a_place_is_told_and_dns_goes_on() {
    let house = house().with("history.path = 'luytre.toml'").start();
    house.ask("bad.example");
    let notices = patiently("a notice", || {
        let notices = house.status()["notices"].to_string();
        notices.contains("in memory only").then_some(notices)
    });
    assert!(notices.contains("luytre.toml"), "{notices}");
    assert_eq!(house.status()["verdicts"]["blocked"], 1);
}
