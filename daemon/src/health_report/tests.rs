//! What a report says, where it is documented, and what the family's word is worth.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::figures::{Beginning, Figures, Looks, Start};
use super::*;
use crate::health::{Health, ListHealth, PolicyHealth, UpstreamHealth};

const DAY: u64 = 24 * 3600;

fn health() -> Health {
    let list = ListHealth {
        state: "current",
        serial: 7,
        age_s: Some(3600),
        names: 150_000,
        edition: "small".into(),
        heard: Some(1_795_237_200),
        failures: 0,
    };
    let upstream = UpstreamHealth { servers: 2, down: 0 };
    let (concerns, uptime_s) = (Vec::new(), 2 * DAY);
    Health {
        version: "0.1.0",
        update: None,
        uptime_s,
        list,
        upstream,
        firewall: "on",
        concerns,
        root_is_open: false,
        policy: None,
    }
}

fn said(figures: &Figures) -> Value {
    serde_json::to_value(figures).unwrap()
}

fn of(alter: impl FnOnce(&mut Health)) -> Value {
    let mut health = health();
    alter(&mut health);
    said(&Figures::of(&health, 60_000, Start::Boot, Looks::default()))
}

#[test]
fn figures_are_one_of_a_few() {
    let memory = |kb| said(&Figures::of(&health(), kb, Start::Boot, Looks::default()))["memory"].clone();
    let told = [0, 30_000, 60_000, 120_000, 250_000, 500_000, 8_000_000].map(memory);
    assert_eq!(told, ["unknown", "mb64", "mb64", "mb128", "mb256", "more", "more"]);
    let age = |days: u64| of(|health| health.list.age_s = Some(days * DAY + 5))["list_age"].clone();
    assert_eq!(
        [0, 1, 2, 6, 7, 30, 31, 4000].map(age),
        ["days", "days", "week", "week", "month", "month", "older", "older"]
    );
    assert_eq!(of(|health| health.list.age_s = None)["list_age"], "unknown");
    assert_eq!(of(|health| health.list.state = "starter")["list_age"], "none");
    assert_eq!(of(|health| health.list.state = "refused")["list_age"], "days", "an older one is in force");
    let edition = |name: &str| of(|health| health.list.edition = name.into())["edition"].clone();
    assert_eq!(
        ["", "small", "standard", "full", "for-vntt"].map(edition),
        ["none", "small", "standard", "full", "other"]
    );
    let wall = |state| of(|health| health.firewall = state)["firewall"].clone();
    assert_eq!(["on", "off", "away", "refused"].map(wall), ["on", "off", "away", "refused"]);
}

#[test]
fn failures_are_a_share_of_looks() {
    let told = |failed: u32, looks: u32| {
        let mut counted = Looks::default();
        (0..looks).for_each(|look| counted.count(look < failed, look >= looks - failed));
        let figures = said(&Figures::of(&health(), 60_000, Start::Boot, counted));
        assert_eq!(figures["list_failures"], figures["upstream_failures"]);
        figures["list_failures"].clone()
    };
    assert_eq!(told(0, 0), "unknown");
    assert_eq!([0, 1, 6, 7, 24].map(|failed| told(failed, 24)), ["none", "some", "some", "many", "many"]);
    assert_eq!(told(1, 1), "many");
}

#[test]
fn a_run_begins_with_the_router_or_later_and_a_power_cut_is_no_crash() {
    let began = |is_safe_mode, after_early_death, left_behind, minutes: u64| {
        let router_up = Duration::from_secs(minutes * 60);
        Start::of(Beginning { is_safe_mode, after_early_death, left_behind, router_up })
    };
    assert_eq!(began(false, false, false, 1), Start::Boot);
    assert_eq!(began(false, false, true, 1), Start::Boot, "the power was cut");
    assert_eq!(began(false, false, false, 60), Start::Restart);
    assert_eq!(began(false, false, true, 60), Start::Crash);
    assert_eq!(began(false, true, true, 1), Start::Crash);
    assert_eq!(began(true, true, true, 60), Start::SafeMode);
    let ran = |start, uptime_s| {
        said(&Figures::of(&Health { uptime_s, ..health() }, 0, start, Looks::default()))["ran"].clone()
    };
    assert_eq!([ran(Start::Boot, 9), ran(Start::Crash, 9), ran(Start::Crash, DAY)], ["day", "part", "day"]);
}

/// Of the operator's view, too, only this goes out: counts and times don't.
#[test]
fn what_is_not_a_figure_changes_nothing() {
    let other = of(|health| {
        health.list =
            ListHealth { serial: 9, names: 3, heard: None, age_s: Some(7200), ..health.list.clone() };
        health.upstream = UpstreamHealth { servers: 5, down: 5 };
        health.uptime_s = 90 * DAY + 1;
        health.root_is_open = true;
        health.policy = Some(PolicyHealth { version: Some(9), failures: 1, refused: true });
    });
    assert_eq!(other, of(|_| {}));
}

