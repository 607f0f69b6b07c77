//! What is taken for an answer, and how hard it is to guess.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::net::UdpSocket;

use super::fake::{Fake, answer_to, answer_with, bare_error_to, has_edns, query};
use super::{address, ask, strict, with};
use crate::tasks;
use crate::upstream::message::{Fit, Manners, Question, Reply};
use crate::upstream::random::Random;
use crate::upstream::{Server, Settings};
use crate::wire::Rcode;

#[tokio::test]
async fn an_answer_to_something_else_is_ignored_and_the_right_one_taken() {
    let server = Fake::udp(|_, query| {
        let mut wrong_id = answer_with(query, 2);
        wrong_id[1] ^= 1;
        let mut wrong_name = answer_with(query, 3);
        wrong_name[13] = b'0';
        let mut not_an_answer = answer_with(query, 4);
        not_an_answer[2] &= 0x7f;
        vec![wrong_id, wrong_name, not_an_answer, vec![], vec![0; 3], answer_to(query)]
    })
    .await;
    assert_eq!(address(&strict(&[server.server()]), "www.example.com").await, 1);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_server_that_loses_the_case_is_asked_without_it_and_remembered() {
    let server = Fake::udp(|_, query| {
        let mut answer = answer_to(query);
        answer[12..28].make_ascii_lowercase();
        vec![answer]
    })
    .await;
    let forwarder = strict(&[server.server()]);
    for _ in 0..3 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert_eq!(server.seen().len(), 6);
    let health = &forwarder.health()[0];
    assert!(health.random_case == Some(false) && health.case_mismatches == 3 && health.failures == 0);
    assert_eq!(address(&forwarder, "WWW.example.com").await, 1);
    assert_eq!(server.seen().len(), 7, "now one query does");
}

#[tokio::test]
async fn a_forged_case_does_not_turn_the_protection_off() {
    let server = Fake::udp(|n, query| {
        let mut forged = answer_with(query, 66);
        forged[13] ^= 0x20;
        if n % 2 == 0 { vec![forged] } else { vec![answer_to(query)] }
    })
    .await;
    let forwarder = strict(&[server.server()]);
    assert_eq!(address(&forwarder, "www.example.com").await, 1);
    assert_eq!(forwarder.health()[0].random_case, Some(true));
}

#[tokio::test]
async fn a_server_without_edns_is_asked_without_it_and_remembered() {
    let server = Fake::udp(|_, query| match has_edns(query) {
        true => vec![bare_error_to(query, Rcode::FormErr)],
        false => vec![answer_to(query)],
    })
    .await;
    let forwarder = strict(&[server.server()]);
    for _ in 0..3 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert!(!forwarder.health()[0].edns);
    assert_eq!(address(&forwarder, "www.example.com").await, 1);
    assert_eq!(server.seen().len(), 7);
}

#[tokio::test]
async fn ten_thousand_questions_leave_by_many_ports_and_no_id_is_in_flight_twice() {
    const CLIENTS: usize = 100;
    const EACH: usize = 100;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let server = Server::udp(socket.local_addr().unwrap());
    let forwarder = with(Settings { servers: vec![server], ..Settings::default() });
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let forwarder = forwarder.clone();
            tasks::spawn("client", async move {
                for n in 0..EACH {
                    assert_eq!(address(&forwarder, &format!("a{client}-{n}.example")).await, 1);
                }
            })
        })
        .collect();
    let serve = async move {
        let mut uses = HashMap::new();
        let mut buffer = [0; 512];
        while uses.values().sum::<usize>() < CLIENTS * EACH {
            // Everything that is on its way together is held together.
            let mut held = Vec::new();
            socket.readable().await.unwrap();
            while let Ok((length, from)) = socket.try_recv_from(&mut buffer) {
                *uses.entry(from.port()).or_insert(0) += 1;
                held.push((from, buffer[..length].to_vec()));
            }
            let ids: HashSet<_> = held.iter().map(|(from, query)| (*from, query[0], query[1])).collect();
            assert_eq!(ids.len(), held.len());
            for (from, query) in held.iter().rev() {
                socket.send_to(&answer_to(query), from).await.unwrap();
            }
        }
        uses
    };
    let uses = serve.await;
    for client in clients {
        client.await.unwrap();
    }
    assert!(uses.len() >= 16, "{} ports", uses.len());
    assert!(uses.values().all(|&uses| uses <= 512));
}

#[tokio::test]
async fn sockets_close_with_the_forwarder() {
    let server = Fake::good().await;
    let forwarder = strict(&[server.server()]);
    ask(&forwarder, "www.example.com").await.unwrap();
    let port = server.seen()[0].from;
    drop(forwarder);
    // The task's end is the runtime's to come; then the port is free again.
    while UdpSocket::bind(("0.0.0.0", port.port())).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[test]
fn random_bytes_as_an_answer_do_no_harm() {
    let (random, query) = (Random::seeded(3), query("www.example.com"));
    let manners = Manners { random_case: true, edns: true };
    let packet = Question::of(&query).unwrap().dress(manners, &random);
    let good = answer_to(packet.bytes());
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        bytes.truncate(random.below(bytes.len() + 1));
        for _ in 0..random.below(6) {
            let at = random.below(bytes.len());
            bytes.get_mut(at).into_iter().for_each(|byte| *byte = random.bits()[0]);
        }
        let _ = packet.fit(&bytes);
        if let Some(question) = Question::of(&bytes) {
            question.dress(Manners { random_case: true, edns: false }, &random);
        }
        let reply = Reply { bytes, fit: Fit::Exact };
        let _ = (reply.declines_edns(), reply.is_error(), reply.is_truncated());
    }
}

#[tokio::test]
async fn noise_from_the_server_leaves_the_forwarder_whole() {
    let random = Arc::new(Random::seeded(5));
    let server = Fake::udp(move |n, query| {
        let mut noise: Vec<Vec<u8>> = (0..20).map(|_| random.bits()[..random.below(33)].to_vec()).collect();
        for bytes in noise.iter_mut().filter(|bytes| bytes.len() > 2) {
            bytes[..2].copy_from_slice(&query[..2]);
        }
        noise.push(answer_to(query));
        if n == 0 { noise.split_off(20) } else { noise }
    })
    .await;
    let forwarder = strict(&[server.server()]);
    for _ in 0..200 {
        let _ = ask(&forwarder, "www.example.com").await;
    }
    assert!(forwarder.health()[0].srtt_ms.is_some());
}
