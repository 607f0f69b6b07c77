//! One change at a time, and what must follow from it.

use serde_json::json;

use super::*;
use crate::family::spec::RuleSpec;

/// 2026-11-22T08:00:00+07:00.
const NOW: Timestamp = 1_795_309_200;

const HOUSE: &str = r#"
[[person]]
id = "an"
birth_year = 2015
[[person]]
id = "binh"
birth_year = 2012
[[device]]
mac = "02:00:00:00:00:10"
token = "an-phone"
name = "Phone"
person = "an"
[[device]]
addresses = ["192.168.1.7"]
person = "binh"
[[schedule]]
id = "bedtime"
who = ["an"]
mode = "block"
from = "21:30"
to = "06:30"
[[schedule]]
id = "school"
who = ["an", "binh"]
mode = "block"
from = "08:00"
to = "11:00"
[[budget]]
who = "an"
of = "all"
minutes = 60
[[rule]]
name = "everybody.example"
action = "allow"
[[rule]]
who = ["an"]
name = "an.example"
action = "block"
[[grant]]
who = ["an"]
of = "all"
until = 2026-11-23T00:00:00+07:00
[[pause]]
who = "an"
[[pause]]
who = ["binh", "02-00-00-00-00-10"]
"#;

fn house() -> Spec {
    Family::parse("family.toml", HOUSE).unwrap().0
}

fn wrong(result: Result<Spec, EditError>) -> Vec<String> {
    match result {
        Err(EditError::Wrong(problems)) => {
            problems.iter().map(|problem| format!("{} {}", problem.pointer, problem.what)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn whose(who: &[&str]) -> OneOrMany {
    OneOrMany::Many(who.iter().map(|one| (*one).to_owned()).collect())
}

fn paused(spec: &Spec) -> Vec<String> {
    spec.pause.iter().map(|pause| format!("{} {}", pause.who.as_slice().join(","), pause.until)).collect()
}

#[test]
fn a_person_is_added_or_refused_with_the_key() {
    let next = add::<PersonSpec>(&house(), json!({"id": "chi", "birth_year": 2019})).unwrap();
    assert_eq!((next.person.len(), next.person[2].id.as_str()), (3, "chi"));
    let add = |body| wrong(add::<PersonSpec>(&house(), body));
    assert_eq!(
        add(json!({"id": "an", "birth_year": 2019})),
        ["/id person 1 is called \"an\" too; choose another id"]
    );
    assert_eq!(
        add(json!({"id": "chi", "birth_yaer": 2019})),
        ["/birth_yaer unknown key; did you mean birth_year?"]
    );
    assert_eq!(
        add(json!({"id": "chi"})),
        [" write birth_year, or profile: one of them says what is blocked"]
    );
    assert!(add(json!(["chi"]))[0].starts_with(' '));
}

#[test]
fn a_patch_changes_what_it_names() {
    let patch = |id, body| patch::<PersonSpec>(&house(), id, body);
    let next = patch("an", json!({"profile": "age-0-6", "birth_year": null})).unwrap();
    assert_eq!((next.person[0].birth_year, next.person[0].profile.as_str()), (None, "age-0-6"));
    assert_eq!(Spec { person: house().person, ..next }, house());
    assert_eq!(patch("nobody", json!({})), Err(EditError::Missing));
    assert_eq!(
        wrong(patch("an", json!({"id": "anh"}))),
        ["/id an id stays: history and rules go by it; change the name"]
    );
    assert_eq!(wrong(patch("an", json!({"birth_year": 1}))), ["/birth_year write a year such as 2015"]);
    assert_eq!(wrong(patch("an", json!(7))).len(), 1);
}

#[test]
fn merging_is_that_of_rfc_7396() {
    // Of its appendix A.
    for (target, patch, expected) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [1]}), json!({"a": {"b": null}}), json!({"a": {}})),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        (json!({"a": "foo"}), json!(null), json!(null)),
    ] {
        let mut merged = target.clone();
        merge(&mut merged, patch.clone());
        assert_eq!(merged, expected, "{target} {patch}");
    }
}

