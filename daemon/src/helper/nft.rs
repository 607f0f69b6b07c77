//! The one program that we start: `nft`, which every OpenWrt has. It takes a text as one transaction.

use std::io::{self, Write};
use std::process::{Command, Stdio};

/// The characters of its complaint that are passed on: the first error, with its line.
const SHOWN: usize = 300;

/// Puts a ruleset in force, all of it or nothing. The error says why not.
pub(super) fn load(text: &str) -> Result<(), String> {
    let mut command = Command::new("nft");
    command.args(["-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let unheard = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "nft is not installed; on OpenWrt: opkg install nftables-json".to_owned(),
        _ => format!("nft can't be run: {error}"),
    };
    let mut child = command.spawn().map_err(unheard)?;
    if let Some(mut stdin) = child.stdin.take() {
        // What it does not read it complains of.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(unheard)?;
    if output.status.success() {
        return Ok(());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let complaint: String =
        complaint.chars().filter(|letter| *letter == ' ' || !letter.is_whitespace()).take(SHOWN).collect();
    Err(format!("nft refused the rules ({}): {complaint}", output.status))
}
