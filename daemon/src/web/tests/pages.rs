//! What stands on the pages, for whom.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::http::Request;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use luytre_lists::{Category, NameBuf};

use super::{House, Limits};
use crate::outcome::{Outcome, Source};
use crate::policy::{Action, Reason, Rule, Verdict};
use crate::web::{Connection, router};
use crate::who::Who;

/// One question about gambling, blocked.
pub(super) fn count_a_bet(house: &House) {
    let gambling = Category::new(9).unwrap();
    let resolver = house.daemon.resolver();
    let name = NameBuf::parse("www.casino.example").unwrap();
    resolver.history.record(&Outcome {
        time: resolver.clock.now(),
        name: name.as_name(),
        rtype: 1,
        who: Who::UNKNOWN,
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        privacy: resolver.history.privacy(),
        verdict: Verdict {
            action: Action::Block,
            reason: Reason::Category,
            rule: Rule::Category(gambling),
            ..Verdict::nothing_against(gambling.into())
        },
        source: Source::Local,
    });
}

#[tokio::test]
async fn the_block_page_says_why_in_both_languages() {
    let house = House::open().await;
    let page = house.get("casino.example", "/").await;
    for text in [
        "<html lang=\"vi\">",
        "Nhà bạn chặn các trang thuộc nhóm <strong>Cờ bạc, cá độ</strong>",
        "xin bố mẹ",
        "href=\"http://luytre.lan/xin?name=casino.example&#38;lang=vi\"",
    ] {
        page.says(text);
    }
    for text in ["Your home blocks sites about <strong>Gambling</strong>", "Ask for this site", "tel:111"] {
        page.says(text);
    }
    // Where the page was reached at another port, so is the form; what can't be had can't be asked for.
    house.get("casino.example:8080", "/").await.says("http://luytre.lan:8080/xin?name=casino.example");
    let never = house.get("worst.example", "/").await;
    never.says_not("Ask for this site");
    never.says("Report it as blocked by mistake");
    // What the family or the operator chose is not the centre's to mend.
    house.get("www.denied.example", "/").await.says_not("Report it");
    let english = house.get_with("casino.example", "/", "Accept-Language: en-GB,en;q=0.9").await;
    english.says("<html lang=\"en\">");
    let (first, second) = (english.body.find("This site is blocked"), english.body.find("Trang này bị chặn"));
    assert!(first.is_some() && first < second, "the reader's language comes first");
}

#[tokio::test]
async fn each_reason_has_its_words() {
    let house = House::open().await;
    for (host, words) in [
        ("worst.example", "luôn bị chặn"),
        ("www.denied.example", "đã chọn chặn trang này"),
        ("allowed.example", "Luytre cho phép trang này"),
        ("friends.example", "Hãy đợi 10 giây"),
        ("example.com", "This site is not blocked"),
    ] {
        let page = house.get(host, "/").await;
        assert_eq!(page.status, 403, "{host}");
        page.says(words);
    }
    house.get("worst.example", "/").await.says_not("<strong>Luôn chặn");
}

