//! A provider is told how a router fares, once a day, as long as a parent agrees; and nothing else.

use serde_json::{Value, json};

use crate::accounts::set_up;
use crate::harness::{Authority, Browser, Daemon, House, Page, Receiver, eventually, luytre};

const DAY: u32 = 24 * 3600;
const PATH: &str = "/api/v1/health-report";
/// In the log for each day's moment that passes without consent.
const UNTOLD: &str = "nobody agreed that health is told";

fn house(receiver: &Receiver, authority: &Authority) -> House {
    let house = House::new()
        .with_page()
        .with("upstream.ca = 'ca.pem'")
        .with(&format!("health.send_to = '{}'", receiver.address("/luytre/routers?of=2026")))
        .variable("LUYTRE_LOG", "debug")
        .run_with("--clock=steered");
    house.write("ca.pem", authority.pem());
    house
}

fn decide(browser: &mut Browser, consent: bool) -> Page {
    browser.request("PUT", PATH, Some(json!({"consent": consent})))
}

/// Lets a day pass and waits until its moment is over, for who agrees to nothing.
fn a_day_passes_untold(house: &Daemon) {
    let so_far = house.log().matches(UNTOLD).count();
    house.time_passes(DAY);
    eventually("the day's moment passes", || house.log().matches(UNTOLD).count() > so_far);
}

fn telling(house: &Daemon) -> Value {
    house.status()["health_report"].clone()
}

/// Agrees, and lets the day's report go out.
fn told_of(house: &Daemon, receiver: &Receiver) -> String {
    assert_eq!(decide(&mut set_up(house), true).status, 200);
    house.time_passes(DAY);
    receiver.next().body
}

