//! `./dev bench`: Luytre beside unbound, dnsmasq and the limit, in one run on one machine.
//!
//! [`options`] says what to run: [`round`]s with their workloads. [`material`] makes names, a household's [`mix`] of
//! them, and lists; [`upstreams`] starts a round's upstream server, [`servers`] one server after the other as a pinned
//! [`process`]. [`measure`] [`probe`]s it, puts load on it and counts its [`allocations`]; [`report`] (in
//! [`table`]s) and [`svg`] show what came of it. Everything is written below one work folder; everything that was started ends with the run.

#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures real time, and its work files may be half written"
)]

mod allocations;
mod family;
mod material;
mod measure;
mod mix;
mod options;
mod probe;
mod process;
mod report;
mod round;
mod servers;
mod svg;
mod table;
mod upstreams;

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::measure::{Bench, RoundResult};
use crate::options::{Options, USAGE};
use crate::report::Report;
use crate::round::Round;

fn main() -> ExitCode {
    let options = match Options::parse(lexopt::Parser::from_env()) {
        Ok(Some(options)) => options,
        Ok(None) => {
            return if writeln!(io::stdout(), "{USAGE}").is_ok() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
        Err(error) => {
            say(&format!("bench: {error:#}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line of progress, on standard error so that `--json` stays clean; where nobody listens, nothing is lost.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn run(options: &Options) -> Result<()> {
    fs::create_dir_all(&options.work).with_context(|| options.work.display().to_string())?;
    let mut notes = Vec::new();
    let material = material::prepare(options, &mut notes)?;
    let mut results = Vec::new();
    let takes_part = |round: &&Round| options.only.iter().any(|kind| round.has(*kind));
    for round in options.rounds.iter().filter(takes_part) {
        match Bench::start(options, &material, *round) {
            Ok(Ok(bench)) => run_round(&bench, *round, options, &mut results, &mut notes),
            Ok(Err(skipped)) => note(&mut notes, skipped),
            Err(error) => note(&mut notes, format!("{}: FAILED: {error:#}", round.word())),
        }
    }
    let failed = notes.iter().any(|note| note.contains("FAILED"));
    let report = Report::new(options, results, notes);
    if let Some(path) = &options.svg {
        fs::write(path, svg::plot(&report)).with_context(|| path.display().to_string())?;
    }
    let mut output = io::stdout().lock();
    if options.json {
        writeln!(output, "{:#}", report.to_json())?;
    } else {
        report.write_text(&mut output)?;
    }
    anyhow::ensure!(!failed, "not every server could be measured");
    Ok(())
}

fn run_round(
    bench: &Bench<'_>,
    round: Round,
    options: &Options,
    results: &mut Vec<RoundResult>,
    notes: &mut Vec<String>,
) {
    for kind in options.only.iter().filter(|kind| round.has(**kind)) {
        match bench.measure(*kind) {
            Ok(Ok(result)) => results.push(result),
            Ok(Err(absent)) => note(notes, absent),
            // One server that fails is told of and doesn't cost the others' figures.
            Err(error) => note(notes, format!("{}, {}: FAILED: {error:#}", kind.name(), round.word())),
        }
    }
}

/// Said at once, and again below the tables; the same from each round only once.
fn note(notes: &mut Vec<String>, line: String) {
    if !notes.contains(&line) {
        say(&line);
        notes.push(line);
    }
}
