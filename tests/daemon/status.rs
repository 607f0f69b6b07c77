//! What the daemon says about what it did: `luytre status`, and what it would do: `luytre explain`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Daemon, House, Upstream, luytre};

fn house() -> House {
    House::new()
        .list("adult", ["bad.example", "both.example"])
        .list("gambling", ["both.example"])
        .list("social", ["chat.example"])
        .with("house.deny = ['denied.example']")
        // Two threads may record what they answered in another order than it was asked.
        .with("limits.workers = 1")
}

/// The recent questions, the newest first, without their times.
fn recent(status: &Value) -> Vec<Value> {
    let mut recent = status["recent"].as_array().unwrap().clone();
    for one in &mut recent {
        let time = one.as_object_mut().unwrap().remove("time").unwrap();
        let time = time.as_str().unwrap();
        assert!(time.len() == 20 && time.ends_with('Z') && time.starts_with("20"), "RFC 3339: {time}");
    }
    recent
}

#[test]
fn status_counts_questions_by_verdict_and_category() {
    let house = house().start();
    for name in
        ["plain.example", "plain.example", "bad.example", "both.example", "chat.example", "denied.example"]
    {
        house.ask(name);
    }
    house.query("bad.example").tcp().send();
    let status = house.status_after(7);
    assert_eq!(status["verdicts"], json!({"allowed": 3, "blocked": 4}));
    assert_eq!(status["categories"], json!({"adult": 3, "gambling": 1, "social": 1}));
    assert_eq!(status["blocked_categories"], json!({"adult": 3, "gambling": 1}));
    assert_eq!(status["cache"]["hits"], 1);
    let server = &status["upstream"][0];
    assert_eq!(server["server"], json!(format!("udp://{}", house.upstream().address())));
    assert_eq!((&server["failures"], &server["down"]), (&json!(0), &json!(false)));
    assert!(status["version"].is_string() && status["uptime_s"].is_u64(), "{status}");
}

#[test]
fn status_tells_which_server_fails() {
    let house =
        House::new().upstreams([Upstream::silent(), Upstream::plain()]).with("upstream.strategy = 'strict'");
    let house = house.start();
    house.ask("www.example");
    let [silent, well] = [0, 1].map(|index| house.status()["upstream"][index].clone());
    assert!(silent["failures"].as_u64() > Some(0) && silent["last_error"] != "", "{silent}");
    assert_eq!((&well["failures"], &well["last_error"]), (&json!(0), &json!("")));
    assert!(well["srtt_ms"].is_u64(), "{well}");
}

#[test]
fn status_tells_the_last_questions_and_why_they_were_answered_so() {
    let house = house().start();
    house.query("WWW.Bad.Example HTTPS").from("127.0.0.7").send();
    house.ask("denied.example TYPE65280");
    house.ask("x.onion AAAA");
    house.ask("luytre.lan");
    house.ask("vietcombank.com.vn");
    house.ask("chat.example");
    let told = recent(&house.status_after(6));
    let line = |name: &str, rtype: &str, verdict: &str, reason: &str, rule: &str| {
        json!({"name": name, "type": rtype, "verdict": verdict, "reason": reason, "rule": rule,
               "who": "127.0.0.1", "categories": []})
    };
    let mut expected = vec![
        line("chat.example", "A", "allowed", "none", ""),
        line("vietcombank.com.vn", "A", "allowed", "essential", "essential:essentials.toml"),
        line("luytre.lan", "A", "allowed", "local", "special:own-name"),
        line("x.onion", "AAAA", "allowed", "special", "special:reserved-name"),
        line("denied.example", "TYPE65280", "blocked", "operator", "deny:denied.example"),
        line("www.bad.example", "HTTPS", "blocked", "category", "category:adult"),
    ];
    expected[0]["categories"] = json!(["social"]);
    expected[5]["categories"] = json!(["adult"]);
    expected[5]["who"] = json!("127.0.0.7");
    assert_eq!(told, expected);
}

/// Errors and strangers are no questions of the house.
#[test]
fn what_is_no_question_is_not_counted() {
    let house = house().with("listen.lan = ['127.0.0.1/32']").start();
    house.client().answer_to(&[0; 12]);
    house.query("bad.example").from("127.0.0.2").send();
    let status = house.status_after(1); // the question behind the empty header
    assert_eq!(recent(&status)[0]["name"], "luytre.lan");
}

#[test]
fn a_failed_question_is_counted_as_asked() {
    let house = house().with("upstream.servers = ['udp://127.0.0.1:1']").start();
    assert_eq!(house.ask("plain.example"), "SERVFAIL ede 23");
    assert_eq!(house.status_after(1)["verdicts"], json!({"allowed": 1, "blocked": 0}));
}

