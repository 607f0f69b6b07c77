//! A boot: the rules are there before anything is forwarded, and before the daemon answers.

use crate::answered::NIGHT;
use crate::cutting::is_cut_off;
use crate::firewall::{FAMILY, home};
use crate::harness::eventually;
use crate::internet::{RESOLVERS, SITE};
use crate::reach::Reached;

#[test]
fn nothing_is_forwarded_before_the_last_rules_are_in_force() {
    let Some(mut home) = home([]) else { return };
    home.router.family_says(&format!("{NIGHT}{FAMILY}"));
    eventually("it is night", || is_cut_off(&home));
    eventually("the plan is kept", || home.router.keeps_a_plan_with("\"cut\":true"));
    home.router.loses_power();
    assert!(!home.router.namespace().nft("list tables").contains("luytre"));
    home.router.start_the_helper_again();
    home.router.namespace().set("net/ipv4/ip_forward", "1");
    home.router.namespace().set("net/ipv6/conf/all/forwarding", "1");
    for address in SITE {
        assert_eq!(home.child.tries_tcp(address, 443), Reached::Refused, "{address}, and no daemon is there");
        assert_eq!(home.sibling.tries_tcp(address, 443), Reached::Through, "{address} of the parent's");
    }
    home.router.start_the_daemon_again();
    assert_eq!(home.child.tries_tcp(RESOLVERS[0], 443), Reached::Refused);
    assert!(home.child.ask(crate::household::ROUTER[0], "bad.example").to_string().contains(" ede 1"));
}

#[test]
fn who_stops_the_service_gets_the_network_back_as_it_was() {
    let Some(mut home) = home([]) else { return };
    home.router.stops_the_daemon();
    assert_eq!(home.router.namespace().nft("list tables"), "table inet fw4\n");
    assert_eq!(home.child.tries_tcp(RESOLVERS[0], 443), Reached::Through);
    home.router.start_the_daemon_again();
    eventually("the rules are back", || home.child.tries_tcp(RESOLVERS[0], 443) == Reached::Refused);
}
