//! Against a server of our own on loopback.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::requests::{Answer, Kind, State};

fn request() -> Request {
    Request {
        id: 7,
        who: "an".into(),
        device: "02:00:00:00:00:10".into(),
        kind: Kind::Service,
        name: "youtube".into(),
        minutes: Some(30),
        reason: "bài \"tập\"".into(),
        made: 1_795_219_200,
        state: State::Open,
        by: String::new(),
        answer: None,
    }
}

fn answered() -> Request {
    let (state, answer) = (State::Allowed, Some(Answer::Minutes(15)));
    Request { state, by: "me".into(), answer, ..request() }
}

/// Answers each connection with the next of these; returns what was posted.
async fn serve(listener: TcpListener, answers: &[&str]) -> Vec<String> {
    let mut posted = Vec::new();
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = Vec::new();
        let length = loop {
            let mut buffer = [0; 1024];
            let read = stream.read(&mut buffer).await.unwrap();
            text.extend_from_slice(&buffer[..read]);
            let so_far = String::from_utf8_lossy(&text);
            let Some((head, body)) = so_far.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
            let length: usize = length.parse().unwrap();
            if body.len() >= length {
                break length;
            }
        };
        assert!(length > 0);
        posted.push(String::from_utf8(text).unwrap());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    posted
}

async fn told(format: Format, answers: &[&str]) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/our-family?x=1", listener.local_addr().unwrap());
    let settings = Settings { target: Some(Target::parse(&url).unwrap()), format };
    let pauses = [Duration::from_millis(1); 5];
    let notifier = Notifier::with_pauses(&settings, Roots::default(), Clock::default(), pauses);
    notifier.tell(Event::Request, &request(), "An");
    notifier.tell(Event::Answer, &answered(), "An");
    tokio::time::timeout(Duration::from_secs(20), serve(listener, answers)).await.unwrap()
}

const TAKEN: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn programs_get_json() {
    let posted = told(Format::Json, &[TAKEN, TAKEN]).await;
    assert!(posted[0].starts_with("POST /our-family?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"), "{}", posted[0]);
    let bodies: Vec<serde_json::Value> = posted
        .iter()
        .map(|message| serde_json::from_str(message.split_once("\r\n\r\n").unwrap().1).unwrap())
        .collect();
    assert_eq!(bodies[0]["event"], "request");
    assert_eq!((&bodies[0]["about"], &bodies[0]["reason"]), (&"youtube".into(), &"bài \"tập\"".into()));
    assert_eq!((&bodies[1]["event"], &bodies[1]["state"]), (&"answer".into(), &"allowed".into()));
    assert_eq!(bodies[1]["answer"]["minutes"], 15);
}

#[tokio::test]
async fn phones_get_a_line() {
    let posted = told(Format::Ntfy, &[TAKEN, "HTTP/1.1 204 No Content\r\n\r\n"]).await;
    assert!(posted[0].contains("Content-Type: text/plain"));
    assert!(posted[0].ends_with("An: youtube, 30 min: \"bài \"tập\"\""), "{}", posted[0]);
    assert!(posted[1].ends_with("An: youtube, 15 min ✓"), "{}", posted[1]);
}

#[tokio::test]
async fn what_fails_is_tried_again_and_given_up_in_the_end() {
    let fails = "HTTP/1.1 503 Busy\r\n\r\n";
    let posted = told(Format::Ntfy, &[fails, "", "nonsense\r\n", TAKEN, TAKEN]).await;
    let ends: Vec<_> = posted.iter().map(|message| message.ends_with('✓')).collect();
    assert_eq!(ends, [false, false, false, false, true]);
    let posted = told(Format::Ntfy, &[fails, fails, fails, fails, fails, TAKEN]).await;
    assert!(posted[5].ends_with('✓'), "five tries, then the next message");
}

#[tokio::test]
async fn who_tells_never_waits() {
    let nowhere =
        Settings { target: Some(Target::parse("http://192.0.2.1:9/").unwrap()), format: Format::Json };
    let notifier = Notifier::start(&nowhere, Roots::default(), Clock::default());
    (0..1000).for_each(|_| notifier.tell(Event::Request, &request(), "An"));
    Notifier::start(&Settings::default(), Roots::default(), Clock::default()).tell(
        Event::Request,
        &request(),
        "An",
    );
}

#[test]
fn addresses_are_read_and_refused() {
    for (url, tls, host, port, path) in [
        ("https://ntfy.sh/family", true, "ntfy.sh", 443, "/family"),
        ("http://192.168.1.9:8080", false, "192.168.1.9", 8080, "/"),
        ("https://[fd00::7]:444/a?b=c", true, "fd00::7", 444, "/a?b=c"),
        ("https://hook.example?key=1", true, "hook.example", 443, "/?key=1"),
    ] {
        let target = Target::parse(url).unwrap();
        assert_eq!(
            (target.tls, target.host.as_str(), target.port, target.path.as_str()),
            (tls, host, port, path)
        );
        assert!(!format!("{target:?}").contains("family"), "the path is a secret");
    }
    for url in [
        "ntfy.sh/x",
        "ftp://x/",
        "https:///x",
        "http://a b/",
        "http://a:0/",
        "http://a:99999/",
        "http://u@h/",
        "http://h/\r\nHost: x",
        "http://[::1/",
        "http://[x]/",
        "http://h/ü",
    ] {
        assert!(Target::parse(url).is_err(), "{url}");
    }
}
