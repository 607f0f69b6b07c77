//! TCP (RFC 7766): hickory's framing behind our own acceptor.
//!
//! hickory-server's own listener has no limit on connections and encodes every answer anew; ours counts connections
//! in all and per client, closes idle ones, and sends the same bytes that UDP would send.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use hickory_server::net::runtime::iocompat::AsyncIoTokioAsStd;
use hickory_server::net::tcp::TcpStream;
use hickory_server::net::{BufDnsStreamHandle, DnsStreamHandle};
use hickory_server::proto::op::SerialMessage;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Desk;
use crate::resolver::{Peer, REPLY_ROOM, Step};
use crate::tasks;

/// Questions of one connection that may wait for upstream at once (RFC 7766 §6.2.1.1: answer as they come).
const PIPELINED: usize = 16;

/// One listening address.
pub struct Acceptor {
    desk: Desk,
    clients: Clients,
}

impl Acceptor {
    /// An acceptor; all addresses share `clients`.
    pub fn new(desk: Desk, clients: Clients) -> Self {
        Self { desk, clients }
    }

    /// Accepts until the task is dropped. An accept error (out of descriptors, say) is waited out, never an end.
    pub async fn run(self, listener: TcpListener) {
        loop {
            let (stream, client) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a TCP connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let limits = self.desk.resolver.shared.load().limits.clone();
            let bounds = (limits.tcp_connections, limits.tcp_connections_per_client);
            // Over the bound: closed at once, so that the client tries again elsewhere or later.
            let Some(place) = self.clients.enter(client.ip(), bounds) else { continue };
            let connection = Connection { desk: self.desk.clone(), client, idle: limits.tcp_idle };
            tasks::spawn("tcp connection", async move {
                if let Err(error) = connection.serve(stream).await {
                    tracing::debug!(%client, %error, "a TCP connection ended");
                }
                drop(place);
            });
        }
    }
}

/// One client's connection.
struct Connection {
    desk: Desk,
    client: SocketAddr,
    idle: Duration,
}

impl Connection {
    async fn serve(self, stream: tokio::net::TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let peer =
            Peer { client: self.client, reached: stream.local_addr()?.ip().to_canonical(), stream: true };
        let (mut messages, sender) = TcpStream::from_stream(AsyncIoTokioAsStd(stream), self.client);
        let pipeline = Arc::new(Semaphore::new(PIPELINED));
        loop {
            let message = match tokio::time::timeout(self.idle, messages.next()).await {
                Ok(Some(Ok(message))) => message.into_parts().0,
                Ok(Some(Err(error))) => return Err(io::Error::other(error)),
                Ok(None) => break,
                // Idle for us is idle for the client: nothing waits for upstream either.
                Err(_) if pipeline.available_permits() == PIPELINED => return Ok(()),
                Err(_) => continue,
            };
            // Waiting here keeps the answers waiting too, but only while 16 others are being fetched.
            let Ok(turn) = Arc::clone(&pipeline).acquire_owned().await else { return Ok(()) };
            if !self.answer(peer, message, &sender, turn)? {
                return Ok(());
            }
        }
        // The client asks no more, but may still listen: what is being fetched is sent, then the queue is emptied.
        let _all = pipeline.acquire_many(PIPELINED as u32).await; // a small constant
        let _sent = tokio::time::timeout(self.idle, messages.next()).await;
        Ok(())
    }

    /// Answers one message, or lets a task do it; returns whether the connection goes on.
    fn answer(
        &self,
        peer: Peer,
        message: Vec<u8>,
        sender: &BufDnsStreamHandle,
        turn: OwnedSemaphorePermit,
    ) -> io::Result<bool> {
        let Desk { resolver, outlet, .. } = &self.desk;
        let state = resolver.shared.load_full();
        let moment = resolver.clock.moment();
        let client = self.client;
        if !self.desk.allows(&state, client, moment) {
            return Ok(false);
        }
        let mut out = vec![0; REPLY_ROOM];
        match resolver.answer(&state, moment, peer, &message, &mut out) {
            Step::Silence => return Ok(false),
            Step::Reply(len) => {
                out.truncate(len);
                send(sender, out, client)?;
            }
            Step::Renew(len, pending) => {
                self.desk.renew(&state, &pending, &message);
                out.truncate(len);
                send(sender, out, client)?;
            }
            Step::Fetch(pending) => {
                let (resolver, sender) = (resolver.clone(), sender.clone());
                let forwarder = outlet.forwarder(&state.upstream);
                tasks::spawn("tcp fetch", async move {
                    let reply = resolver.fetch(&forwarder, &pending, &message, true).await;
                    if let Err(error) = send(&sender, reply, client) {
                        tracing::debug!(%client, %error, "an answer could not be sent");
                    }
                    drop(turn);
                });
            }
        }
        Ok(true)
    }
}

/// Queues an answer; a client that doesn't read loses its connection when 32 are queued.
fn send(sender: &BufDnsStreamHandle, reply: Vec<u8>, client: SocketAddr) -> io::Result<()> {
    sender.clone().send(SerialMessage::new(reply, client)).map_err(io::Error::other)
}

/// How many connections each client has.
#[derive(Clone, Debug, Default)]
pub struct Clients(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection's place among its client's; given back when dropped.
struct Place {
    clients: Clients,
    client: IpAddr,
}

impl Clients {
    fn enter(&self, client: IpAddr, (in_all, per_client): (usize, usize)) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let count = counts.entry(client).or_default();
        if all >= in_all || *count >= per_client {
            if *count == 0 {
                counts.remove(&client);
            }
            return None;
        }
        *count += 1;
        Some(Place { clients: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.client);
            }
        }
    }
}
