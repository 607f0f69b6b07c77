//! The list's file: missing, damaged, replaced, overwritten under the daemon's feet. What filters is the last good one.

use std::process::Command;

use crate::harness::{Daemon, Ended, House, compiled, luytre, program};

const BLOCKED: &str = "REFUSED ede 17";
const REACHED: &str = "NOERROR A 300 192.0.2.1";

fn house() -> House {
    House::new().list("adult", ["bad.example"]).with("reply.mode = 'refused'")
}

/// What may have become of the file, and the words that the refusal has for it.
fn damages() -> Vec<(&'static str, Option<Vec<u8>>)> {
    let good = compiled(&[("adult", "bad.example"), ("adult", "other.example")]);
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    vec![
        ("No such file", None),
        ("truncated: expected 64 bytes, found 0", Some(vec![])),
        ("truncated", Some(good[..40].to_vec())),
        ("truncated", Some(good[..good.len() - 1].to_vec())),
        ("too long", Some([&good[..], b"x"].concat())),
        ("not a compiled list", Some(b"bad.example\nother.example\n".to_vec())),
        ("not a compiled list", Some(flipped(0))),
        ("damaged", Some(flipped(20))),
        ("damaged", Some(flipped(good.len() - 1))),
    ]
}

fn put(house: &House, file: Option<&[u8]>) {
    match file {
        Some(bytes) => drop(house.write("list.lyt", bytes)),
        None => std::fs::remove_file(house.path("list.lyt")).unwrap(),
    }
}

/// The file is named and the reason told, in the log and in the status; the good list filters.
fn assert_refused(house: &Daemon, reason: &str) {
    assert_eq!(house.ask("bad.example"), BLOCKED, "after {reason}");
    let list = &house.status()["list"];
    assert_eq!(list["state"], "refused", "{list}");
    let refused = list["refused"].as_str().unwrap();
    let file = house.path("list.lyt");
    assert!(refused.contains(&file) && refused.contains(reason), "{refused:?} does not say {reason:?}");
    let log = house.log();
    let told = |line: &str| line.contains("ERROR") && line.contains(&file) && line.contains(reason);
    assert!(log.lines().any(told), "the log does not say {reason:?}:\n{log}");
}

#[test]
fn a_good_list_is_in_force_and_says_which_it_is() {
    let house = house().start();
    let list = &house.status()["list"];
    assert_eq!((&list["serial"], &list["names"], &list["state"]), (&7.into(), &1.into(), &"local".into()));
    assert_eq!(list["file"], house.path("list.lyt"));
    assert!(list["age_s"].as_u64().is_some_and(|age| age > 0), "{list}");
}

#[test]
fn a_damaged_list_is_refused_at_the_start_and_the_last_good_one_filters() {
    let mut house = house().start();
    for (reason, damaged) in damages() {
        house.stop();
        put(&house, damaged.as_deref());
        house.start_again();
        assert_refused(&house, reason);
        house.write("list.lyt", compiled(&[("adult", "bad.example")]));
    }
}

#[test]
fn a_damaged_list_is_refused_at_a_reload_and_the_one_in_force_stays() {
    for (reason, damaged) in damages() {
        let house = house().start();
        put(&house, damaged.as_deref());
        assert_eq!(house.ask("bad.example"), BLOCKED, "before the reload");
        house.reload();
        assert_refused(&house, reason);
    }
}

#[test]
fn without_any_good_list_the_starter_list_filters() {
    for (reason, damaged) in damages() {
        let house = house().furnished();
        put(&house, damaged.as_deref());
        let house = house.start_as_it_is();
        assert_eq!(house.ask("www.bet365.com"), BLOCKED, "after {reason}");
        assert_eq!(house.ask("bad.example"), REACHED);
        assert_eq!(house.status()["list"]["state"], "refused");
    }
}

#[test]
fn a_new_list_is_in_force_after_a_reload() {
    let house = house().start();
    house.write("list.lyt", compiled(&[("adult", "new.example")]));
    assert_eq!(house.ask("new.example"), REACHED, "not before");
    house.reload();
    assert_eq!(house.ask("new.example"), BLOCKED);
    assert_eq!(house.ask("bad.example"), REACHED);
    assert_eq!(house.status()["list"]["state"], "local");
}

#[test]
fn a_refused_list_that_is_mended_is_taken() {
    let house = house().start();
    house.write("list.lyt", b"damaged");
    house.reload();
    assert_refused(&house, "not a compiled list");
    house.write("list.lyt", compiled(&[("adult", "new.example")]));
    house.reload();
    assert_eq!(house.ask("new.example"), BLOCKED);
    let list = &house.status()["list"];
    assert_eq!((&list["state"], &list["refused"]), (&"local".into(), &"".into()));
}

