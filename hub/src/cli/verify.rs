//! `luytre-hub verify`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use luytre_trust::Moment;

use crate::clock;
use crate::verify::{self, Source};

#[derive(Args)]
pub(super) struct Verify {
    /// http://… or https://…, or the folder
    #[arg(value_name = "URL-OR-DIR")]
    place: String,
    /// The root.json that routers begin with [default: the publication's own first one]
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// The zone that a provider has got; it has to be the one that is vouched for
    #[arg(long, value_name = "FILE")]
    rpz: Option<PathBuf>,
    /// The publisher's log, audit.jsonl of its work folder; it has to be the one that is vouched for
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

impl Verify {
    pub(super) fn run(self) -> Result<ExitCode> {
        let now = Moment(clock::told_or_now(self.created.as_deref())?);
        let found = verify::verify(&Source::at(&self.place), self.root.as_deref(), now)?;
        if let Some(file) = &self.rpz {
            found.check_zone(file)?;
        }
        if let Some(file) = &self.audit {
            found.check_log(file)?;
        }
        let mut out = io::stdout();
        for line in found.lines() {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{}: good", self.place)?;
        Ok(ExitCode::SUCCESS)
    }
}
