//! `luytre run` and `luytre check`.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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

/// What is logged by default. Of its connections hickory warns without saying of which, and of a bogus answer with the
/// whole of it; `status` says that.
const LOGGED: &str = "info,hickory_net=off,hickory_proto=off";

/// `LUYTRE_LOG` changes what is logged (`warn`, `debug`, `luytre::upstream=trace`); names that people ask appear at
/// `debug` only.
fn log_to_stderr() {
    let wanted = std::env::var("LUYTRE_LOG").unwrap_or_default();
    let filter = format!("{LOGGED},{wanted}").parse::<Targets>();
    let understood = filter.is_ok();
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(lines.with_writer(io::stderr)).init();
    if !understood {
        tracing::warn!(
            "LUYTRE_LOG={wanted} is not understood; write warn, info, debug, or luytre::upstream=trace"
        );
    }
}
