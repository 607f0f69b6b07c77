//! Bytes that flow use time up, whether anybody asks for a name or not, and stand in the history.

use std::net::UdpSocket;

use crate::cutting::is_cut_off;
use crate::firewall::{FAMILY, LAPTOP, PHONE, everybody_comes, home};
use crate::flow::{Flow, Kind};
use crate::harness::{eventually, stopwatch};
use crate::household::{Household, ROUTER};
use crate::internet::{SERVICE, SITE};
use crate::parent::{PAGE, Parent};

#[test]
fn a_film_that_runs_without_a_question_uses_a_budget_up_and_ends_with_it() {
    let text = format!(
        "time_zone = \"UTC\"\nbudget = [{{ id = \"day\", who = \"an\", of = \"all\", minutes = 2 }}]\n{FAMILY}"
    );
    let Some(home) = Household::guarded(&text, ["--clock=steered"]) else { return };
    everybody_comes(&home);
    let film = Flow::start(&home.child, Kind::Tcp, SITE[0]);
    let moved = || home.router.status()["firewall"]["traffic"][PHONE]["bytes"].as_u64().unwrap_or_default();
    home.router.control("clock +50");
    eventually("the first minute is counted", || moved() > 0);
    for _ in 0..2 {
        assert!(!is_cut_off(&home));
        let before = moved();
        // As much as a film has in a minute, in a moment.
        eventually("it goes on", || home.child.moves(SITE[0], 300_000));
        home.router.control("clock +60");
        eventually("the minute is counted", || moved() >= before + 300_000);
    }
    home.router.control("clock +20");
    film.ends();
    eventually("the time is up", || is_cut_off(&home));
    assert!(home.sibling.tries_tcp(SITE[0], 443) == crate::reach::Reached::Through);
}

#[test]
fn the_status_tells_what_went_where_names_led() {
    let Some(home) = home(["--clock=steered"]) else { return };
    home.child.ask(ROUTER[0], "site.example");
    assert!(home.child.moves(SITE[0], 300_000));
    assert!(home.child.moves(crate::internet::PEER[0], 100_000));
    home.router.control("clock +50");
    let traffic = || home.router.status()["firewall"]["traffic"][PHONE].clone();
    eventually("it is counted", || traffic()["bytes"].as_u64().is_some_and(|bytes| bytes > 400_000));
    let named = traffic()["named"].as_u64().unwrap();
    assert!((300_000..500_000).contains(&named), "{}", traffic());
}

/// What the history has of one key: bytes, minutes of use, questions.
fn has(parent: &mut Parent<'_>, by: &str, key: &str) -> [u64; 3] {
    // Whatever the clock shows just now.
    let ever = "from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z";
    let rows = parent.reads(&format!("/api/v1/activity?by={by}&{ever}"))["items"].clone();
    let row = rows.as_array().unwrap().iter().find(|row| row["key"] == key).cloned().unwrap_or_default();
    ["bytes", "minutes", "count"].map(|what| row[what].as_u64().unwrap_or_default())
}

#[test]
fn the_history_says_what_flowed_by_device_service_and_category() {
    const FILM: usize = 5_000_000;
    let Some(mut home) = home(["--clock=steered", PAGE]) else { return };
    let mut parent = Parent::of(&home);
    home.sibling.ask(ROUTER[0], "www.tiktok.com");
    assert!(home.sibling.moves(SERVICE[0], FILM));
    home.router.control("clock +50");
    // Headers besides, and what the laptop does by itself.
    let is_film = |bytes: u64| (5_000_000..6_000_000).contains(&bytes);
    eventually("the minute is counted", || is_film(has(&mut parent, "service", "tiktok")[0]));
    let looks = |parent: &mut Parent<'_>| {
        // No list here says what that name is about; the service says it.
        for (by, key, asked) in [
            ("device", LAPTOP, true),
            ("person", "me", true),
            ("service", "tiktok", true),
            ("category", "social", false),
        ] {
            let [bytes, minutes, questions] = has(parent, by, key);
            assert!(is_film(bytes) && minutes == 1, "{by}: {bytes} bytes, {minutes} minutes");
            assert_eq!(questions > 0, asked, "{by}");
        }
        assert_eq!(has(parent, "device", PHONE)[1], 0, "the phone was not in use");
    };
    looks(&mut parent);
    home.router.control("clock +600");
    looks(&mut parent);
    // What was counted is on disk when the daemon stops.
    drop(parent);
    home.router.stops_the_daemon();
    home.router.start_the_daemon_again();
    let mut parent = Parent::who_is_back(&home);
    eventually("the history is open again", || is_film(has(&mut parent, "service", "tiktok")[0]));
    looks(&mut parent);
}

/// The target is 20 ms of CPU a minute, of both processes; a machine that others use fails at double.
#[test]
fn two_thousand_flows_are_counted_for_little() {
    const MINUTES: u32 = 10;
    let Some(home) = home(["--clock=steered"]) else { return };
    let sockets: Vec<UdpSocket> = home.sibling.inside(|| {
        let speak = |_| {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            socket.connect(crate::reach::socket(SITE[0], 443)).unwrap();
            socket.send(b"hello").unwrap();
            socket
        };
        (0..2000).map(speak).collect()
    });
    let counted =
        || home.router.status()["firewall"]["traffic"][LAPTOP]["bytes"].as_u64().unwrap_or_default();
    home.router.control("clock +50");
    eventually("all of them are counted", || counted() > 2000 * 30);
    let minutes = |pass: bool| {
        let before = home.router.cpu_time();
        for _ in 0..MINUTES {
            if pass {
                home.router.control("clock +60");
            }
            // Two looks of the daemon, with one that counts or without.
            let elapsed = stopwatch();
            eventually("it has looked twice", || elapsed().as_millis() > 1100);
        }
        (home.router.cpu_time() - before).as_secs_f64() * 1e3 / f64::from(MINUTES)
    };
    let (idle, counting) = (minutes(false), minutes(true));
    eprintln!("2,000 flows: {:.1} ms of CPU a minute to count them", counting - idle);
    assert!(counting - idle < 40.0);
    drop(sockets);
}
