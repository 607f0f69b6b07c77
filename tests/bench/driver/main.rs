//! `./dev bench`: Luytre beside unbound, dnsmasq and the limit, in one run on one machine.
//!
//! [`options`] says what to run, [`material`] makes names and lists, [`servers`] starts one server after the other
//! as a pinned [`process`], [`measure`] puts load on it, and [`report`] shows what came of it. Everything is
//! written below one work folder; everything that was started ends with the run.

#![allow(
    clippy::disallowed_methods,
    reason = "a bench measures real time, and its work files may be half written"
)]

mod material;
mod measure;
mod options;
mod process;
mod report;
mod servers;

use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::measure::{Bench, ServerResult};
use crate::options::{Options, USAGE};
use crate::report::Report;

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
    let bench = Bench::start(options, &material)?;
    let mut results: Vec<ServerResult> = Vec::new();
    for kind in &options.only {
        match bench.measure(*kind) {
            Ok(Ok(result)) => results.push(result),
            Ok(Err(absent)) => {
                say(&absent);
                notes.push(absent);
            }
            // One server that fails is told of and doesn't cost the others' figures.
            Err(error) => {
                let failure = format!("{}: FAILED: {error:#}", kind.name());
                say(&failure);
                notes.push(failure);
            }
        }
    }
    let failed = notes.iter().any(|note| note.contains("FAILED"));
    let report = Report::new(options, results, notes);
    let mut output = io::stdout().lock();
    if options.json {
        writeln!(output, "{:#}", report.to_json())?;
    } else {
        report.write_text(&mut output)?;
    }
    anyhow::ensure!(!failed, "not every server could be measured");
    Ok(())
}
