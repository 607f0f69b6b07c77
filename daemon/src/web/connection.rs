//! Connections: from the home only, few, short, with one request each; over TLS where `[web] tls` listens.
//!
//! `axum::serve` bounds neither their number nor their time: a device that opens connections and says nothing would
//! take every descriptor, and DNS over TCP with it. So hyper's connections are driven here.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::app::Daemon;
use crate::tasks;

/// The longest header section, in bytes; a longer one is answered with 431.
const MAX_HEADER: usize = 16 << 10;

/// Who is connected, and to what.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// The client.
    pub client: SocketAddr,
    /// The address of ours that it reached.
    pub reached: SocketAddr,
}

/// A request's way to ask that its answer may have no end. Whoever asks bounds how many do.
#[derive(Clone, Debug, Default)]
pub(super) struct Stay(Arc<AtomicBool>);

impl Stay {
    /// Neither the time of the whole answer nor the number of connections ends this one.
    pub(super) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How much of us clients may hold.
pub(super) struct Limits {
    /// Open connections of one listener.
    pub(super) connections: usize,
    /// Until the header section is there.
    pub(super) header: Duration,
    /// Until the answer is sent, unless it asked to [`Stay`].
    pub(super) whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, header: Duration::from_secs(10), whole: Duration::from_secs(30) }
    }
}

/// Accepts until the task is dropped. An accept error (out of descriptors, say) is waited out, never an end.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, daemon: Daemon, limits: Limits) {
    let router = super::router(daemon.clone());
    let mut open: VecDeque<(JoinHandle<()>, Stay)> = VecDeque::new();
    loop {
        let (stream, client) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection to the page could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if !daemon.resolver().shared.load().lan.contains(client.ip()) {
            tracing::debug!(%client, "not of the home: no page");
            continue;
        }
        open.retain(|(connection, _)| !connection.is_finished());
        // Full: the oldest goes. A page takes milliseconds, so the oldest is one that only holds its place.
        if open.len() >= limits.connections
            && let Some(oldest) = open.iter().position(|(_, stay)| !stay.asked())
            && let Some((oldest, _)) = open.remove(oldest)
        {
            oldest.abort();
        }
        let stay = Stay::default();
        let answered = answer((stream, tls.clone()), client, (router.clone(), stay.clone()), limits.header);
        let overdue = overdue(limits.whole, stay.clone());
        let connection = tasks::spawn("web connection", async move {
            tokio::select! {
                answered = answered => if let Err(error) = answered {
                    tracing::debug!(%client, %error, "a connection to the page ended");
                },
                () = overdue => tracing::debug!(%client, "a connection to the page took too long"),
            }
        });
        open.push_back((connection, stay));
    }
}

/// Waits for the end of a connection's time.
async fn overdue(whole: Duration, stay: Stay) {
    tokio::time::sleep(whole).await;
    if stay.asked() {
        std::future::pending::<()>().await;
    }
}

/// Bytes there and back. Boxed, so that HTTP is compiled once for both ways.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Answers the one request of a connection; a handshake may take as long as a header.
async fn answer(
    (stream, tls): (TcpStream, Option<TlsAcceptor>),
    client: SocketAddr,
    (router, stay): (Router, Stay),
    header: Duration,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let connection = Connection { client, reached: stream.local_addr()? };
    let stream: Box<dyn Stream> = match tls {
        Some(tls) => Box::new(timeout(header, tls.accept(stream)).await??),
        None => Box::new(stream),
    };
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection);
        request.extensions_mut().insert(stay.clone());
        router.call(request)
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(header).max_buf_size(MAX_HEADER);
    Ok(http.serve_connection(TokioIo::new(stream), service).await?)
}
