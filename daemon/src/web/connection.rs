//! Connections: from the home only, few, short, with one request each.
//!
//! `axum::serve` bounds neither their number nor their time: a device that opens connections and says nothing would
//! take every descriptor, and DNS over TCP with it. So hyper's connections are driven here.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

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

/// How much of us clients may hold.
pub(super) struct Limits {
    /// Open connections of one listener.
    pub(super) connections: usize,
    /// Until the header section is there.
    pub(super) header: Duration,
    /// Until the answer is sent.
    pub(super) whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, header: Duration::from_secs(10), whole: Duration::from_secs(30) }
    }
}

/// Accepts until the task is dropped. An accept error (out of descriptors, say) is waited out, never an end.
pub(super) async fn serve(listener: TcpListener, daemon: Daemon, limits: Limits) {
    let router = super::router(daemon.clone());
    let mut open: VecDeque<JoinHandle<()>> = VecDeque::new();
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
        open.retain(|connection| !connection.is_finished());
        // Full: the oldest goes. A page takes milliseconds, so the oldest is one that only holds its place.
        if open.len() >= limits.connections
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let answered = answer(stream, client, router.clone(), limits.header);
        let bounded = tokio::time::timeout(limits.whole, answered);
        open.push_back(tasks::spawn("web connection", async move {
            match bounded.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%client, %error, "a connection to the page ended"),
                Err(_) => tracing::debug!(%client, "a connection to the page took too long"),
            }
        }));
    }
}

/// Answers the one request of a connection.
async fn answer(
    stream: TcpStream,
    client: SocketAddr,
    router: Router,
    header: Duration,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let connection = Connection { client, reached: stream.local_addr()? };
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection);
        router.call(request)
    });
    let mut http = http1::Builder::new();
    http.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(header).max_buf_size(MAX_HEADER);
    Ok(http.serve_connection(TokioIo::new(stream), service).await?)
}
