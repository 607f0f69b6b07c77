//! A list built from real sources, in front of a daemon: what is bad is blocked, what everybody uses is not.
//!
//! `./dev test list` builds the list; without it, or without the data, this says that it is skipped.

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use luytre_tests::names::{self, Dice};
use serde_json::Value;

use crate::harness::{Daemon, House};

const SAMPLE: usize = 1000;
const HARMS: [&str; 5] = ["adult", "gambling", "phishing", "malware", "scam"];

struct Real {
    data: PathBuf,
    list: PathBuf,
    report: Value,
}

/// The data, the list built from it and its report, when they are there.
fn real() -> Option<Real> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Relative to the repository, where `./dev` stands; tests run in their package's folder.
    let data = root.join(std::env::var_os("LUYTRE_DATA").unwrap_or("../shared/data".into()));
    let list = root.join("target/test-list/full.lyt");
    let report = std::fs::read_to_string(list.with_file_name("report.json"));
    let (Ok(report), Some(_)) = (report, names::find(&data, "adult")) else {
        // Not by `eprintln`, which the test harness keeps to itself.
        let _ = writeln!(
            io::stderr(),
            "SKIPPED: no whole-data list; ./dev test list builds it from {}",
            data.display()
        );
        return None;
    };
    Some(Real { data, list, report: serde_json::from_str(&report).unwrap() })
}

impl Real {
    fn daemon(&self) -> Daemon {
        let house = House::new().with(&format!("list.file = '{}'", self.list.display()));
        house.with("limits.client_rate = 0").start()
    }

    fn sample(&self, stem: &str, seed: u64) -> Vec<String> {
        let mut names = names::read(&names::find(&self.data, stem).unwrap()).unwrap();
        Dice::new(seed).shuffle(&mut names);
        names
    }

    /// The names in a part of the report.
    fn reported(&self, part: &str) -> HashSet<&str> {
        self.report[part].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
    }
}

fn is_blocked(daemon: &Daemon, name: &str) -> bool {
    !daemon.query(&format!("{name} A")).send().extended_errors().is_empty()
}

#[test]
fn harmful_names_are_blocked_but_those_that_the_guard_took_out() {
    let Some(real) = real() else { return };
    let (daemon, removed) = (real.daemon(), real.reported("removed"));
    let mut asked = 0;
    let mut open = Vec::new();
    for (seed, stem) in (1..).zip(HARMS) {
        let listed = real.sample(stem, seed);
        for name in listed.iter().filter(|name| !removed.contains(name.as_str())).take(SAMPLE / HARMS.len()) {
            asked += 1;
            if !is_blocked(&daemon, name) {
                open.push(name.clone());
            }
        }
    }
    assert_eq!(asked, SAMPLE);
    assert!(open.len() * 100 <= asked, "{} of {asked} are not blocked: {open:?}", open.len());
}

#[test]
fn popular_names_are_open_but_those_that_the_report_names() {
    let Some(real) = real() else { return };
    let (daemon, named) = (real.daemon(), real.reported("kept_popular"));
    let popular = real.sample("benign", 99);
    let wrong: Vec<_> = popular
        .iter()
        .take(SAMPLE)
        .filter(|name| !named.contains(name.as_str()) && is_blocked(&daemon, name))
        .collect();
    assert!(wrong.is_empty(), "blocked, and the report does not say why: {wrong:?}");
}

#[test]
fn the_guard_takes_out_little_and_says_why() {
    let Some(real) = real() else { return };
    for row in real.report["removed"].as_array().unwrap() {
        assert!(row["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{row}");
    }
    for harm in HARMS {
        let category = &real.report["categories"][harm];
        let [names, removed] = ["names", "removed"].map(|key| category[key].as_u64().unwrap());
        assert!(removed * 100 <= names * 4, "{harm}: {removed} of {names} taken out");
    }
}
