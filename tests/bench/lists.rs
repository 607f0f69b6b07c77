//! `./dev bench lists`: the compiled list's figures of design §4, on the real data.
//!
//! Size mapped and in transfer, deltas of several sizes, look-ups on a household's mix, wrong matches. Names are taken
//! as they stand in the category files, every one as a subtree: what the list has to bear, not what the guard leaves.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use anyhow::{Context, Result};
use luytre_lists::hash::{HashKey, SuffixHashes};
use luytre_lists::{
    CategorySet, CategoryTable, Disposition, Domain, Entry, List, ListWriter, Meta, NameBuf, delta,
};
use luytre_tests::names::{self, Dice};

const SEED: u64 = 20_261_121;
/// Questions of the household's mix: a fifth listed, the rest popular names by Zipf's law.
const QUESTIONS: usize = 1_000_000;
/// Look-ups timed together: the clock costs a tenth of one.
const TOGETHER: usize = 32;
/// Names that nobody listed, asked to see whether one matches all the same.
const STRANGERS: usize = 5_000_000;

type Listed = (String, CategorySet);

fn main() -> Result<()> {
    let folder =
        std::env::var_os("LUYTRE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let out = &mut io::stdout().lock();
    let (listed, popular) = material(&folder, out)?;

    let started = Instant::now();
    let whole = build(&listed, None, 1)?;
    let seconds = started.elapsed().as_secs_f64();
    let list = List::open(whole)?;
    let info = list.info();
    let per_name = |bytes: usize| bytes as f64 / f64::from(info.names);
    writeln!(
        out,
        "names                 {:>12}   from {} lines, built in {seconds:.1} s",
        info.names,
        listed.len()
    )?;
    row(out, "mapped", per_name(list.as_bytes().len()), "bytes a name", "≤ 5.8")?;
    row(
        out,
        "full transfer",
        per_name(delta::diff(None::<&List<Vec<u8>>>, &list).len()),
        "bytes a name",
        "≤ 4.6",
    )?;
    let (opened, checked) =
        (time(20, || List::open(list.as_bytes()).is_ok()), time(5, || list.verify().is_ok()));
    row(out, "open", opened * 1e3, "ms", "< 50")?;
    row(out, "verify", checked * 1e3, "ms", "")?;
    deltas(&listed, &list, out)?;
    lookups(&listed, &popular, &list, out)?;
    strangers(&list, out)
}

fn row(out: &mut impl Write, what: &str, value: f64, unit: &str, target: &str) -> io::Result<()> {
    let target = if target.is_empty() { String::new() } else { format!("   (target {target})") };
    writeln!(out, "{what:<22}{value:>12.2}   {unit}{target}")
}

/// Seconds that one call takes, the least of several.
fn time(times: u32, mut work: impl FnMut() -> bool) -> f64 {
    let one = |_| {
        let started = Instant::now();
        assert!(black_box(work()), "the list is not good");
        started.elapsed().as_secs_f64()
    };
    (0..times).map(one).fold(f64::INFINITY, f64::min)
}

/// Every line of every category file, and the popular names in order.
fn material(folder: &Path, out: &mut impl Write) -> Result<(Vec<Listed>, Vec<String>)> {
    let mut listed = Vec::new();
    if names::find(folder, "popular-ranked").is_none() {
        writeln!(out, "no data at {}: the names are made up", folder.display())?;
        let adult = CategorySet::from_bits(0b10);
        listed.extend(names::invent(1, 1_000_000).into_iter().map(|name| (name, adult)));
        return Ok((listed, names::invent(2, 100_000)));
    }
    let table = CategoryTable::shipped();
    let mut files: Vec<_> = folder.read_dir()?.collect::<io::Result<_>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        let name = file.file_name();
        let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".txt.xz")) else { continue };
        let Some(category) = table.by_stem(stem) else { continue };
        listed.extend(names::read(&file.path())?.into_iter().map(|name| (name, category.into())));
    }
    let popular = names::find(folder, "popular-ranked").context("popular-ranked is there")?;
    Ok((listed, names::read(&popular)?))
}

fn build(listed: &[Listed], previous: Option<&List<Vec<u8>>>, serial: u64) -> Result<Vec<u8>> {
    let mut writer = ListWriter::new(Meta { serial, created: 1_790_000_000 });
    if let Some(previous) = previous {
        writer = writer.continuing(previous);
    }
    for (name, categories) in listed {
        let Ok(name) = NameBuf::parse(name) else { continue };
        writer.add(name.as_name(), Entry::subtree(Disposition::Block(*categories)))?;
    }
    Ok(writer.finish()?)
}

