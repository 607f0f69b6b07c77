//! `luytre health`, `luytre pause` and `luytre sync --ask`: what an operator or another program of the router may do. None
//! of it tells anything about anybody.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use super::Failed;
use crate::config::Config;
use crate::control::{self, Request};
use crate::system::environment;

/// Prints how the service is, as JSON.
pub(super) fn health(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    writeln!(out, "{}", ask(file, Request::Health)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Cuts the whole house off the Internet for some minutes, 0 to lift it.
pub(super) fn pause(file: &Path, minutes: u32, out: &mut impl Write) -> Result<ExitCode, Failed> {
    match ask(file, Request::Pause(minutes))?["until"].as_str() {
        Some(until) => writeln!(out, "the house is cut off until {until}")?,
        None => writeln!(out, "the house is not cut off")?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Makes the running daemon look for a list, and for a policy where there is an operator.
pub(super) fn look(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let answer = ask(file, Request::Look)?;
    match (answer["over"].as_bool(), answer["trouble"].as_str()) {
        (Some(true), Some("")) => writeln!(out, "the newest list is in force")?,
        (Some(true), trouble) => return Err(Failed(trouble.unwrap_or_default().to_owned())),
        _ => writeln!(out, "the daemon still looks; `luytre status` says how it goes")?,
    }
    Ok(ExitCode::SUCCESS)
}

fn ask(file: &Path, request: Request) -> Result<Value, Failed> {
    let config = Config::load(file, environment())?;
    let answer: Value = serde_json::from_str(&control::ask(&config.state.dir, request)?)?;
    match answer["error"].as_str() {
        Some(what) => Err(Failed(what.to_owned())),
        None => Ok(answer),
    }
}
