//! Which server is asked when, and what happens when it doesn't help.

use std::time::Duration;

use luytre_lists::{Domain, NameBuf};
use tokio::net::UdpSocket;
use tokio::time::Instant;

use super::fake::{Fake, answer_to, answer_with, error_to, query, refused, truncated};
use super::{address, ask, for_testing, strict, with, with_places};
use crate::tasks;
use crate::upstream::{ExchangeError, Forwarder, Server, Settings, Strategy, probe};
use crate::wire::Rcode;

/// The time-out where nothing is waited for. A try is late after a quarter of it...
const LONG: Duration = Duration::from_secs(20);
/// ...and this is less, with room for a busy machine.
const AT_ONCE: Duration = Duration::from_secs(4);

/// A forwarder that has much time.
fn patient(servers: &[Server], strategy: Strategy) -> Forwarder {
    with(Settings { strategy, timeout: LONG, ..for_testing(servers) })
}

fn rcode(answer: &[u8]) -> u8 {
    answer[3] & 0x0f
}

#[tokio::test]
async fn a_lost_query_is_sent_again() {
    let server = Fake::udp(|n, query| if n == 0 { vec![] } else { vec![answer_to(query)] }).await;
    assert_eq!(address(&strict(&[server.server()]), "www.example.com").await, 1);
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_ne!(seen[0].query[..2], seen[1].query[..2], "each query has an ID of its own");
}

#[tokio::test]
async fn a_late_answer_still_counts() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = Server::udp(socket.local_addr().unwrap());
    let forwarder = strict(&[server]);
    let slow = async {
        let (mut first, mut second) = ([0; 512], [0; 512]);
        let (length, from) = socket.recv_from(&mut first).await.unwrap();
        socket.recv_from(&mut second).await.unwrap();
        socket.send_to(&answer_to(&first[..length]), from).await.unwrap();
    };
    let (last, ()) = tokio::join!(address(&forwarder, "www.example.com"), slow);
    assert_eq!(last, 1);
    assert_eq!(forwarder.health()[0].failures, 0);
}

#[tokio::test]
async fn a_refused_port_means_the_next_server_at_once() {
    let good = Fake::good().await;
    let forwarder = patient(&[refused().await, good.server()], Strategy::Strict);
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert!(begun.elapsed() < AT_ONCE);
    let health = &forwarder.health()[0];
    assert!(health.down && health.failures == 3, "{health:?}");
    assert!(health.last_error.as_deref().unwrap().contains("refused"));
}

#[tokio::test]
async fn nobody_there_fails_at_once_and_says_who() {
    let server = refused().await;
    let begun = Instant::now();
    let forwarder = patient(std::slice::from_ref(&server), Strategy::Strict);
    let error = ask(&forwarder, "www.example.com").await.unwrap_err();
    assert!(begun.elapsed() < AT_ONCE);
    assert!(error.to_string().starts_with(&format!("{server}: ")), "{error}");
}

#[tokio::test]
async fn silence_ends_in_time_and_takes_no_more_than_three_queries() {
    let (one, two) = (Fake::silent().await, Fake::silent().await);
    let forwarder = strict(&[one.server(), two.server()]);
    let begun = Instant::now();
    assert_eq!(ask(&forwarder, "www.example.com").await, Err(ExchangeError::Timeout));
    let elapsed = begun.elapsed();
    assert!(elapsed >= Duration::from_millis(900) && elapsed < AT_ONCE, "{elapsed:?}");
    assert_eq!([one.seen().len(), two.seen().len()], [2, 1]);
}

#[tokio::test]
async fn a_server_that_keeps_silent_is_left_alone() {
    let (dead, good) = (Fake::silent().await, Fake::good().await);
    let forwarder = strict(&[dead.server(), good.server()]);
    for _ in 0..4 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert_eq!(dead.seen().len(), 3);
    assert!(forwarder.health()[0].down);
}

#[tokio::test]
async fn a_truncated_answer_is_fetched_over_tcp() {
    let server = Fake::udp(|_, query| vec![truncated(query)]).await;
    let server = server.and_tcp(|query| answer_with(query, 9)).await;
    assert_eq!(address(&strict(&[server.server()]), "www.example.com").await, 9);
}

#[tokio::test]
async fn a_truncated_answer_is_better_than_none() {
    let dead = Fake::udp(|_, query| vec![truncated(query)]).await;
    let liar = Fake::udp(|_, query| vec![truncated(query)]).await;
    let liar = liar.and_tcp(|_| vec![0; 40]).await;
    for server in [dead, liar] {
        let answer = ask(&strict(&[server.server()]), "www.example.com").await.unwrap();
        assert_eq!(answer[2] & 0x02, 0x02);
    }
}

