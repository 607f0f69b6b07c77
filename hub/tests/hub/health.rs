//! What a provider reads out of a day's health reports.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// 40 routers that fare alike, one that does not, and something that is no report.
fn day() -> String {
    let well = "{\"version\":\"0.1.0\",\"start\":\"boot\"}\n".repeat(40);
    format!("{well}{{\"version\":\"0.1.0\",\"start\":\"crash\"}}\nGET /robots.txt\n")
}

fn health(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_luytre-hub"));
    command.arg("health").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that reads files leaves it alone.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn what_one_router_says_is_not_told() {
    let told = String::from_utf8(health(&[], &day()).stdout).unwrap();
    assert!(told.starts_with("41 reports, 1 lines that are none"), "{told}");
    assert!(told.contains("version            0.1.0                41 100 %"), "{told}");
    assert!(told.contains("start              few                  41 100 %"), "{told}");
    assert!(!told.contains("crash") && !told.contains("40"), "{told}");
}

#[test]
fn files_are_added_up_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reports.jsonl");
    std::fs::File::create(&file).unwrap().write_all(day().as_bytes()).unwrap();
    let file = file.to_str().unwrap();
    let told: serde_json::Value =
        serde_json::from_slice(&health(&["--json", file, file], "").stdout).unwrap();
    let figures = serde_json::json!({ "version": { "0.1.0": 82 }, "start": { "few": 82 } });
    assert_eq!(told, serde_json::json!({ "reports": 82, "unread": 2, "figures": figures }));
    let missing = health(&["nowhere.jsonl"], "");
    assert!(
        String::from_utf8(missing.stderr).unwrap().contains("nowhere.jsonl") && !missing.status.success()
    );
}
