//! `luytre-hub serve`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::config::Config;
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
        writeln!(
            io::stdout(),
            "{} is shown on http://{}/list",
            config.publish.to.display(),
            config.serve.listen
        )?;
        serve::serve(&config.publish, &config.serve)?;
        Ok(ExitCode::SUCCESS)
    }
}
