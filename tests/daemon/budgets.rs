//! Time budgets from outside: one for all devices of a child, counted by the questions that they ask.

use serde_json::{Value, json};

use crate::accounts::set_up;
use crate::harness::{A, Daemon, House, Upstream, eventually};

/// A child with two devices and a brother, whose clock goes on only when told.
fn family(more: &str) -> House {
    let house = House::new()
        .run_with("--clock steered")
        .listening_everywhere()
        .with("reply.mode = 'refused'")
        .with("family.file = 'family.toml'")
        .upstream(Upstream::answering(|asked| asked.answer().address_for(A, 3600)))
        .list("streaming", ["films.example"])
        .list("trackers", ["counting.example"]);
    write_family(&house, more);
    house
}

fn write_family(house: &House, more: &str) {
    house.write("family.toml", document(house.zone_at_noon(), more));
}

fn document(zone: &str, more: &str) -> String {
    format!(
        r#"
        time_zone = "{zone}"
        person = [
          {{ id = "an", name = "An", profile = "open" }},
          {{ id = "bo", name = "Bo", profile = "open" }},
        ]
        device = [
          {{ addresses = ["127.0.0.2"], name = "An's phone", person = "an" }},
          {{ addresses = ["127.0.0.3"], name = "An's tablet", person = "an" }},
          {{ addresses = ["127.0.0.4"], name = "Bo's phone", person = "bo" }},
        ]
        profile = [{{ id = "open", base = "adult", permit = ["streaming", "trackers"] }}]
        {more}
        "#
    )
}

const FILMS: &str = r#"budget = [
  { id = "films", who = "an", of = "name:films.example", minutes = 5, warn = [2] },
  { id = "bo-films", who = "bo", of = "name:films.example", minutes = 5 },
]
"#;

const PHONE: &str = "127.0.0.2";
const TABLET: &str = "127.0.0.3";
const BROTHER: &str = "127.0.0.4";

const WATCHES: &str = "NOERROR A 10 192.0.2.1";
const USED_UP: &str = "REFUSED ede 17";

fn asks(house: &Daemon, device: &str, name: &str) -> String {
    house.query(name).from(device).send().to_string()
}

/// What the last question that was blocked was blocked by.
fn last_block(house: &Daemon) -> (String, String) {
    let status = house.status();
    let recent = status["recent"].as_array().unwrap();
    let blocked = recent.iter().find(|question| question["verdict"] == "blocked").unwrap();
    let text = |key: &str| blocked[key].as_str().unwrap().to_owned();
    (text("reason"), text("rule"))
}

/// Two devices by turns, minute by minute, until the budget is used up; returns how many minutes that took.
fn use_up(house: &Daemon) -> u32 {
    for minute in 0..60 {
        let device = if minute % 2 == 0 { PHONE } else { TABLET };
        if asks(house, device, "films.example") == USED_UP {
            return minute;
        }
        house.time_passes(60);
    }
    panic!("the budget holds for an hour");
}

/// The newer one of the two lines of the file.
fn saved(house: &Daemon) -> Value {
    let text = std::fs::read_to_string(house.path("state/usage.jsonl")).unwrap_or_default();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.max_by_key(|line| line["turn"].as_u64()).unwrap_or_default()
}

#[test]
fn two_devices_of_a_child_use_up_one_budget() {
    let house = family(FILMS).start();
    assert_eq!(asks(&house, PHONE, "films.example"), WATCHES, "and it asks again in each minute");
    assert_eq!(use_up(&house), 5);
    for device in [PHONE, TABLET] {
        assert_eq!(asks(&house, device, "www.films.example"), USED_UP, "{device}");
    }
    assert_eq!(last_block(&house), ("budget".into(), "budget:films".into()));
    assert_eq!(asks(&house, PHONE, "other.example"), "NOERROR A 3600 192.0.2.1", "the rest goes on");
    assert_eq!(asks(&house, BROTHER, "films.example"), WATCHES, "everybody has their own");
    house.time_passes(24 * 3600);
    assert_eq!(asks(&house, PHONE, "films.example"), WATCHES, "a new day");
}

#[test]
fn both_devices_at_once_count_once() {
    let house = family(FILMS).start();
    for minute in 0..5 {
        for device in [PHONE, TABLET, PHONE] {
            assert_eq!(asks(&house, device, "films.example"), WATCHES, "minute {minute}");
        }
        house.time_passes(60);
    }
    assert_eq!(asks(&house, TABLET, "films.example"), USED_UP);
}

