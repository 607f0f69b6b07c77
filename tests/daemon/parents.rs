//! A family's day by the API: what parents change is in force at once, and children ask from their own device.

use serde_json::{Value, json};

use crate::accounts::set_up;
use crate::harness::{A, Browser, Daemon, House, Upstream};

const PHONE: &str = "127.0.0.2";
const TABLET: &str = "127.0.0.3";
const MOTHER: &str = "127.0.0.5";

const FAMILY: &str = r#"# Nhà mình
time_zone = "ZONE"
unknown_devices = "adult"

# con cả
[[person]]
id = "an"
name = "An"
profile = "open"

[[person]]
id = "me"
name = "Mẹ"
profile = "adult"

[[device]]
addresses = ["127.0.0.2"]
name = "An's phone"
person = "an"

[[device]]
addresses = ["127.0.0.3"]
name = "An's tablet"
person = "an"

[[device]]
addresses = ["127.0.0.5"]
name = "Mother's phone"
person = "me"

[[profile]]
id = "open"
base = "age-7-12"
permit = ["streaming"]

[[budget]]
id = "films"
who = "an"
of = "name:films.example"
minutes = 5
"#;

const USED_UP: &str = "REFUSED ede 17";

fn house() -> House {
    let house = House::new()
        .with_page()
        .run_with("--clock=steered")
        .listening_everywhere()
        .with("reply.mode = 'refused'")
        .with("family.file = 'family.toml'")
        .upstream(Upstream::answering(|asked| asked.answer().address_for(A, 3600)))
        .list("streaming", ["films.example"])
        .list("adult", ["naughty.example"]);
    // No day ends, and no budget begins anew, while a scenario plays.
    house.write("family.toml", FAMILY.replace("ZONE", house.zone_at_noon()));
    house
}

fn asks(house: &Daemon, device: &str, name: &str) -> String {
    house.query(name).from(device).send().to_string()
}

fn gets(house: &Daemon, device: &str, name: &str) -> bool {
    asks(house, device, name).starts_with("NOERROR")
}

fn child(house: &Daemon) -> Browser {
    house.browser_from(PHONE)
}

fn faults(body: &Value) -> Vec<&str> {
    body["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap()).collect()
}

/// Issue 4's own scene: one budget over two devices, a request, an answer with one tap, and the end of that.
#[test]
fn a_child_uses_up_its_time_asks_for_more_gets_it_and_is_blocked_again() {
    let house = house().start();
    let mut parent = set_up(&house);
    for minute in 0..5 {
        let device = if minute % 2 == 0 { PHONE } else { TABLET };
        assert!(gets(&house, device, "films.example"), "minute {minute}");
        house.time_passes(60);
    }
    for device in [PHONE, TABLET] {
        assert_eq!(asks(&house, device, "films.example"), USED_UP, "{device}");
    }
    let mine = child(&house).get("/api/v1/my").json();
    assert_eq!((mine["who"].as_str(), mine["budgets"][0]["left"].as_u64()), (Some("an"), Some(0)));

    let wish = json!({"kind": "time", "name": "films", "minutes": 30, "reason": "Con học xong rồi ạ"});
    let asked = child(&house).post("/api/v1/requests", wish);
    assert_eq!((asked.status, asked.json()["state"].as_str()), (201, Some("open")), "{}", asked.body);
    let id = asked.json()["id"].as_u64().unwrap();
    let open = parent.get("/api/v1/requests").json();
    assert_eq!(open["items"][0]["reason"], "Con học xong rồi ạ");
    let answer = json!({"answer": "allow", "minutes": 30});
    let answered = parent.post(&format!("/api/v1/requests/{id}"), answer.clone());
    assert_eq!(
        (answered.status, answered.json()["state"].as_str()),
        (200, Some("allowed")),
        "{}",
        answered.body
    );
    assert_eq!(parent.post(&format!("/api/v1/requests/{id}"), answer).status, 409, "once");
    assert_eq!(child(&house).get("/api/v1/my").json()["requests"][0]["state"], "allowed");

    let mut minutes = 0;
    while gets(&house, PHONE, "films.example") {
        house.time_passes(60);
        minutes += 1;
        assert!(minutes <= 40, "thirty minutes have no end");
    }
    assert!((28..=31).contains(&minutes), "{minutes} minutes");
    assert_eq!(asks(&house, TABLET, "films.example"), USED_UP);
    let audit = parent.get("/api/v1/audit").json();
    let actions: Vec<&str> =
        audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["answer", "bonus", "request"]);
}

