//! `luytre-hub`: reads what is asked, does it, says how it went. Exit code 0 good, 1 failed, 2 usage.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use luytre_hub::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "luytre-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}
