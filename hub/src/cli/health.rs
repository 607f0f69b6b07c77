//! `luytre-hub health`.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value, json};

use crate::health::{Cells, LEAST, Tally};

#[derive(Args)]
pub(super) struct Health {
    /// Reports as they came, a JSON object a line, of one day [default: standard input]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// For programs
    #[arg(long)]
    json: bool,
}

impl Health {
    pub(super) fn run(self) -> Result<ExitCode> {
        let mut tally = Tally::default();
        for file in &self.files {
            let named = || file.display().to_string();
            let input = File::open(file).with_context(named)?;
            tally.add(BufReader::new(input)).with_context(named)?;
        }
        if self.files.is_empty() {
            tally.add(io::stdin().lock())?;
        }
        let mut out = io::stdout();
        if self.json {
            let figures: Map<_, _> = tally.cells().into_iter().map(object).collect();
            let sum = json!({ "reports": tally.reports, "unread": tally.unread, "figures": figures });
            writeln!(out, "{sum}")?;
        } else {
            table(&tally, &mut out)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn object((figure, cells): (&str, Cells<'_>)) -> (String, Value) {
    let cells: Map<_, _> = cells.into_iter().map(|(value, count)| (value.to_owned(), count.into())).collect();
    (figure.to_owned(), cells.into())
}

fn table(tally: &Tally, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{} reports, {} lines that are none; fewer than {LEAST} together: few",
        tally.reports, tally.unread
    )?;
    for (figure, cells) in tally.cells() {
        for (value, count) in cells {
            // At least ten are shown, so there are as many.
            let percent = count * 100 / tally.reports;
            writeln!(out, "{figure:<18} {value:<12} {count:>10} {percent:>3} %")?;
        }
    }
    Ok(())
}
