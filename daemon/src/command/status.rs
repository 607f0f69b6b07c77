//! `luytre status`: what the running daemon did.

use std::io::Write;
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
    let trouble = sync["trouble"].as_str().filter(|trouble| !trouble.is_empty());
    let trouble = trouble.map_or(String::new(), |trouble| format!("; trouble: {trouble}"));
    format!("{edition}{heard}{trouble}")
}

/// Asks the daemon and prints its answer, as JSON or as text.
pub(super) fn status(file: &Path, json: bool, out: &mut impl Write) -> Result<ExitCode, Failed> {
    let config = Config::load(file, environment())?;
    let answer = control::ask(&config.state.dir, Request::Status(RECENT))?;
    if json {
        writeln!(out, "{answer}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let status: Value = serde_json::from_str(&answer)?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let newer = status["update"].as_str();
    let newer =
        newer.map_or(String::new(), |newer| format!("; {newer} is out: update the router's software"));
    writeln!(out, "luytre {}, up {} s{newer}", text(&status["version"]), status["uptime_s"])?;
    let list = &status["list"];
    writeln!(
        out,
        "list      {} {}, {} names, serial {}",
        text(&list["state"]),
        text(&list["file"]),
        list["names"],
        list["serial"]
    )?;
    writeln!(out, "fetched   {}", fetched(&list["sync"]))?;
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
    for upstream in status["upstream"].as_array().into_iter().flatten() {
        let down = if upstream["down"] == true { ", left alone for now" } else { "" };
        let strips = if upstream["dnssec"] == false { ", strips DNSSEC" } else { "" };
        let trouble = text(&upstream["last_error"]);
        let speed = upstream["srtt_ms"].as_u64().map_or("not asked yet".to_owned(), |ms| format!("{ms} ms"));
        writeln!(out, "upstream  {} {speed}{down}{strips} {trouble}", text(&upstream["server"]))?;
    }
    let firewall = &status["firewall"];
    if firewall["state"] != "off" {
        let (state, refused) = (text(&firewall["state"]), &firewall["refused"]);
        let (devices, cut) = (&firewall["devices"], &firewall["cut"]);
        writeln!(out, "firewall  {state}, {devices} devices, {cut} cut off, {refused} packets refused")?;
        for place in firewall["nameless"]["places"].as_array().into_iter().flatten() {
            let [device, protocol, address] = ["device", "protocol", "address"].map(|key| text(&place[key]));
            writeln!(out, "  strict mode would cut {device} to {address} {protocol} {}", place["port"])?;
        }
    }
    for notice in status["notices"].as_array().into_iter().flatten() {
        writeln!(out, "notice    {}", text(notice))?;
    }
    for recent in status["recent"].as_array().into_iter().flatten().take(SHOWN) {
        let [time, who, name, rtype, verdict, reason] =
            ["time", "who", "name", "type", "verdict", "reason"].map(|key| text(&recent[key]));
        writeln!(out, "{time} {who} {name} {rtype} {verdict} {reason}")?;
    }
    Ok(ExitCode::SUCCESS)
}
