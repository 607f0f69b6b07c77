//! knot's `kdig`: a client that others wrote.

use std::process::Command;

use super::cli::Ended;

/// Runs `kdig` to its end, with 127.0.0.1 as the server unless one is named; what it prints, which holds the answers as text.
pub(crate) fn kdig<'a>(arguments: impl AsRef<[&'a str]>) -> String {
    let mut command = Command::new("kdig");
    let arguments = arguments.as_ref();
    // kdig would ask every server that is named.
    let server = (!arguments.iter().any(|argument| argument.starts_with('@'))).then_some("@127.0.0.1");
    command.args(server).args(["+timeout=10", "+retry=0"]).args(arguments);
    let ended = Ended::of(command, "");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{}", ended.out);
    ended.out
}
