//! One connected socket, the questions that wait on it, and the task that hands them their answers.
//!
//! A question lies in the table of those waiting under its ID. The receive task checks each datagram against it there
//! and then, so that what doesn't fit costs nobody a wake-up and can't push out what does.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::tasks;
use crate::upstream::lock::Lock;
use crate::upstream::message::{Packet, Reply};
use crate::upstream::random::Random;
use crate::wire::{self, flags};

/// Larger than any answer to a query of ours, which announces 1,232 bytes.
const LONGEST: usize = 4096;
/// Datagrams read before other tasks get their turn.
const BURST: usize = 64;

/// A socket, open as long as somebody holds it.
pub(super) struct Port {
    shared: Arc<Shared>,
    receiver: JoinHandle<()>,
}

struct Shared {
    socket: UdpSocket,
    /// By ID. Bounded by the uses of a port.
    waiting: Lock<HashMap<u16, Slot>>,
}

enum Slot {
    Waiting { packet: Packet, waker: Option<Waker> },
    Done(io::Result<Reply>),
}

impl Port {
    /// Opens a socket with a random port of the kernel's choice, in the runtime of the caller.
    pub(super) fn open(server: SocketAddr) -> io::Result<Self> {
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = std::net::UdpSocket::bind(any)?;
        // Connected: the kernel drops what comes from elsewhere, and tells of refusals.
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        let waiting = Lock::new(HashMap::new());
        let shared = Arc::new(Shared { socket: UdpSocket::from_std(socket)?, waiting });
        let receiver = tasks::spawn("upstream-udp", receive(Arc::clone(&shared)));
        Ok(Self { shared, receiver })
    }

    /// Sends the query under an ID that is free here, and waits for its answer.
    pub(super) async fn ask(self: Arc<Self>, mut packet: Packet, random: &Random) -> io::Result<Reply> {
        let id = loop {
            match self.shared.send(packet, random)? {
                Sent::As(id) => break id,
                Sent::NotYet(back) => packet = back,
            }
            self.shared.socket.writable().await?;
        };
        Answer { port: self, id }.await
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.receiver.abort();
    }
}

/// A question's place in the table; given back on drop.
struct Answer {
    port: Arc<Port>,
    id: u16,
}

impl Future for Answer {
    type Output = io::Result<Reply>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut waiting = self.port.shared.waiting.hold();
        let Entry::Occupied(mut entry) = waiting.entry(self.id) else {
            return Poll::Pending; // polled again after its end
        };
        if let Slot::Waiting { waker, .. } = entry.get_mut() {
            match waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => *waker = Some(context.waker().clone()),
            }
            return Poll::Pending;
        }
        match entry.remove() {
            Slot::Done(reply) => Poll::Ready(reply),
            Slot::Waiting { .. } => Poll::Pending, // returned above
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.port.shared.waiting.hold().remove(&self.id);
    }
}

enum Sent {
    As(u16),
    /// The socket's buffer is full, or the socket so new that tokio doesn't know that it is not.
    NotYet(Packet),
}

impl Shared {
    /// Sends without waiting. The table is held meanwhile, so that an answer can't come before its question stands in
    /// it; nobody waits for that, as worker and sockets share a thread.
    fn send(&self, mut packet: Packet, random: &Random) -> io::Result<Sent> {
        let mut waiting = self.waiting.hold();
        let id = loop {
            let id = random.id();
            if !waiting.contains_key(&id) {
                break id;
            }
        };
        packet.set_id(id);
        match self.socket.try_send(packet.bytes()) {
            Ok(_) => {
                waiting.insert(id, Slot::Waiting { packet, waker: None });
                Ok(Sent::As(id))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Sent::NotYet(packet)),
            Err(error) => {
                drop(waiting);
                if is_for_all(&error) {
                    self.fail_all(&error);
                }
                Err(error)
            }
        }
    }

    /// Hands out what has come. Whether that was all.
    fn drain(&self) -> bool {
        let mut buffer = [0; LONGEST];
        for _ in 0..BURST {
            match self.socket.try_recv(&mut buffer) {
                Ok(length) => self.deliver(&mut buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) => self.fail_all(&error),
            }
        }
        false
    }

    /// Hands out the error that is pending on the socket, which `try_recv` doesn't see when no datagram came with it.
    fn take_error(&self) {
        let none = || io::ErrorKind::WouldBlock.into();
        let pending = || Err::<(), _>(self.socket.take_error()?.unwrap_or_else(none));
        if let Err(error) = self.socket.try_io(Interest::ERROR, pending)
            && error.kind() != io::ErrorKind::WouldBlock
        {
            self.fail_all(&error);
        }
    }

    /// Gives an answer to the question it fits; late ones, forged ones and noise fit none and are dropped.
    fn deliver(&self, datagram: &mut [u8]) {
        let Some(id) = wire::u16_at(datagram, 0) else { return };
        let mut waiting = self.waiting.hold();
        let Some(slot) = waiting.get_mut(&id) else { return };
        let Slot::Waiting { packet, waker } = slot else { return };
        let Some(fit) = packet.fit(datagram) else { return };
        if datagram.len() == LONGEST {
            datagram[2] |= flags::TC.to_be_bytes()[0]; // cut by our buffer: to be had over TCP
        }
        let waker = waker.take();
        *slot = Slot::Done(Ok(Reply { bytes: datagram.to_vec(), fit }));
        drop(waiting);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The server's machine refuses, or there is no way to it: so it is for all that wait here.
    fn fail_all(&self, error: &io::Error) {
        let again = || error.raw_os_error().map_or(error.kind().into(), io::Error::from_raw_os_error);
        let mut wakers = Vec::new();
        for slot in self.waiting.hold().values_mut() {
            if let Slot::Waiting { waker, .. } = slot {
                wakers.extend(waker.take());
                *slot = Slot::Done(Err(again()));
            }
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Errors that tell of the server or the way to it. `send` reports them too, for a query that went before.
fn is_for_all(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(error.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable)
}

/// Runs until the port is dropped.
async fn receive(shared: Arc<Shared>) {
    // An error here means that the runtime is going down.
    while let Ok(ready) = shared.socket.ready(Interest::READABLE | Interest::ERROR).await {
        if ready.is_error() {
            shared.take_error();
        }
        if !shared.drain() {
            tokio::task::yield_now().await;
        }
    }
}
