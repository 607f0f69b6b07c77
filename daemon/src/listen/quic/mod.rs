//! DNS over QUIC (RFC 9250): one question on each stream.
//!
//! The endpoint is our own because hickory's takes 36 MB of buffers before the first client comes; ours takes what one
//! batch of datagrams needs ([`Datagrams`]). [`stream`] reads a question and writes its answer.

mod stream;

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{HandshakeData, QuicServerConfig};
use quinn::{
    Connection, Endpoint, EndpointConfig, IdleTimeout, Incoming, TokioRuntime, TransportConfig, VarInt,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Desk;
use super::connections::{Clients, Place};
use super::session::{HANDSHAKE, QUESTIONS, Session, token_in};
use crate::datagrams::Datagrams;
use crate::resolver::Peer;
use crate::tasks;
use crate::wire::MAX_MESSAGE;

/// What is spoken (RFC 9250 §4.1.1).
pub(super) const ALPN: &[u8] = b"doq";

/// Why a connection or a stream is closed (RFC 9250 §4.3).
mod code {
    use quinn::VarInt;

    pub(super) const NO_ERROR: VarInt = VarInt::from_u32(0x0);
    pub(super) const PROTOCOL_ERROR: VarInt = VarInt::from_u32(0x2);
    pub(super) const EXCESSIVE_LOAD: VarInt = VarInt::from_u32(0x4);
}

/// Handshakes under way at once. More are let wait: the client sends its first packet again.
const HANDSHAKES: usize = 32;
/// With so many under way, clients must first show that they receive what is sent to their address (RFC 9000 §8.1.2),
/// or one machine with made-up addresses could take every place.
const BUSY: usize = HANDSHAKES / 4;
/// First packets that quinn keeps for connections not yet accepted: their number, and bytes for one and for all.
const UNACCEPTED: (usize, u64, u64) = (64, 8 << 10, 64 << 10);
/// Bytes of questions that a connection may send ahead, and of answers that it may leave unread.
const WINDOW: u32 = 2 * MAX_MESSAGE as u32;

/// How long a connection may lie dead; who asks nothing is let go sooner, by `limits.tcp_idle`, whose most this is.
const DEAD: Duration = Duration::from_secs(120);

/// Answers on a socket until the task is dropped. If the endpoint fails it is opened anew: never an end.
pub(super) async fn serve(socket: UdpSocket, tls: rustls::ServerConfig, desk: Desk, clients: Clients) {
    loop {
        match socket.try_clone().and_then(|same| endpoint(same, tls.clone())) {
            Ok(endpoint) => accept(&endpoint, &desk, &clients).await,
            Err(error) => tracing::error!(%error, "QUIC can't be served"),
        }
        tracing::warn!("the QUIC endpoint ended and is opened anew");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn endpoint(socket: UdpSocket, tls: rustls::ServerConfig) -> io::Result<Endpoint> {
    let tls = QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
    let mut server = quinn::ServerConfig::with_crypto(Arc::new(tls));
    let (number, bytes, bytes_in_all) = UNACCEPTED;
    server
        .transport_config(Arc::new(transport()?))
        // A connection stays with the address that was let in and counted.
        .migration(false)
        .max_incoming(number)
        .incoming_buffer_size(bytes)
        .incoming_buffer_size_total(bytes_in_all);
    // No tokens for later: only a retry's, which we need not remember.
    server.validation_token.sent(0);
    let socket = Datagrams::open(socket)?;
    // Its default takes datagrams of up to 1472 bytes: an Ethernet frame's worth.
    let config = EndpointConfig::default();
    Endpoint::new_with_abstract_socket(config, Some(server), Arc::new(socket), Arc::new(TokioRuntime))
}

fn transport() -> io::Result<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(QUESTIONS as u32)) // a small constant
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(WINDOW))
        .receive_window(VarInt::from_u32(WINDOW))
        .send_window(WINDOW.into())
        // RFC 9250 §5.4: lengths are hidden in the packets, whether the client asks for it or not.
        .pad_to_mtu(true)
        .enable_segmentation_offload(false)
        .max_idle_timeout(Some(IdleTimeout::try_from(DEAD).map_err(io::Error::other)?));
    Ok(transport)
}

/// Lets connections in within the bounds, until the endpoint fails.
async fn accept(endpoint: &Endpoint, desk: &Desk, clients: &Clients) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    while let Some(incoming) = endpoint.accept().await {
        let state = desk.resolver.shared.load_full();
        if !state.lan.contains(incoming.remote_address().ip()) {
            incoming.ignore();
            continue;
        }
        let under_way = HANDSHAKES - handshakes.available_permits();
        if under_way >= BUSY && !incoming.remote_address_validated() {
            // It can be retried as long as it is not validated.
            let _sent = incoming.retry();
            continue;
        }
        let Ok(handshake) = Arc::clone(&handshakes).try_acquire_owned() else {
            incoming.ignore();
            continue;
        };
        let bounds = (state.limits.tcp_connections, state.limits.tcp_connections_per_client);
        let Some(place) = clients.enter(incoming.remote_address().ip(), bounds) else {
            incoming.refuse();
            continue;
        };
        let connection = welcome(incoming, desk.clone(), state.limits.tcp_idle, handshake, place);
        tasks::spawn("QUIC connection", connection);
    }
}

/// Shakes hands and answers; the places are given back at the end of each.
async fn welcome(
    incoming: Incoming,
    desk: Desk,
    idle: Duration,
    handshake: OwnedSemaphorePermit,
    _place: Place,
) {
    let client = incoming.remote_address();
    let connection = match tokio::time::timeout(HANDSHAKE, incoming).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%client, %error, "a QUIC handshake failed"),
        Err(_) => return tracing::debug!(%client, "a QUIC handshake took too long"),
    };
    drop(handshake);
    // Always known: the socket tells of every datagram where it was sent to.
    let reached = connection.local_ip().unwrap_or_else(|| client.ip()).to_canonical();
    let peer = Peer { client, reached, stream: true, token: None };
    let token = token_in(server_name(&connection).as_deref());
    answer_all(&connection, Session { desk, peer, encrypted: true, idle, token }).await;
}

/// The name that the client asked for in its handshake.
fn server_name(connection: &Connection) -> Option<String> {
    connection.handshake_data()?.downcast::<HandshakeData>().ok()?.server_name
}

/// Answers one question after another until the client leaves or falls silent.
async fn answer_all(connection: &Connection, session: Session) {
    let streams = Arc::new(Semaphore::new(QUESTIONS));
    loop {
        let (answer, question) = match tokio::time::timeout(session.idle, connection.accept_bi()).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                return tracing::debug!(client = %session.peer.client, %error, "a QUIC connection ended");
            }
            // A client that only keeps the connection alive asks nothing either.
            Err(_) if streams.available_permits() == QUESTIONS => {
                return connection.close(code::NO_ERROR, b"idle");
            }
            Err(_) => continue,
        };
        let Ok(turn) = Arc::clone(&streams).acquire_owned().await else { return };
        let (connection, session) = (connection.clone(), session.clone());
        tasks::spawn("QUIC question", async move {
            if let Err(stream::Fatal(code, why)) = stream::answer(&session, question, answer).await {
                connection.close(code, why.as_bytes());
            }
            drop(turn);
        });
    }
}
