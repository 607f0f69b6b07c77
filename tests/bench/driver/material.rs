//! The names of the run and the lists of the servers.
//!
//! Blocked names come from the adult and gambling lists, the others from the names most used, less what the
//! lists cover. Where Luytre is there, its own list has the last word on both (`luytre lookup`), so that every
//! server blocks and allows the same questions. Where the data is absent, names are made up.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use luytre_tests::names::{self, Dice};

use crate::options::Options;
use crate::servers::Kind;
use crate::{mix, say};

/// Names of the blocked and of the cached workload.
const SAMPLE: usize = 10_000;
/// Names that a household's mix is drawn from, the most popular first, and how many questions are drawn.
const MIX_NAMES: usize = 50_000;
const MIX: usize = 300_000;
/// Names handed to one `luytre lookup`: well below the 2 MB that a command line may hold.
const LOOKUP: usize = 20_000;
const SEED: u64 = 20_261_121;
/// The lists that blocked names are taken from.
const BLOCKED_FROM: [&str; 2] = ["adult", "gambling"];

/// What the servers and the generator are given.
pub(crate) struct Material {
    /// One name a line, all blocked everywhere.
    pub(crate) blocked: PathBuf,
    /// One name a line, none of them blocked anywhere.
    pub(crate) cached: PathBuf,
    /// The most popular of them alone.
    pub(crate) one: PathBuf,
    /// Questions as a household asks them, one name a line.
    pub(crate) mix: PathBuf,
    /// A blocked name, to see that a server is up with its list.
    pub(crate) probe: String,
    /// What unbound and dnsmasq block; the blocked sample is among it.
    pub(crate) peer_names: Vec<String>,
    /// Luytre's list, when the programs are there.
    pub(crate) list: Option<List>,
}

/// A compiled list.
pub(crate) struct List {
    pub(crate) file: PathBuf,
    pub(crate) names: Option<u64>,
}

pub(crate) fn prepare(options: &Options, notes: &mut Vec<String>) -> Result<Material> {
    let data = if names::find(&options.data, "adult").is_some() {
        options.data.clone()
    } else {
        let note = format!("no data at {}: the names of this run are made up", options.data.display());
        say(&note);
        notes.push(note);
        invent_data(&options.work.join("invented"))?
    };
    let mut blocked = Vec::new();
    for stem in BLOCKED_FROM {
        blocked.extend(read(&data, stem)?);
    }
    let mut popular = read(&data, "popular-ranked")?;
    let popular_set: HashSet<_> = popular.iter().map(String::as_str).collect();
    blocked.retain(|name| !popular_set.contains(name.as_str()));
    drop(popular_set);
    blocked.sort_unstable();
    blocked.dedup();
    let covering: HashSet<_> = blocked.iter().map(String::as_str).collect();
    popular.retain(|name| !names::with_parents(name).any(|parent| covering.contains(parent)));
    drop(covering);
    Dice::new(SEED).shuffle(&mut blocked);

    let list = list(options, &data)?;
    if let Some(list) = &list {
        say("asking the list which names it blocks");
        let lookup = |names: &[String]| lookup(&options.luytre, &list.file, names);
        blocked = select(&blocked, options.peer_names, "blocked", lookup)?;
        popular = select(&popular, MIX_NAMES, "none", lookup)?;
    }
    blocked.truncate(options.peer_names);
    popular.truncate(MIX_NAMES);
    let list = match list {
        Some(_) if options.same_list => Some(same_list(options, &blocked)?),
        list => list,
    };
    ensure!(!blocked.is_empty(), "no name is blocked: is the list empty?");
    ensure!(popular.len() >= 100, "only {} popular names are not blocked", popular.len());
    let sample = &blocked[..SAMPLE.min(blocked.len())];
    Ok(Material {
        blocked: write_lines(options.work.join("blocked.txt"), sample)?,
        cached: write_lines(options.work.join("cached.txt"), &popular[..SAMPLE.min(popular.len())])?,
        one: write_lines(options.work.join("one.txt"), &popular[..1])?,
        mix: write_lines(options.work.join("mix.txt"), &mix::draw(&popular, sample, MIX, SEED))?,
        probe: blocked[0].clone(),
        peer_names: blocked,
        list,
    })
}

fn read(data: &Path, stem: &str) -> Result<Vec<String>> {
    let path = names::find(data, stem).with_context(|| format!("{} has no {stem}.txt.xz", data.display()))?;
    names::read(&path).with_context(|| path.display().to_string())
}

fn write_lines(path: PathBuf, lines: &[impl AsRef<str>]) -> Result<PathBuf> {
    let mut file = BufWriter::new(File::create(&path).with_context(|| path.display().to_string())?);
    for line in lines {
        writeln!(file, "{}", line.as_ref())?;
    }
    file.flush()?;
    Ok(path)
}

