//! What addresses are for: a device that is cut off reaches what is open by name, a blocked service is not reached by an
//! address that an app remembers, and in strict mode nothing is reached without a name.

use std::net::UdpSocket;
use std::time::Duration;

use serde_json::json;

use crate::cutting::is_cut_off;
use crate::firewall::{FAMILY, LAPTOP, PHONE, home};
use crate::flow::{Flow, Kind};
use crate::harness::{Packet, eventually, patiently, stopwatch};
use crate::household::{Household, ROUTER};
use crate::internet::{MANY, PEER, SERVICE, SHARED, SITE};
use crate::parent::{PAGE, Parent};
use crate::reach::Reached;

/// Both addresses of a name, asked for in the child's name.
fn asks_for(home: &Household, name: &str) {
    home.child.ask(ROUTER[0], &format!("{name} A"));
    home.child.ask(ROUTER[0], &format!("{name} AAAA"));
}

fn strict() -> Option<Household> {
    home(["firewall.strict = true"])
}

#[test]
fn strict_without_a_name_there_is_no_route() {
    let Some(home) = strict() else { return };
    for address in SITE.into_iter().chain(PEER) {
        assert_eq!(home.child.tries_tcp(address, 443), Reached::Refused, "{address}");
        assert_eq!(home.sibling.tries_tcp(address, 443), Reached::Through, "{address} of the parent's");
    }
    // The answer comes behind its address: the very first packet passes.
    asks_for(&home, "site.example");
    for address in SITE {
        assert_eq!(home.child.tries_tcp(address, 443), Reached::Through, "{address}");
        assert_eq!(home.child.tries_udp(address, 443), Reached::Through, "{address}");
    }
    assert_eq!(home.child.tries_tcp(PEER[0], 443), Reached::Refused);
    // From the cache, for another device.
    home.child.put_on("02:00:00:00:00:12");
    eventually("the new device is known", || home.router.device("02:00:00:00:00:12").is_some());
    assert_eq!(home.child.tries_tcp(SITE[0], 443), Reached::Refused, "what was answered to another");
    eventually("it may by its own question", || {
        asks_for(&home, "site.example");
        home.child.tries_tcp(SITE[0], 443) == Reached::Through
    });
}

/// Nor does it show that the address is not the service's alone.
#[test]
fn a_name_that_spells_an_address_out_opens_nothing() {
    let Some(home) = strict() else { return };
    let spelt = PEER[0].replace('.', "-");
    let answer = home.child.ask(ROUTER[0], &format!("{spelt}.sslip.example A")).to_string();
    assert!(answer.ends_with(PEER[0]), "it is answered: {answer}");
    assert_eq!(home.child.tries_tcp(PEER[0], 443), Reached::Refused);
    home.sibling.ask(ROUTER[0], "www.tiktok.com A");
    let service = SERVICE[0].replace('.', "-");
    home.sibling.ask(ROUTER[0], &format!("{service}.sslip.example A"));
    assert_eq!(home.child.tries_tcp(SERVICE[0], 443), Reached::Refused);
    // A parent who allows the name means the address.
    home.router
        .family_says(&format!("rule = [{{ name = \"sslip.example\", action = \"allow\" }}]\n{FAMILY}"));
    eventually("it is allowed", || {
        home.child.ask(ROUTER[0], &format!("{spelt}.sslip.example A"));
        home.child.tries_tcp(PEER[0], 443) == Reached::Through
    });
}

#[test]
fn strict_a_blocked_name_opens_nothing() {
    let Some(home) = strict() else { return };
    asks_for(&home, "www.tiktok.com");
    asks_for(&home, "bad.example");
    for address in SERVICE {
        assert_eq!(home.child.tries_tcp(address, 443), Reached::Refused, "{address}");
    }
}

#[test]
fn strict_what_was_answered_is_put_back_when_somebody_flushes_the_table() {
    let Some(home) = strict() else { return };
    asks_for(&home, "site.example");
    home.router.namespace().nft("delete table inet luytre");
    eventually("the rules are back", || home.child.tries_tcp(PEER[0], 443) == Reached::Refused);
    eventually("and so is what was answered", || home.child.tries_tcp(SITE[0], 443) == Reached::Through);
}