#[test]
fn the_provider_is_told_once_a_day_while_a_parent_agrees() {
    let authority = Authority::new();
    let receiver = Receiver::start(&authority);
    let house = house(&receiver, &authority).start();
    let mut parent = set_up(&house);
    a_day_passes_untold(&house);
    assert!(receiver.was_told_nothing(), "before anybody agreed");
    let shown = parent.get(PATH).json();
    assert_eq!(shown["telling"]["consent"], false);
    assert_eq!(shown["report"]["upstream_failures"], "unknown", "nobody looks either");

    let agreed = decide(&mut parent, true).json();
    let host = receiver.address("").replace("https://", "");
    assert_eq!(agreed["telling"], json!({"to": host, "consent": true, "sent": null, "trouble": ""}));
    house.time_passes(DAY);
    let told = receiver.next();
    assert_eq!(told.line, "POST /luytre/routers?of=2026 HTTP/1.1");
    let mut names: Vec<&str> = told.headers.iter().filter_map(|line| line.split(':').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept-encoding", "content-length", "content-type", "host", "user-agent"]);
    let said: Value = serde_json::from_str(&told.body).unwrap();
    let mut shown = shown["report"].clone();
    shown["upstream_failures"] = json!("none");
    shown["list_failures"] = json!("none");
    // It has run for two days by now.
    shown["ran"] = json!("day");
    assert_eq!(said, shown, "what the page shows is what is sent");
    eventually("the page says when", || telling(&house)["sent"].is_u64());

    assert_eq!(decide(&mut parent, false).json()["telling"]["consent"], false);
    a_day_passes_untold(&house);
    assert!(receiver.was_told_nothing(), "after consent was withdrawn");
    decide(&mut parent, true);
    house.time_passes(DAY);
    receiver.next();
    eventually("it is told", || telling(&house)["sent"].is_u64());
    assert!(receiver.was_told_nothing(), "each once");
    let audit = parent.get("/api/v1/audit").json();
    let decisions: Vec<&str> = (0..3).map(|at| audit["items"][at]["about"].as_str().unwrap()).collect();
    assert_eq!(decisions, ["yes", "no", "yes"].map(|word| format!("{host}: {word}")));
}

/// Ten devices that ask, one family's people and rules, blocks; and an empty home.
#[test]
fn a_busy_home_and_an_empty_one_say_the_same() {
    let authority = Authority::new();
    let (receiver, other) = (Receiver::start(&authority), Receiver::start(&authority));
    let empty = house(&other, &authority).start();
    let busy =
        house(&receiver, &authority).with("family.file = 'family.toml'").list("gambling", ["casino.example"]);
    let mut family = String::new();
    for number in 1..=10 {
        family += &format!(
            "[[person]]\nid = \"p{number}\"\nname = \"Person {number}\"\nprofile = \"age-7-12\"\n\n\
             [[device]]\naddresses = [\"127.0.1.{number}\"]\nname = \"phone {number}\"\nperson = \"p{number}\"\n\n"
        );
    }
    busy.write("family.toml", family);
    let busy = busy.start();
    for number in 1..=10 {
        for name in ["casino.example", "school.example", "games.example"] {
            busy.query(name).from(&format!("127.0.1.{number}")).send();
        }
    }
    busy.status_after(30);
    let (full, none) = (told_of(&busy, &receiver), told_of(&empty, &other));
    assert_eq!(full, none);
    let said: Value = serde_json::from_str(&full).unwrap();
    assert_eq!((&said["upstream_failures"], &said["list_age"]), (&json!("none"), &json!("none")), "{said}");
}

#[test]
fn a_report_that_fails_is_dropped_and_a_restart_sends_nothing_later() {
    let authority = Authority::new();
    let receiver = Receiver::start(&Authority::new());
    let mut house = house(&receiver, &authority).start();
    decide(&mut set_up(&house), true);
    house.time_passes(DAY);
    eventually("the failure is in the status", || telling(&house)["trouble"] != "");
    let text = luytre(["status", "--config", house.config_file()]).out;
    assert!(text.contains("\nhealth    told to localhost:") && text.contains("not yet; trouble: "), "{text}");
    house.stop();
    house.start_again();
    assert_eq!((&telling(&house)["consent"], &telling(&house)["trouble"]), (&json!(true), &json!("")));
    assert!(receiver.was_told_nothing(), "who only claims to be the provider hears nothing");
}

/// Only an answer of 2xx means that it was taken, and nobody is followed to where they point.
#[test]
fn a_server_that_sends_elsewhere_is_not_followed() {
    let authority = Authority::new();
    let elsewhere = Receiver::start(&authority);
    let answer = format!("307 Temporary Redirect\r\nLocation: {}", elsewhere.address("/"));
    let receiver = Receiver::answering(&authority, answer.leak());
    let house = house(&receiver, &authority).start();
    told_of(&house, &receiver);
    let refused = |said: &str| said.ends_with("answers with status 307");
    eventually("it is no success", || telling(&house)["trouble"].as_str().is_some_and(refused));
    assert!(telling(&house)["sent"].is_null() && elsewhere.was_told_nothing() && receiver.was_told_nothing());
}

#[test]
fn servers_that_do_not_answer_are_told_of_by_looks_of_our_own() {
    let authority = Authority::new();
    let receiver = Receiver::start(&authority);
    let house = house(&receiver, &authority).with("upstream.servers = ['udp://127.0.0.1:9']");
    let house = house.with("upstream.timeout = 1").start();
    let said: Value = serde_json::from_str(&told_of(&house, &receiver)).unwrap();
    assert_eq!(said["upstream_failures"], "many", "although nobody asked anything: {said}");
}

#[test]
fn a_parent_alone_agrees() {
    let authority = Authority::new();
    let receiver = Receiver::start(&authority);
    let house = house(&receiver, &authority).start();
    let mut parent = set_up(&house);
    let account = json!({"id": "ba", "name": "Bà", "role": "co-parent", "password": "another horse"});
    assert_eq!(parent.post("/api/v1/accounts", account).status, 201);
    let mut grandmother = house.browser();
    grandmother.post("/api/v1/session", json!({"account": "ba", "password": "another horse"}));
    assert_eq!((decide(&mut grandmother, true).status, grandmother.get(PATH).status), (403, 200));
    let made = parent.post("/api/v1/tokens", json!({"name": "x", "scopes": ["write"]})).json();
    let header = format!("Authorization: Bearer {}", made["token"].as_str().unwrap());
    let mut program = house.browser().with(&header);
    assert_eq!((decide(&mut program, true).status, program.get(PATH).status), (403, 200));
    let mut child = house.browser();
    assert_eq!((decide(&mut child, true).status, child.get(PATH).status), (401, 401));
    assert_eq!(telling(&house)["consent"], false);
}

#[test]
fn without_an_address_there_is_nothing_to_agree_to() {
    let house = House::new().with_page().start();
    let mut parent = set_up(&house);
    assert!(telling(&house).is_null() && parent.get(PATH).json()["telling"].is_null());
    assert_eq!((decide(&mut parent, true).status, decide(&mut parent, false).status), (409, 200));
}