/// Deltas where every change is an addition, the dearest kind, and where half are removals, as lists change.
fn deltas(listed: &[Listed], old: &List<Vec<u8>>, out: &mut impl Write) -> Result<()> {
    for (changes, target) in [(100, "≤ 7"), (2_000, "≤ 6"), (20_000, "≤ 6"), (100_000, "≤ 6")] {
        let fresh: Vec<Listed> = names::invent(7, changes)
            .into_iter()
            .zip(listed.iter().map(|(_, set)| *set).cycle().skip(11))
            .collect();
        let added = List::open(build(&[listed, &fresh].concat(), Some(old), 2)?)?;
        let bytes = measure_delta(old, &added)?.0;
        row(
            out,
            &format!("delta, {changes} added"),
            bytes as f64 / changes as f64,
            "bytes a change",
            target,
        )?;

        let half = changes / 2;
        let mut mixed = listed.to_vec();
        Dice::new(SEED).shuffle(&mut mixed);
        mixed.truncate(listed.len() - half);
        mixed.extend_from_slice(&fresh[..half]);
        let mixed = List::open(build(&mixed, Some(old), 2)?)?;
        let (bytes, heap, seconds) = measure_delta(old, &mixed)?;
        let what = format!("delta, {half} + {half} gone");
        row(out, &what, bytes as f64 / changes as f64, "bytes a change", target)?;
        if changes == 2_000 {
            row(out, "  applying it", seconds * 1e3, "ms", "")?;
            row(out, "  heap of applying", heap as f64 / 1e6, "MB", "≤ 4")?;
        }
    }
    Ok(())
}

/// The delta's size; the heap and the seconds that applying it takes.
fn measure_delta(old: &List<Vec<u8>>, new: &List<Vec<u8>>) -> Result<(usize, usize, f64)> {
    let delta = delta::diff(Some(old), new);
    let before = HEAP.start();
    let started = Instant::now();
    let mut check = Compare { expected: new.as_bytes() };
    delta::apply(Some(old), &delta, &mut check)?;
    let (heap, seconds) = (HEAP.peak_since(before), started.elapsed().as_secs_f64());
    anyhow::ensure!(check.expected.is_empty(), "the applied list is too short");
    Ok((delta.len(), heap, seconds))
}

/// Takes what is written and checks it, byte for byte, keeping none of it.
struct Compare<'a> {
    expected: &'a [u8],
}

impl Write for Compare<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.expected.split_at_checked(bytes.len()) {
            Some((same, rest)) if same == bytes => {
                self.expected = rest;
                Ok(bytes.len())
            }
            _ => Err(io::Error::other("the applied list differs")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Times look-ups, hashing included, as the daemon makes them.
fn lookups(listed: &[Listed], popular: &[String], list: &List<Vec<u8>>, out: &mut impl Write) -> Result<()> {
    let mut dice = Dice::new(SEED);
    let mut questions = Vec::with_capacity(QUESTIONS);
    for _ in 0..QUESTIONS {
        let text = if dice.below(5) == 0 {
            &listed[dice.below(listed.len())].0
        } else {
            // The n-th popular name is asked 1/n as often as the first: an exponentially spread rank.
            let spread = (dice.below(1 << 24) as f64 / f64::from(1 << 24)) * (popular.len() as f64).ln();
            &popular[(spread.exp() as usize).min(popular.len()) - 1]
        };
        questions.push(Domain::parse(text)?);
    }
    let mut times: Vec<f64> = questions
        .chunks_exact(TOGETHER)
        .map(|questions| {
            let started = Instant::now();
            for question in questions {
                let suffixes = SuffixHashes::of(HashKey::LUYTRE, question.as_name());
                black_box(list.lookup_hashed(&suffixes));
            }
            started.elapsed().as_nanos() as f64 / TOGETHER as f64
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times[times.len() * share / 100];
    row(out, "look-up, median", at(50), "ns", "≤ 400")?;
    row(out, "look-up, 99 %", at(99), "ns", "")?;
    Ok(())
}

/// Wrong matches among names under a top-level domain that nobody has.
fn strangers(list: &List<Vec<u8>>, out: &mut impl Write) -> Result<()> {
    let wrong = (0..STRANGERS).filter(|number| {
        let name = NameBuf::parse(&format!("n{number}.stranger{}.luytre-bench", number % 1000));
        name.is_ok_and(|name| list.lookup(name.as_name()).is_some())
    });
    let wrong = wrong.count();
    writeln!(
        out,
        "{:<22}{wrong:>12}   in {STRANGERS} names nobody listed   (target ≤ 2⁻²⁹ a probe)",
        "wrong matches"
    )?;
    Ok(())
}

#[global_allocator]
static HEAP: Heap = Heap { now: AtomicUsize::new(0), peak: AtomicUsize::new(0) };

/// Counts the bytes in use.
struct Heap {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Heap {
    fn start(&self) -> usize {
        let now = self.now.load(Relaxed);
        self.peak.store(now, Relaxed);
        now
    }

    fn peak_since(&self, before: usize) -> usize {
        self.peak.load(Relaxed).saturating_sub(before)
    }
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = self.now.fetch_add(layout.size(), Relaxed) + layout.size();
        self.peak.fetch_max(now, Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}
