//! `luytre-hub publish`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Args;
use luytre_trust::Moment;

use crate::clock;
use crate::config::Config;
use crate::keys::KeyFolder;
use crate::list::gates::Gate;
use crate::progress::Progress;
use crate::publish::{self, Published, What, Wish};

#[derive(Args)]
pub(super) struct Publish {
    /// hub.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Only sign the timestamp anew; needs no other key. To be done every day at least
    #[arg(long)]
    timestamp: bool,
    /// Publish the lists from before this serial again, and have every router with it change at once
    #[arg(long, value_name = "SERIAL", conflicts_with = "timestamp")]
    withdraw: Option<u64>,
    /// Have routers take the lists at once
    #[arg(long)]
    urgent: bool,
    /// How many routers of a hundred take the lists [default: the configuration's]
    #[arg(long, value_name = "PERCENT")]
    rollout: Option<u8>,
    /// A key that lies elsewhere; may be repeated
    #[arg(long, value_name = "FILE")]
    key: Vec<PathBuf>,
    /// Let this gate through; may be repeated
    #[arg(long = "override", value_name = "GATE")]
    overrides: Vec<Gate>,
    /// What time it is, as 2026-01-31T12:00:00Z [default: SOURCE_DATE_EPOCH, else the clock]
    #[arg(long, value_name = "TIME")]
    created: Option<String>,
}

impl Publish {
    pub(super) fn run(self) -> Result<ExitCode> {
        let config = Config::load(&self.config)?.publish;
        let rollout_percent = self.rollout.unwrap_or(config.rollout_percent);
        ensure!(rollout_percent <= 100, "--rollout {rollout_percent}: write 0 to 100");
        let what = match (self.timestamp, self.withdraw) {
            (true, _) => What::Timestamp,
            (_, Some(serial)) => What::InsteadOf(serial),
            (_, None) => What::Lists,
        };
        let wish = Wish {
            now: Moment(clock::told_or_now(self.created.as_deref())?),
            urgent: self.urgent || self.withdraw.is_some(),
            rollout_percent,
            overrides: self.overrides,
            what,
        };
        let mut keys = KeyFolder::open(&config.keys)?;
        self.key.iter().try_for_each(|file| keys.add(file))?;
        let progress = Progress::to_stderr();
        let published = publish::publish(&config, &keys, &wish, &progress)?;
        drop(progress);
        tell(&published, &config.to.to_string())?;
        Ok(ExitCode::SUCCESS)
    }
}

fn tell(Published { manifest, is_new, timestamp_bytes }: &Published, to: &str) -> io::Result<()> {
    let mut out = io::stdout();
    let state = if *is_new { "" } else { ", unchanged" };
    writeln!(out, "{to}: serial {}{state}; timestamp {timestamp_bytes} bytes", manifest.serial)?;
    for (name, edition) in &manifest.editions {
        let names = edition.names.max(1) as f64;
        writeln!(
            out,
            "  {name}: {} names, {} bytes to fetch ({:.2} a name)",
            edition.names,
            edition.full.length,
            edition.full.length as f64 / names
        )?;
        for delta in &edition.deltas {
            writeln!(out, "    from serial {}: {} bytes", delta.from, delta.file.length)?;
        }
    }
    Ok(())
}
