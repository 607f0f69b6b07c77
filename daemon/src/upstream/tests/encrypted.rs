//! Servers behind connections: what goes over the wire, whom we believe, and what happens when a connection ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::fake::{Fake, answer_to, error_to, own_address, query};
use super::peer::{Asked, Authority, ENCRYPTED, Identity, PATIENT, Peer, Reaction, STREAMS};
use super::{address, ask, for_testing, with};
use crate::clock::Clock;
use crate::upstream::{ExchangeError, Forwarder, Roots, Server, Settings, Strategy};
use crate::wire::{self, Rcode, Records};

pub(super) const NAME: &str = "dns.example";

fn good(asked: Asked<'_>) -> Reaction {
    Reaction::Answer(answer_to(asked.query))
}

/// Servers in their order, with time for a handshake on a busy machine.
fn trusting(roots: Roots, servers: &[Server]) -> Forwarder {
    with(Settings { roots, strategy: Strategy::Strict, timeout: PATIENT, ..for_testing(servers) })
}

pub(super) struct Scene {
    pub(super) authority: Authority,
    pub(super) identity: Identity,
}

impl Scene {
    pub(super) fn new() -> Self {
        let authority = Authority::new();
        let identity = authority.certify(NAME);
        Self { authority, identity }
    }

    async fn peer(
        &self,
        transport: &'static str,
        script: impl Fn(Asked<'_>) -> Reaction + Send + Sync + 'static,
    ) -> (Peer, Forwarder) {
        let peer = Peer::start(transport, &self.identity, script).await;
        let server = if transport == "tcp" { peer.server() } else { peer.called(NAME) };
        let forwarder = trusting(self.authority.roots(), &[server]);
        (peer, forwarder)
    }
}

pub(super) async fn failure(forwarder: &Forwarder) -> String {
    ask(forwarder, "www.example.com").await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_hundred_questions_take_one_connection() {
    let scene = Scene::new();
    for transport in STREAMS {
        let (peer, forwarder) = scene.peer(transport, good).await;
        let mut clients = tokio::task::JoinSet::new();
        for n in 0..50 {
            let forwarder = forwarder.clone();
            clients.spawn(async move { address(&forwarder, &format!("a{n}.example.com")).await });
        }
        assert_eq!(clients.join_all().await, [1; 50], "{transport}");
        for n in 0..50 {
            assert_eq!(address(&forwarder, &format!("b{n}.example.com")).await, 1, "{transport}");
        }
        assert_eq!((peer.connections(), peer.queries().len()), (1, 100), "{transport}");
    }
}

/// hickory's multiplexer takes a hundred answers at a time, and forgot those that had come with them.
#[tokio::test]
async fn three_hundred_answers_at_once_all_arrive() {
    const QUESTIONS: usize = 300;
    let scene = Scene::new();
    for transport in ["tcp", "tls"] {
        let asked_so_far = AtomicUsize::new(0);
        let (peer, forwarder) = scene
            .peer(transport, move |asked| {
                let answer = answer_to(asked.query);
                match asked_so_far.fetch_add(1, Ordering::Relaxed) + 1 {
                    2..QUESTIONS => Reaction::Hold(answer),
                    _ => Reaction::Answer(answer),
                }
            })
            .await;
        assert_eq!(address(&forwarder, "first.example.com").await, 1); // the connection stands
        let mut clients = tokio::task::JoinSet::new();
        for n in 1..QUESTIONS {
            let forwarder = forwarder.clone();
            clients.spawn(async move { address(&forwarder, &format!("a{n}.example.com")).await });
        }
        assert_eq!(clients.join_all().await, [1; QUESTIONS - 1], "{transport}");
        assert_eq!((peer.connections(), peer.queries().len()), (1, QUESTIONS), "{transport}");
    }
}

// RFC 8484 §4.1: "DoH clients using media formats that include the ID field … SHOULD use a DNS ID of 0"; RFC 9250
// §4.2.1: "the DNS Message ID MUST be set to 0". RFC 8467 §4.1: queries padded to the closest multiple of 128 octets.
#[tokio::test]
async fn the_query_is_the_callers_but_for_its_id_and_padding() {
    let scene = Scene::new();
    for transport in STREAMS {
        let (peer, forwarder) = scene.peer(transport, good).await;
        let mut asked = query("WWW.example.com");
        asked[2..4].copy_from_slice(&[0x01, 0x30]); // RD, AD, CD
        let at = asked.len() - 4;
        asked[at] = 0x80; // DO
        let name = luytre_lists::NameBuf::parse("www.example.com").unwrap();
        for _ in 0..8 {
            forwarder.exchange(name.as_name(), &asked).await.unwrap();
        }
        let queries = peer.queries();
        let id = |query: &Vec<u8>| wire::u16_at(query, 0).unwrap();
        match transport {
            "tcp" | "tls" => assert!(queries.iter().any(|query| id(query) != id(&queries[0])), "{transport}"),
            _ => assert!(queries.iter().all(|query| id(query) == 0), "{transport}"),
        }
        asked.make_ascii_lowercase(); // no letter but the name's is in it
        for query in &queries {
            assert_ne!(id(query), 0x1234, "not the caller's");
            let opt = Records::of(query).unwrap().last().unwrap();
            if transport == "tcp" {
                assert_eq!(query[2..], asked[2..]);
                continue;
            }
            assert_eq!(query.len() % 128, 0, "{transport}");
            let before_length = opt.data.start - 2;
            assert_eq!(query[2..before_length], asked[2..before_length], "{transport}");
            let padding = &query[opt.data];
            assert_eq!(padding[..2], [0, 12], "{transport}: nothing but padding");
            assert_eq!(usize::from(wire::u16_at(padding, 2).unwrap()), padding.len() - 4);
        }
    }
}

#[tokio::test]
async fn errors_are_answers_byte_for_byte() {
    let scene = Scene::new();
    for transport in STREAMS {
        for rcode in [Rcode::NxDomain, Rcode::ServFail] {
            let (_peer, forwarder) =
                scene.peer(transport, move |asked| Reaction::Answer(error_to(asked.query, rcode))).await;
            let answer = ask(&forwarder, "www.example.com").await.unwrap();
            assert_eq!(answer[2..], error_to(&query("www.example.com"), rcode)[2..], "{transport}");
        }
    }
}

/// What a strict parser refuses is still the client's to judge.
#[tokio::test]
async fn odd_records_pass_over_tcp_and_tls() {
    /// HTTPS with its keys in the wrong order (RFC 9460 §2.2).
    const DISORDERED: &[u8] =
        b"\xc0\x0c\x00\x41\x00\x01\x00\x00\x01\x2c\x00\x11\x00\x01\x00\xfd\xe8\x00\x03xyz\x00\x01\x00\x03\x02h2";
    let odd = |query: &[u8]| {
        let mut answer = error_to(query, Rcode::NoError);
        answer[7] = 1;
        answer.extend_from_slice(DISORDERED);
        answer
    };
    let scene = Scene::new();
    for transport in ["tcp", "tls"] {
        let (_peer, forwarder) = scene.peer(transport, move |asked| Reaction::Answer(odd(asked.query))).await;
        assert!(ask(&forwarder, "www.example.com").await.unwrap().ends_with(DISORDERED), "{transport}");
    }
}

// RFC 7766 §6.2.4: "DNS clients SHOULD retry unanswered queries if the connection closes before receiving all
// outstanding responses."
#[tokio::test]
async fn a_connection_that_was_closed_idle_costs_nobody_an_answer() {
    let scene = Scene::new();
    for transport in STREAMS {
        let (peer, forwarder) =
            scene.peer(transport, |asked| Reaction::AnswerAndClose(answer_to(asked.query))).await;
        for n in 1..=5 {
            assert_eq!(address(&forwarder, "www.example.com").await, 1, "{transport}");
            assert_eq!(peer.connections(), n, "{transport}");
            assert_eq!(forwarder.health()[0].last_error, None, "{transport}");
            peer.has_closed(n).await;
        }
    }
}

/// The uplink has a new address, and the old connections lead nowhere: no reset, no answer.
#[tokio::test]
async fn a_connection_that_goes_silent_is_left_for_a_new_one() {
    let scene = Scene::new();
    for transport in STREAMS {
        let silent_after_one = |asked: Asked<'_>| {
            let first = asked.query[13] == b'a';
            if asked.connection > 0 || first { good(asked) } else { Reaction::Silence }
        };
        let (peer, forwarder) = scene.peer(transport, silent_after_one).await;
        assert_eq!(address(&forwarder, "a.example.com").await, 1);
        assert_eq!(address(&forwarder, "b.example.com").await, 1, "{transport}");
        assert_eq!(peer.connections(), 2, "{transport}");
        assert!(peer.queries().len() <= 4, "one, and three at most");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_the_hosts_means_no_answer_and_nothing_in_the_clear() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let cases = [
        ("another name", authority.certify("other.example")),
        ("an address", authority.certify("127.0.0.1")),
        ("expired", authority.certify_for(NAME, 2020..2021)),
        ("not valid yet", authority.certify_for(NAME, 2120..2121)),
        ("of a stranger", stranger.certify(NAME)),
    ];
    for (what, identity) in &cases {
        for transport in ENCRYPTED {
            let datagrams = if transport == "quic" { None } else { Some(Fake::silent().await) };
            let at = datagrams.as_ref().map_or_else(own_address, |datagrams| datagrams.address);
            let peer = Peer::start_at(at, transport, identity, good).await;
            let forwarder = trusting(authority.roots(), &[peer.called(NAME)]);
            let why = failure(&forwarder).await;
            assert!(why.contains("certificate"), "{what}, {transport}: {why}");
            assert_eq!(peer.queries(), [[0; 0]; 0], "{what}, {transport}");
            assert!(datagrams.is_none_or(|datagrams| datagrams.seen().is_empty()), "{what}, {transport}");
            assert!(peer.connections() <= 3, "a handshake that failed is not repeated at once");
        }
    }
}

#[tokio::test]
async fn a_certificate_can_be_for_an_address() {
    let authority = Authority::new();
    let identity = authority.certify("127.0.0.1");
    for transport in ENCRYPTED {
        let peer = Peer::start(transport, &identity, good).await;
        assert_eq!(address(&trusting(authority.roots(), &[peer.server()]), "www.example.com").await, 1);
    }
}

#[tokio::test]
async fn dates_are_judged_by_our_clock_and_mildly_while_it_is_not_trusted() {
    const FIFTY_YEARS: i64 = 50 * 366 * 24 * 3600;
    let authority = Authority::new();
    let now = authority.certify_for(NAME, 2020..2060);
    let later = authority.certify_for(NAME, 2060..2090);
    let past = authority.certify_for(NAME, 2000..2010);
    let (right, early, late) =
        (Clock::default(), Clock::new(-FIFTY_YEARS, true), Clock::new(FIFTY_YEARS, true));
    let unset = Clock::new(-FIFTY_YEARS, false);
    for (clock, identity, passes) in [
        (right, &now, true),
        (early, &now, false),
        (late, &now, false),
        (late, &later, true),
        (right, &later, false),
        (unset, &now, true),
        (unset, &later, true),
        (unset, &past, false),
    ] {
        let peer = Peer::start("tls", identity, good).await;
        let settings = Settings {
            roots: authority.roots(),
            clock,
            timeout: PATIENT,
            ..for_testing(&[peer.called(NAME)])
        };
        let answer = ask(&with(settings), "www.example.com").await;
        assert_eq!(answer.is_ok(), passes, "{clock:?}: {answer:?}");
    }
    let wrong = Peer::start("tls", &authority.certify_for("other.example", 2060..2090), good).await;
    let settings = Settings { roots: authority.roots(), clock: unset, ..for_testing(&[wrong.called(NAME)]) };
    assert!(ask(&with(settings), "www.example.com").await.is_err(), "mild with dates, not with names");
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_with_the_question_and_the_next_server_helps() {
    let stalled = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server: Server = format!("tls://{}", stalled.local_addr().unwrap()).parse().unwrap();
    let settings = Settings { strategy: Strategy::Strict, ..for_testing(std::slice::from_ref(&server)) };
    let begun = tokio::time::Instant::now();
    ask(&with(settings), "www.example.com").await.unwrap_err();
    assert!(begun.elapsed() < PATIENT);

    let other = Fake::good().await;
    let settings = Settings { strategy: Strategy::Strict, ..for_testing(&[server, other.server()]) };
    assert_eq!(address(&with(settings), "www.example.com").await, 1);
}

#[tokio::test]
async fn nonsense_is_no_answer() {
    let scene = Scene::new();
    for transport in STREAMS {
        for nonsense in [&b""[..], b"\x00", b"\xff\xff", &[0xc0; 40]] {
            let (_peer, forwarder) = scene.peer(transport, |_| Reaction::Answer(nonsense.to_vec())).await;
            let settings =
                Settings { timeout: Duration::from_millis(500), ..(**forwarder.settings()).clone() };
            let answer = ask(&with(settings), "www.example.com").await;
            assert!(answer.is_err(), "{transport}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn an_error_of_the_web_server_is_told_in_one_short_line() {
    let scene = Scene::new();
    let (_peer, forwarder) = scene.peer("https", |_| Reaction::Close).await;
    let why = failure(&forwarder).await;
    assert!(why.contains("502") && !why.contains('\n') && why.len() < 400, "{why}");
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_again() {
    let scene = Scene::new();
    for transport in ["tcp", "tls", "https"] {
        let peer = Peer::start_at(own_address(), transport, &scene.identity, good).await;
        let server = if transport == "tcp" { peer.server() } else { peer.called(NAME) };
        let forwarder = trusting(scene.authority.roots(), &[server]);
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
        let address_of_it = peer.address;
        drop(peer);
        while ask(&forwarder, "www.example.com").await.is_ok() {
            tokio::task::yield_now().await;
        }
        let back = Peer::start_at(address_of_it, transport, &scene.identity, good).await;
        while let Err(error) = ask(&forwarder, "www.example.com").await {
            assert_ne!(error, ExchangeError::Busy);
            tokio::time::sleep(Duration::from_millis(20)).await; // a failed dial is not repeated at once
        }
        assert_eq!(back.connections(), 1, "{transport}");
    }
}

#[tokio::test]
async fn what_applies_to_datagrams_only_is_not_shown_of_streams() {
    let scene = Scene::new();
    let (_peer, forwarder) = scene.peer("tls", good).await;
    address(&forwarder, "www.example.com").await;
    let health = &forwarder.health()[0];
    assert_eq!((health.random_case, health.server.transport.scheme()), (None, "tls"));
    assert!(health.srtt_ms.is_some());
}

#[tokio::test]
async fn a_truncated_datagram_keeps_its_connection_for_the_next() {
    let server = Fake::udp(|_, query| vec![super::fake::truncated(query)]).await;
    let peer = Peer::start_at(server.address, "tcp", &Scene::new().identity, good).await;
    let forwarder = with(for_testing(&[server.server()]));
    for _ in 0..5 {
        assert_eq!(address(&forwarder, "www.example.com").await, 1);
    }
    assert_eq!((peer.connections(), peer.queries().len()), (1, 5));
}

#[test]
fn roots_must_be_certificates() {
    assert!(Roots::from_pem(Authority::new().pem().as_bytes()).is_ok());
    for (pem, why) in [
        ("", "has no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "number 1"),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "is not PEM"),
    ] {
        let error = Roots::from_pem(pem.as_bytes()).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}
