//! What the devices of a home get, by both address families and both transports.

use crate::household::{Household, ROUTER, ROUTER_WAN};

const ANSWER: &str = "NOERROR A 300 192.0.2.1";
const EVERYWHERE: &str = "listen.dns = ['0.0.0.0:53', '[::]:53']";

#[test]
fn a_question_is_forwarded_once_and_cached_for_everybody() {
    let Some(home) = Household::start([]) else { return };
    for server in ROUTER {
        assert_eq!(home.child.ask(server, "www.example"), ANSWER, "{server}");
        assert_eq!(home.sibling.ask_by_tcp(server, "www.example"), ANSWER, "{server}");
    }
    assert_eq!(home.upstream.questions(), ["www.example A"]);
}

/// By the tool that everybody has, whose sockets are not ours.
#[test]
fn dig_gets_the_same() {
    let Some(home) = Household::start([]) else { return };
    for server in ROUTER {
        for transport in ["+notcp", "+tcp"] {
            let forwarded = home.child.dig(&format!("@{server} {transport} www.example A"));
            assert!(forwarded.contains("status: NOERROR") && forwarded.contains("192.0.2.1"), "{forwarded}");
            let blocked = home.child.dig(&format!("@{server} {transport} bad.example A"));
            assert!(blocked.contains("EDE: 17 (Filtered)"), "{blocked}");
        }
    }
}

#[test]
fn a_listed_name_leads_to_the_address_of_the_router_that_was_asked() {
    let Some(home) = Household::start([EVERYWHERE]) else { return };
    let [v4, v6] = ROUTER;
    let [wan_v4, wan_v6] = ROUTER_WAN;
    for (server, question, page) in [
        (v4, "bad.example A", "A 10 192.168.8.1"),
        (v6, "bad.example AAAA", "AAAA 10 fd00:8::1"),
        // Its other addresses are the router too, asked from within the home.
        (wan_v4, "bad.example A", "A 10 203.0.113.2"),
        (wan_v6, "bad.example AAAA", "AAAA 10 2001:db8:9::2"),
    ] {
        let expected = format!("NOERROR {page} ede 17 4");
        assert_eq!(home.child.ask(server, question), expected.as_str(), "{server}");
        assert_eq!(home.child.ask_by_tcp(server, question), expected.as_str(), "{server} by TCP");
    }
    assert_eq!(home.upstream.questions(), [""; 0]);
}

/// A device takes an answer only from the address that it asked, which its connected socket sees to.
#[test]
fn where_it_listens_everywhere_the_answer_comes_from_the_address_asked() {
    let Some(home) = Household::start([EVERYWHERE]) else { return };
    for server in ROUTER.into_iter().chain(ROUTER_WAN) {
        // The first waits for upstream, the second comes from the cache: other code sends each.
        assert_eq!(home.child.ask(server, &format!("n{}.example", server.len())), ANSWER, "{server}");
        assert_eq!(home.child.ask(server, &format!("n{}.example", server.len())), ANSWER, "{server}");
    }
}

// RFC 8914 §4.19, Prohibited.
#[test]
fn the_providers_side_gets_nothing_from_this_house() {
    let Some(home) = Household::start([EVERYWHERE]) else { return };
    assert_eq!(home.child.ask(ROUTER[0], "www.example"), ANSWER);
    for server in ROUTER_WAN {
        for name in ["www.example", "bad.example", "luytre.lan"] {
            assert_eq!(home.upstream.ask(server, name), "REFUSED ede 18", "{name} at {server}");
            assert_eq!(home.upstream.ask_by_tcp(server, name), "REFUSED ede 18", "{name} at {server} by TCP");
        }
    }
    assert_eq!(home.upstream.questions(), ["www.example A"]);
}

/// On its LAN addresses alone, the daemon is not there for the provider's side at all.
#[test]
fn what_listens_on_the_lan_alone_is_closed_to_the_provider() {
    let Some(home) = Household::start([]) else { return };
    let answer = home.upstream.dig(&format!("@{} www.example A", ROUTER_WAN[0]));
    assert!(answer.contains("connection refused"), "{answer}");
}
