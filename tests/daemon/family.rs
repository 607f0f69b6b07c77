//! `family.toml`: edited by hand while the daemon runs, refused, kept, backed up; and what it decides.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use crate::harness::{Daemon, House, Upstream, eventually, luytre};

/// An's tablet is 127.0.0.2, the parents' phone 127.0.0.3; nobody named 127.0.0.1.
const FAMILY: &str = r#"version = 1
unknown_devices = "age-7-12"

[[person]]
id = "an"
name = "An"
profile = "an-own"

[[person]]
id = "me"
profile = "adult"

[[device]]
addresses = ["127.0.0.2"]
person = "an"

[[device]]
addresses = ["127.0.0.3"]
person = "me"

[[profile]]
id = "an-own"
base = "age-7-12"
block_services = ["tiktok"]

[[schedule]]
id = "bedtime"
who = ["an"]
mode = "block"
days = ["mon", "tue", "wed", "thu", "sun"]
from = "21:30"
to = "06:30"

[[rule]]
who = ["an"]
name = "nope.example"
action = "block"

[[grant]]
who = ["an"]
of = "name:film.example"
until = 2031-11-24T23:00:00+07:00

[[pause]]
who = "an"
until = 2026-11-01T08:00:00+07:00
"#;

const BLOCKED: &str = "NOERROR A 10 0.0.0.0 ede 17 4";
const REACHED: &str = "NOERROR A 300 192.0.2.1";

/// One rule, which holds at any hour.
fn denying(name: &str) -> String {
    let people = "[[person]]\nid = \"an\"\nprofile = \"adult\"\n[[device]]\naddresses = [\"127.0.0.2\"]\nperson = \"an\"\n";
    format!("{people}[[rule]]\nwho = [\"an\"]\nname = \"{name}\"\naction = \"block\"\n")
}

fn house(family: &str) -> House {
    let house = House::new().list("adult", ["bad.example"]).with("family.file = 'family.toml'");
    // So that TTLs are what they were.
    let house = house.run_with("--clock steered");
    edit(&house, family);
    house
}

/// Edits the document as a good editor does: the new one takes the old one's place.
fn edit(house: &House, family: &str) {
    fs::rename(house.write("edited", family), house.path("family.toml")).unwrap();
}

fn is_blocked_for_an(house: &Daemon, name: &str) -> bool {
    house.query(name).from("127.0.0.2").send() == BLOCKED
}

fn notices(house: &Daemon) -> String {
    house.status()["notices"].to_string()
}

#[test]
fn a_hand_edit_takes_effect_without_a_restart_and_for_whom_it_says() {
    let house = house(&denying("one.example")).start();
    assert!(is_blocked_for_an(&house, "one.example"));
    assert_eq!(house.ask("one.example"), REACHED);
    assert_eq!(house.query("two.example").from("127.0.0.2").send(), REACHED);
    edit(&house, &denying("two.example"));
    // An answer that is cached for others, or was, is no way round it.
    eventually("the edit is in force", || is_blocked_for_an(&house, "two.example"));
    assert_eq!(house.query("one.example").from("127.0.0.2").send(), REACHED);
}

#[test]
fn a_bad_edit_is_refused_with_its_line_and_survives_a_restart() {
    let mut house = house(&denying("one.example")).start();
    edit(&house, "version = 1\n\n[[person]]\nid = \"An\"\nbirth_year = 2015\n");
    eventually("the refusal is told", || notices(&house).contains("family.toml:4: person[1].id: "));
    assert!(is_blocked_for_an(&house, "one.example"));
    house.stop();
    house.start_again();
    assert!(notices(&house).contains("the last good one is in force"), "{}", notices(&house));
    assert!(is_blocked_for_an(&house, "one.example"));
    edit(&house, &denying("two.example"));
    eventually("what was mended is in force", || is_blocked_for_an(&house, "two.example"));
    assert_eq!(notices(&house), "[]");
}

#[test]
fn check_tells_the_familys_first_mistake_and_what_has_no_effect() {
    let house = house("[[rule]]\nname = \"a b\"\naction = \"blok\"\n").furnished();
    let file = house.path("family.toml");
    let check = || luytre(["check", "--config", house.config_file()]);
    let ended = check();
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(
        ended.err.starts_with(&format!("luytre: {file}:2: rule[1].name: \"a b\" is not a name")),
        "{}",
        ended.err
    );
    edit(&house, "[[rule]]\nname = \"vietcombank.com.vn\"\naction = \"block\"\n");
    let ended = check();
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let warning = format!("warning: {file}:1: rule[1]: vietcombank.com.vn is never blocked");
    assert!(ended.out.starts_with(&warning) && ended.out.ends_with("good\n"), "{}", ended.out);
}