#[test]
fn the_decree_on_games_is_two_taps() {
    let house = house().start();
    let mut parent = set_up(&house);
    let presets = parent.get("/api/v1/presets").json();
    let key = presets["items"][0]["key"].as_str().unwrap();
    let path = format!("/api/v1/presets/{key}");
    let games = json!({"who": "an", "services": ["roblox"]});
    let applied = parent.post(&path, games.clone());
    assert_eq!(applied.status, 201, "{}", applied.body);
    assert_eq!(applied.json()["budgets"], json!(["an-service-roblox", "an-group-games"]));
    assert_eq!(parent.post(&path, games).status, 201, "again changes nothing");
    let budgets = parent.get("/api/v1/family").json()["budget"].clone();
    let minutes: Vec<_> =
        budgets.as_array().unwrap().iter().map(|budget| budget["minutes"].as_u64()).collect();
    assert_eq!(minutes, [Some(5), Some(60), Some(180)]);

    assert_eq!(parent.post("/api/v1/presets/none", json!({"who": "an"})).status, 404);
    let stranger = parent.post(&path, json!({"who": "nobody"}));
    assert_eq!(stranger.status, 422, "{}", stranger.body);
    let bank = parent.post(&path, json!({"who": "an", "services": ["zalopay"]}));
    assert_eq!((bank.status, faults(&bank.json())), (422, vec!["/services"]), "{}", bank.body);
}

#[test]
fn a_pause_cuts_a_child_off_at_once_and_is_lifted() {
    let house = house().start();
    let mut parent = set_up(&house);
    assert!(gets(&house, PHONE, "plain.example"));
    let paused = parent.post("/api/v1/pause", json!({"who": "an", "minutes": 30}));
    assert_eq!(paused.status, 200, "{}", paused.body);
    for device in [PHONE, TABLET] {
        assert!(!gets(&house, device, "plain.example"), "{device}");
    }
    assert!(gets(&house, MOTHER, "plain.example"), "nobody else");
    assert!(gets(&house, PHONE, "tongdai111.vn"), "the hotline is always there");
    let mine = child(&house).get("/api/v1/my").json();
    assert_eq!((mine["verdict"].as_str(), mine["reason"].as_str()), (Some("blocked"), Some("paused")));
    assert_eq!(parent.post("/api/v1/pause", json!({"who": "an", "minutes": 0})).status, 200);
    assert!(gets(&house, PHONE, "plain.example"));
    assert_eq!(parent.post("/api/v1/pause", json!({"who": "nobody", "minutes": 1})).status, 422);
    assert_eq!(child(&house).post("/api/v1/pause", json!({"who": "me", "minutes": 1})).status, 401);
}

#[test]
fn a_grant_lets_a_name_through_until_it_ends() {
    let house = house().start();
    let mut parent = set_up(&house);
    assert!(!gets(&house, PHONE, "naughty.example"));
    let grant = json!({"who": ["an"], "of": "name:naughty.example", "minutes": 15});
    assert_eq!(parent.post("/api/v1/grants", grant).status, 201);
    assert!(gets(&house, PHONE, "naughty.example"));
    house.time_passes(15 * 60 + 1);
    assert!(!gets(&house, PHONE, "naughty.example"));
}

#[test]
fn the_document_is_replaced_by_who_has_read_it() {
    let house = house().start();
    let mut parent = set_up(&house);
    let read = parent.get("/api/v1/family");
    let tag = read.header("etag").unwrap().to_owned();
    let mut document = read.json();
    document["person"][0]["birth_year"] = json!(2015);
    document["person"][0].as_object_mut().unwrap().remove("profile");
    let put = |parent: &mut Browser, tag: Option<&str>, document: &Value| {
        parent.header = tag.map_or_else(String::new, |tag| format!("If-Match: {tag}"));
        parent.request("PUT", "/api/v1/family", Some(document.clone()))
    };
    assert_eq!(put(&mut parent, None, &document).status, 428);
    let saved = put(&mut parent, Some(&tag), &document);
    assert_eq!(saved.status, 200, "{}", saved.body);
    assert_eq!(put(&mut parent, Some(&tag), &document).status, 412, "stale");
    let now = saved.header("etag").unwrap().to_owned();
    document["person"][1]["colur"] = json!("#112233");
    let refused = put(&mut parent, Some(&now), &document);
    assert_eq!((refused.status, faults(&refused.json())), (422, vec!["/person/1/colur"]), "{}", refused.body);
    let text = std::fs::read_to_string(house.path("family.toml")).unwrap();
    assert!(
        text.starts_with("# Nhà mình\n") && text.contains("# con cả\n[[person]]"),
        "comments stay:\n{text}"
    );
    assert!(text.contains("birth_year = 2015"));
    assert!(!gets(&house, PHONE, "naughty.example"), "in force");
}

