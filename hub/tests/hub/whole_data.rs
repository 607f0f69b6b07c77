//! The big data, where it is: `$LUYTRE_DATA`, else `../shared/data` beside the repository.

use std::collections::HashSet;
use std::io::{self, Write};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folder::{Built, Folder, text};

/// The folder of the data; says so where it is absent.
fn data() -> Option<PathBuf> {
    // Relative to the repository, where `./dev` stands; tests run in their package's folder.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join(std::env::var_os("LUYTRE_DATA").unwrap_or("../shared/data".into()));
    if folder.is_dir() {
        return Some(folder);
    }
    // Not by `println`, which the test harness keeps to itself.
    let _ =
        writeln!(io::stderr(), "SKIPPED: {} is absent; LUYTRE_DATA names another folder", folder.display());
    None
}

fn lines(path: &Path) -> Vec<String> {
    let file = std::fs::File::open(path).unwrap();
    BufReader::new(lzma_rust2::XzReader::new(file, true)).lines().map(Result::unwrap).collect()
}

/// Every so-manieth, so that there are `count`: the same names in each run.
fn sample(names: Vec<String>, count: usize) -> Vec<String> {
    let step = (names.len() / count).max(1);
    names.into_iter().step_by(step).take(count).collect()
}

fn named(report: &Value, part: &str) -> HashSet<String> {
    let rows = report[part].as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn harm_is_blocked_and_popular_names_are_not() {
    let Some(data) = data() else { return };
    let popular = data.join("benign.txt.xz");
    let built = Folder::new().run_on(&data, &["--popular", text(&popular)]);
    let (removed, kept) = (named(&built.report, "removed"), named(&built.report, "kept_popular"));

    let harms = ["adult", "gambling", "phishing", "malware", "scam"];
    let names = harms.map(|harm| sample(lines(&data.join(format!("{harm}.txt.xz"))), 1000)).concat();
    let wanted: Vec<_> = names.iter().filter(|name| !removed.contains(*name)).collect();
    let missed: Vec<_> = wanted.iter().filter(|name| built.says(name) == "-").collect();
    println!("{} of {} sampled harmful names are not blocked: {missed:?}", missed.len(), wanted.len());
    assert!(missed.len() * 100 <= wanted.len());

    let wrong: Vec<_> =
        lines(&popular).into_iter().filter(|name| built.says(name) != "-" && !kept.contains(name)).collect();
    assert!(wrong.is_empty(), "blocked and not named in the report: {wrong:?}");

    for harm in harms {
        let count = |part: &str| built.report["categories"][harm][part].as_u64().unwrap();
        println!("{harm}: {} of {} names removed", count("removed"), count("names"));
        assert!(count("removed") * 100 <= count("names") * 4);
    }
}

#[test]
fn real_sources_are_merged_so_that_popular_names_stay_free() {
    let Some(data) = data() else { return };
    let folder = Folder::new();
    let sources = folder.put("sources.toml", described(&data.join("sources/index.tsv")).as_bytes());
    let (popular, ranked) = (data.join("benign.txt.xz"), data.join("popular-ranked.txt.xz"));
    let arguments = ["--sources", text(&sources), "--popular", text(&popular), "--popular", text(&ranked)];
    let built = folder.run_on(&data.join("sources"), &arguments);
    for free in ["google.com", "apple.com", "www.bing.com", "reddit.com", "vnexpress.net"] {
        let said = built.says(free);
        assert!(
            !["adult", "gambling", "malware", "phishing", "scam"].iter().any(|harm| said.contains(harm)),
            "{free}: {said}"
        );
    }
    for (listed, key) in [
        ("pornhub.com", "adult"),
        ("xvideos.com", "adult"),
        ("xhamster.com", "adult"),
        ("xnxx.com", "adult"),
        ("bet365.com", "gambling"),
        ("1xbet.com", "gambling"),
    ] {
        assert!(built.says(listed).split(',').any(|said| said == key), "{listed}: {}", built.says(listed));
    }
    let harms = ["adult", "gambling", "malware", "phishing", "scam"];
    let top: Vec<String> = lines(&ranked).into_iter().take(2000).collect();
    let is_harm = |name: &&String| built.says(name).split(',').any(|said| harms.contains(&said));
    let blocked: Vec<_> = top.iter().filter(is_harm).collect();
    println!("of the 2,000 most popular names these stay listed as harmful: {blocked:?}");
    assert!(blocked.len() <= 10, "{blocked:?}");
}

/// `sources/index.tsv` as a description of sources; what has no category here is left out.
fn described(index: &Path) -> String {
    let table = std::fs::read_to_string(index).unwrap();
    let without = ["bank", "blog", "manga", "hacking", "fakenews_sect"];
    let rows = table.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter(|row| !without.contains(&row[1]))
        .map(|row| {
            let (file, category, repository, path, licence) = (row[0], row[1], row[4], row[5], row[8]);
            format!("[[source]]\nid = {:?}\n", format!("{repository}/{path}"))
                + &format!("file = {file:?}\ncategory = {category:?}\nlicence = {licence:?}\n\n")
        })
        .collect()
}

impl Folder {
    /// Builds from a folder of data into this one's output.
    fn run_on(&self, from: &Path, arguments: &[&str]) -> Built {
        let out = self.out();
        self.run(&[&["--from", text(from), "--out", text(&out)], arguments].concat()).good()
    }
}
