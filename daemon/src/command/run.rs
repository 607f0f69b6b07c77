//! `luytre run`, `luytre net-helper` and `luytre check`.

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
use crate::family::Family;
use crate::helper;
use crate::process::Process;
use crate::syscalls;
use crate::system::environment;

/// Answers until stopped.
pub(super) fn run(file: &Path, clock: Clock) -> Result<ExitCode, Failed> {
    log_to_stderr();
    refuse_calls();
    let process = Process::begin()?;
    let config = Config::load(file, environment())?;
    App::start(config, file.to_owned(), clock)?.run(process)?;
    Ok(ExitCode::SUCCESS)
}

/// Changes the firewall for the daemon, until stopped.
pub(super) fn net_helper(socket: &Path, plan: Option<&Path>) -> Result<ExitCode, Failed> {
    log_to_stderr();
    refuse_calls();
    helper::serve(socket, plan)?;
    Ok(ExitCode::SUCCESS)
}

/// Before there is a thread or anything of the network is read. A kernel that can't is no reason not to answer.
fn refuse_calls() {
    if let Err(error) = syscalls::refuse() {
        tracing::debug!(%error, "the kernel refuses us no system calls");
    }
}

/// Checks a configuration and the family's document; tells what is allowed there and has no effect.
pub(super) fn check(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    let notes = Family::check(&config.family.file)?;
    let refused = Some(config.operator.refused).filter(|refused| !refused.is_empty());
    if let Some(refused) = refused {
        writeln!(out, "warning: {refused}")?;
    }
    for note in notes {
        writeln!(out, "warning: {note}")?;
    }
    writeln!(out, "{}: good", file.display())?;
    Ok(ExitCode::SUCCESS)
}

/// What is logged by default. Of its connections hickory warns without saying of which, and of a bogus answer with the
/// whole of it; `status` says that.
const LOGGED: &str = "info,hickory_net=off,hickory_proto=off";

/// `LUYTRE_LOG` changes what is logged (`warn`, `debug`, `luytre::upstream=trace`); names that people ask appear at
/// `debug` only.
pub(super) fn log_to_stderr() {
    let wanted = std::env::var("LUYTRE_LOG").unwrap_or_default();
    let filter = filter(&wanted);
    let understood = filter.is_some();
    let filter = filter.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let lines = fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal());
    tracing_subscriber::registry().with(filter).with(lines.with_writer(io::stderr)).init();
    if !understood {
        tracing::warn!(
            "LUYTRE_LOG={wanted} is not understood; write warn, info, debug, or luytre::upstream=trace"
        );
    }
}

/// What is wanted, laid over the defaults; `None` if it is not understood.
fn filter(wanted: &str) -> Option<Targets> {
    // An empty word would turn everything off.
    let words = [LOGGED, wanted].into_iter().filter(|words| !words.is_empty());
    words.collect::<Vec<_>>().join(",").parse().ok()
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn the_logs_filter_is_laid_over_the_defaults() {
        for (wanted, told, hickory) in [
            ("", Level::INFO, false),
            ("warn", Level::WARN, false),
            ("debug", Level::DEBUG, false),
            ("luytre::upstream=trace", Level::INFO, false),
            ("hickory_net=debug", Level::INFO, true),
        ] {
            let filter = filter(wanted).unwrap();
            assert!(filter.would_enable("luytre::app", &told), "{wanted}");
            let more = [Level::TRACE, Level::DEBUG, Level::INFO].into_iter().find(|level| *level > told);
            assert!(more.is_none_or(|level| !filter.would_enable("luytre::app", &level)), "{wanted}");
            assert_eq!(filter.would_enable("hickory_net", &Level::WARN), hickory, "{wanted}");
        }
        assert!(filter("nonsense===").is_none());
    }
}