// ---- What is documented ----

const TABLE_OF: &str = "### What a report says";

/// The table of docs/for-isps.md: each figure, and what it may be; nothing where the table says it in words.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let text = include_str!("../../../docs/for-isps.md").split_once(TABLE_OF).unwrap().1;
    let rows =
        text.lines().skip_while(|line| !line.starts_with("| `")).take_while(|line| line.starts_with("| `"));
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        (words(cells[1]).pop_first().unwrap(), words(cells[2]))
    };
    rows.map(row).collect()
}

/// What the code may say, by the API's description, which is made from it.
fn sayable() -> BTreeMap<String, BTreeSet<String>> {
    let api: Value = serde_json::from_str(include_str!("../web/api/openapi.json")).unwrap();
    let figures = api["components"]["schemas"]["Figures"]["properties"].as_object().unwrap();
    let words = |figure: &Value| -> BTreeSet<String> {
        let class = figure["$ref"]
            .as_str()
            .or_else(|| figure["oneOf"].as_array()?.iter().find_map(|of| of["$ref"].as_str()));
        let schema = class.map(|class| api.pointer(class.trim_start_matches('#')).unwrap());
        let words = schema.map(|schema| schema["enum"].as_array().unwrap().clone()).unwrap_or_default();
        words.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    figures.iter().map(|(name, figure)| (name.clone(), words(figure))).collect()
}

#[test]
fn each_figure_is_documented_with_all_that_it_may_be() {
    let (sayable, documented) = (sayable(), documented());
    assert_eq!(sayable, documented);
    let sent: BTreeSet<String> = of(|_| {}).as_object().unwrap().keys().cloned().collect();
    assert_eq!(sent, documented.keys().cloned().collect());
    let many = sayable.values().filter(|words| words.len() > 6).count();
    assert_eq!(many, 0, "few values each, so that none singles a router out");
}

#[test]
fn each_figure_is_explained_to_the_family() {
    for text in
        [include_str!("../../../webui/i18n/app/vi.json"), include_str!("../../../webui/i18n/app/en.json")]
    {
        let texts: Value = serde_json::from_str(text).unwrap();
        let explained = texts.as_object().unwrap().keys().filter_map(|key| key.strip_prefix("figure_"));
        assert_eq!(explained.map(str::to_owned).collect::<BTreeSet<_>>(), documented().into_keys().collect());
    }
}

// ---- The family's word ----

fn settings(to: &str) -> Settings {
    Settings { to: Some(Target::parse(to).unwrap()) }
}

fn started(to: &str, state: &Path) -> HealthReports {
    HealthReports::at_start(&settings(to), state, Start::Boot)
}

const PROVIDER: &str = "https://health.provider.example/luytre";

#[test]
fn nobody_is_told_before_a_parent_agrees_and_after_one_does_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let reports = started(PROVIDER, folder.path());
    assert!(reports.agreed().is_none());
    assert!(reports.decide(true) && reports.agreed().is_some());
    let restarted = started(PROVIDER, folder.path());
    assert!(restarted.agreed().is_some(), "it outlives a restart");
    assert!(restarted.decide(false) && restarted.agreed().is_none());
    assert!(started(PROVIDER, folder.path()).agreed().is_none());
}

#[test]
fn who_agreed_to_one_provider_did_not_agree_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    started(PROVIDER, folder.path()).decide(true);
    assert!(
        started("https://health.provider.example/elsewhere", folder.path()).agreed().is_some(),
        "the same host"
    );
    for other in ["https://other.example/luytre", "https://health.provider.example:444/luytre"] {
        assert!(started(other, folder.path()).agreed().is_none(), "{other}");
    }
}

#[test]
fn where_nobody_is_to_be_told_there_is_nothing_to_agree_to() {
    let folder = tempfile::tempdir().unwrap();
    let reports = HealthReports::at_start(&Settings::default(), folder.path(), Start::Boot);
    assert!(!reports.decide(true) && reports.decide(false) && reports.telling().is_none());
}

#[test]
fn a_word_that_cannot_be_read_was_not_given() {
    for text in ["{", "{\"version\":2,\"to\":\"health.provider.example\"}", "\0"] {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &mut std::fs::File| std::io::Write::write_all(file, text.as_bytes());
        crate::files::replace(&folder.path().join("consent.json"), write).unwrap();
        let reports = started(PROVIDER, folder.path());
        assert!(
            reports.agreed().is_none() && reports.notices()[0].contains("consent begin"),
            "{:?}",
            reports.notices()
        );
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let reports = started(PROVIDER, Path::new("/nowhere"));
    reports.decide(false);
    assert!(reports.notices()[0].contains("can't be written"), "{:?}", reports.notices());
}
