//! The text of rules.

use super::*;
use crate::traffic::plan::{Closed, Device, Range};
use crate::who::Mac;

fn plan() -> Plan {
    let treatment = Treatment { resolvers: true, strict: true, ..Treatment::default() };
    Plan {
        interfaces: ["br-lan", "br-guest"].map(|name| name.to_owned().try_into().unwrap()).into(),
        dns_port: 5300,
        ports: vec![53, 853],
        devices: vec![
            Device { mac: Mac([2, 0, 0, 0, 0, 0x10]), number: 1, treatment },
            Device { mac: Mac([2, 0, 0, 0, 0, 0x11]), number: 2, treatment: Treatment::default() },
        ],
        others: Treatment { cut: true, ..Treatment::default() },
        ..Plan::default()
    }
}

#[test]
fn each_device_leads_to_its_own_treatment() {
    let text = text(&plan(), &Known::default(), false);
    for expected in [
        "who { 02:00:00:00:00:10 : goto d1, 02:00:00:00:00:11 : goto d2 }",
        "cut { 0xfe000000 }",
        "ct mark and 0xfe000000 != 0x2000000 ct mark set ct mark and 0x1ffffff or 0x2000000\n    goto t_rs\n",
        "iifname { \"br-lan\", \"br-guest\" } meta l4proto { tcp, udp } th dport 53 redirect to :5300",
        "iifname != { \"lo\", \"br-lan\", \"br-guest\" } meta l4proto { tcp, udp } th dport { 53, 853 } drop",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn a_services_networks_are_refused_to_whom_they_are_closed() {
    let range = |first: [u8; 4]| Range { address: first.into(), length: 24 };
    let closed =
        Closed { ranges: vec![range([192, 0, 2, 0]), range([198, 51, 100, 0])], numbers: vec![2, 127] };
    let text = text(&Plan { closed: vec![closed], ..plan() }, &Known::default(), false);
    for expected in [
        "chain s0 {\n    ip daddr { 192.0.2.0/24, 198.51.100.0/24 } goto refuse\n  }",
        "or 0x4000000\n    ct state established,related accept\n    jump s0\n  }",
        "or 0xfe000000\n    ct state established,related goto t_c\n    jump s0\n    goto t_c\n",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
    assert_eq!(text.matches("jump").count(), 2);
}

#[test]
fn nothing_but_our_own_table_is_named_and_it_is_not_deleted() {
    let text = text(&plan(), &Known::default(), false);
    assert!(!text.contains("delete") && !text.contains("flush ruleset"));
    let commands = text.lines().filter(|line| !line.starts_with([' ', '}']));
    for line in commands {
        assert!(line.contains(" inet luytre"), "{line}");
    }
    assert!(super::text(&plan(), &Known::default(), true).contains("delete table inet luytre\n"));
}
