//! Reports come, wait, reach a centre, and survive what happens in between. The centre is a real server on loopback.

use std::net::Ipv4Addr;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::clock::Clock;
use crate::notify::Target;
use crate::sync::Outside;
use crate::tasks;
use crate::upstream::Roots;

const NOON: Timestamp = 1_795_237_200;

struct House {
    folder: tempfile::TempDir,
    reports: std::sync::Arc<Reports>,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { reports: Reports::at_start(folder.path()).into(), folder }
    }

    /// The same house after a power cut.
    fn restarted(self) -> Self {
        Self { reports: Reports::at_start(self.folder.path()).into(), ..self }
    }

    fn tells(&self, kind: Kind, name: &str) -> Result<Report, NotTold> {
        self.tells_from(7, kind, name, Duration::ZERO)
    }

    fn tells_from(&self, device: u8, kind: Kind, name: &str, uptime: Duration) -> Result<Report, NotTold> {
        let told = Told { kind, name: name.into(), category: String::new() };
        let seen = Seen { verdict: "blocked", listed: vec!["gambling".into()] };
        self.reports.tell(told, seen, Ipv4Addr::new(192, 168, 1, device).into(), (NOON, uptime))
    }

    fn states(&self) -> Vec<State> {
        self.reports.all().iter().map(|report| report.state).collect()
    }

    /// Sends to a server, with milliseconds between tries.
    fn sends_to(&self, centre: &str) {
        let outside = Outside { bootstrap: Vec::new(), roots: Roots::default(), clock: Clock::default() };
        let longest = Some(Duration::from_millis(1));
        let centre = Target::parse(centre).unwrap();
        tasks::spawn("reports", send(std::sync::Arc::clone(&self.reports), centre, outside, longest));
    }
}

/// A centre that gives these answers in turn, the last one ever after; and what it is told.
async fn centre(answers: &'static [(u16, &str)]) -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/luytre/", listener.local_addr().unwrap());
    let (sender, told) = mpsc::channel(100);
    let turn = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let take = async move |Shared(sender): Shared<mpsc::Sender<Value>>, Json(report): Json<Value>| {
        let turn = turn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (status, body) = answers[turn.min(answers.len() - 1)];
        sender.send(report).await.unwrap();
        (StatusCode::from_u16(status).unwrap(), body)
    };
    let router = axum::Router::new().route("/luytre/api/v1/reports", post(take)).with_state(sender);
    tasks::spawn("centre", async move { axum::serve(listener, router).await.unwrap() });
    (address, told)
}

/// Waits until every report has its answer.
async fn settled(house: &House) {
    let all_answered = async {
        while house.states().contains(&State::Waiting) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all_answered).await.unwrap();
}

#[tokio::test]
async fn the_centre_hears_of_the_site_and_of_nobody() {
    let (address, mut told) = centre(&[(201, "{\"receipt\":\"1234567890123456\",\"more\":1}")]).await;
    let house = House::new();
    house.sends_to(&address);
    house.tells(Kind::Wrong, "Casino.Example.").unwrap();
    let expected = json!({"channel": "router", "kind": "wrong", "name": "casino.example", "category": "",
        "verdict": "blocked", "listed": ["gambling"]});
    assert_eq!(told.recv().await, Some(expected), "and nothing besides");
    settled(&house).await;
    assert_eq!(house.reports.all()[0].receipt, "1234567890123456");
    let kept = std::fs::read_to_string(house.folder.path().join("reports.json")).unwrap();
    assert!(!kept.contains("192.168"), "{kept}");
}

#[tokio::test]
async fn what_fails_is_tried_again_without_a_write() {
    let (address, mut told) = centre(&[(503, ""), (429, ""), (404, "<html>"), (200, "no JSON")]).await;
    let house = House::new();
    house.tells(Kind::Harmful, "bad.example").unwrap();
    let file = house.folder.path().join("reports.json");
    let written = || std::fs::metadata(&file).unwrap().modified().unwrap();
    let before = written();
    house.sends_to(&address);
    for _ in 0..3 {
        assert_eq!(told.recv().await.unwrap()["name"], "bad.example");
        assert_eq!((written(), house.states()), (before, vec![State::Waiting]));
    }
    settled(&house).await;
    let report = &house.reports.all()[0];
    assert_eq!((report.state, report.receipt.as_str()), (State::Taken, ""));
    assert_eq!(house.reports.trouble(), "");
}

