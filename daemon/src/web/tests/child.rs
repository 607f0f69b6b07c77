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
    let head = format!("POST /xin?lang=vi HTTP/1.1\r\nHost: luytre.lan\r\n{origin}");
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
    open.says_not("<form");
    let never = house.get("luytre.lan", "/xin?name=worst.example").await;
    never.says("nên không xin được");
    never.says_not("<form");
    house.get("luytre.lan", "/xin?name=%22%3E%3Cb%3E").await.says_not("<b>");
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
