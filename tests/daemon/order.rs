//! The order of rules (design §5), seen from outside.

use crate::harness::House;

const REACHED: &str = "NOERROR A 300 192.0.2.1";
const BLOCKED: &str = "REFUSED ede 15";
const FILTERED: &str = "REFUSED ede 17";

#[test]
fn the_first_rule_that_speaks_decides() {
    let house = House::new()
        .with("reply.mode = 'refused'")
        .list("always", ["worst.example", "tongdai111.vn", "allowed-worst.example"])
        .list("adult", ["bad.example", "vietcombank.com.vn", "luytre.lan", "onion"])
        .list("adult", ["=alone.example", "allowed.example", "=only.allowed.example"])
        .list("social", ["choice.example"])
        .list("-", ["good.bad.example", "=just.bad.example"])
        .list("adult", ["worse.good.bad.example"])
        .with("house.allow = ['allowed-worst.example', 'allowed.example', '=exact.bad.example']")
        .with("house.deny = ['vietcombank.com.vn', 'denied.allowed.example', '=top.example']")
        .start();
    for (name, expected) in [
        ("plain.example", REACHED),
        // Special and local names before all.
        ("x.onion", "NXDOMAIN soa 3600"),
        ("luytre.lan", "NOERROR A 10 127.0.0.1"),
        // Then `always`, for everybody, essentials and the operator's allow included.
        ("worst.example", BLOCKED),
        ("deep.below.worst.example", BLOCKED),
        ("tongdai111.vn", BLOCKED),
        ("allowed-worst.example", BLOCKED),
        // Essentials, listed and denied as they are.
        ("vietcombank.com.vn", REACHED),
        ("www.vietcombank.com.vn", REACHED),
        // The operator's rules: the most specific name wins.
        ("allowed.example", REACHED),
        ("x.allowed.example", REACHED),
        ("only.allowed.example", REACHED),
        ("denied.allowed.example", BLOCKED),
        ("x.denied.allowed.example", BLOCKED),
        ("exact.bad.example", REACHED),
        ("below.exact.bad.example", FILTERED),
        ("top.example", BLOCKED),
        ("below.top.example", REACHED),
        // The list: a name and all below it, or that name alone; the most specific entry wins.
        ("bad.example", FILTERED),
        ("a.b.c.bad.example", FILTERED),
        ("notbad.example", REACHED),
        ("alone.example", FILTERED),
        ("below.alone.example", REACHED),
        ("good.bad.example", REACHED),
        ("x.good.bad.example", REACHED),
        ("worse.good.bad.example", FILTERED),
        ("just.bad.example", REACHED),
        ("below.just.bad.example", FILTERED),
        // A category that the house does not block.
        ("choice.example", REACHED),
    ] {
        assert_eq!(house.ask(name), expected, "{name}");
    }
}

#[test]
fn the_house_chooses_its_categories_but_not_always() {
    let house = House::new()
        .with("reply.mode = 'refused'")
        .with("house.block = ['social']")
        .list("social", ["chat.example"])
        .list("adult", ["adult.example"])
        .list("always", ["worst.example"])
        .start();
    assert_eq!(house.ask("chat.example"), FILTERED);
    assert_eq!(house.ask("adult.example"), REACHED);
    assert_eq!(house.ask("worst.example"), BLOCKED);
}

#[test]
fn without_a_list_of_its_own_a_house_has_the_starter_list() {
    let house = House::new().with("list.file = ''").with("reply.mode = 'refused'").start();
    assert_eq!(house.ask("www.bet365.com"), FILTERED);
    assert_eq!(house.ask("plain.example"), REACHED);
    assert_eq!(house.status()["list"]["state"], "starter");
}
