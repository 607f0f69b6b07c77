//! Servers that are spoken to over connections, and do as a test says; with certificates of the test's own making.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::tasks;
use crate::upstream::lock::Lock;
use crate::upstream::{Roots, Server};

/// All that are spoken to over connections.
pub(in crate::upstream) const STREAMS: [&str; 4] = ["tcp", "tls", "https", "quic"];
/// Those that nobody on the way can read.
pub(in crate::upstream) const ENCRYPTED: [&str; 3] = ["tls", "https", "quic"];

/// An authority that a test trusts or not.
pub(in crate::upstream) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub(in crate::upstream) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    pub(in crate::upstream) fn pem(&self) -> &str {
        &self.pem
    }

    pub(in crate::upstream) fn roots(&self) -> Roots {
        Roots::from_pem(self.pem.as_bytes()).unwrap()
    }

    /// A certificate for this name or address.
    pub(in crate::upstream) fn certify(&self, name: &str) -> Identity {
        self.certify_with(CertificateParams::new([name.to_owned()]).unwrap())
    }

    /// The same, good in these years only.
    pub(in crate::upstream) fn certify_for(&self, name: &str, years: std::ops::Range<i32>) -> Identity {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(years.start, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.end, 1, 1);
        self.certify_with(params)
    }

    fn certify_with(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { certificate, key: key.serialize_der() }
    }
}

/// A certificate with its key.
pub(in crate::upstream) struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    fn config(&self, protocols: &[&[u8]]) -> ServerConfig {
        let key = PrivateKeyDer::Pkcs8(self.key.clone().into());
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], key)
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        config
    }
}

/// What a peer does with a query.
pub(in crate::upstream) enum Reaction {
    Answer(Vec<u8>),
    /// Answers, and closes the connection as idle ones are.
    AnswerAndClose(Vec<u8>),
    /// Goes out with the next answer, in one writing (over TCP and TLS).
    Hold(Vec<u8>),
    Close,
    Silence,
}

/// A query, and the number of the connection that it came by.
pub(in crate::upstream) struct Asked<'q> {
    pub(in crate::upstream) connection: usize,
    pub(in crate::upstream) query: &'q [u8],
}

/// A server, and what it has seen.
pub(in crate::upstream) struct Peer {
    transport: &'static str,
    pub(in crate::upstream) address: SocketAddr,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

struct Desk {
    script: Box<dyn Fn(Asked<'_>) -> Reaction + Send + Sync>,
    queries: Lock<Vec<Vec<u8>>>,
    connections: AtomicUsize,
    /// Connections that have ended.
    ended: watch::Sender<usize>,
}

impl Desk {
    fn react(&self, connection: usize, query: &[u8]) -> Reaction {
        self.queries.hold().push(query.to_vec());
        (self.script)(Asked { connection, query })
    }

    fn connected(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    fn disconnected(&self) {
        self.ended.send_modify(|ended| *ended += 1);
    }
}

impl Peer {
    /// A server on a free port of 127.0.0.1.
    pub(in crate::upstream) async fn start(
        transport: &'static str,
        identity: &Identity,
        script: impl Fn(Asked<'_>) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), transport, identity, script).await
    }

    /// A server at an address.
    pub(in crate::upstream) async fn start_at(
        address: SocketAddr,
        transport: &'static str,
        identity: &Identity,
        script: impl Fn(Asked<'_>) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let desk = Arc::new(Desk {
            script: Box::new(script),
            queries: Lock::new(Vec::new()),
            connections: 0.into(),
            ended: watch::Sender::new(0),
        });
        let (address, task) = match transport {
            "quic" => {
                let config = quinn::ServerConfig::with_crypto(Arc::new(
                    quinn::crypto::rustls::QuicServerConfig::try_from(identity.config(&[b"doq"])).unwrap(),
                ));
                let endpoint = quinn::Endpoint::server(config, address).unwrap();
                let address = endpoint.local_addr().unwrap();
                (address, tasks::spawn("peer", serve_quic(endpoint, Arc::clone(&desk))))
            }
            _ => {
                let listener = TcpListener::bind(address).await.unwrap();
                let address = listener.local_addr().unwrap();
                let protocols: &[&[u8]] = if transport == "https" { &[b"h2"] } else { &[] };
                let tls = TlsAcceptor::from(Arc::new(identity.config(protocols)));
                let tls = (transport != "tcp").then_some(tls);
                (address, tasks::spawn("peer", serve_streams(listener, tls, transport, Arc::clone(&desk))))
            }
        };
        Self { transport, address, desk, task }
    }

    /// It, called by this name.
    pub(in crate::upstream) fn called(&self, name: &str) -> Server {
        let (port, at) = (self.address.port(), self.address.ip());
        format!("{}://{name}:{port}@{at}", self.transport).parse().unwrap()
    }

