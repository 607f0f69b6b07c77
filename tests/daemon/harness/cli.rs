//! The program as a person calls it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `luytre` with these arguments to its end.
pub(crate) fn luytre<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ended {
    luytre_reading("", arguments)
}

/// The same, with text on its standard input.
pub(crate) fn luytre_reading<S: AsRef<OsStr>>(input: &str, arguments: impl IntoIterator<Item = S>) -> Ended {
    let mut child = Command::new(program())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it is free to end first.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("people read it, so it is UTF-8");
        let code = output.status.code().expect("ended by itself, not by a signal");
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The program under test: `LUYTRE_BIN`, else what `./dev build` leaves.
pub(super) fn program() -> PathBuf {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/luytre");
    let program = std::env::var_os("LUYTRE_BIN").map_or_else(|| PathBuf::from(built), PathBuf::from);
    assert!(program.is_file(), "{} is not there: ./dev build makes it", program.display());
    program
}
