//! Every socket that questions come in by: opened together before anything is answered, then served.

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;

use super::accept::{Acceptor, Protocol};
use super::connections::Clients;
use super::open::{self, StartError};
use super::{Desk, https, quic, udp};
use crate::certificate::Certificates;
use crate::config::{LimitsConfig, ListenConfig};
use crate::tasks;

/// What is spoken over TLS on TCP port 853 (RFC 7858; the name is IANA's).
const DOT: &[u8] = b"dot";

/// Open sockets, not yet served.
pub struct Listeners {
    /// UDP, a socket for each thread on each address.
    udp: Vec<UdpSocket>,
    /// What the main runtime serves.
    streams: Streams,
}

/// Open sockets of the transports with connections.
pub struct Streams {
    tcp: Vec<std::net::TcpListener>,
    tls: Vec<std::net::TcpListener>,
    https: Vec<std::net::TcpListener>,
    quic: Vec<UdpSocket>,
}

impl Listeners {
    /// Opens every socket of `[listen]`.
    pub fn open(listen: &ListenConfig, limits: &LimitsConfig) -> Result<Self, StartError> {
        // TCP first: it never shares a port, and so tells of another daemon that UDP's sharing would hide.
        let streams = Streams {
            tcp: open::tcp(&listen.dns)?,
            tls: open::tcp(&listen.tls)?,
            https: open::tcp(&listen.https)?,
            quic: open::quic(&listen.quic)?,
        };
        Ok(Self { udp: open::udp(&listen.dns, limits.workers)?, streams })
    }

    /// Starts so many threads for UDP, at least 1; `desk` gives each its own. What the caller's runtime is to serve
    /// comes back.
    pub fn answer_udp(self, workers: usize, desk: impl Fn(usize) -> Desk) -> io::Result<Streams> {
        let mut threads: Vec<Vec<UdpSocket>> = (0..workers).map(|_| Vec::new()).collect();
        for (index, socket) in self.udp.into_iter().enumerate() {
            threads[index % workers].push(socket);
        }
        for (index, sockets) in threads.into_iter().enumerate() {
            let desk = desk(index);
            let thread = std::thread::Builder::new().name(format!("udp-{index}"));
            thread.spawn(move || answer_udp(desk, sockets))?;
        }
        Ok(self.streams)
    }
}

/// One thread: its runtime and its sockets, for as long as the process lives.
fn answer_udp(desk: Desk, sockets: Vec<UdpSocket>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "a UDP thread can't start"),
    };
    runtime.block_on(async {
        let serve = |socket| tasks::spawn("udp", udp::serve(desk.clone(), socket));
        let workers: Vec<_> = sockets.into_iter().map(serve).collect();
        for worker in workers {
            let _ = worker.await;
        }
    });
}

impl Streams {
    /// Serves every socket beside the caller, whose runtime it is. `certificates` are there if anything is encrypted.
    pub fn serve(self, desk: &Desk, certificates: Option<&Arc<Certificates>>) -> io::Result<()> {
        let clients = Clients::default();
        let accept = |listener, protocol: &Protocol| -> io::Result<()> {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let (desk, protocol) = (desk.clone(), protocol.clone());
            tasks::spawn("accept", Acceptor { desk, clients: clients.clone(), protocol }.run(listener));
            Ok(())
        };
        self.tcp.into_iter().try_for_each(|listener| accept(listener, &Protocol::Tcp))?;
        let Some(certificates) = certificates else { return Ok(()) };
        let tls = |alpn: &[&[u8]]| certificates.server_config(alpn).map_err(io::Error::other);
        let acceptor = |alpn: &[&[u8]]| Ok::<_, io::Error>(TlsAcceptor::from(Arc::new(tls(alpn)?)));
        let dot = Protocol::Tls(acceptor(&[DOT])?);
        self.tls.into_iter().try_for_each(|listener| accept(listener, &dot))?;
        let doh = Protocol::Https(acceptor(&https::ALPN)?, https::router());
        self.https.into_iter().try_for_each(|listener| accept(listener, &doh))?;
        for socket in self.quic {
            let serve = quic::serve(socket, tls(&[quic::ALPN])?, desk.clone(), clients.clone());
            tasks::spawn("QUIC", serve);
        }
        Ok(())
    }
}