    /// It, called by its address.
    pub(in crate::upstream) fn server(&self) -> Server {
        format!("{}://{}", self.transport, self.address).parse().unwrap()
    }

    pub(in crate::upstream) fn queries(&self) -> Vec<Vec<u8>> {
        self.desk.queries.hold().clone()
    }

    /// Connections, those included whose handshake failed.
    pub(in crate::upstream) fn connections(&self) -> usize {
        self.desk.connections.load(Ordering::Relaxed)
    }

    /// Waits until so many connections have ended.
    pub(in crate::upstream) async fn has_closed(&self, connections: usize) {
        self.desk.ended.subscribe().wait_for(|&ended| ended >= connections).await.unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve_streams(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    transport: &'static str,
    desk: Arc<Desk>,
) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (number, desk, tls) = (desk.connected(), Arc::clone(&desk), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve_stream(stream, number, &desk).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) if transport == "https" => serve_https(stream, number, &desk).await,
                    Ok(stream) => serve_stream(stream, number, &desk).await,
                    Err(_) => {} // a client that doesn't trust us
                },
            }
            desk.disconnected();
        });
    }
}

async fn serve_stream(mut stream: impl AsyncRead + AsyncWrite + Unpin, number: usize, desk: &Desk) {
    let mut answers = Vec::new();
    while let Ok(length) = stream.read_u16().await {
        let mut query = vec![0; length.into()];
        stream.read_exact(&mut query).await.unwrap();
        let reaction = desk.react(number, &query);
        if let Reaction::Answer(answer) | Reaction::AnswerAndClose(answer) | Reaction::Hold(answer) =
            &reaction
        {
            answers.extend_from_slice(&u16::try_from(answer.len()).unwrap().to_be_bytes());
            answers.extend_from_slice(answer);
        }
        let goes_on = match reaction {
            Reaction::Answer(_) => true,
            Reaction::AnswerAndClose(_) => false,
            Reaction::Close => return,
            Reaction::Hold(_) | Reaction::Silence => continue,
        };
        let _ = stream.write_all(&std::mem::take(&mut answers)).await;
        if !goes_on {
            let _ = stream.shutdown().await;
            return;
        }
    }
}

async fn serve_https(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    number: usize,
    desk: &Arc<Desk>,
) {
    let end = Arc::new(tokio::sync::Notify::new());
    let (ending, desk) = (Arc::clone(&end), Arc::clone(desk));
    let answer = async move |query: Bytes| match desk.react(number, &query) {
        Reaction::Answer(answer) => ([(CONTENT_TYPE, "application/dns-message")], answer).into_response(),
        Reaction::AnswerAndClose(answer) => {
            ending.notify_one();
            ([(CONTENT_TYPE, "application/dns-message")], answer).into_response()
        }
        Reaction::Close => (StatusCode::BAD_GATEWAY, "<html>\n<h1>No.</h1>").into_response(),
        Reaction::Hold(_) | Reaction::Silence => std::future::pending().await,
    };
    let routes = axum::Router::new().route("/dns-query", axum::routing::post(answer));
    let service = hyper_util::service::TowerToHyperService::new(routes);
    let builder = hyper::server::conn::http2::Builder::new(hyper_util::rt::TokioExecutor::new());
    let connection = builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = end.notified() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn serve_quic(endpoint: quinn::Endpoint, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    while let Some(incoming) = endpoint.accept().await {
        let (number, desk) = (desk.connected(), Arc::clone(&desk));
        connections.spawn(async move {
            if let Ok(connection) = incoming.await {
                serve_quic_connection(&connection, number, &desk).await;
            }
            desk.disconnected();
        });
    }
}

async fn serve_quic_connection(connection: &quinn::Connection, number: usize, desk: &Desk) {
    let mut closing = false;
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        let query = receive.read_to_end(65_537).await.unwrap();
        assert_eq!(usize::from(u16::from_be_bytes([query[0], query[1]])), query.len() - 2);
        let answer = match desk.react(number, &query[2..]) {
            Reaction::Answer(answer) => answer,
            Reaction::AnswerAndClose(answer) => {
                closing = true;
                answer
            }
            Reaction::Close => return,
            Reaction::Hold(_) | Reaction::Silence => {
                std::mem::forget((send, receive));
                continue;
            }
        };
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        send.write_all(&[&length[..], &answer].concat()).await.unwrap();
        send.finish().unwrap();
        if closing {
            let _ = send.stopped().await; // until it is acknowledged
            return connection.close(0u8.into(), b"idle");
        }
    }
}

/// Longer than any wait in these tests, for what must come at last.
pub(in crate::upstream) const PATIENT: Duration = Duration::from_secs(5);
