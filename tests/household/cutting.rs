//! What runs ends when its time is over: a film, a call, a game.

use std::time::Duration;

use serde_json::json;

use crate::firewall::{FAMILY, everybody_comes, home};
use crate::flow::{Flow, Kind};
use crate::harness::eventually;
use crate::household::Household;
use crate::internet::SITE;
use crate::parent::{PAGE, Parent};
use crate::reach::Reached;

/// What the design promises.
const WITHIN: Duration = Duration::from_secs(1);

/// One of each kind, by both families.
fn all_kinds(device: &crate::household::Device) -> Vec<Flow> {
    let kinds = [Kind::Tcp, Kind::Udp, Kind::Quic];
    SITE.into_iter().flat_map(|to| kinds.map(|kind| Flow::start(device, kind, to))).collect()
}

/// Does it, and sees that every flow ends in time; says how long each took.
fn cuts(what: &str, flows: &[Flow], act: impl FnOnce()) {
    let began: Vec<Duration> = flows.iter().map(Flow::now).collect();
    act();
    for (flow, began) in flows.iter().zip(began) {
        let took = flow.ends().saturating_sub(began);
        eprintln!(
            "{what}: {:?} to {}: last heard {:.1} ms after",
            flow.kind,
            flow.to,
            took.as_secs_f64() * 1e3
        );
        assert!(took < WITHIN, "{what}: {:?} to {} took {took:?}", flow.kind, flow.to);
    }
}

pub(crate) fn is_cut_off(home: &Household) -> bool {
    home.child.tries_tcp(SITE[0], 443) == Reached::Refused
}

#[test]
fn a_pause_ends_what_runs_and_nobody_elses() {
    let Some(home) = home([PAGE]) else { return };
    let mut parent = Parent::of(&home);
    let (flows, others) = (all_kinds(&home.child), all_kinds(&home.sibling));
    cuts("pause", &flows, || drop(parent.says("/api/v1/pause", json!({"who": "an", "minutes": 5}))));
    // Refused, or silent where the kernel said no often enough already.
    assert!(is_cut_off(&home) && home.child.tries_udp(SITE[1], 443) != Reached::Through);
    for flow in &others {
        assert!(flow.runs(), "{:?} to {} of the parent's", flow.kind, flow.to);
    }
    parent.says("/api/v1/pause", json!({"who": "an", "minutes": 0}));
    eventually("the child is back", || home.child.tries_tcp(SITE[0], 443) == Reached::Through);
}

/// What the kernel takes past the forward chain altogether.
const OFFLOAD: &str = "
table inet offload {
  flowtable fast { hook ingress priority filter; devices = { lan1, wan }; }
  chain forward { type filter hook forward priority filter + 1; policy accept; ct state established flow add @fast; }
}";

#[test]
fn a_pause_ends_offloaded_flows_too() {
    let Some(home) = home([PAGE]) else { return };
    if !home.router.namespace().takes(OFFLOAD) {
        use std::io::Write;
        // Past the capture of libtest, so that `./dev test` counts it.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: offload: this kernel has no flow tables (nft_flow_offload)"
        );
        return;
    }
    let mut parent = Parent::of(&home);
    let flows = all_kinds(&home.child);
    cuts("pause, offloaded", &flows, || {
        drop(parent.says("/api/v1/pause", json!({"who": "an", "minutes": 5})))
    });
}

#[test]
fn a_bedtime_that_begins_ends_what_runs() {
    let bedtime = r#"
        time_zone = "UTC"
        schedule = [{ id = "bedtime", who = ["an"], mode = "block", days = ["DAY"], from = "00:00", to = "23:59" }]
    "#;
    // Tomorrow, whenever that is: the clock is steered there.
    let (seconds, day) = tomorrow();
    let text = format!("{}\n{FAMILY}", bedtime.replace("DAY", day));
    let Some(home) = Household::guarded(&text, ["--clock=steered"]) else { return };
    everybody_comes(&home);
    eventually("the child is there", || home.child.tries_tcp(SITE[0], 443) == Reached::Through);
    let flows = all_kinds(&home.child);
    cuts("bedtime", &flows, || home.router.control(&format!("clock +{seconds}")));
    assert!(is_cut_off(&home));
}

#[test]
fn a_grant_that_is_taken_back_ends_what_it_allowed() {
    let Some(home) = home([PAGE]) else { return };
    let mut parent = Parent::of(&home);
    let night =
        r#"schedule = [{ id = "night", who = ["an"], mode = "block", from = "00:00", to = "23:59" }]"#;
    home.router.family_says(&format!("{night}\n{FAMILY}"));
    eventually("it is night", || is_cut_off(&home));
    parent.says("/api/v1/grants", json!({"who": "an", "of": "all", "minutes": 5}));
    eventually("the child may stay up", || !is_cut_off(&home));
    let flows = all_kinds(&home.child);
    cuts("grant taken back", &flows, || {
        drop(parent.says("/api/v1/grants", json!({"who": "an", "of": "all", "minutes": 0})))
    });
}

/// Seconds until tomorrow noon UTC, and the word for that day.
fn tomorrow() -> (u64, &'static str) {
    let output = std::process::Command::new("date").args(["-u", "+%s %u"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (seconds, weekday) = text.trim().split_once(' ').unwrap();
    let (seconds, weekday): (u64, usize) = (seconds.parse().unwrap(), weekday.parse().unwrap());
    let noon = 86_400 - seconds % 86_400 + 43_200;
    (noon, ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][weekday % 7])
}