#[test]
fn a_grant_lifts_a_budget_until_it_ends() {
    let house = family(FILMS).start();
    use_up(&house);
    let until = ends_in(&house, 30);
    write_family(
        &house,
        &format!("{FILMS}grant = [{{ who = [\"an\"], of = \"all\", until = \"{until}\" }}]"),
    );
    eventually("the grant is in force", || asks(&house, PHONE, "films.example") != USED_UP);
    for _ in 0..20 {
        assert_ne!(asks(&house, TABLET, "films.example"), USED_UP);
        house.time_passes(60);
    }
    house.time_passes(15 * 60);
    for device in [PHONE, TABLET] {
        assert_eq!(asks(&house, device, "films.example"), USED_UP, "{device}: the grant has ended");
    }
}

/// The moment in so many minutes, by the daemon's clock.
fn ends_in(house: &Daemon, minutes: u64) -> String {
    let status = house.status();
    let now = status["recent"][0]["time"].as_str().unwrap().to_owned();
    let at = |place: std::ops::Range<usize>| now[place].parse::<u64>().unwrap();
    let (hour, minute) = (at(11..13), at(14..16) + minutes);
    // Over midnight it is still today twelve hours to the west.
    match hour * 60 + minute {
        later if later < 24 * 60 => format!("{}T{:02}:{:02}:00Z", &now[..10], later / 60, later % 60),
        later => format!("{}T{:02}:{:02}:00-12:00", &now[..10], later / 60 - 12, later % 60),
    }
}

#[test]
fn minutes_given_besides_outlive_a_restart_and_are_used_up_too() {
    let mut house = family(FILMS).with_page().start();
    let mut parent = set_up(&house);
    use_up(&house);
    let bonus = json!({"who": "an", "of": "budget:films", "minutes": 3});
    assert_eq!(parent.post("/api/v1/grants", bonus).status, 201);
    house.stop();
    house.start_again();
    assert_eq!(use_up(&house), 3);
    assert_eq!(last_block(&house), ("budget".into(), "budget:films".into()));
}

#[test]
fn what_was_used_outlives_a_power_cut() {
    let mut house = family(FILMS).start();
    use_up(&house);
    eventually("it is written", || saved(&house)["budget"][0]["used"].as_u64() >= Some(4));
    house.kill();
    house.start_again();
    assert!(use_up(&house) <= 1, "two minutes are lost at most");
}

#[test]
fn a_damaged_file_is_said_so_and_budgets_begin_anew() {
    let house = family(FILMS).furnished();
    std::fs::create_dir(house.path("state")).unwrap();
    house.write("state/usage.jsonl", "{\"version\":1,\"bud");
    let house = house.start_as_it_is();
    let notices = house.status()["notices"].to_string();
    assert!(notices.contains("usage.jsonl.damaged"), "{notices}");
    assert_eq!(use_up(&house), 5);
}

#[test]
fn everything_has_a_budget_that_chatter_does_not_use() {
    let everything = "budget = [{ id = \"screen\", who = \"an\", of = \"all\", minutes = 3 }]";
    let house = family(everything).start();
    // What devices ask by themselves: a few names a minute, and what the list calls trackers.
    for _ in 0..30 {
        for name in ["push.example", "mail.example", "time.example"] {
            asks(&house, PHONE, name);
        }
        (0..12).for_each(|number| drop(asks(&house, PHONE, &format!("{number}.counting.example"))));
        (0..12).for_each(|_| drop(asks(&house, PHONE, "vietcombank.com.vn")));
        house.time_passes(60);
    }
    assert_eq!(asks(&house, PHONE, "page.example"), WATCHES);
    // Somebody reads: each page is made of many names.
    for minute in 0..3 {
        (0..12).for_each(|part| {
            assert_eq!(asks(&house, PHONE, &format!("{part}.page.example")), WATCHES, "minute {minute}");
        });
        house.time_passes(60);
    }
    assert_eq!(asks(&house, PHONE, "page.example"), USED_UP);
    assert_eq!(last_block(&house), ("budget".into(), "budget:screen".into()));
    assert!(asks(&house, PHONE, "vietcombank.com.vn").starts_with("NOERROR A"), "essentials stay");
}
