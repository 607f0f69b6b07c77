//! `luytre`: see the library for the tour.

use std::process::ExitCode;

fn main() -> ExitCode {
    luytre::command::run(std::env::args_os())
}
