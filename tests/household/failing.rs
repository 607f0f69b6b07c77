//! What a home feels when its line fails, or one of its devices runs wild.

use crate::harness::eventually;
use crate::household::{Household, ROUTER};

const ANSWER: &str = "NOERROR A 300 192.0.2.1";

// RFC 8914 §4.23, No Reachable Authority.
#[test]
fn without_its_line_the_home_keeps_its_cache_and_recovers_with_it() {
    let Some(home) = Household::start(["upstream.timeout = 1"]) else { return };
    let [v4, v6] = ROUTER;
    assert_eq!(home.child.ask(v4, "known.example"), ANSWER);
    home.upstream.pull_the_plug();
    assert_eq!(home.child.ask(v4, "new.example"), "SERVFAIL ede 22");
    // Cached, listed and own names need no line.
    let cached = home.sibling.ask(v6, "known.example").to_string();
    assert!(cached.starts_with("NOERROR A ") && cached.ends_with(" 192.0.2.1"), "{cached}");
    assert_eq!(home.child.ask(v4, "bad.example"), "NOERROR A 10 192.168.8.1 ede 17 4");
    assert_eq!(home.child.ask(v6, "luytre.lan AAAA"), "NOERROR AAAA 10 fd00:8::1");
    home.upstream.plug_in_again();
    eventually("the home has its line back", || home.child.ask(v4, "new.example") == ANSWER);
}

#[test]
fn a_device_that_runs_wild_costs_only_itself() {
    let Some(home) = Household::start(["limits.client_rate = 1", "limits.client_burst = 5"]) else { return };
    let own = "NOERROR A 10 192.168.8.1";
    let question = format!("@{} luytre.lan A", ROUTER[0]);
    eventually("the child has asked too much", || home.child.dig(&question).contains("status: REFUSED"));
    for _ in 0..5 {
        assert_eq!(home.sibling.ask(ROUTER[0], "luytre.lan"), own, "the sibling's allowance is its own");
    }
}
