//! A parent's phone hears of each request and each answer, over HTTPS.

use serde_json::{Value, json};

use crate::accounts::set_up;
use crate::harness::{Authority, House, Receiver, eventually};

const PHONE: &str = "127.0.0.2";

fn house(format: &str, receiver: &Receiver) -> House {
    let house = House::new()
        .with_page()
        .with("family.file = 'family.toml'")
        .with("upstream.ca = 'ca.pem'")
        .with(&format!("notify.webhook = '{}'", receiver.address("/our-family?key=secret")))
        .with(&format!("notify.format = '{format}'"));
    house.write(
        "family.toml",
        format!(
            "[[person]]\nid = \"an\"\nname = \"Ân\"\nprofile = \"age-7-12\"\n\n\
             [[device]]\naddresses = [\"{PHONE}\"]\nname = \"phone\"\nperson = \"an\"\n"
        ),
    );
    house
}

fn wish() -> Value {
    json!({"kind": "site", "name": "games.example", "reason": "với bạn \"Bình\""})
}

#[test]
fn a_program_is_told_of_a_request_and_of_its_answer() {
    let authority = Authority::new();
    let receiver = Receiver::start(&authority);
    let house = house("json", &receiver);
    house.write("ca.pem", authority.pem());
    let house = house.start();
    let mut parent = set_up(&house);
    let asked = house.browser_from(PHONE).post("/api/v1/requests", wish()).json();
    let told = receiver.next();
    assert_eq!(told.line, "POST /our-family?key=secret HTTP/1.1");
    assert!(told.headers.contains(&"Content-Type: application/json".to_owned()), "{told:?}");
    let said: Value = serde_json::from_str(&told.body).unwrap();
    let expected = json!({
        "event": "request", "id": asked["id"], "who": "an", "name": "Ân", "kind": "site", "about": "games.example",
        "reason": "với bạn \"Bình\"", "state": "open",
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(said[key], *value, "{key}: {said}");
    }
    parent.post(&format!("/api/v1/requests/{}", asked["id"]), json!({"answer": "deny"}));
    let said: Value = serde_json::from_str(&receiver.next().body).unwrap();
    assert_eq!((&said["event"], &said["state"]), (&json!("answer"), &json!("denied")));
    assert!(receiver.was_told_nothing(), "each once");
}

#[test]
fn a_phone_is_told_in_a_line() {
    let authority = Authority::new();
    let receiver = Receiver::start(&authority);
    let house = house("ntfy", &receiver);
    house.write("ca.pem", authority.pem());
    let house = house.start();
    house.browser_from(PHONE).post("/api/v1/requests", wish());
    assert_eq!(receiver.next().body, "Ân: games.example: \"với bạn \"Bình\"\"");
}

/// Names and reasons go to nobody else, and the secret in the address into no log.
#[test]
fn somebody_who_only_claims_to_be_the_receiver_is_told_nothing() {
    let receiver = Receiver::start(&Authority::new());
    let house = house("json", &receiver);
    house.write("ca.pem", Authority::new().pem());
    let house = house.variable("LUYTRE_LOG", "debug").start();
    house.browser_from(PHONE).post("/api/v1/requests", wish());
    eventually("the failure is in the log", || house.log().contains("the webhook did not take it"));
    assert!(receiver.was_told_nothing());
    assert!(!house.log().contains("key=secret"), "{}", house.log());
}