#[test]
fn no_more_questions_are_kept_than_the_house_wants() {
    let house = house().with("history.keep_queries = 3").start();
    for number in 0..10 {
        house.ask(&format!("n{number}.example"));
    }
    let names: Vec<Value> = recent(&house.status_after(10)).iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["n9.example", "n8.example", "n7.example"]);
}

#[test]
fn privacy_decides_what_is_kept() {
    for (privacy, name, who) in [
        ("full", json!("www.shop.bad.example"), json!("127.0.0.1")),
        ("domain", json!("bad.example"), json!("127.0.0.1")),
        ("category", json!(""), json!("")),
    ] {
        let house = house().with(&format!("history.privacy = '{privacy}'")).start();
        house.ask("www.shop.bad.example");
        let told = recent(&house.status_after(1)).remove(0);
        assert_eq!(
            (&told["name"], &told["who"], &told["verdict"]),
            (&name, &who, &json!("blocked")),
            "{privacy}"
        );
        assert_eq!(told["categories"], json!(["adult"]));
    }
    let house = house().with("history.privacy = 'off'").start();
    house.ask("bad.example");
    let status = house.status_after(1);
    assert_eq!((recent(&status), &status["categories"]), (vec![], &json!({"adult": 1})));
}

/// A log that anybody reads must not be a list of what a family asked.
#[test]
fn the_log_names_nobodys_questions() {
    let house = house().start();
    for name in ["plain.example", "bad.example", "denied.example", "x.onion"] {
        house.ask(name);
        house.query(name).tcp().send();
    }
    house
        .client()
        .answer_to(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03bad\xc0\x0c\x00\x01\x00\x01");
    assert!(!house.log().contains(".example") && !house.log().contains("onion"), "{}", house.log());
}

/// Nothing on flash changes because somebody asks something.
#[test]
fn questions_write_nothing() {
    let house = house().start();
    let files = || {
        let read = std::fs::read_dir(house.path("state")).unwrap().map(Result::unwrap);
        let mut files: Vec<_> =
            read.map(|file| (file.file_name(), file.metadata().unwrap().modified().unwrap())).collect();
        files.sort();
        files
    };
    // The time is written down once a day, and so after the start, which nobody's question waits for.
    let is_written = (0..500).any(|_| {
        sleep(Duration::from_millis(10));
        Path::new(&house.path("state/time")).exists()
    });
    assert!(is_written);
    let before = files();
    for number in 0..200 {
        house.ask(&format!("n{number}.example"));
        house.ask("bad.example");
    }
    house.status_after(400);
    assert_eq!(files(), before);
}

#[test]
fn status_as_text_is_for_people() {
    let house = house().start();
    house.ask("bad.example");
    house.status_after(1);
    let ended = luytre(["status", "--config", house.config_file()]);
    assert_eq!(ended.code, 0);
    for words in
        ["luytre ", "0 allowed, 1 blocked", "adult", "bad.example A blocked category", "list      local"]
    {
        assert!(ended.out.contains(words), "{words:?} is not in:\n{}", ended.out);
    }
}

#[test]
fn without_a_daemon_status_says_so() {
    let house = house().furnished();
    let ended = luytre(["status", "--json", "--config", house.config_file()]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""));
    assert!(ended.err.contains("luytre.sock") && ended.err.contains("luytre run"), "{}", ended.err);
}

/// For an operator, LuCI, `ubus call luytre status`.
#[test]
fn health_tells_nothing_about_anybody() {
    let house = house().start();
    for name in ["plain.example", "bad.example", "denied.example"] {
        house.ask(name);
    }
    house.status_after(3);
    let told = luytre(["health", "--config", house.config_file()]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let health: Value = serde_json::from_str(&told.out).unwrap();
    let keys: Vec<&String> = health.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "concerns",
            "firewall",
            "list",
            "policy",
            "root_is_open",
            "update",
            "upstream",
            "uptime_s",
            "version"
        ],
        "no questions, no devices, no names: {health}"
    );
    assert!(!told.out.contains(".example") && !told.out.contains("127.0.0.1"), "{}", told.out);
    assert_eq!(health["list"]["state"], "local");
    assert_eq!(health["upstream"], json!({"servers": 1, "down": 0}));
}

