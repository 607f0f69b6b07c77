//! What deciding and compiling cost in a large family: figures to read, not bounds that a busy machine could miss.
//! `cargo test --release -p luytre --lib policy::tests::cost -- --ignored --nocapture`

use std::fmt::Write;
use std::hint::black_box;

use luytre_lists::hash::SuffixHashes;
use luytre_lists::{CategorySet, Match, NameBuf};

use super::super::*;
use crate::clock::Clock;
use crate::home::Home;

/// Eight people, forty devices, three hundred rules, ten schedules, eight budgets.
pub(crate) fn large_family() -> String {
    let mut text = String::from("time_zone = \"Europe/Berlin\"\n");
    let mut add = |line: String| writeln!(text, "{line}").unwrap();
    for person in 0..8 {
        add(format!("[[person]]\nid = \"p{person}\"\nbirth_year = {}", 2008 + person));
        add(format!(
            "[[budget]]\nwho = \"p{person}\"\nof = [\"group:games\", \"service:youtube\"]\nminutes = 60"
        ));
    }
    for device in 0..40 {
        add(format!("[[device]]\nmac = \"02:00:00:00:00:{device:02x}\"\nperson = \"p{}\"", device % 8));
    }
    for rule in 0..300 {
        let (who, action) = (rule % 8, if rule % 3 == 0 { "allow" } else { "block" });
        add(format!("[[rule]]\nwho = [\"p{who}\"]\nname = \"site{rule}.example\"\naction = \"{action}\""));
    }
    for schedule in 0..10 {
        let (who, mode) = (schedule % 8, if schedule % 2 == 0 { "block" } else { "only" });
        add(format!(
            "[[schedule]]\nid = \"s{schedule}\"\nwho = [\"p{who}\"]\nmode = \"{mode}\"\nfrom = \"21:00\"\nto = \"06:00\""
        ));
    }
    text
}

/// The least of several runs, each in nanoseconds a call.
fn least(calls: u32, mut call: impl FnMut()) -> f64 {
    let clock = Clock::default();
    let runs = (0..20).map(|_| {
        let before = clock.uptime();
        (0..calls).for_each(|_| call());
        (clock.uptime() - before).as_secs_f64() * 1e9 / f64::from(calls)
    });
    runs.fold(f64::INFINITY, f64::min)
}

#[test]
#[ignore = "prints what it costs; nothing to hold"]
fn a_large_family() {
    let text = large_family();
    let home = Home::of(&text);
    let people = home.people(&home.family());
    let now = 1_795_237_200;
    let circumstances = Circumstances { now, trusted: true, spent: &[] };
    let rules = Rules::default();
    let policy = home.policy(&rules, home.family(), &circumstances);
    let who = Who(3);
    println!("{} bytes of family.toml", text.len());
    for (what, name) in [
        ("nobody's name", "www.some-site.example"),
        ("a rule's name", "www.site17.example"),
        ("a service's", "www.youtube.com"),
    ] {
        let name = NameBuf::parse(name).unwrap();
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name.as_name());
        let listed = Some(Match { categories: Some(CategorySet::EMPTY), labels: 2 });
        let asked = Asked { name: name.as_name(), suffixes: &suffixes, rtype: 1, listed };
        let spent = least(10_000, || _ = black_box(decide(&policy, who, black_box(&asked), now)));
        println!("decide, {what}: {spent:.0} ns");
    }
    let spent = least(10_000, || _ = black_box(decide_unnamed(&policy, who, CategorySet::EMPTY, now)));
    println!("decide by what is remembered: {spent:.0} ns");
    println!(
        "another time: {:.2} ms",
        least(5, || _ = black_box(home.policy_with(Arc::clone(policy.names()), &rules, &circumstances)))
            / 1e6
    );
    println!(
        "another document: {:.2} ms",
        least(5, || _ = black_box(home.policy(&rules, home.family(), &circumstances))) / 1e6
    );
    println!(
        "to read it: {:.2} ms",
        least(5, || _ = black_box(crate::family::Family::parse("f", &text).unwrap())) / 1e6
    );
    drop(people);
}
