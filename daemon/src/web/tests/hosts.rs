//! Which host gets what: our own names our pages, every other one the block page.

use super::{Answer, House, Limits};

const OURS: &str = "luytre.lan";

#[tokio::test]
async fn our_own_hosts_get_our_page() {
    let house = House::with("web.listen = [\"127.0.0.3:0\"]", Limits::default()).await;
    let port = house.page.port();
    for host in [
        OURS,
        "LUYTRE.lan.",
        "luytre.lan:80",
        "filter.example.com",
        "127.0.0.1",
        &format!("127.0.0.1:{port}"),
        "[::ffff:127.0.0.1]",
        "127.0.0.3:80",
        "localhost:8080",
    ] {
        let answer = house.get(host, "/").await;
        assert_eq!(answer.status, 200, "{host}");
        answer.says("Mạng nhà bạn đang được bảo vệ");
    }
}

#[tokio::test]
async fn every_other_host_gets_the_block_page() {
    let house = House::open().await;
    for (host, shown) in [
        ("casino.example", "casino.example"),
        ("WWW.Casino.Example.:8080", "www.casino.example"),
        ("x.luytre.lan", "x.luytre.lan"),
        ("sub.filter.example.com", "sub.filter.example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("127.0.0.2", "127.0.0.2"),
        ("[::1]:80", "[::1]:80"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("xn--cbc-3ma.example", "xn--cbc-3ma.example"),
        ("<script>alert(1)</script>", "&#60;script&#62;alert(1)&#60;/script&#62;"),
        ("\"onload=x' &amp;", "&#34;onload=x&#39;\u{fffd}&#38;amp;"),
        ("luytre.lan@casino.example", "luytre.lan@casino.example"),
        ("casino.example@luytre.lan", "casino.example@luytre.lan"),
        ("evil\u{202e}nal.ertyul", "evil\u{fffd}nal.ertyul"),
        ("luytre.lan, luytre.lan", "luytre.lan,\u{fffd}luytre.lan"),
        ("luytre.lan:80:80", "luytre.lan:80:80"),
        ("127.0.0.1.", "127.0.0.1."),
        ("[127.0.0.1", "[127.0.0.1"),
    ] {
        for path in ["/", "/any/path?lang=en", "/healthz", "//"] {
            let answer = house.get(host, path).await;
            assert_eq!(answer.status, 403, "{host} {path}");
            answer.says(&format!("<bdi>{shown}</bdi>"));
            answer.says_not("<script");
        }
    }
}

#[tokio::test]
async fn a_host_of_ten_kilobytes_is_cut_short_and_none_is_no_name() {
    let house = House::open().await;
    let long = house.get(&"a".repeat(10_000), "/").await;
    assert_eq!(long.status, 403);
    long.says(&format!("<bdi>{}…</bdi>", "a".repeat(64)));
    for request in [
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: luytre.lan\r\nHost: luytre.lan\r\n\r\n",
    ] {
        let answer = house.send(request.as_bytes()).await;
        assert_eq!(answer.status, 403, "{request}");
        answer.says_not("<bdi>");
    }
}

#[tokio::test]
async fn a_target_in_absolute_form_names_the_host() {
    let house = House::open().await;
    let ask = async |target: &str, host: &str| -> Answer {
        house.send(format!("{target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await
    };
    assert_eq!(ask("GET http://casino.example/", OURS).await.status, 403);
    assert_eq!(ask("GET http://luytre.lan/", "casino.example").await.status, 200);
    assert_eq!(ask("CONNECT casino.example:443", OURS).await.status, 403);
    assert_eq!(ask("OPTIONS *", "casino.example").await.status, 403);
}

#[tokio::test]
async fn the_api_answers_to_our_own_hosts_only() {
    let house = House::open().await;
    let status = house.get(OURS, "/api/v1/status").await;
    assert_eq!((status.status, status.header("content-type")), (200, "application/json"));
    assert_eq!(status.body, format!("{{\"version\":\"{}\",\"setup\":false}}", env!("CARGO_PKG_VERSION")));
    for host in ["casino.example", "rebound.example", "<script>", "", "192.0.2.1"] {
        let answer = house.get(host, "/api/v1/status").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (421, "application/problem+json"),
            "{host}"
        );
        assert_eq!(answer.json()["status"], 421);
    }
}

#[tokio::test]
async fn other_paths_and_methods_of_ours_are_problems() {
    let house = House::open().await;
    for path in ["/api/v1/nothing", "/api/", "/nothing", "/%2e%2e/etc/passwd"] {
        let answer = house.get(OURS, path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "application/problem+json"),
            "{path}"
        );
        assert_eq!(answer.json()["title"], "Not Found");
    }
    let answer =
        house.send(b"POST /api/v1/status HTTP/1.1\r\nHost: luytre.lan\r\nContent-Length: 2\r\n\r\n{}").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"));
    assert_eq!(answer.json()["title"], "Method Not Allowed");
}