#[tokio::test]
async fn a_tcp_server_is_asked_over_tcp() {
    let server = Fake::silent().await.and_tcp(answer_to).await;
    let tcp = Server::tcp(server.address);
    assert_eq!(address(&strict(&[tcp]), "www.example.com").await, 1);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_error_means_the_next_server_and_the_last_error_counts() {
    let (servfail, refusing) = (Fake::failing(Rcode::ServFail).await, Fake::failing(Rcode::Refused).await);
    let good = Fake::good().await;
    let forwarder = strict(&[servfail.server(), refusing.server(), good.server()]);
    assert_eq!(address(&forwarder, "www.example.com").await, 1);
    let forwarder = strict(&[refusing.server(), servfail.server()]);
    let answer = ask(&forwarder, "www.example.com").await.unwrap();
    assert_eq!(rcode(&answer), Rcode::ServFail as u8);
    assert_eq!([servfail.seen().len(), refusing.seen().len()], [2, 2], "nobody is asked twice");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_an_answer() {
    let (first, second) = (Fake::failing(Rcode::NxDomain).await, Fake::good().await);
    let answer = ask(&strict(&[first.server(), second.server()]), "www.example.com").await.unwrap();
    assert_eq!(rcode(&answer), Rcode::NxDomain as u8);
    assert!(second.seen().is_empty());
}

#[tokio::test]
async fn an_error_that_edns_did_not_cause_is_passed_on() {
    let server = Fake::udp(|_, query| vec![error_to(query, Rcode::NotImp)]).await;
    let forwarder = strict(&[server.server()]);
    for _ in 0..4 {
        assert_eq!(rcode(&ask(&forwarder, "www.example.com").await.unwrap()), Rcode::NotImp as u8);
    }
    assert!(forwarder.health()[0].edns);
}

#[tokio::test]
async fn parallel_asks_all_and_takes_the_first_good_answer() {
    let (silent, failing) = (Fake::silent().await, Fake::failing(Rcode::ServFail).await);
    let good = Fake::good().await;
    let servers = [silent.server(), failing.server(), good.server()];
    let forwarder = patient(&servers, Strategy::Parallel);
    let begun = Instant::now();
    assert_eq!(address(&forwarder, "www.example.com").await, 1);
    assert!(begun.elapsed() < AT_ONCE);
    for server in [&silent, &failing, &good] {
        server.has_seen(1).await;
    }
}

#[tokio::test]
async fn parallel_asks_a_single_server_again() {
    let server = Fake::udp(|n, query| if n == 0 { vec![] } else { vec![answer_to(query)] }).await;
    let forwarder = with(Settings { strategy: Strategy::Parallel, ..for_testing(&[server.server()]) });
    assert_eq!(address(&forwarder, "www.example.com").await, 1);
}

#[tokio::test]
async fn fastest_settles_on_a_server_and_looks_at_the_other_now_and_then() {
    let (slow, fast) = (Fake::failing(Rcode::Refused).await, Fake::good().await);
    let forwarder = with(for_testing(&[slow.server(), fast.server()]));
    for _ in 0..500 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert_eq!(fast.seen().len(), 500);
    assert!((2..40).contains(&slow.seen().len()), "{}", slow.seen().len());
}

#[tokio::test]
async fn a_zone_has_its_own_servers_and_no_others() {
    let home = Fake::good().await;
    let corp = Fake::udp(|_, query| vec![answer_with(query, 2)]).await;
    let lab = Fake::udp(|_, query| vec![answer_with(query, 3)]).await;
    let zone = |name, servers: Vec<Server>| (Domain::parse(name).unwrap(), servers);
    let zones = vec![
        zone("corp.example", vec![corp.server()]),
        zone("lab.corp.example", vec![lab.server(), home.server()]),
        zone("dark.example", vec![]),
        zone("down.example", vec![refused().await]),
    ];
    let forwarder = with(Settings { zones, strategy: Strategy::Strict, ..for_testing(&[home.server()]) });
    for (name, last) in [
        ("www.example", 1),
        ("corp.example", 2),
        ("a.b.corp.example", 2),
        ("badcorp.example", 1),
        ("a.lab.corp.example", 3),
    ] {
        assert_eq!(address(&forwarder, name).await, last, "{name}");
    }
    assert_eq!(ask(&forwarder, "a.dark.example").await, Err(ExchangeError::NoServer));
    assert!(matches!(ask(&forwarder, "a.down.example").await, Err(ExchangeError::Failed(_))));
    assert_eq!(forwarder.health().len(), 4, "each server once");
}

#[tokio::test]
async fn more_than_the_bound_is_busy_and_a_place_comes_back() {
    let server = Fake::silent().await;
    let forwarder = with_places(for_testing(&[server.server()]), 2);
    let waiting = ["a.example", "b.example"].map(|name| {
        let forwarder = forwarder.clone();
        tasks::spawn("client", async move { drop(ask(&forwarder, name).await) })
    });
    server.has_seen(2).await;
    assert_eq!(ask(&forwarder, "c.example").await, Err(ExchangeError::Busy));
    for client in &waiting {
        client.abort();
    }
    while ask(&forwarder, "c.example").await == Err(ExchangeError::Busy) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_query_without_a_question_is_not_sent() {
    let server = Fake::good().await;
    let name = NameBuf::parse("a.example").unwrap();
    let forwarder = strict(&[server.server()]);
    let cut = &query("a.example")[..20];
    assert!(matches!(forwarder.exchange(name.as_name(), cut).await, Err(ExchangeError::Failed(_))));
    assert_eq!(ask(&strict(&[]), "a.example").await, Err(ExchangeError::NoServer));
}

#[tokio::test]
async fn a_server_is_tried_before_it_is_in_use() {
    let settings = for_testing(&[]);
    let good = Fake::good().await;
    assert!(probe(&good.server(), &settings).await.unwrap() < settings.timeout);
    let asked = good.seen().remove(0).query;
    assert_eq!(asked[12..17], [0, 0, 2, 0, 1], "the root's name servers, and nothing of us");
    for (server, words) in [
        (Fake::silent().await, "no answer within"),
        (Fake::failing(Rcode::Refused).await, "REFUSED"),
        (Fake::failing(Rcode::ServFail).await, "error 2"),
    ] {
        let trouble = probe(&server.server(), &settings).await.unwrap_err();
        assert!(trouble.contains(words), "{trouble}");
    }
    let unknown: Server = "tls://nowhere.example".parse().unwrap();
    let trouble = probe(&unknown, &settings).await.unwrap_err();
    assert!(trouble.contains("has no known address"), "{trouble}");
}