#[tokio::test]
async fn what_the_centre_refuses_is_not_sent_again() {
    let (address, _told) = centre(&[(422, ""), (201, "{}")]).await;
    let house = House::new();
    house.tells(Kind::Wrong, "one.example").unwrap();
    house.tells(Kind::Wrong, "two.example").unwrap();
    house.sends_to(&address);
    settled(&house).await;
    assert_eq!(house.states(), [State::Taken, State::Refused]);
}

#[tokio::test]
async fn what_waits_outlives_a_power_cut_and_a_centre_that_is_away() {
    let house = House::new();
    house.tells(Kind::Wrong, "one.example").unwrap();
    house.sends_to("http://127.0.0.1:9/");
    while house.reports.trouble().is_empty() {
        tokio::task::yield_now().await;
    }
    let house = house.restarted();
    assert_eq!(house.states(), [State::Waiting]);
    let (address, mut told) = centre(&[(201, "{}")]).await;
    house.sends_to(&address);
    assert_eq!(told.recv().await.unwrap()["name"], "one.example");
    settled(&house).await;
    assert_eq!(house.restarted().states(), [State::Taken]);
}

#[tokio::test]
async fn a_hostile_answer_is_bounded_and_never_shown() {
    static LONG: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "x".repeat(100_000));
    let long: &'static str = LONG.as_str();
    let answers = Box::leak(Box::new([(200, long), (200, "{\"receipt\":\"<b>\"}")]));
    let (address, _told) = centre(answers).await;
    let house = House::new();
    house.tells(Kind::Wrong, "one.example").unwrap();
    house.sends_to(&address);
    settled(&house).await;
    assert_eq!(house.reports.all()[0].receipt, "");
}

#[test]
fn the_same_report_waits_once() {
    let house = House::new();
    let first = house.tells(Kind::Wrong, "casino.example").unwrap();
    assert_eq!(house.tells(Kind::Wrong, "CASINO.example.").unwrap().id, first.id);
    assert_ne!(house.tells(Kind::Harmful, "casino.example").unwrap().id, first.id);
}

#[test]
fn nobody_reports_without_bounds() {
    let house = House::new();
    let tell = |device, number: usize, hour: u64| {
        let uptime = Duration::from_secs(hour * 3600);
        house.tells_from(device, Kind::Harmful, &format!("n{number}.example"), uptime).is_ok()
    };
    assert_eq!((0..40).filter(|&number| tell(1, number, 0)).count(), MOST_OF_A_DEVICE);
    assert_eq!((100..150).filter(|&number| tell(number as u8, number, 0)).count(), 20, "of the house");
    assert_eq!((200..240).filter(|&number| tell(number as u8, number, 1)).count(), MOST_AN_HOUR);
    assert_eq!((300..340).filter(|&number| tell(number as u8, number, 2)).count(), MOST - 60, "all wait");
    assert_eq!(house.reports.all().len(), MOST);
    let oldest = house.reports.next().unwrap().id;
    house.reports.answered(oldest, State::Taken, String::new());
    assert!(tell(9, 999, 3), "the centre has one, which makes room");
    assert_eq!(house.reports.all().len(), MOST);
}

#[test]
fn what_is_no_site_is_refused_with_its_place() {
    let house = House::new();
    for name in ["", "com", "a b.example", "<b>", "http://casino.example/"] {
        assert!(matches!(house.tells(Kind::Wrong, name), Err(NotTold::Wrong("/name", _))), "{name}");
    }
    let told = Told { kind: Kind::Harmful, name: "a.example".into(), category: "nothing".into() };
    let told = house.reports.tell(told, Seen::default(), Ipv4Addr::LOCALHOST.into(), (NOON, HOUR));
    assert!(matches!(told, Err(NotTold::Wrong("/category", _))));
}

#[test]
fn a_file_that_cannot_be_read_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["{", "{\"version\":9,\"next\":1,\"report\":[]}"] {
        crate::files::replace(&folder.path().join("reports.json"), |file| {
            std::io::Write::write_all(file, text.as_bytes())
        })
        .unwrap();
        let reports = Reports::at_start(folder.path());
        assert!(reports.all().is_empty());
        assert!(reports.notices()[0].contains("reports begin anew"), "{:?}", reports.notices());
    }
}