#[test]
fn a_backup_is_restored_while_the_daemon_runs() {
    let document = format!("# ours\n{}", denying("one.example"));
    let house = house(&document).start();
    let (config, copy) = (house.config_file(), house.path("copy"));
    let backup = |to| luytre(["backup", "--config", config, to]);
    assert_eq!(backup(&copy).code, 0);
    assert_eq!(fs::read_to_string(&copy).unwrap(), document);
    assert_eq!(backup("-").out, document);

    let later = denying("two.example");
    edit(&house, &later);
    eventually("the edit is in force", || is_blocked_for_an(&house, "two.example"));
    let restored = luytre(["restore", "--config", config, &copy]);
    assert_eq!((restored.code, restored.err.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(house.path("family.toml")).unwrap(), document);
    assert_eq!(fs::read_to_string(house.path("family.toml.before")).unwrap(), later);
    eventually("the backup is in force", || is_blocked_for_an(&house, "one.example"));

    let bad = house.write("bad", "version = 1\nrobots = 1\n");
    let refused = luytre(["restore", "--config", config, &bad]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.starts_with(&format!("luytre: {bad}:2: robots: unknown key")), "{}", refused.err);
    assert_eq!(fs::read_to_string(house.path("family.toml")).unwrap(), document);
    fs::remove_file(house.path("family.toml")).unwrap();
    assert_eq!(backup(&copy).code, 1);
    assert_eq!(fs::read_to_string(&copy).unwrap(), document);
    assert_eq!(luytre(["backup", "--config", config]).code, 2);
}

/// Asks `luytre explain` as a parent does; the device's address, the time of day in Viet Nam, the name.
fn explained(house: &House, device: &str, at: &str, name: &str) -> String {
    let at = format!("{at}+07:00");
    let config = house.config_file();
    let ended = luytre(["explain", "--json", "--config", config, "--device", device, "--at", &at, name]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let said: Value = serde_json::from_str(&ended.out).unwrap();
    ["verdict", "reason", "rule"].map(|key| said[key].as_str().unwrap()).join(" ")
}

#[test]
fn explain_answers_everyday_questions() {
    let house = house(FAMILY).furnished();
    // 2026-11-26 is a Thursday.
    for (device, at, name, expected) in [
        // Why does nothing work at ten in the evening?
        ("127.0.0.2", "2026-11-26T22:00:00", "any.example", "blocked schedule schedule:bedtime"),
        // Thursday's bedtime ends on Friday morning; Friday has none, so Saturday morning is free.
        ("127.0.0.2", "2026-11-27T05:00:00", "any.example", "blocked schedule schedule:bedtime"),
        ("127.0.0.2", "2026-11-28T05:00:00", "any.example", "allowed none "),
        // The film that was granted runs all the same, in the evening too.
        ("127.0.0.2", "2026-11-26T22:00:00", "film.example", "allowed grant grant:name:film.example"),
        // Who is paused gets nothing, but for the bank and the helpline.
        ("127.0.0.2", "2026-10-31T10:00:00", "any.example", "blocked paused pause:an"),
        (
            "127.0.0.2",
            "2026-10-31T10:00:00",
            "vietcombank.com.vn",
            "allowed essential essential:essentials.toml",
        ),
        // What we wrote ourselves.
        ("127.0.0.2", "2026-11-26T12:00:00", "www.nope.example", "blocked rule block:nope.example"),
        // A service that is switched off, and a search that is made safe.
        ("127.0.0.2", "2026-11-26T12:00:00", "www.tiktok.com", "blocked service service:tiktok"),
        ("127.0.0.2", "2026-11-26T12:00:00", "www.google.com.vn", "rewritten rewrite safe_search:google"),
        // A guest's device, and ours.
        ("127.0.0.9", "2026-11-26T12:00:00", "bad.example", "blocked category category:adult"),
        ("127.0.0.3", "2026-11-26T22:00:00", "www.tiktok.com", "allowed none "),
        // People are asked for by name, too.
        ("me", "2026-11-26T22:00:00", "bad.example", "allowed none "),
    ] {
        assert_eq!(explained(&house, device, at, name), expected, "{device} {at} {name}");
    }
}

#[test]
fn a_search_engine_gives_a_child_its_safe_host() {
    let safe = "forcesafesearch.google.com";
    let upstream = Upstream::answering(|asked| match asked.question().as_str() {
        "forcesafesearch.google.com A" => asked.answer().address(Ipv4Addr::new(192, 0, 2, 120)),
        "forcesafesearch.google.com AAAA" => {
            asked.answer().address("2001:db8::120".parse::<Ipv6Addr>().unwrap())
        }
        question if question.ends_with(" A") => asked.answer().address(Ipv4Addr::new(192, 0, 2, 1)),
        _ => asked.answer().soa(300),
    });
    let family = "[[person]]\nid = \"an\"\nprofile = \"age-7-12\"\n[[device]]\naddresses = [\"127.0.0.2\"]\nperson = \"an\"\n";
    let house = house(family).upstream(upstream).start();
    let ask = |text: &str| house.query(text).from("127.0.0.2").send();
    let alias = format!("NOERROR CNAME 300 {safe}");
    let by_type = [
        ("www.google.com A", format!("{alias} A 300 192.0.2.120")),
        ("www.google.com AAAA", format!("{alias} AAAA 300 2001:db8::120")),
        ("www.google.com HTTPS", format!("{alias} soa 300")),
    ];
    for _ in 0..2 {
        for (question, expected) in &by_type {
            assert_eq!(ask(question), expected.as_str(), "{question}");
        }
    }
    let asked: Vec<_> = ["A", "AAAA", "HTTPS"].map(|rtype| format!("{safe} {rtype}")).into();
    assert_eq!(house.forwarded(), asked, "once each, and the engine itself never");
    // Nobody's device in a house that decided nothing about those.
    assert_eq!(house.ask("www.google.com"), REACHED);
    assert_eq!(ask("www.google.com"), by_type[0].1.as_str(), "what others get is no way round it");
}

/// An answer must not outlive the decision: a phone that keeps it for longer would sleep later.
#[test]
fn answers_last_until_the_next_bedtime() {
    let house = house("time_zone = \"UTC\"\n").start();
    assert_eq!(house.ask("any.example"), REACHED);
    let time = house.status_after(1)["recent"][0]["time"].as_str().unwrap().to_owned();
    let [hours, minutes, seconds] = [11..13, 14..16, 17..19]
        .map(|digits| time[digits].parse::<u32>().unwrap_or_else(|_| panic!("{time}")));
    let begins = hours * 60 + minutes + 2;
    let clock = |minutes: u32| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let schedule = "[[schedule]]\nid = \"bedtime\"\nwho = [\"*\"]\nmode = \"block\"";
    edit(
        &house,
        &format!(
            "time_zone = \"UTC\"\nunknown_devices = \"age-7-12\"\n{schedule}\nfrom = \"{}\"\nto = \"{}\"\n",
            clock(begins),
            clock(begins + 60)
        ),
    );
    let left = 120 - seconds;
    let capped = format!("NOERROR A {left} 192.0.2.1");
    eventually("the schedule is known", || house.ask("any.example") == capped.as_str());
    assert_eq!(house.ask("new.example"), capped.as_str(), "what is fetched is capped as what is cached");
    house.time_passes(left - 1);
    assert_eq!(house.ask("any.example"), "NOERROR A 1 192.0.2.1");
    house.time_passes(1);
    assert_eq!(house.ask("any.example"), BLOCKED);
}

/// What time decides, and what a parent may take back, no device remembers for long, however long blocks are kept else.
#[test]
fn what_time_decides_is_kept_for_ten_seconds_at_most() {
    let house = self::house("unknown_devices = \"adult\"\n").with("reply.ttl = 3600").start();
    let people = "time_zone = \"UTC\"\nunknown_devices = \"adult\"\n\
        person = [{ id = \"an\", profile = \"adult\" }]\n\
        device = [{ addresses = [\"127.0.0.2\"], person = \"an\" }]\n";
    let rules = [
        (
            "rule = [{ who = [\"an\"], name = \"any.example\", action = \"block\" }]",
            "NOERROR A 3600 0.0.0.0 ede 17 4",
        ),
        (
            "schedule = [{ id = \"day\", who = [\"an\"], mode = \"block\", from = \"00:00\", to = \"24:00\" }]",
            BLOCKED,
        ),
        ("pause = [{ who = \"an\", until = 2031-11-24T23:00:00+07:00 }]", BLOCKED),
        ("budget = [{ id = \"all\", who = \"an\", of = \"all\", minutes = 0 }]", BLOCKED),
        ("budget = [{ id = \"all\", who = \"an\", of = \"all\", minutes = 60 }]", "NOERROR A 10 192.0.2.1"),
        (
            "grant = [{ who = [\"an\"], of = \"name:any.example\", until = 2031-11-24T23:00:00+07:00 }]",
            "NOERROR A 10 192.0.2.1",
        ),
    ];
    for (rule, expected) in rules {
        edit(&house, &format!("{people}{rule}\n"));
        let asks = || house.query("any.example").from("127.0.0.2").send();
        eventually(rule, || asks() == expected);
        // From the cache, and by another type, whose negative answer has an SOA alone.
        assert_eq!(asks(), expected, "{rule}");
        if expected == BLOCKED {
            let other = house.query("any.example TXT").from("127.0.0.2").send();
            assert_eq!(other, "NOERROR soa 10 ede 17", "{rule}");
        }
        assert_eq!(house.ask("any.example"), REACHED, "{rule}: for nobody else");
    }
}