#[test]
fn who_goes_leaves_devices_behind_and_no_rule_that_grew() {
    let next = remove::<PersonSpec>(&house(), "an").unwrap();
    assert_eq!(next.person.len(), 1);
    assert_eq!(next.device.iter().map(|device| device.person.as_str()).collect::<Vec<_>>(), ["", "binh"]);
    assert_eq!(next.budget, []);
    // The bedtime was An's alone; the school's hours are Bình's now.
    let schedules: Vec<_> =
        next.schedule.iter().map(|schedule| (schedule.id.as_str(), schedule.who.join(","))).collect();
    assert_eq!(schedules, [("school", "binh".to_owned())]);
    // A rule without anybody would be one for the whole house: it goes; the one that is for the house stays.
    let everybody =
        RuleSpec { name: "everybody.example".into(), action: "allow".into(), ..Default::default() };
    assert_eq!((next.rule, next.grant.len()), (vec![everybody], 0));
    assert_eq!(next.pause.len(), 1);
    assert_eq!(remove::<PersonSpec>(&house(), "nobody"), Err(EditError::Missing));
}

#[test]
fn devices_are_called_by_what_they_are_known_by() {
    for id in ["02:00:00:00:00:10", "02-00-00-00-00-10", "an-phone"] {
        let next = patch::<DeviceSpec>(&house(), id, json!({"name": "New"})).unwrap();
        assert_eq!(next.device[0].name, "New", "{id}");
    }
    let next = remove::<DeviceSpec>(&house(), "192.168.1.7").unwrap();
    assert_eq!(next.device.len(), 1);
    assert_eq!(remove::<DeviceSpec>(&house(), ""), Err(EditError::Missing));
    let twin = json!({"mac": "02:00:00:00:00:10", "name": "Twin"});
    assert_eq!(
        wrong(add::<DeviceSpec>(&house(), twin)),
        [" device 1 is known by 02:00:00:00:00:10 too; leave one out"]
    );
    assert_eq!(
        wrong(add::<DeviceSpec>(&house(), json!({"mac": "02:00:00:00:00:11", "person": "bin"}))),
        ["/person there is no person \"bin\"; did you mean \"binh\"?"]
    );
}

#[test]
fn another_mac_address_is_no_way_out_of_a_pause() {
    let moved = patch::<DeviceSpec>(&house(), "an-phone", json!({"mac": "02:00:00:00:00:22"})).unwrap();
    assert_eq!(paused(&moved), ["an ", "binh,02:00:00:00:00:22 "]);
    let gone = remove::<DeviceSpec>(&house(), "an-phone").unwrap();
    assert_eq!(paused(&gone), ["an ", "binh "]);
}

#[test]
fn a_pause_takes_the_place_of_the_one_before() {
    let pause = |who: &[&str], minutes| pause(&house(), &whose(who), minutes, NOW);
    assert_eq!(
        paused(&pause(&["an"], 30).unwrap()),
        ["binh,02-00-00-00-00-10 ", "an 2026-11-22T08:30:00+07:00"]
    );
    assert_eq!(paused(&pause(&["an"], 0).unwrap()), ["binh,02-00-00-00-00-10 "]);
    assert_eq!(paused(&pause(&["02:00:00:00:00:10"], 0).unwrap()), ["an ", "binh "]);
    assert_eq!(paused(&pause(&["house", "*"], 1).unwrap())[2], "house,* 2026-11-22T08:01:00+07:00");
    assert_eq!(wrong(pause(&["anh"], 0)), ["/who/0 there is no person \"anh\"; did you mean \"an\"?"]);
    assert_eq!(wrong(pause(&["an"], MAX_MINUTES + 1)), ["/minutes write 0 to 44640 minutes: 31 days"]);
    assert_eq!(wrong(pause(&[], 5)).len(), 1);
}

#[test]
fn a_grant_takes_the_place_of_the_one_before() {
    let grant = |who: &[&str], of, minutes| grant(&house(), (&whose(who), of), minutes, "me", NOW);
    let next = grant(&["an"], "all", 15).unwrap().grant;
    assert_eq!(next.len(), 1);
    assert_eq!((next[0].until.as_str(), next[0].by.as_str()), ("2026-11-22T08:15:00+07:00", "me"));
    assert_eq!(grant(&["an"], "service:youtube", 15).unwrap().grant.len(), 2);
    assert_eq!(grant(&["an"], "all", 0).unwrap().grant, []);
    assert!(wrong(grant(&["an"], "service:youtub", 5))[0].starts_with("/of there is no service \"youtub\""));
    assert!(wrong(grant(&[], "all", 5))[0].starts_with("/who write for whom"));
}

#[test]
fn what_is_over_is_left_out() {
    let end = 1_795_366_800; // 2026-11-23T00:00:00+07:00
    assert_eq!(without_expired(house(), end - 1), house());
    let later = without_expired(house(), end);
    // A pause without an end lasts.
    assert_eq!((later.grant.len(), later.pause.len()), (0, 2));
}
