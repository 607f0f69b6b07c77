//! Messages behind their lengths (RFC 1035 §4.2.2, RFC 7766), over TCP or TLS: hickory's framing, our bounds.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::StreamExt;
use hickory_server::net::runtime::iocompat::AsyncIoTokioAsStd;
use hickory_server::net::tcp::TcpStream;
use hickory_server::net::{BufDnsStreamHandle, DnsStreamHandle};
use hickory_server::proto::op::SerialMessage;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::session::{Asked, QUESTIONS, Session};
use crate::tasks;

/// Answers the messages of one connection until it ends, falls silent or makes no sense.
pub(super) async fn serve<S>(session: Session, stream: S) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static,
{
    let (idle, client) = (session.idle, session.peer.client);
    let (mut messages, sender) = TcpStream::from_stream(AsyncIoTokioAsStd(stream), client);
    let pipeline = Arc::new(Semaphore::new(QUESTIONS));
    loop {
        let message = match tokio::time::timeout(idle, messages.next()).await {
            Ok(Some(Ok(message))) => message.into_parts().0,
            Ok(Some(Err(error))) => return Err(io::Error::other(error)),
            Ok(None) => break,
            // Idle for us is idle for the client: nothing waits for upstream either.
            Err(_) if pipeline.available_permits() == QUESTIONS => return Ok(()),
            Err(_) => continue,
        };
        // Waiting here keeps the answers waiting too, but only while 16 others are being fetched.
        let Ok(turn) = Arc::clone(&pipeline).acquire_owned().await else { return Ok(()) };
        if !answer(&session, message, &sender, turn)? {
            return Ok(());
        }
    }
    // The client asks no more, but may still listen: what is being fetched is sent, then the queue is emptied.
    let _all = pipeline.acquire_many(QUESTIONS as u32).await; // a small constant
    let _sent = tokio::time::timeout(idle, messages.next()).await;
    Ok(())
}

/// Answers one message, or lets a task do it; returns whether the connection goes on.
fn answer(
    session: &Session,
    message: Vec<u8>,
    sender: &BufDnsStreamHandle,
    turn: OwnedSemaphorePermit,
) -> io::Result<bool> {
    let client = session.peer.client;
    match session.begin(message) {
        Asked::Refused(_) => return Ok(false),
        Asked::Answered(answer) => send(sender, answer, client)?,
        Asked::Waits(waiting) => {
            let sender = sender.clone();
            tasks::spawn("stream fetch", async move {
                if let Err(error) = send(&sender, waiting.fetch().await, client) {
                    tracing::debug!(%client, %error, "an answer could not be sent");
                }
                drop(turn);
            });
        }
    }
    Ok(true)
}

/// Queues an answer; a client that doesn't read loses its connection when 32 are queued.
fn send(sender: &BufDnsStreamHandle, answer: Vec<u8>, client: SocketAddr) -> io::Result<()> {
    sender.clone().send(SerialMessage::new(answer, client)).map_err(io::Error::other)
}
