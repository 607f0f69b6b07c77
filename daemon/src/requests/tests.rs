//! Bounds, expiry, and one answer for each request.

use super::*;
use crate::family::{GrantSpec, RuleSpec};

/// Saturday, 21 November 2026, noon in Viet Nam.
const NOON: Timestamp = 1_795_237_200;
const NIGHT: Timestamp = NOON + 16 * 3600;

struct House {
    folder: tempfile::TempDir,
    requests: Requests,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { requests: Requests::at_start(folder.path()), folder }
    }

    fn asks(&self, device: &str, kind: Kind, name: &str, now: Timestamp) -> Result<Request, NotAsked> {
        let wish = Wish { kind, name: name.into(), minutes: Some(30), reason: "please".into() };
        self.requests.ask(an(device), wish, now)
    }

    fn answers(&self, id: u64, answer: Answer, now: Timestamp) -> Result<Effect, NotAnswered<()>> {
        let mut effect = Effect::Nothing;
        let keep = |_: &Request, means| {
            effect = means;
            Ok(())
        };
        self.requests.answer(id, (answer, "me"), (now, NIGHT), keep)?;
        Ok(effect)
    }

    fn state(&self, id: u64, now: Timestamp) -> State {
        self.requests.all(now).iter().find(|request| request.id == id).unwrap().state
    }
}

fn an(device: &str) -> Asker {
    Asker { who: "an".into(), device: device.into() }
}

#[test]
fn an_answer_says_what_to_change() {
    let house = House::new();
    let ask = |kind, name| house.asks(name, kind, name, NOON).unwrap().id;
    let grant = |of: &str, until: &str| {
        Ok(Effect::Grant(GrantSpec {
            who: vec!["an".into()],
            of: of.into(),
            until: until.into(),
            by: "me".into(),
        }))
    };
    let answer = |kind, name, answer| house.answers(ask(kind, name), answer, NOON);
    let (site, half) = ("wiki.example", Answer::Minutes(30));
    assert_eq!(answer(Kind::Site, site, half), grant("name:wiki.example", "2026-11-21T05:30:00Z"));
    assert_eq!(answer(Kind::Site, site, Answer::Today), grant("name:wiki.example", "2026-11-21T21:00:00Z"));
    let rule =
        RuleSpec { who: vec!["an".into()], name: site.into(), action: "allow".into(), over_time: false };
    assert_eq!(answer(Kind::Site, site, Answer::Always), Ok(Effect::Rule(rule)));
    assert_eq!(answer(Kind::Site, site, Answer::No), Ok(Effect::Nothing));
    assert_eq!(answer(Kind::Service, "youtube", half), grant("service:youtube", "2026-11-21T05:30:00Z"));
    let permit = Effect::Permit { who: "an".into(), service: "youtube".into() };
    assert_eq!(answer(Kind::Service, "youtube", Answer::Always), Ok(permit));
    assert_eq!(answer(Kind::Time, "", half), grant("all", "2026-11-21T05:30:00Z"));
    let bonus = Effect::Bonus { budget: "an-films".into(), minutes: 30 };
    assert_eq!(answer(Kind::Time, "an-films", half), Ok(bonus));
    assert!(matches!(answer(Kind::Time, "", Answer::Always), Err(NotAnswered::Wrong(_))));
    assert!(matches!(answer(Kind::Time, "", Answer::Minutes(0)), Err(NotAnswered::Wrong(_))));
}

#[test]
fn a_request_is_answered_once() {
    let house = House::new();
    let id = house.asks("phone", Kind::Site, "wiki.example", NOON).unwrap().id;
    assert_eq!(house.answers(99, Answer::No, NOON), Err(NotAnswered::Unknown));
    let failed =
        house.requests.answer(id, (Answer::Today, "me"), (NOON, NIGHT), |_, _| Err("the disk is full"));
    assert_eq!(failed, Err(NotAnswered::NotApplied("the disk is full")));
    assert_eq!(house.state(id, NOON), State::Open, "what could not be applied was not answered");
    house.answers(id, Answer::No, NOON).unwrap();
    assert_eq!(house.answers(id, Answer::Today, NOON), Err(NotAnswered::Closed(State::Denied)));
    let seen = &house.requests.of(&an("phone"), NOON)[0];
    assert_eq!((seen.state, seen.by.as_str(), seen.answer), (State::Denied, "me", Some(Answer::No)));
}

#[test]
fn what_nobody_answers_expires() {
    let house = House::new();
    let id = house.asks("phone", Kind::Time, "", NOON).unwrap().id;
    assert_eq!(house.state(id, NOON + OPEN_FOR - 1), State::Open);
    assert_eq!(house.state(id, NOON + OPEN_FOR), State::Expired);
    assert_eq!(house.answers(id, Answer::Today, NOON + OPEN_FOR), Err(NotAnswered::Closed(State::Expired)));
}

