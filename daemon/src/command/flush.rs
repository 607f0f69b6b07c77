//! `luytre flush`: makes the running daemon forget what its cache holds of a name.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use luytre_lists::Domain;
use serde_json::Value;

use super::Failed;
use crate::config::Config;
use crate::control::{self, Request};
use crate::system::environment;

/// Flushes each name, all its types, and prints `NAME<TAB>N` with the number of answers forgotten.
pub(super) fn flush(file: &Path, names: &[String], out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    for text in names {
        let name = Domain::parse(text).map_err(|error| Failed(format!("{text}: {error}")))?;
        let answer = control::ask(&config.state.dir, Request::Flush(name))?;
        let answer: Value = serde_json::from_str(&answer)?;
        let flushed = answer["flushed"].as_u64().ok_or_else(|| Failed(answer.to_string()))?;
        writeln!(out, "{text}\t{flushed}")?;
    }
    Ok(ExitCode::SUCCESS)
}
