//! `luytre-hub serve`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::config::{Config, Destination};
use crate::serve;

#[derive(Args)]
pub(super) struct Serve {
    /// hub.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) fn run(self) -> Result<ExitCode> {
        let config = Config::load(&self.config)?;
        let Destination::Folder(folder) = &config.publish.to else {
            bail!("{}: the store shows it itself; `serve` shows a folder", config.publish.to);
        };
        writeln!(io::stdout(), "{} is shown on http://{}/list", folder.display(), config.serve.listen)?;
        serve::serve(folder, &config.serve)?;
        Ok(ExitCode::SUCCESS)
    }
}
