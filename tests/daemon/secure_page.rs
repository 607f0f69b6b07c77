//! The page over HTTPS: the same as over HTTP, for the same hosts.

use crate::harness::House;

#[test]
fn our_own_hosts_get_our_pages_and_blocked_ones_the_block_page() {
    let house = House::new().list("adult", ["bad.example"]).with_secure_page().start();
    let port = house.https_port();
    for (host, path, status, words) in [
        ("luytre.lan".to_owned(), "/toi", 200, "Luytre"),
        // Compressed, as the program carries it.
        (format!("127.0.0.1:{port}"), "/app.webmanifest", 200, ""),
        ("bad.example".to_owned(), "/", 403, "bad.example"),
        ("bad.example".to_owned(), "/api/v1/status", 421, ""),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\n\r\n");
        let response = house.https().exchange(request.as_bytes());
        let body = String::from_utf8_lossy(&response.body);
        assert_eq!(response.status, status, "{host}{path}: {body}");
        assert!(body.contains(words), "{host}{path}: {body}");
        assert!(response.header("content-security-policy").is_some(), "{host}{path}");
    }
}

#[test]
fn who_speaks_without_tls_is_cut_off_and_nobody_else_minds() {
    use std::io::{Read, Write};
    let house = House::new().with_secure_page().start();
    let mut plain = std::net::TcpStream::connect(("127.0.0.1", house.https_port())).unwrap();
    plain.write_all(b"GET /toi HTTP/1.1\r\nhost: luytre.lan\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "an alert, or nothing");
    let page = house.https().exchange(b"GET /toi HTTP/1.1\r\nhost: luytre.lan\r\n\r\n");
    assert_eq!(page.status, 200);
}
