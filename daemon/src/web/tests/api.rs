//! Who may do what by the API, and what a body may be.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::http::header::AUTHORIZATION;
use axum::response::IntoResponse;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;
use tokio::io::AsyncReadExt;

use super::{House, Limits};
use crate::accounts::{Language, NewToken, Scope, SetUp, show_setup_code};
use crate::web::api::caller::{Caller, Changing, Reading};
use crate::web::{Connection, router};

/// The status of a right that a request with this token is refused, or 200.
async fn right<T>(house: &House, token: &str) -> u16
where
    T: FromRequestParts<crate::app::Daemon>,
{
    let request = Request::builder().header(AUTHORIZATION, format!("Bearer {token}")).body(()).unwrap();
    let (mut parts, ()) = request.into_parts();
    match T::from_request_parts(&mut parts, &house.daemon).await {
        Ok(_) => 200,
        Err(problem) => problem.into_response().status().as_u16(),
    }
}

#[tokio::test]
async fn a_token_reaches_as_far_as_its_scopes() {
    let house = House::open().await;
    for (scopes, reading, changing) in [
        (vec![Scope::Read], 200, 403),
        (vec![Scope::Write], 200, 200),
        (vec![Scope::Metrics], 403, 403),
        (vec![Scope::Metrics, Scope::Read], 200, 403),
    ] {
        let asked = NewToken { name: "program".into(), scopes: scopes.clone() };
        let (token, secret) = house.daemon.accounts().add_token(asked).await.unwrap();
        let secret = secret.reveal();
        assert_eq!(right::<Reading>(&house, secret).await, reading, "{scopes:?}");
        assert_eq!(right::<Changing>(&house, secret).await, changing, "{scopes:?}");
        house.daemon.accounts().remove_token(token.id).await.unwrap();
        assert_eq!(right::<Reading>(&house, secret).await, 401, "void");
    }
}

/// The status of `/metrics` for a device of the LAN.
async fn metrics_from_the_lan(house: &House, header: &str) -> u16 {
    let connection =
        Connection { client: ([192, 168, 1, 7], 50_000).into(), reached: ([192, 168, 1, 1], 80).into() };
    let request = Request::builder().uri("/metrics").header("host", "luytre.lan").extension(connection);
    let request = request.header(AUTHORIZATION, header).body(axum::body::Body::empty()).unwrap();
    let router = TowerToHyperService::new(router(house.daemon.clone()));
    router.call(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn figures_are_for_the_router_itself_and_who_has_a_token_for_them() {
    let house = House::open().await;
    assert_eq!(house.get("luytre.lan", "/metrics").await.status, 200, "from the router itself");
    assert_eq!(metrics_from_the_lan(&house, "Bearer lyt_wrong").await, 401);
    for (scope, status) in [(Scope::Metrics, 200), (Scope::Write, 403)] {
        let asked = NewToken { name: "program".into(), scopes: vec![scope] };
        let (_, secret) = house.daemon.accounts().add_token(asked).await.unwrap();
        assert_eq!(metrics_from_the_lan(&house, &format!("Bearer {}", secret.reveal())).await, status);
    }
}

#[tokio::test]
async fn a_changer_is_known() {
    let house = House::open().await;
    let cookie = house.set_up().await;
    let request = Request::builder().header("cookie", cookie).body(()).unwrap();
    let (mut parts, ()) = request.into_parts();
    let Changing(caller) = Changing::from_request_parts(&mut parts, &house.daemon).await.unwrap();
    assert!(matches!(caller, Caller::Account(account) if account.id == "parent"));
}

#[tokio::test]
async fn a_body_is_json_and_bounded() {
    let house = House::open().await;
    let post = async |kind: &str, body: &str| {
        let head = "POST /api/v1/session HTTP/1.1\r\nHost: luytre.lan\r\n";
        let length = body.len();
        house.send(format!("{head}{kind}Content-Length: {length}\r\n\r\n{body}").as_bytes()).await.status
    };
    const JSON: &str = "Content-Type: application/json\r\n";
    let huge = format!("{{\"password\":\"{}\"}}", "x".repeat(65 << 10));
    assert_eq!(post(JSON, &huge).await, 413);
    assert_eq!(post(JSON, "{").await, 400);
    assert_eq!(post(JSON, "{}").await, 422);
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        assert_eq!(post(kind, "{}").await, 415, "{kind}");
    }
    assert_eq!(post("Content-Type: Application/JSON; charset=utf-8\r\n", "{}").await, 422);
}

#[tokio::test]
async fn an_endless_answer_outlives_the_time_of_others_and_keeps_its_place() {
    let limits = Limits { whole: Duration::from_secs(1), connections: 4, ..Limits::default() };
    let house = House::with("", limits).await;
    let code = show_setup_code(house.daemon.config()).unwrap();
    let asked = SetUp { code, password: "correct horse".into(), language: Language::English };
    let (_, secret) = house.daemon.accounts().set_up([127, 0, 0, 1].into(), asked).await.unwrap();
    let mut follower = house.follow(&format!("luytre={}", secret.reveal())).await;
    let mut silent = house.connect().await;
    let _ = silent.read_to_end(&mut Vec::new()).await;
    // Its time is over, so the follower's is too. Now as many as there may be, each making room for the next.
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(house.connect().await);
    }
    assert_eq!(house.get("luytre.lan", "/api/v1/openapi.json").await.status, 200);
    super::pages::count_a_bet(&house);
    follower.until("www.casino.example").await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any bytes as request: answered, or hung up on.
    #[test]
    fn hostile_requests_do_no_harm(
        path in "(setup|session|accounts|tokens|totp|queries)(/[a-z%0-9]{0,8})?([?][ -~]{0,20})?",
        header in "(Cookie: luytre=|Authorization: Bearer |Origin: |If-Match: )[ -~]{0,40}",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let house = House::open().await;
            let length = body.len();
            let mut request = format!(
                "POST /api/v1/{path} HTTP/1.1\r\nHost: luytre.lan\r\n{header}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            ).into_bytes();
            request.extend(&body);
            let answer = house.send(&request).await;
            assert!((400..500).contains(&answer.status), "{}", answer.status);
        });
    }
}

#[tokio::test]
async fn a_parent_tests_a_server_and_nobody_else_does() {
    let house = House::open().await;
    let cookie = house.set_up().await;
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let answering = async {
        let mut packet = [0; 512];
        let (length, from) = socket.recv_from(&mut packet).await.unwrap();
        packet[2] |= 0x80; // it is an answer
        socket.send_to(&packet[..length], from).await.unwrap();
    };
    let test = async |cookie: &str, server: &str| {
        let body = serde_json::json!({ "server": server }).to_string();
        house.call("POST", "/api/v1/servers/test", cookie, Some(&body)).await
    };
    assert_eq!(test("", "udp://127.0.0.1").await.status, 401);
    let wrong = test(&cookie, "nowhere").await;
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["pointer"]), (422, &"/server".into()));
    let server = format!("udp://{address}");
    let (tested, ()) = tokio::join!(test(&cookie, &server), answering);
    let tested = tested.json();
    assert_eq!((&tested["works"], &tested["encrypted"]), (&true.into(), &false.into()), "{tested}");
    let dead = test(&cookie, "udp://127.0.0.1:9").await.json();
    assert_eq!((&dead["works"], &dead["took_ms"]), (&false.into(), &serde_json::Value::Null), "{dead}");
}