#[test]
fn people_and_devices_come_and_go_one_by_one() {
    let house = house().start();
    let mut parent = set_up(&house);
    let added = parent.post("/api/v1/people", json!({"id": "bo", "name": "Bo", "birth_year": 2020}));
    assert_eq!((added.status, added.json()["id"].as_str()), (201, Some("bo")), "{}", added.body);
    let device = json!({"addresses": ["127.0.0.6"], "name": "Bo's tablet", "person": "bo"});
    assert_eq!(parent.post("/api/v1/devices", device.clone()).status, 201);
    assert!(!gets(&house, "127.0.0.6", "naughty.example"), "Bo is a child");
    assert_eq!(parent.post("/api/v1/devices", device).status, 422, "known already");
    let grown = parent.patch("/api/v1/people/bo", json!({"profile": "adult", "birth_year": null}));
    assert_eq!((grown.status, grown.json()["profile"].as_str()), (200, Some("adult")), "{}", grown.body);
    assert!(gets(&house, "127.0.0.6", "films.example"));
    assert_eq!(parent.delete("/api/v1/people/bo", None).status, 204);
    let devices = parent.get("/api/v1/devices").json();
    let his =
        devices["items"].as_array().unwrap().iter().find(|device| device["name"] == "Bo's tablet").unwrap();
    assert_eq!(his.get("person"), None, "nobody's now");
    assert_eq!(parent.delete("/api/v1/people/bo", None).status, 404);
}

#[test]
fn what_was_asked_is_explained_counted_and_listed() {
    let house = house().start();
    let mut parent = set_up(&house);
    assert!(!gets(&house, PHONE, "naughty.example"));
    assert!(gets(&house, MOTHER, "plain.example"));
    let why = parent.get("/api/v1/explain?name=naughty.example&device=127.0.0.3").json();
    assert_eq!(
        (why["verdict"].as_str(), why["rule"].as_str()),
        (Some("blocked"), Some("category:adult")),
        "{why}"
    );
    let changes: Vec<&str> =
        why["would_change"].as_array().unwrap().iter().map(|change| change["by"].as_str().unwrap()).collect();
    assert_eq!(changes, ["grant", "allow", "profile"]);
    let by_person = parent.get("/api/v1/activity?by=person").json();
    let count = |key: &str| {
        by_person["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["key"] == key)
            .map(|row| row["count"].clone())
    };
    assert_eq!((count("an"), count("me")), (Some(json!(1)), Some(json!(1))), "{by_person}");
    let queries = parent.get("/api/v1/queries?limit=2").json();
    assert_eq!(queries["items"][1]["who"], "an");
    assert_eq!(
        parent.get("/api/v1/services").json()["items"].as_array().map(|all| all.len() >= 120),
        Some(true)
    );
}

#[test]
fn a_site_that_is_allowed_for_good_becomes_a_rule() {
    let house = house().start();
    let mut parent = set_up(&house);
    let asked = child(&house).post("/api/v1/requests", json!({"kind": "site", "name": "naughty.example"}));
    let id = asked.json()["id"].as_u64().unwrap();
    let answer = json!({"answer": "allow", "lasts": "always"});
    assert_eq!(parent.post(&format!("/api/v1/requests/{id}"), answer).status, 200);
    assert!(gets(&house, TABLET, "www.naughty.example"));
    let rules = parent.get("/api/v1/family").json()["rule"].clone();
    assert_eq!(rules[0]["name"], "naughty.example", "{rules}");
    let other = json!({"kind": "site", "name": "other.example"});
    let id = child(&house).post("/api/v1/requests", other).json()["id"].as_u64().unwrap();
    assert_eq!(parent.post(&format!("/api/v1/requests/{id}"), json!({"answer": "deny"})).status, 200);
    assert_eq!(child(&house).get("/api/v1/my").json()["requests"][0]["state"], "denied");
}