#[tokio::test]
async fn programs_get_the_same_as_json() {
    let house = House::open().await;
    for (host, expected) in [
        (
            "casino.example",
            serde_json::json!({"host": "casino.example", "verdict": "blocked", "reason": "category",
            "rule": "category:gambling", "categories": ["gambling"]}),
        ),
        (
            "denied.example",
            serde_json::json!({"host": "denied.example", "verdict": "blocked", "reason": "operator",
            "rule": "deny:denied.example", "categories": []}),
        ),
        (
            "friends.example:8080",
            serde_json::json!({"host": "friends.example", "verdict": "allowed", "reason": "none",
            "rule": "", "categories": ["social"]}),
        ),
        (
            "<b>",
            serde_json::json!({"host": "<b>", "verdict": "allowed", "reason": "none", "rule": "",
            "categories": []}),
        ),
    ] {
        let answer = house.get_with(host, "/x", "Accept: Application/JSON, */*;q=0.1").await;
        assert_eq!((answer.status, answer.header("content-type")), (403, "application/json"), "{host}");
        assert_eq!(answer.json(), expected);
    }
    let browser = house.get_with("casino.example", "/", "Accept: text/html,application/json").await;
    assert_eq!(browser.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn the_router_sees_totals_and_nobody_sees_names() {
    let house = House::open().await;
    count_a_bet(&house);
    let page = house.get("127.0.0.1", "/?lang=en").await;
    for text in
        ["Your home's network is protected", "Gambling", "udp://127.0.0.1:9", "The list on the router"]
    {
        page.says(&text.replace('\'', "&#39;"));
    }
    page.says_not("casino");
    house.get_with("127.0.0.1", "/?lang=vi", "Accept-Language: en").await.says("Cờ bạc, cá độ");
    house.get_with("127.0.0.1", "/?lang=xx", "Accept-Language: en").await.says("Gambling");
}

#[tokio::test]
async fn another_device_sees_that_it_is_protected_and_no_more() {
    let house = House::open().await;
    count_a_bet(&house);
    let connection = Connection { client: "192.168.1.7:40000".parse().unwrap(), reached: house.page };
    let request = Request::get("/").header("host", "luytre.lan").extension(connection);
    let router = TowerToHyperService::new(router(house.daemon.clone()));
    let answer = router.call(request.body(Body::empty()).unwrap()).await.unwrap();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    let body = str::from_utf8(&body).unwrap();
    for shown in ["Mạng nhà bạn đang được bảo vệ", "Danh sách trên router", env!("CARGO_PKG_VERSION")]
    {
        assert!(body.contains(shown), "{shown}");
    }
    for hidden in ["Cờ bạc", "udp://", "Đã chặn", "casino"] {
        assert!(!body.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn a_refused_list_is_told() {
    let house = House::with("list.file = \"/nowhere/<b>.lyt\"", Limits::default()).await;
    let page = house.get("127.0.0.1", "/").await;
    page.says("Danh sách trước đó");
    page.says("/nowhere/&#60;b&#62;.lyt");
}

#[tokio::test]
async fn every_answer_is_guarded_and_none_is_large() {
    let house = House::open().await;
    for (host, path, status) in [
        ("luytre.lan", "/", 200),
        ("luytre.lan", "/api/v1/status", 200),
        ("luytre.lan", "/nothing", 404),
        ("casino.example", "/", 403),
        ("casino.example", "/api/v1/status", 421),
    ] {
        let answer = house.get(host, path).await;
        assert_eq!(answer.status, status);
        let own = status == 200 && path == "/";
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; "), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        assert_eq!(policy.contains("script-src 'self'"), own, "{host}{path} {policy}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", if own { "same-origin" } else { "no-referrer" }),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("connection", "close"),
        ] {
            assert_eq!(answer.header(name), value, "{host}{path} {name}");
        }
        assert!(answer.body.len() < 15_000, "{host}{path} takes {} bytes", answer.body.len());
        for forbidden in [" style=", " onclick", "<img", "<script>"] {
            answer.says_not(forbidden);
        }
        for forbidden in ["<script", "<link"] {
            assert!(own || !answer.body.contains(forbidden), "{host}{path} {forbidden}");
        }
    }
}

#[tokio::test]
async fn other_methods_get_the_block_page_too() {
    let house = House::open().await;
    let head = house.send(b"HEAD / HTTP/1.1\r\nHost: casino.example\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (403, ""));
    let head = house.send(b"HEAD / HTTP/1.1\r\nHost: luytre.lan\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "NONSENSE"] {
        let request =
            format!("{method} / HTTP/1.1\r\nHost: casino.example\r\nContent-Length: 5\r\n\r\nhello");
        let answer = house.send(request.as_bytes()).await;
        assert_eq!(answer.status, 403, "{method}");
        answer.says("Trang này bị chặn");
    }
}

#[tokio::test]
async fn each_view_of_the_application_has_an_address() {
    let house = House::open().await;
    for path in ["/bat-dau", "/nguoi/an", "/vi-sao?ten=example.com", "/cai-dat"] {
        let page = house.get("luytre.lan", path).await;
        assert_eq!(page.status, 200, "{path}");
        page.says("Mạng nhà bạn đang được bảo vệ");
        assert_eq!(house.get("casino.example", path).await.status, 403, "{path}");
    }
}
