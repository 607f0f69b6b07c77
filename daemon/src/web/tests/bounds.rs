//! What one device can hold of us.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{House, Limits};

#[tokio::test]
async fn whoever_is_not_of_the_home_is_not_answered() {
    let house = House::with("listen.lan = [\"192.168.1.0/24\"]", Limits::default()).await;
    let mut stream = house.connect().await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty(), "{read:?} {answer:?}");
}

#[tokio::test]
async fn connections_that_hold_on_make_room_for_others() {
    let house = House::open().await;
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut stream = house.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: casino.example\r\nX-Slow: ").await.unwrap();
        held.push(stream);
    }
    assert_eq!(house.get("casino.example", "/").await.status, 403);
    let mut nothing = Vec::new();
    let _ = held[0].read_to_end(&mut nothing).await;
    assert!(nothing.is_empty(), "the oldest is closed");
}

#[tokio::test]
async fn a_slow_header_ends() {
    let limits = Limits { header: Duration::from_millis(20), ..Limits::default() };
    let house = House::with("", limits).await;
    let mut stream = house.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ca").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.starts_with(b"HTTP/1.1 200") && !answer.starts_with(b"HTTP/1.1 403"));
}

#[tokio::test]
async fn a_silent_connection_ends() {
    let limits = Limits { whole: Duration::from_millis(20), ..Limits::default() };
    let house = House::with("", limits).await;
    let mut answer = Vec::new();
    let _ = house.connect().await.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
}

#[tokio::test]
async fn a_header_without_end_is_refused() {
    let house = House::open().await;
    let answer = house.get(&"a".repeat(20_000), "/").await;
    assert_eq!(answer.status, 431);
    let answer =
        house.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS to a plain port\r\n\r\n").await;
    assert_eq!(answer.status, 400);
}
