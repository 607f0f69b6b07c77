//! The catalogue against the names that people really use: `$LUYTRE_DATA`, else `../shared/data` beside the repository.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use luytre_lists::NameBuf;

use super::*;

/// Lists of popular names, and of categories that are a matter of taste. Not those of harm: they hold what pretends to
/// be a service.
const STEMS: [&str; 12] = [
    "popular-ranked",
    "benign",
    "ads",
    "ai",
    "chat_mail",
    "dating",
    "games",
    "news",
    "shopping",
    "social",
    "streaming",
    "tracking",
];

/// A name that no list knows deserves a second thought. So most must be known; apps that few use and hosts that only
/// their own app asks for are the rest.
#[test]
fn most_names_are_known_to_the_lists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let data = root.join(std::env::var_os("LUYTRE_DATA").unwrap_or("../shared/data".into()));
    let files: Vec<PathBuf> = STEMS.iter().map(|stem| data.join(format!("{stem}.txt.xz"))).collect();
    if !files.iter().all(|file| file.is_file()) {
        // Not by `eprintln`, which the test harness keeps to itself.
        let _ =
            writeln!(io::stderr(), "SKIPPED: {} is absent; LUYTRE_DATA names another folder", data.display());
        return;
    }
    let all: HashSet<Domain> = Catalogue::shipped()
        .services()
        .flat_map(|(_, service)| service.names())
        .map(|rule| rule.name)
        .collect();
    let mut unknown = all.clone();
    for file in files {
        forget_those_in(&file, &mut unknown);
    }
    let (unknown, all) = (unknown.len(), all.len());
    let _ = writeln!(io::stderr(), "{} of {all} names of services.toml are in the lists", all - unknown);
    assert!(unknown * 100 <= all * 15, "{unknown} of {all} names are in no list");
}

/// Takes out what a list knows: the name or one below it.
fn forget_those_in(file: &Path, unknown: &mut HashSet<Domain>) {
    let mut xzcat = Command::new("xzcat").arg(file).stdout(Stdio::piped()).spawn().expect("xzcat runs");
    let lines = BufReader::new(xzcat.stdout.take().expect("a pipe")).lines();
    for name in lines.filter_map(|line| NameBuf::parse(&line.ok()?).ok()) {
        for suffix in name.as_name().suffixes() {
            unknown.remove(&suffix.to_domain());
        }
    }
    assert!(xzcat.wait().expect("it ends").success(), "{} unpacks", file.display());
}