#[test]
fn strict_without_a_helper_dns_goes_on() {
    let Some(mut home) = strict() else { return };
    home.router.kill_the_helper();
    eventually("it is missed", || home.router.status()["firewall"]["state"] == "away");
    for number in 0..20 {
        assert_eq!(home.child.ask(ROUTER[0], &format!("n{number}.example A")), "NOERROR A 300 192.0.2.1");
    }
    asks_for(&home, "site.example");
    home.router.start_the_helper_again();
    eventually("what was answered meanwhile is let through", || {
        home.child.tries_tcp(SITE[0], 443) == Reached::Through
    });
}

/// 50,000 addresses of a family in 2,000 answers, each of which waits until its own stand in the firewall.
#[test]
fn strict_holds_fifty_thousand_addresses_and_five_hundred_answers_a_second() {
    const ANSWERS: u32 = 2000;
    let settings = ["firewall.strict = true", "limits.client_rate = 100000", "limits.client_burst = 100000"];
    let Some(home) = home(settings) else { return };
    for (rtype, set, network) in [("A", "named4", " . 198.1"), ("AAAA", "named6", " . 2001:2:")] {
        let elapsed = stopwatch();
        let answered = asks_for_many(&home, rtype, ANSWERS);
        let rate = f64::from(answered) / elapsed().as_secs_f64();
        eprintln!("strict: {answered} answers with {MANY} addresses each ({rtype}), {rate:.0} a second");
        assert_eq!(answered, ANSWERS);
        assert!(rate > 500.0, "{rate} answers a second");
        let held = home.router.namespace().nft(&format!("list set inet luytre {set}"));
        assert_eq!(held.matches(network).count(), (ANSWERS * MANY) as usize, "each stands in the set");
    }
}

/// Asks for so many names with [`MANY`] addresses each, some at a time; how many whole answers came.
fn asks_for_many(home: &Household, rtype: &str, answers: u32) -> u32 {
    const AT_ONCE: u32 = 32;
    let ask = |socket: &UdpSocket, number: u32| {
        let question = Packet::query(&format!("{number}.many.example {rtype}")).id(number as u16).edns();
        socket.send(&question.bytes()).unwrap();
    };
    home.child.inside(|| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect(crate::reach::socket(ROUTER[0], 53)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        (0..AT_ONCE).for_each(|number| ask(&socket, number));
        let mut answered = 0;
        while answered < answers && socket.recv(&mut [0; 2048]).is_ok_and(|length| length > 400) {
            answered += 1;
            if answered + AT_ONCE <= answers {
                ask(&socket, answered + AT_ONCE - 1);
            }
        }
        answered
    })
}

#[test]
fn strict_what_was_answered_outlives_a_restart_and_a_crash() {
    let Some(mut home) = strict() else { return };
    let on = |home: &Household| {
        eventually("the firewall is on", || home.router.status()["firewall"]["state"] == "on");
    };
    let known = |home: &Household, after: &str| {
        for address in SITE {
            assert_eq!(home.child.tries_tcp(address, 443), Reached::Through, "{address} after {after}");
        }
        assert_eq!(home.child.tries_tcp(PEER[0], 443), Reached::Refused, "after {after}");
    };
    asks_for(&home, "site.example");
    home.router.stops_the_daemon();
    assert_eq!(home.router.namespace().nft("list tables"), "table inet fw4\n", "it left nothing");
    home.router.start_the_daemon_again();
    on(&home);
    known(&home, "a restart");
    home.router.crashes();
    known(&home, "a crash, before it is back");
    home.router.start_the_daemon_again();
    on(&home);
    known(&home, "a crash");
    // What it took over from the kernel is put back into a table that somebody flushed.
    home.router.namespace().nft("delete table inet luytre");
    eventually("the rules are back", || home.child.tries_tcp(PEER[0], 443) == Reached::Refused);
    eventually("and so is what was answered", || home.child.tries_tcp(SITE[0], 443) == Reached::Through);
    home.router.kill_the_helper();
    home.router.start_the_helper_again();
    on(&home);
    known(&home, "a restart of the helper");
}