/// A map of that file would be torn, and reading behind its end be the daemon's death.
#[test]
fn a_file_that_is_overwritten_in_place_or_cut_to_nothing_tears_nothing() {
    let many: Vec<String> = (0..20_000).map(|number| format!("n{number}.example")).collect();
    let entries: Vec<(&str, &str)> = many.iter().map(|name| ("adult", name.as_str())).collect();
    let house = house().furnished();
    house.write("list.lyt", compiled(&entries));
    let house = house.start_as_it_is();
    let assert_filters = |when: &str| {
        for name in many.iter().step_by(401) {
            assert_eq!(house.ask(name), BLOCKED, "{name} {when}");
        }
    };
    assert_filters("at first");
    for (what, bytes) in [("overwritten", vec![0xaa; 200_000]), ("cut", vec![]), ("short", vec![1; 3])] {
        house.write("list.lyt", bytes);
        assert_filters(what);
        house.reload();
        assert_filters("after the reload");
    }
}

/// The last good list outlives its file, the daemon and the next damage.
#[test]
fn the_last_good_list_is_the_one_of_the_last_reload() {
    let mut house = house().start();
    house.write("list.lyt", compiled(&[("adult", "new.example")]));
    house.reload();
    house.stop();
    house.write("list.lyt", b"damaged");
    house.start_again();
    assert_eq!(house.ask("new.example"), BLOCKED);
    assert_eq!(house.ask("bad.example"), REACHED);
}

// ---- The commands that look into a list ----

#[test]
fn lookup_tells_verdict_categories_and_the_name_that_matched() {
    let house = House::new();
    let list = house.write(
        "some.lyt",
        compiled(&[
            ("adult", "bad.example"),
            ("gambling", "bad.example"),
            ("adult", "=alone.example"),
            ("-", "good.bad.example"),
            ("phishing", "xn--mnchen-3ya.example"),
        ]),
    );
    let lookup = |names: &[&str]| luytre([&["lookup", "--list", &list][..], names].concat());
    let ended = lookup(&[
        "bad.example",
        "WWW.Bad.Example.",
        "alone.example",
        "x.alone.example",
        "x.good.bad.example",
        "münchen.example",
        "plain.example",
    ]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let expected = "bad.example\tblocked\tadult,gambling\tbad.example\n\
        www.bad.example\tblocked\tadult,gambling\tbad.example\n\
        alone.example\tblocked\tadult\talone.example\n\
        x.alone.example\tnone\t-\t-\n\
        x.good.bad.example\tallowed\t-\tgood.bad.example\n\
        xn--mnchen-3ya.example\tblocked\tphishing\txn--mnchen-3ya.example\n\
        plain.example\tnone\t-\t-\n";
    assert_eq!(ended.out, expected);

    let ended = lookup(&["bad..example", "bad.example"]);
    assert_eq!(ended.code, 1, "one name is none");
    let lines: Vec<&str> = ended.out.lines().collect();
    assert!(lines[0].starts_with("bad..example\tinvalid\t-\t") && lines[0].len() > 24, "{}", lines[0]);
    assert_eq!(lines[1], "bad.example\tblocked\tadult,gambling\tbad.example", "the others are answered");
}

#[test]
fn lookup_reads_names_from_standard_input() {
    let house = House::new();
    let list = house.write("some.lyt", compiled(&[("adult", "bad.example")]));
    let mut lookup = Command::new(program());
    lookup.args(["lookup", "--list", &list, "-"]);
    let ended = Ended::of(lookup, "bad.example\nplain.example\n");
    assert_eq!(ended.out, "bad.example\tblocked\tadult\tbad.example\nplain.example\tnone\t-\t-\n");
    assert_eq!(ended.code, 0);
}

/// The hash that finds a name could be broken by a damaged file; the commands refuse one in the same words.
#[test]
fn every_command_refuses_a_damaged_list_by_name_and_reason() {
    let house = House::new();
    for (reason, damaged) in damages() {
        house.write("list.lyt", []);
        put(&house, damaged.as_deref());
        let file = house.path("list.lyt");
        let commands = [
            vec!["list", "verify", &file],
            vec!["list", "info", &file],
            vec!["lookup", "--list", &file, "bad.example"],
        ];
        for command in commands {
            let ended = luytre(&command);
            assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{command:?}");
            assert!(ended.err.contains(&file) && ended.err.contains(reason), "{}", ended.err);
        }
        house.write("list.lyt", []);
    }
}

#[test]
fn list_info_and_verify_speak_of_a_good_list() {
    let house = House::new();
    let list = house.write("some.lyt", compiled(&[("adult", "bad.example"), ("-", "good.bad.example")]));
    let info = luytre(["list", "info", &list]);
    assert_eq!(info.code, 0);
    for line in [
        &*format!("file\t{list}"),
        "serial\t7",
        "created\t2023-11-14T22:13:20Z",
        "names\t2",
        "adult\t1",
        "exceptions\t1",
    ] {
        assert!(info.out.lines().any(|told| told == line), "{line:?} is not in:\n{}", info.out);
    }
    let verify = luytre(["list", "verify", &list]);
    assert_eq!((verify.code, verify.out), (0, format!("{list}: good, 2 names\n")));
}
