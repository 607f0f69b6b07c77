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

/// 50,000 addresses in 2,000 answers, each of which waits until its own stand in the firewall.
#[test]
fn strict_holds_fifty_thousand_addresses_and_five_hundred_answers_a_second() {
    const ANSWERS: u32 = 2000;
    const AT_ONCE: u32 = 32;
    let settings = ["firewall.strict = true", "limits.client_rate = 100000", "limits.client_burst = 100000"];
    let Some(home) = home(settings) else { return };
    let ask = |socket: &UdpSocket, number: u32| {
        let question = Packet::query(&format!("{number}.many.example A")).id(number as u16).edns();
        socket.send(&question.bytes()).unwrap();
    };
    let elapsed = stopwatch();
    let answered = home.child.inside(|| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket.connect(crate::reach::socket(ROUTER[0], 53)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        (0..AT_ONCE).for_each(|number| ask(&socket, number));
        let mut answered = 0;
        while answered < ANSWERS && socket.recv(&mut [0; 2048]).is_ok_and(|length| length > 400) {
            answered += 1;
            if answered + AT_ONCE <= ANSWERS {
                ask(&socket, answered + AT_ONCE - 1);
            }
        }
        answered
    });
    let rate = f64::from(answered) / elapsed().as_secs_f64();
    eprintln!("strict: {answered} answers with {MANY} addresses each, {rate:.0} a second");
    assert_eq!(answered, ANSWERS);
    assert!(rate > 500.0, "{rate} answers a second");
    let set = home.router.namespace().nft("list set inet luytre named4");
    let held = set.matches(" . 198.1").count();
    assert_eq!(held, (ANSWERS * MANY) as usize, "each of them stands in the set");
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