#[test]
fn observing_strict_mode_cuts_nothing_and_shows_what_it_would() {
    let Some(home) = home(["firewall.observe = true"]) else { return };
    asks_for(&home, "site.example");
    assert_eq!(home.child.tries_tcp(SITE[0], 443), Reached::Through);
    assert_eq!(home.child.tries_tcp(PEER[0], 443), Reached::Through);
    assert_eq!(home.child.tries_udp(PEER[1], 443), Reached::Through);
    assert_eq!(home.sibling.tries_tcp(PEER[0], 8443), Reached::Through);
    let expected = json!([
        { "device": PHONE, "address": PEER[0], "protocol": "tcp", "port": 443 },
        { "device": PHONE, "address": PEER[1], "protocol": "udp", "port": 443 },
    ]);
    eventually("it is shown, and of the supervised device alone", || {
        home.router.status()["firewall"]["nameless"]["places"] == expected
    });
    let packets = home.router.status()["firewall"]["nameless"]["packets"].as_u64().unwrap();
    assert!((2..10).contains(&packets), "one for each flow, or a few: {packets}");
    assert_eq!(home.router.status()["firewall"]["refused"], 0);
}

pub(crate) const NIGHT: &str = r#"
schedule = [{ id = "night", who = ["an"], mode = "block", from = "00:00", to = "23:59" }]
rule = [{ who = ["an"], name = "app.example", action = "allow", over_time = true }]
"#;

#[test]
fn what_is_allowed_at_night_is_reached_by_its_name_alone_and_closed_when_that_ends() {
    let Some(home) = home([]) else { return };
    home.router.family_says(&format!("{NIGHT}{FAMILY}"));
    eventually("it is night", || is_cut_off(&home));
    // `app.example` has the same address, which nobody asked for yet.
    let answer = patiently("it is allowed", || {
        let answer = home.child.ask(ROUTER[0], "app.example A").to_string();
        answer.starts_with("NOERROR A ").then_some(answer)
    });
    assert!(answer.ends_with("A 10 198.51.100.80"), "kept for ten seconds at most: {answer}");
    assert_eq!(home.child.tries_tcp(SITE[0], 443), Reached::Through);
    let flows = [Kind::Tcp, Kind::Udp, Kind::Quic].map(|kind| Flow::start(&home.child, kind, SITE[0]));
    home.router.family_says(&format!("{}{FAMILY}", NIGHT.replace("app.example", "other.example")));
    for flow in &flows {
        flow.ends();
    }
    eventually("it is closed", || is_cut_off(&home));
}

#[test]
fn essentials_stay_open_even_to_who_is_paused() {
    let Some(home) = home([PAGE]) else { return };
    // Remembered by the device from before.
    home.child.ask(ROUTER[0], "childhelp.org A");
    let mut parent = Parent::of(&home);
    parent.says("/api/v1/pause", json!({"who": "an", "minutes": 5}));
    eventually("it is cut off", || home.child.tries_tcp(PEER[0], 443) == Reached::Refused);
    assert_eq!(home.child.tries_tcp(SITE[0], 443), Reached::Through, "childhelp.org leads there");
}

#[test]
fn a_blocked_service_is_not_reached_by_an_address_that_an_app_remembers() {
    let Some(home) = home([]) else { return };
    assert_eq!(home.child.tries_tcp(SERVICE[0], 443), Reached::Through, "nobody knows what it is");
    let flow = Flow::start(&home.child, Kind::Udp, SERVICE[0]);
    // A parent uses it, which shows where it is found.
    home.sibling.ask(ROUTER[0], "www.tiktok.com A");
    home.sibling.ask(ROUTER[0], "v.tiktok.com A");
    assert_eq!(home.child.tries_tcp(SERVICE[0], 443), Reached::Refused);
    flow.ends();
    assert_eq!(home.sibling.tries_tcp(SERVICE[0], 443), Reached::Through);
    assert_eq!(
        home.child.tries_tcp(SHARED[0], 443),
        Reached::Refused,
        "only that service, as far as we know"
    );
    // It serves others too: to bar it would take those away.
    home.child.ask(ROUTER[0], "shared.example A");
    assert_eq!(home.child.tries_tcp(SHARED[0], 443), Reached::Through);
    // What the family allows is open at once.
    home.router.family_says(&FAMILY.replace("profile = \"age-7-12\"", "profile = \"adult\""));
    eventually("it is allowed now", || home.child.tries_tcp(SERVICE[0], 443) == Reached::Through);
    assert!(home.router.device(PHONE).is_some() && home.router.device(LAPTOP).is_some());
}
