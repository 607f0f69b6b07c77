//! Connections over TCP: let in within the bounds, then given to what they speak.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::connections::Clients;
use super::session::{HANDSHAKE, Session, token_in};
use super::{Desk, framed, https};
use crate::resolver::Peer;
use crate::tasks;

/// What is spoken on a listening address.
#[derive(Clone)]
pub(super) enum Protocol {
    /// DNS over TCP (RFC 7766).
    Tcp,
    /// DNS over TLS (RFC 7858).
    Tls(TlsAcceptor),
    /// DNS over HTTPS (RFC 8484).
    Https(TlsAcceptor, Router),
}

impl Protocol {
    fn name(&self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Tls(_) => "TLS",
            Self::Https(..) => "HTTPS",
        }
    }

    /// Over plain TCP a stranger is told that it may not ask; with the others a handshake would have to come first.
    fn tells_strangers(&self) -> bool {
        matches!(self, Self::Tcp)
    }

    async fn serve(self, mut session: Session, stream: TcpStream) -> io::Result<()> {
        match self {
            Self::Tcp => framed::serve(session, stream).await,
            Self::Tls(acceptor) => {
                session.encrypted = true;
                let stream = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await??;
                session.token = token_in(stream.get_ref().1.server_name());
                framed::serve(session, stream).await
            }
            Self::Https(acceptor, router) => {
                session.encrypted = true;
                let stream = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await??;
                session.token = token_in(stream.get_ref().1.server_name());
                https::serve(session, stream, router).await
            }
        }
    }
}

/// One listening address.
pub(super) struct Acceptor {
    /// What answers.
    pub(super) desk: Desk,
    /// Counts connections; all addresses share it.
    pub(super) clients: Clients,
    /// What is spoken here.
    pub(super) protocol: Protocol,
}

impl Acceptor {
    /// Accepts until the task is dropped. An accept error (out of descriptors, say) is waited out, never an end.
    pub(super) async fn run(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((stream, client)) => self.admit(stream, client),
                Err(error) => {
                    let protocol = self.protocol.name();
                    tracing::warn!(%error, protocol, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Serves a connection beside the others. Over the bounds it is closed at once, so that the client tries again
    /// elsewhere or later.
    fn admit(&self, stream: TcpStream, client: SocketAddr) {
        let state = self.desk.resolver.shared.load();
        if !self.protocol.tells_strangers() && !state.lan.contains(client.ip()) {
            return;
        }
        let limits = &state.limits;
        let bounds = (limits.tcp_connections, limits.tcp_connections_per_client);
        let Some(place) = self.clients.enter(client.ip(), bounds) else { return };
        let (desk, protocol, idle) = (self.desk.clone(), self.protocol.clone(), limits.tcp_idle);
        tasks::spawn("connection", async move {
            let name = protocol.name();
            if let Err(error) = welcome(desk, protocol, idle, stream, client).await {
                tracing::debug!(%client, %error, protocol = name, "a connection ended");
            }
            drop(place);
        });
    }
}

async fn welcome(
    desk: Desk,
    protocol: Protocol,
    idle: Duration,
    stream: TcpStream,
    client: SocketAddr,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let reached = stream.local_addr()?.ip().to_canonical();
    let peer = Peer { client, reached, stream: true, token: None };
    protocol.serve(Session { desk, peer, encrypted: false, idle, token: None }, stream).await
}
