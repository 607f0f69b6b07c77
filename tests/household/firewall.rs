//! The firewall: what devices can't walk round, and what it takes to break it.

use crate::harness::{eventually, stopwatch};
use crate::household::{Household, ROUTER};
use crate::internet::{PEER, RESOLVERS, SITE};
use crate::reach::Reached;

/// A child's phone and a parent's laptop; devices are restricted until somebody names them.
pub(crate) const FAMILY: &str = r#"
unknown_devices = "age-7-12"

[[person]]
id = "an"
name = "An"
profile = "age-7-12"

[[person]]
id = "me"
name = "Mẹ"
profile = "adult"

[[device]]
mac = "02:00:00:00:00:10"
name = "An's phone"
person = "an"

[[device]]
mac = "02:00:00:00:00:11"
name = "Mother's laptop"
person = "me"
"#;
pub(crate) const PHONE: &str = "02:00:00:00:00:10";
pub(crate) const LAPTOP: &str = "02:00:00:00:00:11";

/// The home of that family, everybody with their device.
pub(crate) fn home<const N: usize>(settings: [&str; N]) -> Option<Household> {
    let home = Household::guarded(FAMILY, settings)?;
    everybody_comes(&home);
    Some(home)
}

/// Everybody puts their device on, and is known by all of its addresses.
pub(crate) fn everybody_comes(home: &Household) {
    for (device, mac, person) in [(&home.child, PHONE, "an"), (&home.sibling, LAPTOP, "me")] {
        device.put_on(mac);
        for router in ROUTER {
            eventually("it is known", || {
                device.ask(router, "luytre.lan");
                home.router.status()["recent"][0]["who"] == person
            });
        }
    }
}

fn state(home: &Household) -> String {
    home.router.status()["firewall"]["state"].as_str().unwrap().to_owned()
}

#[test]
fn every_question_comes_to_us_whoever_was_asked() {
    let Some(home) = home([]) else { return };
    for resolver in RESOLVERS {
        let (page, question) = match resolver.contains(':') {
            true => ("AAAA 10 fd00:8::1", "bad.example AAAA"),
            false => ("A 10 192.168.8.1", "bad.example A"),
        };
        let expected = format!("NOERROR {page} ede 17 4");
        assert_eq!(home.child.ask(resolver, question), expected.as_str(), "{resolver}");
        assert_eq!(home.child.ask_by_tcp(resolver, question), expected.as_str(), "{resolver} by TCP");
        // A parent's questions too: a resolver that answers for us would be a stranger's.
        assert!(home.sibling.ask(resolver, "site.example").to_string().contains("198.51.100.80"));
    }
}

#[test]
fn other_resolvers_and_tunnels_are_refused_at_once_to_whom_they_are_blocked() {
    let Some(home) = home([]) else { return };
    let elapsed = stopwatch();
    for resolver in RESOLVERS {
        for port in [443, 853, 8443] {
            assert_eq!(home.child.tries_tcp(resolver, port), Reached::Refused, "{resolver} {port}");
        }
        assert_eq!(home.sibling.tries_tcp(resolver, 443), Reached::Through, "{resolver}");
    }
    for peer in PEER {
        assert_eq!(home.child.tries_tcp(peer, 1194), Reached::Refused);
        assert_eq!(home.child.tries_udp(peer, 51820), Reached::Refused);
        assert_eq!(home.sibling.tries_udp(peer, 51820), Reached::Through);
    }
    for site in SITE {
        assert_eq!(home.child.tries_tcp(site, 443), Reached::Through);
        assert_eq!(home.child.tries_udp(site, 443), Reached::Through);
    }
    assert!(elapsed().as_secs() < 5, "nobody waits: {:?}", elapsed());
}

#[test]
fn other_networks_see_nothing_of_ours() {
    let Some(home) = home([]) else { return };
    for address in crate::household::ROUTER_WAN {
        let answer = home.upstream.dig(&format!("@{address} +time=1 luytre.lan A"));
        assert!(answer.contains("timed out") || answer.contains("no servers could be reached"), "{answer}");
        assert_eq!(home.upstream.tries_tcp(address, 53), Reached::Silence);
    }
}

#[test]
fn the_tables_of_others_are_left_alone() {
    let Some(home) = home([]) else { return };
    let router = home.router.namespace();
    let before = router.nft("list table inet fw4");
    home.router.family_says(&FAMILY.replace("age-7-12", "age-13-15"));
    eventually("the rules are others", || home.child.tries_tcp(RESOLVERS[0], 443) == Reached::Refused);
    assert_eq!(router.nft("list table inet fw4"), before);
    assert_eq!(router.nft("list tables"), "table inet fw4\ntable inet luytre\n");
}

#[test]
fn rules_that_somebody_flushed_are_back_within_five_seconds_and_dns_never_ends() {
    let Some(home) = home([]) else { return };
    let router = home.router.namespace();
    let restored = || home.router.status()["firewall"]["restored"].as_u64().unwrap();
    for spoil in [
        "delete table inet luytre",
        "flush ruleset",
        "flush chain inet luytre up",
        "flush map inet luytre who",
    ] {
        let before = restored();
        router.nft(spoil);
        if spoil == "flush ruleset" {
            router.load(include_str!("fw4.nft"));
        }
        let elapsed = stopwatch();
        eventually("the rules are back", || {
            assert_eq!(home.child.ask(ROUTER[0], "luytre.lan"), "NOERROR A 10 192.168.8.1");
            restored() > before
        });
        assert_eq!(home.child.tries_tcp(RESOLVERS[0], 853), Reached::Refused, "{spoil}");
        assert!(elapsed().as_secs() < 5, "{spoil}: {:?}", elapsed());
    }
}

#[test]
fn without_its_helper_the_rules_stay_and_the_status_says_so() {
    let Some(mut home) = home([]) else { return };
    home.router.kill_the_helper();
    eventually("it is missed", || state(&home) == "away");
    assert_eq!(home.child.ask(ROUTER[0], "bad.example"), "NOERROR A 10 192.168.8.1 ede 17 4");
    assert_eq!(home.child.tries_tcp(RESOLVERS[0], 443), Reached::Refused);
    assert!(home.router.status()["notices"].to_string().contains("luytre net-helper"));
    home.router.start_the_helper_again();
    let elapsed = stopwatch();
    eventually("it is back", || state(&home) == "on");
    assert!(elapsed().as_secs() < 5, "{:?}", elapsed());
}

#[test]
fn without_nft_the_status_says_what_is_missing_and_dns_goes_on() {
    let Some(mut home) = home([]) else { return };
    home.router.kill_the_helper();
    home.router.start_the_helper_without_nft();
    eventually("it is missed", || state(&home) == "refused");
    assert!(home.router.status()["notices"].to_string().contains("nft is not installed"));
    assert_eq!(home.child.ask(ROUTER[0], "bad.example"), "NOERROR A 10 192.168.8.1 ede 17 4");
    assert_eq!(home.child.tries_tcp(RESOLVERS[0], 443), Reached::Refused, "what was loaded stays");
    home.router.kill_the_helper();
    home.router.start_the_helper_again();
    eventually("all is well again", || state(&home) == "on");
}
