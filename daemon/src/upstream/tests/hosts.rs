//! How the hosts of servers are found that are written by name.

use super::encrypted::{NAME, Scene, failure};
use super::fake::{Fake, answer_to, error_to};
use super::peer::{PATIENT, Peer, Reaction};
use super::{address, for_testing, with};
use crate::upstream::{Server, Settings, Strategy};
use crate::wire::{self, Rcode, rtype};

#[tokio::test]
async fn a_host_is_looked_up_by_the_bootstrap_servers_alone() {
    let scene = Scene::new();
    let bootstrap = Fake::udp(|_, query| vec![localhost(query)]).await;
    let other = Fake::good().await;
    let peer =
        Peer::start("tls", &scene.identity, |asked| Reaction::AnswerAndClose(answer_to(asked.query))).await;
    let server = format!("tls://{NAME}:{}", peer.address.port()).parse().unwrap();
    let settings = Settings {
        bootstrap: vec![bootstrap.address],
        roots: scene.authority.roots(),
        timeout: PATIENT,
        strategy: Strategy::Strict,
        ..for_testing(&[server, other.server()])
    };
    let forwarder = with(settings);
    for _ in 0..3 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert_eq!(peer.connections(), 3);
    assert_eq!(bootstrap.seen().len(), 2, "A and AAAA, once for all dials");
    assert!(other.seen().is_empty());
}

/// Two addresses; at the first nobody listens.
#[tokio::test]
async fn an_address_that_fails_is_passed_over_and_the_good_one_comes_first_from_then_on() {
    let scene = Scene::new();
    let bootstrap = Fake::udp(|_, query| {
        let mut answer = localhost(query);
        if answer[7] == 1 {
            answer[7] = 2;
            let second = answer[answer.len() - 16..].to_vec();
            answer.extend(second);
            let first_address = answer.len() - 16 - 1;
            answer[first_address] = 2; // 127.0.0.2
        }
        vec![answer]
    })
    .await;
    let peer =
        Peer::start("tls", &scene.identity, |asked| Reaction::AnswerAndClose(answer_to(asked.query))).await;
    let server = format!("tls://{NAME}:{}", peer.address.port()).parse().unwrap();
    let roots = scene.authority.roots();
    let settings =
        Settings { bootstrap: vec![bootstrap.address], roots, timeout: PATIENT, ..for_testing(&[server]) };
    let forwarder = with(settings);
    for _ in 0..3 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert_eq!(forwarder.health()[0].last_error, None);
}

#[tokio::test]
async fn a_host_that_nobody_can_look_up_says_what_to_write() {
    let server: Server = "tls://dns.example".parse().unwrap();
    let why = failure(&with(for_testing(std::slice::from_ref(&server)))).await;
    assert!(why.contains("[upstream] bootstrap") && why.contains("dns.example"), "{why}");
    let empty = Fake::failing(Rcode::NxDomain).await;
    let settings = Settings { bootstrap: vec![empty.address], ..for_testing(&[server]) };
    let why = failure(&with(settings)).await;
    assert!(why.contains("no address"), "{why}");
}

/// 127.0.0.1 for A, nothing for other types.
pub(in crate::upstream) fn localhost(query: &[u8]) -> Vec<u8> {
    let rtype_at = wire::skip_name(query, 12).unwrap();
    if wire::u16_at(query, rtype_at) != Some(rtype::A) {
        return error_to(query, Rcode::NoError);
    }
    let mut answer = answer_to(query);
    let end = answer.len();
    answer[end - 4..].copy_from_slice(&[127, 0, 0, 1]);
    answer
}
