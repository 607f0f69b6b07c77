//! `luytre run` and `luytre check`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use super::Failed;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::process::Process;
use crate::system::environment;

/// Answers until stopped.
pub(super) fn run(file: &Path, clock: Clock) -> Result<ExitCode, Failed> {
    log_to_stderr();
    let process = Process::begin()?;
    let config = Config::load(file, environment())?;
    App::start(config, file.to_owned(), clock)?.run(process)?;
    Ok(ExitCode::SUCCESS)
}

/// Checks a configuration.
pub(super) fn check(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    Config::load(file, environment())?;
    writeln!(out, "{}: good", file.display())?;
    Ok(ExitCode::SUCCESS)
}

/// What is logged by default. Of its connections hickory warns without saying of which; `status` says that.
const LOGGED: &str = "info,hickory_net=off,hickory_proto=off";

/// `LUYTRE_LOG` sets the level (`warn`, `debug`, `luytre::upstream=trace`); names that people ask appear at `debug`
/// only. hickory is silent by default: it warns of each bogus answer with the whole of it.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("LUYTRE_LOG").unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
    log.with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).init();
}
