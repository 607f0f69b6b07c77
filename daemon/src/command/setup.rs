//! `luytre setup-code` and `luytre reset-password`. Both work on the state folder, whether the daemon runs or not.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use super::Failed;
use crate::accounts;
use crate::config::Config;
use crate::system::environment;

/// Prints the code that makes the first account; its last word.
pub(super) fn show_code(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    let code = accounts::show_setup_code(&config)?;
    writeln!(out, "the set-up code: {code}")?;
    Ok(ExitCode::SUCCESS)
}

/// Forgets everybody who may come in, and prints a new code; its last word. The family's settings stay.
pub(super) fn reset_password(file: &Path, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    let code = accounts::reset(&config)?;
    writeln!(out, "every password, session and token is void; set up the page anew with the code: {code}")?;
    Ok(ExitCode::SUCCESS)
}
