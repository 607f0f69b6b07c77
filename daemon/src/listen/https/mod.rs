//! DNS over HTTPS (RFC 8484): HTTP/2 and HTTP/1.1 over TLS, for the DNS paths and nothing else.
//!
//! ```text
//!  connection ─► activity ─► route ─► message ─► session ─► answer with its freshness
//! ```
//!
//! axum::serve bounds neither the connections nor their time, so hyper's are driven here. The handshake (ALPN) says
//! which HTTP is spoken; there is no upgrade from one to another, by which a request could get around the bounds.

mod activity;
mod freshness;
mod message;
mod route;

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

pub(super) use self::route::router;

use self::activity::Activity;
use super::session::{QUESTIONS, Session};

/// What we speak, the better first (RFC 7301; RFC 8484 §5.2 asks for HTTP/2).
pub(super) const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The longest header section, in bytes: a question in a path, and what browsers add.
const MAX_HEADER: u32 = 16 << 10;
/// Bytes that a client may send ahead of what was read: one message of the largest size.
const WINDOW: u32 = 64 << 10;
/// How long a connection that is being closed may take to send what it has.
const FAREWELL: Duration = Duration::from_secs(1);

/// Answers the requests of one connection until it ends or falls silent.
pub(super) async fn serve(session: Session, stream: TlsStream<TcpStream>, router: Router) -> io::Result<()> {
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(ALPN[0]);
    let (idle, activity) = (session.idle, Activity::default());
    let requests = activity.clone();
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        let busy = requests.begin();
        request.extensions_mut().insert(session.clone());
        let answer = router.call(request);
        async move {
            let answer = answer.await;
            drop(busy);
            answer
        }
    });
    let io = TokioIo::new(stream);
    if is_http2 {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .max_concurrent_streams(QUESTIONS as u32) // a small constant
            .max_header_list_size(MAX_HEADER)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_send_buf_size(WINDOW as usize);
        let close = http2::Connection::graceful_shutdown;
        drive(pin!(http.serve_connection(io, service)), close, &activity, idle).await
    } else {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(idle).max_buf_size(MAX_HEADER as usize);
        let close = http1::Connection::graceful_shutdown;
        drive(pin!(http.serve_connection(io, service)), close, &activity, idle).await
    }
}

/// Runs a connection until it ends; one that asked nothing for so long is closed. That holds for a client too that
/// asked and doesn't read, or sends a request byte by byte: only whole requests count.
async fn drive<C: Future<Output = hyper::Result<()>>>(
    mut connection: Pin<&mut C>,
    close: impl FnOnce(Pin<&mut C>),
    activity: &Activity,
    idle: Duration,
) -> io::Result<()> {
    loop {
        let before = activity.count();
        match tokio::time::timeout(idle, connection.as_mut()).await {
            Ok(ended) => return ended.map_err(io::Error::other),
            Err(_) if activity.rests_since(before) => break,
            Err(_) => {}
        }
    }
    close(connection.as_mut());
    let _closed = tokio::time::timeout(FAREWELL, connection).await;
    Ok(())
}