/// A folder as the real data's, small and the same each time.
fn invent_data(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    for (stem, seed, count) in [
        ("adult", 1, 40_000),
        ("gambling", 2, 20_000),
        ("popular-ranked", 3, 2 * MIX_NAMES),
        ("phishing", 4, 40_000),
    ] {
        let path = folder.join(format!("{stem}.txt"));
        // An unchanged file keeps its time, so that the list built from it is used again.
        if !path.exists() {
            write_lines(path, &names::invent(seed, count))?;
        }
    }
    Ok(folder.to_owned())
}

/// Luytre's list, built where it is missing or older than what it is made of; nothing when Luytre is not in this
/// run or its programs are not there.
fn list(options: &Options, data: &Path) -> Result<Option<List>> {
    if !(options.only.contains(&Kind::Luytre) && options.luytre.is_file() && options.hub.is_file()) {
        return Ok(None);
    }
    // The real and the invented data have their own folders: each is used again.
    let folder = options.work.join(if data == options.data { "list" } else { "list-invented" });
    let file = folder.join("full.lyt");
    let built = fs::metadata(&file).and_then(|file| file.modified()).ok();
    if built.is_none_or(|built| built < newest_input(options, data)) {
        build(options, data, &folder)?;
    }
    Ok(Some(built_in(&folder)?))
}

/// A list of the names that the peers hold, no more and no fewer.
fn same_list(options: &Options, names: &[String]) -> Result<List> {
    let [data, folder] = ["same-names", "list-same"].map(|name| options.work.join(name));
    fs::create_dir_all(&data)?;
    write_lines(data.join("gambling.txt"), names)?;
    build(options, &data, &folder)?;
    built_in(&folder)
}

fn built_in(folder: &Path) -> Result<List> {
    let file = folder.join("full.lyt");
    ensure!(file.is_file(), "luytre-hub list build left no {}", file.display());
    let report = fs::read_to_string(folder.join("report.json")).unwrap_or_default();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap_or_default();
    Ok(List { file, names: report["names"].as_u64() })
}

fn build(options: &Options, data: &Path, folder: &Path) -> Result<()> {
    say(&format!("building the list from {} (the whole data takes a minute)", data.display()));
    let start = Instant::now();
    fs::create_dir_all(folder)?;
    let mut command = Command::new(&options.hub);
    command.args(["list", "build", "--from"]).arg(data).arg("--out").arg(folder);
    if let Some(popular) = names::find(data, "benign").or_else(|| names::find(data, "popular-ranked")) {
        command.arg("--popular").arg(popular);
    }
    let output = command.output().with_context(|| options.hub.display().to_string())?;
    ensure!(
        output.status.success(),
        "luytre-hub list build: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    say(&format!("built in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(())
}

/// When the hub's program or the data last changed. What can't be read is as old as can be.
fn newest_input(options: &Options, data: &Path) -> SystemTime {
    let files = fs::read_dir(data).into_iter().flatten().flatten().map(|entry| entry.path());
    files
        .chain([options.hub.clone()])
        .filter_map(|path| fs::metadata(path).and_then(|file| file.modified()).ok())
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The first `count` names with this verdict.
fn select(
    candidates: &[String],
    count: usize,
    verdict: &str,
    lookup: impl Fn(&[String]) -> Result<String>,
) -> Result<Vec<String>> {
    let mut selected = Vec::new();
    for chunk in candidates.chunks(LOOKUP) {
        let output = lookup(chunk)?;
        selected.extend(with_verdict(&output, verdict).map(str::to_owned));
        if selected.len() >= count {
            break;
        }
    }
    selected.truncate(count);
    Ok(selected)
}

/// Lines are NAME, verdict, categories and the name that matched, with tabs between.
fn with_verdict<'a>(output: &'a str, verdict: &str) -> impl Iterator<Item = &'a str> {
    output.lines().filter_map(move |line| {
        let mut columns = line.split('\t');
        let name = columns.next()?;
        (columns.next()? == verdict).then_some(name)
    })
}

fn lookup(luytre: &Path, list: &Path, names: &[String]) -> Result<String> {
    let output = Command::new(luytre).args(["lookup", "--list"]).arg(list).arg("--").args(names).output()?;
    let text = String::from_utf8(output.stdout).context("luytre lookup printed no UTF-8")?;
    // Exit code 1 also means that one name of many was unusable.
    ensure!(
        !text.is_empty(),
        "luytre lookup: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_selected_by_verdict_up_to_the_count() {
        let output = "a.b\tblocked\tadult\ta.b\nc.d\tnone\t-\t-\nodd\ne.f\tblocked\tgambling\tf\n";
        assert_eq!(with_verdict(output, "blocked").collect::<Vec<_>>(), ["a.b", "e.f"]);
        let candidates = vec![String::new(); LOOKUP * 3];
        let selected = select(&candidates, 3, "blocked", |_| Ok(output.into())).unwrap();
        assert_eq!(selected, ["a.b", "e.f", "a.b"]);
    }
}
