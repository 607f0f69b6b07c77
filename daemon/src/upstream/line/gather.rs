//! Queries that leave together: one write, and one segment, for all that are ready at once.
//!
//! hickory would look after the whole connection between two queries, flush each, and try to receive: system calls and
//! a packet for each of the dozens of queries of a page that is opened. Here its connection has its turn when the
//! queries that wait have been handed to it ([`Bunched`]), and what they write goes out when it comes to read
//! ([`Gathered`]), as it does when it has no more to send.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt};
use hickory_net::NetError;
use hickory_net::proto::op::DnsRequest;
use hickory_net::runtime::iocompat::AsyncIoTokioAsStd;
use hickory_net::runtime::{RuntimeProvider, TokioRuntimeProvider};
use hickory_net::xfer::{DnsRequestSender, DnsResponseStream};
use tokio::io::{AsyncRead, AsyncWrite, BufStream, ReadBuf};
use tokio::net::TcpStream;

/// Queries of one bunch: half of what hickory has places for between its parts (32).
const BUNCH: usize = 16;

/// A connection that has its turn when the queries that wait have been handed to it, or [`BUNCH`] of them.
pub(super) struct Bunched<S> {
    connection: S,
    /// Queries since its last turn.
    handed: usize,
    /// Whether the last of them came just now, and others may follow.
    fresh: bool,
}

impl<S> Bunched<S> {
    pub(super) fn over(connection: S) -> Self {
        Self { connection, handed: 0, fresh: false }
    }
}

impl<S: DnsRequestSender> Stream for Bunched<S> {
    type Item = Result<(), NetError>;

    /// Is polled after each query before the next one is looked for; and then, as it asks for that, in its next turn.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if mem::take(&mut self.fresh) && self.handed < BUNCH {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.handed = 0;
        self.connection.poll_next_unpin(context)
    }
}

impl<S: DnsRequestSender> DnsRequestSender for Bunched<S> {
    fn send_message(&mut self, request: DnsRequest) -> DnsResponseStream {
        self.handed += 1;
        self.fresh = true;
        self.connection.send_message(request)
    }

    fn shutdown(&mut self) {
        self.connection.shutdown();
    }

    fn is_shutdown(&self) -> bool {
        self.connection.is_shutdown()
    }
}

/// What is kept of each direction: a hundred queries. A longer one goes out in parts.
const KEPT: usize = 8 * 1024;

/// A stream that sends when it is asked for what was received, and before when it has [`KEPT`] so much.
///
/// Only for who reads after having written, as hickory's DNS over TCP and TLS does: what is written last would wait.
pub(super) struct Gathered<S>(BufStream<S>);

impl<S: AsyncRead + AsyncWrite> Gathered<S> {
    pub(super) fn over(stream: S) -> Self {
        Self(BufStream::with_capacity(KEPT, KEPT, stream))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gathered<S> {
    /// Receives even while the other side takes nothing: it may wait for us to read.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.0).poll_flush(context) {
            return Poll::Ready(Err(error));
        }
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    /// Keeps what is written until the next reading.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Tokio for hickory, with TCP connections that gather.
#[derive(Clone, Default)]
pub(super) struct Gathering(TokioRuntimeProvider);

type Made<T> = Pin<Box<dyn Send + Future<Output = io::Result<T>>>>;

impl RuntimeProvider for Gathering {
    type Handle = <TokioRuntimeProvider as RuntimeProvider>::Handle;
    type Timer = <TokioRuntimeProvider as RuntimeProvider>::Timer;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = AsyncIoTokioAsStd<Gathered<TcpStream>>;

    fn create_handle(&self) -> Self::Handle {
        self.0.create_handle()
    }

    fn connect_tcp(
        &self,
        server: SocketAddr,
        from: Option<SocketAddr>,
        limit: Option<Duration>,
    ) -> Made<Self::Tcp> {
        let connecting = self.0.connect_tcp(server, from, limit);
        Box::pin(async move { Ok(AsyncIoTokioAsStd(Gathered::over(connecting.await?.0))) })
    }

    fn bind_udp(&self, local: SocketAddr, server: SocketAddr) -> Made<Self::Udp> {
        self.0.bind_udp(local, server)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test]
    async fn what_is_written_leaves_together_when_it_is_read() {
        let (near, mut far) = duplex(KEPT);
        let mut near = Gathered::over(near);
        for message in [b"one", b"two"] {
            near.write_all(message).await.unwrap();
            near.flush().await.unwrap();
        }
        let mut received = [0; 16];
        tokio::select! {
            biased;
            _ = far.read(&mut received) => panic!("nothing was to be sent yet"),
            () = std::future::ready(()) => {}
        }
        tokio::join!(
            async {
                assert_eq!(far.read(&mut received).await.unwrap(), 6);
                assert_eq!(&received[..6], b"onetwo");
                far.write_all(b"answer").await.unwrap();
            },
            async {
                let mut answer = [0; 6];
                near.read_exact(&mut answer).await.unwrap();
                assert_eq!(&answer, b"answer");
            }
        );
    }

    #[tokio::test]
    async fn more_than_is_kept_goes_out_before_and_a_full_line_is_still_read() {
        let (near, mut far) = duplex(64);
        let mut near = Gathered::over(near);
        let sent = [7; 2 * KEPT];
        let (mut received, mut answer) = (vec![0; sent.len()], Vec::new());
        tokio::join!(
            async {
                near.write_all(&sent).await.unwrap();
                near.read_to_end(&mut answer).await.unwrap();
            },
            async {
                far.write_all(b"answer").await.unwrap(); // before anything is taken from the line
                far.read_exact(&mut received).await.unwrap();
                far.shutdown().await.unwrap();
            }
        );
        assert!(received == sent && answer == b"answer");
    }
}
