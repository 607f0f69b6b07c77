//! The program as a person calls it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `luytre` with these arguments to its end.
pub(crate) fn luytre<'a>(arguments: impl AsRef<[&'a str]>) -> Ended {
    let mut command = Command::new(program());
    command.args(arguments.as_ref());
    Ended::of(command, "")
}

impl Ended {
    /// Runs a command to its end, with text on its standard input.
    pub(crate) fn of(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read it is free to end first.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).expect("people read it, so it is UTF-8");
        let code = output.status.code().expect("ended by itself, not by a signal");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The daemon's program: `LUYTRE_BIN`, else what `./dev build` leaves.
pub(crate) fn program() -> PathBuf {
    built("LUYTRE_BIN", "luytre")
}

/// The centre's program: `LUYTRE_HUB_BIN`, else what `./dev build` leaves.
pub(crate) fn hub_program() -> PathBuf {
    built("LUYTRE_HUB_BIN", "luytre-hub")
}

fn built(variable: &str, name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release");
    let program = std::env::var_os(variable).map_or_else(|| target.join(name), PathBuf::from);
    assert!(program.is_file(), "{} is not there: ./dev build makes it", program.display());
    program
}