#[test]
fn the_house_is_cut_off_by_a_command_and_the_family_finds_it_in_the_log() {
    let house = house().start();
    let pause = |minutes| luytre(["pause", minutes, "--config", house.config_file()]);
    house.ask("plain.example");
    let told = pause("5");
    assert!(
        told.code == 0 && told.out.starts_with("the house is cut off until 2"),
        "{}{}",
        told.out,
        told.err
    );
    house.ask("plain.example");
    assert_eq!(pause("0").out, "the house is not cut off\n");
    house.ask("plain.example");
    let reasons: Vec<Value> =
        recent(&house.status_after(3)).iter().map(|question| question["reason"].clone()).collect();
    assert_eq!(reasons, ["none", "paused", "none"]);
    let log = std::fs::read_to_string(house.path("state/audit.jsonl")).unwrap();
    assert!(log.contains("house: 5 minutes") && log.contains("house: 0 minutes"), "{log}");
    let wrong = pause("999999");
    assert!(wrong.code == 1 && wrong.err.contains("minutes"), "{}", wrong.err);
    assert_eq!(pause("soon").code, 2);
}

/// Whoever can ask the socket can read what a household asks.
#[test]
fn the_control_socket_is_not_for_everybody() {
    let house = house().start();
    let mode = std::fs::metadata(house.path("state/luytre.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o007, 0, "{mode:o}");
}

#[test]
fn a_socket_that_a_dead_daemon_left_is_in_nobodys_way() {
    let mut house = house().start();
    house.kill();
    assert!(Path::new(&house.path("state/luytre.sock")).exists());
    house.start_again();
    house.status();
}

// ---- explain ----

fn explain(house: &House, arguments: &[&str]) -> String {
    let ended = luytre([&["explain", "--config", house.config_file()][..], arguments].concat());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    ended.out
}

#[test]
fn explain_works_from_files_alone() {
    let house = house().furnished();
    for (arguments, first_line) in [
        (&["bad.example"][..], "blocked category bad.example"),
        (&["WWW.Bad.Example.", "HTTPS"], "blocked category www.bad.example"),
        (&["denied.example"], "blocked operator denied.example"),
        (&["plain.example"], "allowed none plain.example"),
        (&["chat.example"], "allowed none chat.example"),
        (&["x.onion"], "allowed special x.onion"),
        (&["luytre.lan"], "allowed local luytre.lan"),
        (&["vietcombank.com.vn"], "allowed essential vietcombank.com.vn"),
        (&["home.arpa"], "allowed special home.arpa"),
        (&["home.arpa", "DS"], "allowed none home.arpa"),
        (
            &["--device", "127.0.0.1", "--at", "2026-11-21T21:00:00+07:00", "bad.example"],
            "blocked category bad.example",
        ),
    ] {
        assert_eq!(explain(&house, arguments).lines().next(), Some(first_line), "{arguments:?}");
    }
}

#[test]
fn explain_as_json_has_every_rule_that_was_considered() {
    let house = house().furnished();
    let told = |name: &str| -> Value { serde_json::from_str(&explain(&house, &["--json", name])).unwrap() };
    let blocked = told("www.both.example");
    assert_eq!(blocked["verdict"], "blocked");
    assert_eq!((&blocked["reason"], &blocked["rule"]), (&json!("category"), &json!("category:adult")));
    assert_eq!((&blocked["categories"], &blocked["until"]), (&json!(["adult", "gambling"]), &Value::Null));
    let considered = blocked["considered"].as_array().unwrap();
    let matched: Vec<bool> = considered.iter().map(|rule| rule["matched"].as_bool().unwrap()).collect();
    let (last, before) = matched.split_last().unwrap();
    assert!(*last && before.iter().all(|matched| !matched) && before.len() >= 10, "{considered:?}");
    assert_eq!(considered.last().unwrap()["rule"], "category:adult");
    assert_eq!(considered[3]["rule"], "operator", "in order");

    let allowed = told("plain.example");
    assert_eq!(
        (&allowed["verdict"], &allowed["reason"], &allowed["rule"]),
        (&json!("allowed"), &json!("none"), &json!(""))
    );
    let steps: Vec<&str> =
        allowed["considered"].as_array().unwrap().iter().map(|rule| rule["rule"].as_str().unwrap()).collect();
    assert_eq!(
        steps,
        [
            "special",
            "always",
            "essential",
            "operator",
            "paused",
            "deny",
            "grant",
            "over_time",
            "schedule",
            "budget",
            "allow",
            "service",
            "category",
            "suspected",
        ]
    );
}

/// What the daemon does is what explain says it would.
#[test]
fn explain_and_the_daemon_agree() {
    let house: Daemon = house().start();
    let names = [
        "bad.example",
        "denied.example",
        "plain.example",
        "chat.example",
        "x.onion",
        "luytre.lan",
        "www.gov.vn",
    ];
    names.iter().for_each(|name| drop(house.ask(name)));
    let told = recent(&house.status_after(names.len() as u64));
    for (one, name) in told.iter().rev().zip(names) {
        let explained: Value = serde_json::from_str(&explain(&house, &["--json", name])).unwrap();
        for key in ["verdict", "reason", "rule", "categories"] {
            assert_eq!(one[key], explained[key], "{key} of {name}");
        }
    }
}
