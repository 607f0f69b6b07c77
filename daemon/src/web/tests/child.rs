//! The child's pages: a device sees what is its own, and asks by a form that is ours.

use super::{Answer, House};

/// A child whose device is the one that the tests call from.
async fn with_a_child(house: &House) -> String {
    let cookie = house.set_up().await;
    for (path, body) in [
        ("people", r#"{"id":"an","name":"An <b>","profile":"age-7-12","language":"en"}"#),
        ("devices", r#"{"addresses":["127.0.0.1"],"name":"x","person":"an"}"#),
    ] {
        let answer = house.call("POST", &format!("/api/v1/{path}"), &cookie, Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    cookie
}

/// Sends a form as a browser does, from a page of this origin.
async fn send(house: &House, origin: &str, form: &str) -> Answer {
    send_to("/xin", house, origin, form).await
}

async fn send_to(path: &str, house: &House, origin: &str, form: &str) -> Answer {
    let head = format!("POST {path}?lang=vi HTTP/1.1\r\nHost: luytre.lan\r\n{origin}");
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    house.send(format!("{head}{kind}Content-Length: {}\r\n\r\n{form}", form.len()).as_bytes()).await
}

const OURS: &str = "Origin: http://luytre.lan\r\n";

#[tokio::test]
async fn a_device_that_is_nobodys_is_told_so() {
    let house = House::open().await;
    let page = house.get("luytre.lan", "/toi").await;
    assert_eq!(page.status, 200);
    for text in ["Chào bạn!", "chưa có chủ", "Mạng đang mở", "tel:111"] {
        page.says(text);
    }
}

#[tokio::test]
async fn a_child_is_spoken_to_by_name_and_in_its_language() {
    let house = House::open().await;
    let cookie = with_a_child(&house).await;
    let page = house.get("luytre.lan", "/toi").await;
    for text in ["<html lang=\"en\">", "An &#60;b&#62;", "The Internet is open", "What is blocked, and why"] {
        page.says(text);
    }
    page.says_not("Self-harm");
    house.get("luytre.lan", "/toi?lang=vi").await.says("Mạng đang mở");
    house.get("luytre.lan", "/toi/an-toan?lang=vi").await.says("Đừng trò chuyện riêng");
    house.call("POST", "/api/v1/pause", &cookie, Some(r#"{"who":"an","minutes":30}"#)).await;
    let page = house.get("luytre.lan", "/toi?lang=vi").await;
    page.says("Mạng của bạn đang được tạm dừng.");
    page.says("Mở lại lúc");
}

#[tokio::test]
async fn a_form_asks_and_leads_back() {
    let house = House::open().await;
    let cookie = with_a_child(&house).await;
    let sent = send(&house, OURS, "kind=site&name=casino.example&reason=%3Cb%3E&mistake=1").await;
    assert_eq!((sent.status, sent.header("location")), (303, "/toi?lang=vi&sent=1"));
    let asked = house.call("GET", "/api/v1/requests", &cookie, None).await.json();
    let asked = &asked["items"][0];
    assert_eq!((asked["name"].as_str(), asked["who"].as_str()), (Some("casino.example"), Some("an")));
    assert_eq!(asked["reason"], "Có thể bị chặn nhầm. <b>");
    house.get("luytre.lan", "/toi?sent=1").await.says("Sent.");
    assert_eq!(send(&house, OURS, "kind=time&name=&minutes=30").await.status, 303);
}

#[tokio::test]
async fn what_makes_no_sense_is_said_on_the_form() {
    let house = House::open().await;
    let wrong = send(&house, OURS, "kind=site&name=%3Cb%3E").await;
    assert_eq!(wrong.status, 422);
    wrong.says("hãy viết đúng tên trang");
    wrong.says_not("<b>");
    for form in ["", "kind=nothing", "kind=site&minutes=x"] {
        assert!((400..500).contains(&send(&house, OURS, form).await.status), "{form}");
    }
    for _ in 0..10 {
        assert_eq!(send(&house, OURS, "kind=site&name=casino.example").await.status, 303);
    }
    send(&house, OURS, "kind=site&name=casino.example").await.says("Bạn đã xin nhiều lần");
}

#[tokio::test]
async fn a_form_of_another_page_is_refused() {
    let house = House::open().await;
    for origin in
        ["", "Origin: null\r\n", "Origin: http://evil.example\r\n", "Origin: http://luytre.lan:81\r\n"]
    {
        assert_eq!(send(&house, origin, "kind=site&name=casino.example").await.status, 403, "{origin}");
    }
    let foreign = "POST /xin HTTP/1.1\r\nHost: casino.example\r\nOrigin: http://casino.example\r\nContent-Length: 0\r\n\r\n";
    house.send(foreign.as_bytes()).await.says("Trang này bị chặn");
}

#[tokio::test]
async fn the_form_says_why_and_whether_asking_helps() {
    let house = House::open().await;
    let page = house.get("luytre.lan", "/xin?name=casino.example").await;
    page.says("<strong>Cờ bạc, cá độ</strong>");
    page.says("name=\"name\" value=\"casino.example\"");
    let open = house.get("luytre.lan", "/xin?name=allowed.example").await;
    open.says("Trang này đang mở với bạn");
    open.says_not("action=\"/xin?");
    let never = house.get("luytre.lan", "/xin?name=worst.example").await;
    never.says("nên không xin được");
    never.says_not("action=\"/xin?");
    house.get("luytre.lan", "/xin?name=%22%3E%3Cb%3E").await.says_not("<b>");
}

#[tokio::test]
async fn a_site_is_reported_by_a_form_for_what_the_centre_can_mend() {
    let house = House::open().await;
    let cookie = with_a_child(&house).await;
    for (name, kind) in [
        ("casino.example", Some("wrong")),
        ("worst.example", Some("wrong")),
        ("other.example", Some("harmful")),
        ("denied.example", None),
        ("luytre.lan", None),
    ] {
        let page = house.get("luytre.lan", &format!("/xin?name={name}")).await;
        assert_eq!(page.body.contains("action=\"/xin/bao?"), kind.is_some(), "{name}");
        if let Some(kind) = kind {
            page.says(&format!("name=\"kind\" value=\"{kind}\""));
            let sent = send_to("/xin/bao", &house, OURS, &format!("kind={kind}&name={name}")).await;
            assert_eq!((sent.status, sent.header("location")), (303, "/toi?lang=vi&sent=report"));
        }
    }
    house.get("luytre.lan", "/toi?lang=vi&sent=report").await.says("Cảm ơn bạn!");
    let reports = house.call("GET", "/api/v1/reports", &cookie, None).await.json();
    assert_eq!(
        (&reports["centre"], reports["items"].as_array().unwrap().len()),
        (&serde_json::Value::Null, 3)
    );
    let first = &reports["items"][2];
    let expected = serde_json::json!({"id": 1, "kind": "wrong", "name": "casino.example", "category": "",
        "verdict": "blocked", "listed": ["gambling"], "made": first["made"], "state": "waiting"});
    assert_eq!(*first, expected, "and nothing of who reported it");
    for (origin, form, status) in [
        ("", "kind=wrong&name=casino.example", 403),
        ("Origin: http://evil.example\r\n", "kind=wrong&name=casino.example", 403),
        (OURS, "kind=wrong&name=%3Cb%3E", 422),
        (OURS, "kind=wrong&name=luytre.lan", 422),
        (OURS, "kind=nothing&name=casino.example", 422),
    ] {
        assert_eq!(send_to("/xin/bao", &house, origin, form).await.status, status, "{form}");
    }
}

#[tokio::test]
async fn programs_report_with_or_without_a_log_in() {
    let house = House::open().await;
    let tell = async |body: &str| house.call("POST", "/api/v1/reports", "", Some(body)).await;
    let told = tell(r#"{"kind":"harmful","name":"Bad.example","category":"gambling"}"#).await;
    assert_eq!(told.status, 201, "{}", told.body);
    assert_eq!((&told.json()["name"], &told.json()["verdict"]), (&"bad.example".into(), &"allowed".into()));
    for (body, pointer) in [
        (r#"{"kind":"harmful","name":"x"}"#, "/name"),
        (r#"{"kind":"harmful","name":"router.lan"}"#, "/name"),
        (r#"{"kind":"harmful","name":"a.example","category":"x"}"#, "/category"),
        (r#"{"kind":"worse","name":"a.example"}"#, "/kind"),
        (r#"{"kind":"wrong","name":"a.example","who":"an"}"#, "/who"),
    ] {
        let wrong = tell(body).await;
        assert_eq!((wrong.status, &wrong.json()["errors"][0]["pointer"]), (422, &pointer.into()), "{body}");
    }
    for number in 0..9 {
        assert_eq!(tell(&format!("{{\"kind\":\"wrong\",\"name\":\"n{number}.example\"}}")).await.status, 201);
    }
    assert_eq!(tell(r#"{"kind":"wrong","name":"more.example"}"#).await.status, 503);
    assert_eq!(house.call("GET", "/api/v1/reports", "", None).await.status, 401);
}

#[tokio::test]
async fn parents_see_what_holds_for_everybody() {
    let house = House::open().await;
    let cookie = with_a_child(&house).await;
    let now = house.call("GET", "/api/v1/now", &cookie, None).await.json();
    let expected = serde_json::json!({"who": "an", "profile": "age-7-12", "supervised": true,
        "verdict": "allowed", "reason": "none", "rule": "", "until": null});
    assert_eq!(now["items"][0], expected);
    house.call("POST", "/api/v1/pause", &cookie, Some(r#"{"who":"an","minutes":30}"#)).await;
    let now = house.call("GET", "/api/v1/now", &cookie, None).await.json();
    assert_eq!(
        (&now["items"][0]["verdict"], &now["items"][0]["reason"]),
        (&"blocked".into(), &"paused".into())
    );
}
