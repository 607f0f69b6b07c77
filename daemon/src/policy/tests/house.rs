//! The order of rules in a house without a family.

use luytre_lists::hash::HashKey;
use luytre_lists::{CategoryTable, Match, NameBuf};

use super::super::*;
use crate::wire::rtype;

const ADULT: &str = "adult";

fn house() -> Policy {
    let set = |keys: &[&str]| keys.iter().filter_map(|key| CategoryTable::shipped().by_key(key)).collect();
    let rules = |texts: &[&str]| texts.iter().map(|text| NameRule::parse(text).unwrap()).collect();
    Policy::of_house(&Rules {
        block: set(&[ADULT, "gambling"]),
        allow: rules(&["good.adult.example", "tie.example", "=only.example"]),
        deny: rules(&["bad.example", "tie.example", "deep.good.adult.example", "vietcombank.com.vn"]),
        zones: ["home.arpa", "168.192.in-addr.arpa"].map(|zone| zone.parse().unwrap()).into(),
        ..Rules::default()
    })
}

/// What the house decides: `verdict reason rule`.
fn decided(name: &str, asked_type: u16, listed: &[&str]) -> String {
    let policy = house();
    let name = NameBuf::parse(name).unwrap();
    let suffixes = SuffixHashes::of(HashKey::LUYTRE, name.as_name());
    let categories: CategorySet =
        listed.iter().filter_map(|key| CategoryTable::shipped().by_key(key)).collect();
    let listed = match listed {
        [] => None,
        ["-"] => Some(Match { categories: None, labels: 1 }),
        _ => Some(Match { categories: Some(categories), labels: 1 }),
    };
    let asked = Asked { name: name.as_name(), suffixes: &suffixes, rtype: asked_type, listed };
    let verdict = decide(&policy, Who::UNKNOWN, &asked, 0).verdict;
    let considered = consider(&policy, Who::UNKNOWN, &asked, 0);
    let told = considered.last().filter(|step| step.matched).map(|step| step.rule.clone());
    assert!(told.is_none_or(|told| told == policy.describe(verdict.rule)), "explain tells another story");
    format!("{} {} {}", verdict.word(), verdict.reason.word(), policy.describe(verdict.rule))
}

#[test]
fn the_order_of_rules() {
    for (name, listed, expected) in [
        ("example.com", &[][..], "allowed none "),
        ("example.com", &[ADULT], "blocked category category:adult"),
        ("example.com", &["gambling", ADULT], "blocked category category:adult"),
        ("example.com", &["social"], "allowed none "),
        ("example.com", &["-"], "allowed none list:allow"),
        ("example.com", &["always"], "blocked always category:always"),
        // always stands above everything but special names
        ("good.adult.example", &["always"], "blocked always category:always"),
        ("www.vietcombank.com.vn", &["always"], "blocked always category:always"),
        // essentials stand above the operator's own deny
        ("www.vietcombank.com.vn", &[ADULT], "allowed essential essential:essentials.toml"),
        ("tongdai111.vn", &[], "allowed essential essential:essentials.toml"),
        // the operator's rules: the most specific wins, deny wins a tie
        ("bad.example", &[], "blocked operator deny:bad.example"),
        ("x.bad.example", &[], "blocked operator deny:bad.example"),
        ("good.adult.example", &[ADULT], "allowed operator allow:good.adult.example"),
        ("x.good.adult.example", &[ADULT], "allowed operator allow:good.adult.example"),
        ("deep.good.adult.example", &[], "blocked operator deny:deep.good.adult.example"),
        ("tie.example", &[], "blocked operator deny:tie.example"),
        ("only.example", &[ADULT], "allowed operator allow:=only.example"),
        ("x.only.example", &[ADULT], "blocked category category:adult"),
        // special names
        ("localhost", &["always"], "allowed special special:localhost"),
        ("a.b.onion", &[ADULT], "allowed special special:reserved-name"),
        ("luytre.lan", &[ADULT], "allowed local special:own-name"),
        ("31.172.in-addr.arpa", &[], "allowed special special:private-zone"),
        ("32.172.in-addr.arpa", &[], "allowed none "),
        ("1.127.100.in-addr.arpa", &[], "allowed special special:private-zone"),
        // a zone with servers of its own
        ("nas.home.arpa", &[], "allowed none "),
        ("1.1.168.192.in-addr.arpa", &[], "allowed none "),
    ] {
        assert_eq!(decided(name, rtype::A, listed), expected, "{name} {listed:?}");
    }
}

#[test]
fn the_ds_of_home_arpa_is_public() {
    let policy = Policy::of_house(&Rules::default());
    let reason = |name: &str, asked: u16| {
        let name = NameBuf::parse(name).unwrap();
        let suffixes = SuffixHashes::of(HashKey::LUYTRE, name.as_name());
        let asked = Asked { name: name.as_name(), suffixes: &suffixes, rtype: asked, listed: None };
        decide(&policy, Who::UNKNOWN, &asked, 0).verdict.reason
    };
    assert_eq!(reason("home.arpa", rtype::DS), Reason::None);
    assert_eq!(reason("home.arpa", rtype::A), Reason::Special);
    assert_eq!(reason("nas.home.arpa", rtype::DS), Reason::Special);
}

#[test]
fn every_essential_is_a_name() {
    let count = include_str!("../../../../config/essentials.toml").lines();
    let lines = count.filter(|line| line.starts_with("  \"")).count();
    assert!(essentials().len() >= lines && lines > 300, "{} of {lines}", essentials().len());
}