#[test]
fn a_device_asks_so_often_and_no_more() {
    let house = House::new();
    for minute in 0..10 {
        house.asks("phone", Kind::Time, "", NOON + minute * 60).unwrap();
    }
    let late = NOON + 2 * 3600;
    for now in [NOON + 600, NOON - 3600, 0, late] {
        assert_eq!(house.asks("phone", Kind::Time, "", now), Err(NotAsked::TooMany), "ten are open");
    }
    house.asks("tablet", Kind::Time, "", NOON).unwrap();
    for id in 1..=10 {
        house.answers(id, Answer::No, NOON + 600).unwrap();
    }
    assert_eq!(house.asks("phone", Kind::Time, "", NOON + 600), Err(NotAsked::TooMany), "ten in this hour");
    house.asks("phone", Kind::Time, "", late).unwrap();
}

#[test]
fn a_house_keeps_two_hundred_and_open_ones_stay() {
    let house = House::new();
    for device in 0..20 {
        for _ in 0..10 {
            house.asks(&format!("device {device}"), Kind::Time, "", NOON).unwrap();
        }
    }
    assert_eq!(house.asks("one more", Kind::Time, "", NOON), Err(NotAsked::TooMany));
    house.answers(150, Answer::No, NOON).unwrap();
    house.asks("one more", Kind::Time, "", NOON).unwrap();
    let ids: Vec<_> = house.requests.all(NOON).iter().map(|request| request.id).collect();
    assert!(ids.len() == 200 && !ids.contains(&150) && ids.contains(&201) && ids.contains(&1));
}

#[test]
fn what_comes_in_is_cut_and_cleaned() {
    let house = House::new();
    let ask = |kind, name: &str, reason: &str| {
        let wish = Wish { kind, name: name.into(), minutes: None, reason: reason.into() };
        house.requests.ask(an(name), wish, NOON)
    };
    let hostile = format!("a\u{202e}b\u{1b}[31m\n\r\t  c\u{200b} {}", "x".repeat(100_000));
    let asked = ask(Kind::Site, " WWW.Example.COM. ", &hostile).unwrap();
    assert!(asked.reason.starts_with("ab [31m c xxx"), "{}", asked.reason);
    assert_eq!(
        (asked.reason.chars().count(), asked.name.to_lowercase().as_str()),
        (MAX_REASON, "www.example.com")
    );
    for (kind, name) in [
        (Kind::Site, ""),
        (Kind::Site, "com"),
        (Kind::Site, "a b"),
        (Kind::Site, "http://a.example/"),
        (Kind::Service, "nothing"),
        (Kind::Time, "an\nfilms"),
    ] {
        assert!(matches!(ask(kind, name, ""), Err(NotAsked::Wrong(_))), "{name}");
    }
    let wish = Wish { kind: Kind::Time, name: String::new(), minutes: Some(1441), reason: String::new() };
    assert!(matches!(house.requests.ask(an("x"), wish, NOON), Err(NotAsked::Wrong(_))));
}

#[test]
fn requests_outlive_a_restart_and_damage_is_said() {
    let house = House::new();
    house.asks("phone", Kind::Site, "wiki.example", NOON).unwrap();
    house.answers(1, Answer::Minutes(15), NOON).unwrap();
    house.asks("phone", Kind::Service, "youtube", NOON).unwrap();
    let again = Requests::at_start(house.folder.path());
    assert_eq!(again.all(NOON), house.requests.all(NOON));
    let file = house.folder.path().join("requests.json");
    #[expect(clippy::disallowed_methods, reason = "damage is what this is about")]
    std::fs::write(&file, "{\"version\":1,\"requ").unwrap();
    let again = Requests::at_start(house.folder.path());
    assert!(again.all(NOON).is_empty() && again.notices()[0].contains("requests.json.damaged"));
}

#[test]
fn a_device_that_is_nobodys_is_allowed_nothing() {
    let house = House::new();
    let wish = Wish { kind: Kind::Time, name: String::new(), minutes: None, reason: String::new() };
    let nobody = |device: &str| Asker { who: String::new(), device: device.into() };
    let id = house.requests.ask(nobody("02:00:00:00:00:99"), wish, NOON).unwrap().id;
    assert!(matches!(house.answers(id, Answer::Today, NOON), Err(NotAnswered::Wrong(_))));
    assert!(house.requests.of(&nobody("other"), NOON).is_empty(), "and sees its own only");
}
