//! `luytre status`: what the running daemon did.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use super::Failed;
use crate::config::Config;
use crate::control::{self, Request};
use crate::status::rfc3339;
use crate::system::environment;

/// Questions that the status shows.
const RECENT: usize = 50;
/// Questions that its text shows.
const SHOWN: usize = 10;

/// Asks the daemon and prints its answer, as JSON or as text.
pub(super) fn status(file: &Path, json: bool, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    let answer = control::ask(&config.state.dir, Request::Status(RECENT))?;
    if json {
        writeln!(out, "{answer}")?;
    } else {
        show(&serde_json::from_str(&answer)?, out)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(status: &Value, out: &mut impl Write) -> io::Result<()> {
    show_program(status, out)?;
    show_questions(status, out)?;
    show_servers(status, out)?;
    show_firewall(&status["firewall"], out)?;
    if let Some(to) = status["health_report"]["to"].as_str() {
        writeln!(out, "health    {}", told_health(to, &status["health_report"]))?;
    }
    for notice in items(&status["notices"]) {
        writeln!(out, "notice    {}", text(notice))?;
    }
    for recent in items(&status["recent"]).take(SHOWN) {
        let [time, who, name, rtype, verdict, reason] =
            ["time", "who", "name", "type", "verdict", "reason"].map(|key| text(&recent[key]));
        writeln!(out, "{time} {who} {name} {rtype} {verdict} {reason}")?;
    }
    Ok(())
}

/// What runs, by which list and policy.
fn show_program(status: &Value, out: &mut impl Write) -> io::Result<()> {
    let newer = status["update"].as_str();
    let newer =
        newer.map_or(String::new(), |newer| format!("; {newer} is out: update the router's software"));
    writeln!(out, "luytre {}, up {} s{newer}", text(&status["version"]), status["uptime_s"])?;
    let list = &status["list"];
    let [state, file] = ["state", "file"].map(|key| text(&list[key]));
    writeln!(out, "list      {state} {file}, {} names, serial {}", list["names"], list["serial"])?;
    writeln!(out, "fetched   {}", fetched(&list["sync"]))?;
    if !status["operator"].is_null() {
        writeln!(out, "policy    {}", policy(&status["operator"]))?;
    }
    let memory = &status["memory"];
    let megabytes = memory["total_kb"].as_u64().unwrap_or_default() / 1024;
    let [answers, questions] = ["answers", "questions"].map(|key| &memory[key]);
    writeln!(out, "memory    {megabytes} MB: up to {answers} answers and {questions} questions are kept")
}

fn show_questions(status: &Value, out: &mut impl Write) -> io::Result<()> {
    let [allowed, blocked] = ["allowed", "blocked"].map(|key| &status["verdicts"][key]);
    writeln!(out, "questions {allowed} allowed, {blocked} blocked")?;
    for (key, count) in status["categories"].as_object().into_iter().flatten() {
        let blocked =
            status["blocked_categories"].get(key).unwrap_or(&Value::Null).as_u64().unwrap_or_default();
        writeln!(out, "  {key:<16} {count} ({blocked} blocked)")?;
    }
    Ok(())
}

fn show_servers(status: &Value, out: &mut impl Write) -> io::Result<()> {
    for upstream in items(&status["upstream"]) {
        let down = if upstream["down"] == true { ", left alone for now" } else { "" };
        let strips = if upstream["dnssec"] == false { ", strips DNSSEC" } else { "" };
        let trouble = text(&upstream["last_error"]);
        let speed = upstream["srtt_ms"].as_u64().map_or("not asked yet".to_owned(), |ms| format!("{ms} ms"));
        writeln!(out, "upstream  {} {speed}{down}{strips} {trouble}", text(&upstream["server"]))?;
    }
    Ok(())
}

fn show_firewall(firewall: &Value, out: &mut impl Write) -> io::Result<()> {
    if firewall["state"] == "off" {
        return Ok(());
    }
    let (state, refused) = (text(&firewall["state"]), &firewall["refused"]);
    let (devices, cut) = (&firewall["devices"], &firewall["cut"]);
    writeln!(out, "firewall  {state}, {devices} devices, {cut} cut off, {refused} packets refused")?;
    for place in items(&firewall["nameless"]["places"]) {
        let [device, protocol, address] = ["device", "protocol", "address"].map(|key| text(&place[key]));
        writeln!(out, "  strict mode would cut {device} to {address} {protocol} {}", place["port"])?;
    }
    Ok(())
}

/// How lists are fetched, in words.
fn fetched(sync: &Value) -> String {
    if sync.is_null() {
        return "never: [list] urls and root are not set".to_owned();
    }
    let heard = sync["heard"]
        .as_u64()
        .map_or("nothing heard yet".to_owned(), |at| format!("heard at {}", rfc3339(at)));
    let edition = sync["edition"].as_str().filter(|edition| !edition.is_empty());
    let edition = edition.map_or(String::new(), |edition| format!("edition {edition}, "));
    let trouble = trouble(sync);
    format!("{edition}{heard}{trouble}")
}

/// The operator's policy, in words.
fn policy(operator: &Value) -> String {
    let keys = |list: &Value| items(list).filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    let in_force = match operator["policy"]["version"].as_u64() {
        None => "none came yet".to_owned(),
        Some(version) => format!("version {version}, sets {}", keys(&operator["policy"]["sets"])),
    };
    let overridden = match keys(&operator["policy"]["overridden"]) {
        keys if keys.is_empty() => String::new(),
        keys => format!("; this router's own configuration stands over {keys}"),
    };
    let trouble = trouble(operator);
    format!("{in_force}{overridden}{trouble}")
}

/// Who is told how the router fares, in words.
fn told_health(to: &str, telling: &Value) -> String {
    if telling["consent"] != true {
        return format!("not told to {to}: the family did not agree");
    }
    let sent = telling["sent"].as_u64().map_or("not yet".to_owned(), |at| format!("at {}", rfc3339(at)));
    let trouble = trouble(telling);
    format!("told to {to} once a day, last {sent}{trouble}")
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// A text without its quotes, all else as JSON has it.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What is wrong, behind all else; nothing if it is well.
fn trouble(of: &Value) -> String {
    let trouble = of["trouble"].as_str().filter(|trouble| !trouble.is_empty());
    trouble.map_or(String::new(), |trouble| format!("; trouble: {trouble}"))
}
