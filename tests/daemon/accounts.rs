//! Who may come in by the page's API: set-up, log-in, second factor, tokens, and how they are lost.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use ring::hmac;
use serde_json::{Value, json};

use crate::harness::{Browser, Daemon, House, eventually, luytre, patiently};

const PASSWORD: &str = "correct horse";

fn house() -> House {
    House::new().with_page().run_with("--clock=steered")
}

pub(crate) fn setup_code(house: &House) -> String {
    let ended = luytre(["setup-code", "--config", house.config_file()]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    ended.out.split_whitespace().last().unwrap().to_owned()
}

pub(crate) fn set_up(house: &Daemon) -> Browser {
    let mut parent = house.browser();
    let body = json!({"code": setup_code(house), "password": PASSWORD, "language": "vi"});
    let page = parent.post("/api/v1/setup", body);
    assert_eq!(page.status, 201, "{}", page.body);
    parent
}

fn log_in(browser: &mut Browser, password: &str) -> u16 {
    browser.post("/api/v1/session", json!({"password": password})).status
}

#[test]
fn a_house_is_set_up_once_by_the_code_that_the_router_prints() {
    let house = house().start();
    let mut stranger = house.browser();
    assert_eq!(stranger.get("/api/v1/status").json()["setup"], false);
    let set_up = |browser: &mut Browser, code: &str, password: &str| {
        browser.post("/api/v1/setup", json!({"code": code, "password": password, "language": "vi"}))
    };
    assert_eq!(set_up(&mut stranger, "ABCD-EFGH-JKLM", PASSWORD).status, 401, "no code was made yet");
    let code = setup_code(&house);
    assert_eq!(setup_code(&house), code, "the same as long as it was not used");
    assert_eq!(set_up(&mut stranger, "ABCD-EFGH-JKLM", PASSWORD).status, 401);
    let short = set_up(&mut stranger, &code, "short");
    assert_eq!((short.status, short.fault().0.as_str()), (422, "/password"));
    assert_eq!(stranger.cookie, "");

    let mut parent = house.browser();
    assert_eq!(set_up(&mut parent, &code.to_lowercase(), PASSWORD).status, 201);
    assert_eq!(parent.get("/api/v1/categories").status, 200, "logged in at once");
    assert_eq!(set_up(&mut stranger, &code, PASSWORD).status, 409);
    assert_eq!(stranger.get("/api/v1/status").json()["setup"], true);
    let again = luytre(["setup-code", "--config", house.config_file()]);
    assert!(again.code == 1 && again.err.contains("reset-password"), "{}", again.err);
    let file = std::fs::metadata(house.path("state/accounts.json")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let kept = std::fs::read_to_string(house.path("state/accounts.json")).unwrap();
    assert!(kept.contains("$argon2id$") && !kept.contains(PASSWORD), "{kept}");
}

#[test]
fn the_code_may_stand_on_the_routers_label() {
    let house = house().with("web.setup_code_file = 'label'").furnished();
    house.write("label", "VNPT 48a7 22b1\n");
    let house = house.start_as_it_is();
    let body = json!({"code": "vnpt-48A7-22B1", "password": PASSWORD, "language": "vi"});
    assert_eq!(house.browser().post("/api/v1/setup", body).status, 201);
}

#[test]
fn a_session_is_opened_by_the_password_and_closed() {
    let mut house = house().start();
    set_up(&house);
    let mut parent = house.browser();
    assert_eq!(parent.get("/api/v1/session").status, 401);
    assert_eq!(parent.get("/api/v1/status").json().as_object().unwrap().len(), 2, "version and setup");
    assert_eq!(log_in(&mut parent, "wrong"), 401);
    let page = parent.post("/api/v1/session", json!({"password": PASSWORD}));
    let cookie = page.header("set-cookie").unwrap();
    for attribute in ["luytre=", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!((page.status, &page.json()["role"]), (201, &json!("parent")));
    assert!(parent.get("/api/v1/status").json()["verdicts"].is_object());
    let held = parent.cookie.clone();
    assert_eq!(parent.delete("/api/v1/session", None).status, 204);
    parent.cookie = held;
    assert_eq!(parent.get("/api/v1/session").status, 401, "the cookie opens nothing any more");

    assert_eq!(log_in(&mut parent, PASSWORD), 201);
    house.stop();
    house.start_again();
    assert_eq!(parent.get("/api/v1/session").status, 401, "sessions end with the daemon");
    assert_eq!(log_in(&mut parent, PASSWORD), 201, "accounts do not");
}

#[test]
fn a_session_expires() {
    const DAY: u32 = 24 * 3600;
    let house = house().start();
    let mut parent = set_up(&house);
    for _ in 0..29 {
        house.time_passes(DAY);
        assert_eq!(parent.get("/api/v1/session").status, 200);
    }
    house.time_passes(DAY);
    assert_eq!(parent.get("/api/v1/session").status, 401, "a month is over");
    assert_eq!(log_in(&mut parent, PASSWORD), 201);
    house.time_passes(7 * DAY);
    assert_eq!(parent.get("/api/v1/session").status, 401, "nobody used it for a week");
}

#[test]
fn whoever_guesses_has_to_wait_and_nobody_else() {
    let house = house().start();
    set_up(&house);
    let mut guesser = house.browser_from("127.0.0.3");
    let mut guess = || guesser.post("/api/v1/session", json!({"password": "12345678"}));
    let refused = patiently("a guesser is told to wait", || {
        let page = guess();
        assert!(matches!(page.status, 401 | 429), "{}", page.body);
        (page.status == 429).then_some(page)
    });
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    let mut owner = house.browser_from("127.0.0.2");
    assert_eq!(log_in(&mut owner, PASSWORD), 201, "from another address");
    house.time_passes(wait);
    assert_eq!(guess().status, 401);
    assert_eq!(guess().status, 429);
}

#[test]
fn other_sites_and_other_hosts_change_nothing() {
    let house = house().start();
    set_up(&house);
    let body = || json!({"password": PASSWORD});
    for (header, status) in [
        ("Origin: http://luytre.lan", 201),
        ("Origin: http://evil.example", 403),
        ("Origin: null", 403),
        ("Origin: http://luytre.lan.evil.example", 403),
        ("Sec-Fetch-Site: cross-site", 403),
        ("X-Nothing: 1", 201),
    ] {
        let mut browser = house.browser().with(header);
        assert_eq!(browser.post("/api/v1/session", body()).status, status, "{header}");
    }
    let browser = house.browser();
    for host in ["evil.example", "192.0.2.1", ""] {
        let page = browser.request_to(host, "POST", "/api/v1/session", Some(body()));
        assert_eq!(page.status, 421, "{host}");
        assert!(page.header("set-cookie").is_none());
    }
}

#[test]
fn a_body_is_refused_where_it_is_wrong() {
    let house = house().start();
    let mut parent = set_up(&house);
    let page = parent.post("/api/v1/session", json!({"password": PASSWORD, "pasword": 1}));
    assert_eq!((page.status, page.header("content-type")), (422, Some("application/problem+json")));
    assert_eq!(page.fault().0, "/pasword");
    let page = parent.post("/api/v1/tokens", json!({"name": "x", "scopes": ["read", "all"]}));
    assert_eq!((page.status, page.fault().0.as_str()), (422, "/scopes/1"));
    let page = parent.post("/api/v1/tokens", json!({"name": "x".repeat(65), "scopes": ["read"]}));
    assert_eq!((page.status, page.fault().0.as_str()), (422, "/name"));
}

#[test]
fn a_token_opens_what_its_scopes_say() {
    let house = house().start();
    let mut parent = set_up(&house);
    let mut token = |scope: &str| {
        let made = parent.post("/api/v1/tokens", json!({"name": "program", "scopes": [scope]}));
        assert_eq!(made.status, 201, "{}", made.body);
        made.json()
    };
    let (read, metrics) = (token("read"), token("metrics"));
    let program = |token: &Value| {
        let header = format!("Authorization: Bearer {}", token["token"].as_str().unwrap());
        house.browser_from("127.0.0.2").with(&header)
    };
    assert_eq!(program(&read).get("/api/v1/queries").status, 200);
    assert_eq!(program(&metrics).get("/api/v1/queries").status, 403);
    assert_eq!(program(&read).get("/api/v1/tokens").status, 403, "programs don't decide who may come in");
    let figures = program(&metrics).get("/metrics");
    assert!(figures.status == 200 && figures.body.contains("\nluytre_uptime_seconds "), "{}", figures.body);
    let listed = parent.get("/api/v1/tokens");
    assert!(!listed.body.contains("lyt_"), "{}", listed.body);
    let path = format!("/api/v1/tokens/{}", read["id"].as_str().unwrap());
    assert_eq!(parent.delete(&path, None).status, 204);
    assert_eq!(program(&read).get("/api/v1/queries").status, 401);
    let mut wrong = house.browser().with("Authorization: Bearer lyt_wrong");
    wrong.cookie = parent.cookie.clone();
    assert_eq!(wrong.get("/api/v1/queries").status, 401, "a cookie does not make a wrong token good");
}

#[test]
fn a_co_parent_does_not_decide_who_may_come_in() {
    let house = house().start();
    let mut parent = set_up(&house);
    let body = json!({"id": "ba", "name": "Bà nội", "role": "co-parent", "password": "another horse"});
    assert_eq!(parent.post("/api/v1/accounts", body.clone()).status, 201);
    assert_eq!(parent.post("/api/v1/accounts", body.clone()).status, 409);
    let mut grandmother = house.browser_from("127.0.0.2");
    let entry = json!({"account": "ba", "password": "another horse"});
    assert_eq!(grandmother.post("/api/v1/session", entry.clone()).status, 201);
    assert_eq!(grandmother.get("/api/v1/queries").status, 200);
    let token = json!({"name": "x", "scopes": ["write"]});
    assert_eq!(grandmother.get("/api/v1/accounts").status, 403);
    assert_eq!(grandmother.post("/api/v1/accounts", body).status, 403);
    assert_eq!(grandmother.post("/api/v1/tokens", token).status, 403);
    assert_eq!(grandmother.delete("/api/v1/accounts/parent", None).status, 403);
    let change = json!({"password": "one more horse", "current": "another horse"});
    assert_eq!(grandmother.patch("/api/v1/accounts/parent", change.clone()).status, 403);
    assert_eq!(grandmother.patch("/api/v1/accounts/ba", change).status, 200, "her own password");
    assert_eq!(grandmother.get("/api/v1/session").status, 200, "she stays logged in");
    assert_eq!(house.browser().post("/api/v1/session", entry).status, 401);
    assert_eq!(parent.delete("/api/v1/accounts/ba", None).status, 204);
    assert_eq!(grandmother.get("/api/v1/session").status, 401);
    assert_eq!(parent.delete("/api/v1/accounts/parent", None).status, 409);
}

/// What an app shows at a time (RFC 6238).
fn app_code(secret: &str, time: u64) -> String {
    let mut bits = String::new();
    for letter in secret.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
        bits += &format!("{value:05b}");
    }
    let bytes = bits.as_bytes().chunks_exact(8);
    let bytes = bytes.map(|byte| u8::from_str_radix(str::from_utf8(byte).unwrap(), 2).unwrap());
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes.collect::<Vec<_>>());
    let tag = hmac::sign(&key, &(time / 30).to_be_bytes());
    let offset = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[test]
fn a_second_factor_is_wanted_once_it_is_confirmed_and_each_code_is_good_once() {
    let house = house().start();
    let mut parent = set_up(&house);
    assert_eq!(parent.post("/api/v1/totp", json!({"password": "wrong"})).status, 401);
    let proposed = parent.post("/api/v1/totp", json!({"password": PASSWORD}));
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    let secret = proposed.json()["secret"].as_str().unwrap().to_owned();
    let mut browser = house.browser();
    assert_eq!(log_in(&mut browser, PASSWORD), 201, "not in force yet");
    // The daemon's clock stands still.
    let now = std::fs::metadata(house.path("state/accounts.json")).unwrap().modified().unwrap();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let confirmed = parent.post("/api/v1/totp/confirm", json!({"totp": app_code(&secret, now)}));
    assert_eq!(confirmed.status, 201, "{}", confirmed.body);
    let recovery = confirmed.json()["recovery"].as_array().unwrap().clone();

    house.time_passes(300);
    let code = app_code(&secret, now + 300);
    let mut enter = |totp: &Value| {
        let page = browser.post("/api/v1/session", json!({"password": PASSWORD, "totp": totp}));
        (page.status, page.fault().0)
    };
    assert_eq!(log_in(&mut house.browser_from("127.0.0.4"), PASSWORD), 401);
    assert_eq!(enter(&json!("000000")), (401, "/totp".into()));
    assert_eq!(enter(&json!(code)).0, 201);
    assert_eq!(enter(&json!(code)), (401, "/totp".into()), "used");
    assert_eq!(enter(&recovery[0]).0, 201);
    assert_eq!(enter(&recovery[0]), (401, "/totp".into()), "used");
    assert_eq!(parent.get("/api/v1/totp").json(), json!({"enabled": true, "recovery_left": 7}));
    assert_eq!(parent.delete("/api/v1/totp", Some(json!({"password": PASSWORD}))).status, 204);
    assert_eq!(log_in(&mut house.browser_from("127.0.0.5"), PASSWORD), 201);
}

#[test]
fn a_forgotten_password_is_reset_at_the_router() {
    let house = house().start();
    let mut parent = set_up(&house);
    let token = parent.post("/api/v1/tokens", json!({"name": "x", "scopes": ["read"]})).json();
    let header = format!("Authorization: Bearer {}", token["token"].as_str().unwrap());
    let mut program = house.browser().with(&header);
    assert_eq!(program.get("/api/v1/queries").status, 200);

    let ended = luytre(["reset-password", "--config", house.config_file()]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let code = ended.out.split_whitespace().last().unwrap().to_owned();
    assert_eq!(parent.get("/api/v1/session").status, 401);
    assert_eq!(program.get("/api/v1/queries").status, 401);
    assert_eq!(log_in(&mut parent, PASSWORD), 401);
    assert_eq!(setup_code(&house), code);
    let body = json!({"code": code, "password": "battery staple", "language": "en"});
    assert_eq!(parent.post("/api/v1/setup", body).status, 201);
    assert_eq!(log_in(&mut house.browser(), "battery staple"), 201);
}

#[test]
fn where_the_state_folder_can_not_be_written_the_page_says_so_and_dns_answers() {
    let house = house().furnished();
    let code = setup_code(&house);
    // Root may write everywhere, but not where a folder stands.
    std::fs::create_dir_all(house.path("state/accounts.json.new/full")).unwrap();
    let house = house.start_as_it_is();
    let body = json!({"code": code, "password": PASSWORD, "language": "vi"});
    let page = house.browser().post("/api/v1/setup", body);
    assert_eq!((page.status, page.header("content-type")), (503, Some("application/problem+json")));
    assert!(page.body.contains("accounts.json can't be written"), "{}", page.body);
    assert_eq!(house.browser().get("/api/v1/status").json()["setup"], false);
    assert_eq!(house.ask("www.example").to_string().split(' ').next(), Some("NOERROR"));
}

#[test]
fn a_damaged_file_lets_nobody_in_and_is_told() {
    let mut house = house().start();
    set_up(&house);
    house.stop();
    house.write("state/accounts.json", "{\"version\": 1, \"acc");
    house.start_again();
    let page = house.browser().post("/api/v1/session", json!({"password": PASSWORD}));
    assert!(page.status == 503 && page.body.contains("reset-password"), "{}", page.body);
    assert_eq!(
        house.browser().get("/api/v1/status").json()["setup"],
        true,
        "not open to whoever comes first"
    );
    let notices = house.status()["notices"].to_string();
    assert!(notices.contains("accounts.json"), "{notices}");
    assert_eq!(house.ask("www.example").to_string().split(' ').next(), Some("NOERROR"));
    assert_eq!(luytre(["reset-password", "--config", house.config_file()]).code, 0);
    set_up(&house);
}

#[test]
fn the_last_questions_are_for_parents_and_followed_as_they_come() {
    let house = house().start();
    let mut parent = set_up(&house);
    assert_eq!(house.browser().get("/api/v1/queries").status, 401);
    house.ask("one.example");
    house.ask("two.example");
    house.status_after(2);
    let page = parent.get("/api/v1/queries?limit=1").json();
    assert_eq!(page["items"][0]["name"], "two.example");
    let next = page["next"].as_str().unwrap();
    let page = parent.get(&format!("/api/v1/queries?limit=1&before={next}")).json();
    assert_eq!((&page["items"][0]["name"], &page["next"]), (&json!("one.example"), &Value::Null));
    assert_eq!(parent.get("/api/v1/queries?limt=1").status, 422);

    let mut stream = parent.send("luytre.lan", "GET", "/api/v1/queries/stream", None);
    let mut told = String::new();
    let mut read = || {
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).unwrap();
        told += str::from_utf8(&bytes[..length]).unwrap();
        told.clone()
    };
    eventually("the stream begins", || read().contains(": welcome"));
    house.ask("three.example");
    eventually("the question is told", || read().contains("\"name\":\"three.example\""));
    assert!(!told.contains("two.example"), "it was asked before: {told}");
}
