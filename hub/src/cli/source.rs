//! `luytre-hub source fetch`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand};

use crate::clock;
use crate::config::Config;
use crate::fetch::{self, Fetched};
use crate::list::sources_file;

#[derive(Subcommand)]
pub(super) enum SourceCommand {
    /// Fetch the lists that sources.toml names by address; what is wrong with one leaves its last good one in place.
    Fetch(Fetch),
}

#[derive(Args)]
pub(super) struct Fetch {
    /// hub.toml, whose [publish] from names the sources.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Take this source although half of its names are gone; may be repeated
    #[arg(long, value_name = "ID")]
    accept: Vec<String>,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

impl SourceCommand {
    pub(super) fn run(self) -> Result<ExitCode> {
        let Self::Fetch(fetch) = self;
        let from = Config::load(&fetch.config)?.publish.from;
        ensure!(!from.is_dir(), "{} is a folder of files; there is nothing to fetch", from.display());
        let now = clock::told_or_now(fetch.created.as_deref())?;
        let mut failed = false;
        for remote in sources_file::remote(&from)? {
            let fetched = fetch::fetch(&remote, now, fetch.accept.contains(&remote.id));
            let told = match fetched {
                Ok(Fetched::New { names, bytes }) => format!("{names} names in {bytes} bytes"),
                Ok(Fetched::Unchanged) => "unchanged".to_owned(),
                Ok(Fetched::NotDue) => "not due yet".to_owned(),
                Err(error) => {
                    failed = true;
                    format!("{error:#}; the last good one stays")
                }
            };
            writeln!(io::stdout(), "{}: {told}", remote.id)?;
        }
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
