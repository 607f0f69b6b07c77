//! From the centre to the house: what `luytre-hub` builds, the daemon blocks.

use std::process::Command;

use serde_json::Value;

use crate::harness::{Daemon, Ended, House, hub_program};

/// Builds `full.lyt` in the house's folder; the report.
fn build(house: &House, arguments: &[&str]) -> Value {
    let mut command = Command::new(hub_program());
    command.args(["list", "build", "--out", &house.path("")]).args(arguments);
    let ended = Ended::of(command, "");
    assert_eq!(ended.code, 0, "{}", ended.err);
    serde_json::from_slice(&std::fs::read(house.path("report.json")).unwrap()).unwrap()
}

fn house() -> House {
    House::new().with("list.file = 'full.lyt'").with("reply.mode = 'refused'").with("limits.client_rate = 0")
}

fn is_blocked(house: &Daemon, name: &str) -> bool {
    house.ask(name) == "REFUSED ede 17"
}

#[test]
fn a_folder_of_names_becomes_a_list_that_filters() {
    let house = house().furnished();
    let folder = house.path("names");
    std::fs::create_dir(&folder).unwrap();
    house.write("names/adult.txt", "bad.example\n# a comment\n||worse.example^\npopular.example\n");
    house.write("names/gambling.txt", "0.0.0.0 bets.example\n127.0.0.1 localhost\n");
    let popular = house.write("popular.txt", "popular.example\nfree.example\n");
    let report = build(&house, &["--from", &folder, "--popular", &popular, "--serial", "42"]);
    let house = house.start_as_it_is();
    assert_eq!(house.status()["list"]["serial"], 42);
    assert_eq!(house.status()["list"]["names"], report["names"]);
    for blocked in ["bad.example", "www.bad.example", "x.worse.example", "bets.example", "www.bets.example"] {
        assert!(is_blocked(&house, blocked), "{blocked}");
    }
    // A hosts line means that name (and its www twin) alone; a popular name is not harm because one list says so.
    for free in ["x.bets.example", "popular.example", "free.example", "localhost.example"] {
        assert!(!is_blocked(&house, free), "{free}");
    }
}

#[test]
fn the_starter_names_filter_when_built_by_the_centre_too() {
    let house = house().furnished();
    build(&house, &["--from", concat!(env!("CARGO_MANIFEST_DIR"), "/../config/starter")]);
    let house = house.start_as_it_is();
    assert!(is_blocked(&house, "www.bet365.com"));
    assert!(!is_blocked(&house, "example.com"));
}
