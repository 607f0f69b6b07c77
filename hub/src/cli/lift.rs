//! `luytre-hub lift`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use luytre_trust::Moment;

use crate::clock;
use crate::config::Config;
use crate::keys::KeyFolder;
use crate::publish::lift::{self, Lift};

#[derive(Args)]
pub(super) struct Lifting {
    /// hub.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Names that count as not listed from now on, each with all below it that is not listed by itself
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// A name that is listed again; may be repeated
    #[arg(long, value_name = "NAME")]
    end: Vec<String>,
    /// For how long all of them are lifted, 1 to 14
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    days: u64,
    /// A key that lies elsewhere; may be repeated
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

impl Lifting {
    pub(super) fn run(self) -> Result<ExitCode> {
        let config = Config::load(&self.config)?.publish;
        let mut keys = KeyFolder::open(&config.keys)?;
        self.key.iter().try_for_each(|file| keys.add(file))?;
        let now = Moment(clock::told_or_now(self.created.as_deref())?);
        let lift = Lift { now, days: self.days, more: self.names, fewer: self.end };
        let lifts = lift::lift(&config, &keys, &lift)?;
        let mut out = io::stdout();
        writeln!(out, "{}: {} names are lifted until {}", config.to, lifts.names.len(), lifts.expires)?;
        lifts.names.iter().try_for_each(|name| writeln!(out, "  {name}"))?;
        Ok(ExitCode::SUCCESS)
    }
}
