//! UDP: a thread a core, each with its own sockets and its own runtime.
//!
//! The kernel spreads clients over the sockets (SO_REUSEPORT). A thread takes a batch, answers in place what is
//! blocked or cached, then sends the batch; what must be fetched becomes a task on the same thread.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::Desk;
use super::mmsg::{self, Answers, Path, Questions};
use crate::reply::local;
use crate::resolver::{Peer, Pending, REPLY_ROOM, Resolver, Step};
use crate::snapshot::Snapshot;
use crate::tasks;
use crate::upstream::Forwarder;
use crate::wire::{HEADER_LEN, Header, Rcode, flags};

/// Batches answered before other tasks of the thread get their turn.
const ROUNDS: usize = 16;

/// Opens one thread's socket on an address; `shared` when other threads open theirs too.
pub fn bind(address: SocketAddr, shared: bool) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if address.ip().is_unspecified() {
        mmsg::want_pktinfo(&socket, address.is_ipv6())?;
    }
    // Bursts of a whole family; the kernel may grant less.
    let _ = socket.set_recv_buffer_size(1 << 20);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Answers on a socket of [`bind`] for as long as the runtime lives.
pub async fn serve(desk: Desk, socket: std::net::UdpSocket) {
    let worker = || {
        let worker = socket.try_clone().and_then(|own| Worker::new(desk.clone(), own));
        let failed = |error: &io::Error| tracing::error!(%error, "a UDP socket can't be served");
        worker.inspect_err(failed).ok().map(Worker::run)
    };
    tasks::keep("udp worker", worker).await;
}

/// One socket of one thread.
struct Worker {
    desk: Desk,
    socket: Arc<UdpSocket>,
    local: IpAddr,
    questions: Questions,
    answers: Answers<REPLY_ROOM>,
}

impl Worker {
    fn new(desk: Desk, socket: std::net::UdpSocket) -> io::Result<Self> {
        Ok(Self {
            desk,
            local: socket.local_addr()?.ip(),
            socket: Arc::new(UdpSocket::from_std(socket)?),
            questions: Questions::new(),
            answers: Answers::new(),
        })
    }

    async fn run(mut self) {
        loop {
            // An error here is the runtime's end; anything on the socket shows at the next receive.
            if self.socket.readable().await.is_err() {
                return;
            }
            for _ in 0..ROUNDS {
                let more = self.receive();
                self.answer_batch();
                if !more {
                    break;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes a batch; returns whether there may be more. A short batch says that the socket is empty, which spares
    /// the call that would only say so.
    fn receive(&mut self) -> bool {
        let Self { socket, questions, .. } = self;
        // If the runtime knows better and does not even try, no question must be left to answer twice.
        questions.clear();
        let received = socket.try_io(Interest::READABLE, || match questions.receive(socket.as_fd()) {
            Ok(mmsg::BATCH) => Ok(()),
            Ok(_) => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => Err(error),
        });
        match received {
            Ok(()) => true,
            // A pending ICMP error is reported once, and more questions may wait behind it.
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    fn answer_batch(&mut self) {
        let Desk { resolver, outlet, .. } = &self.desk;
        let state = resolver.shared.load();
        let moment = resolver.clock.moment();
        for (message, path, reached) in self.questions.iter() {
            let Some(client) = path.client() else { continue };
            let out = self.answers.next();
            if !self.desk.allows(&state, client, moment) {
                if let Some(len) = too_many(&state, message, client, out) {
                    self.answers.keep(len, path);
                }
                continue;
            }
            let peer = Peer { client, reached: reached.unwrap_or(self.local), stream: false, token: None };
            match resolver.answer(&state, moment, peer, message, out) {
                Step::Silence => {}
                Step::Reply(len) => self.answers.keep(len, path),
                Step::Renew(len, pending) => {
                    self.answers.keep(len, path);
                    self.desk.renew(&state, &pending, message);
                }
                Step::Fetch(pending) => {
                    let (resolver, forwarder) = (resolver.clone(), outlet.forwarder(&state.upstream));
                    let (socket, message) = (Arc::clone(&self.socket), message.into());
                    tasks::spawn("fetch", fetch(resolver, forwarder, socket, pending, message, *path));
                }
            }
        }
        self.answers.send(self.socket.as_fd());
    }
}

/// Fetches, then sends.
async fn fetch(
    resolver: Resolver,
    forwarder: Forwarder,
    socket: Arc<UdpSocket>,
    pending: Box<Pending>,
    message: Box<[u8]>,
    path: Path,
) {
    let reply = resolver.fetch(&forwarder, &pending, &message, false).await;
    let sent = socket.async_io(Interest::WRITABLE, || mmsg::send_one(socket.as_fd(), &reply, &path)).await;
    if let Err(error) = sent {
        tracing::debug!(%error, "an answer could not be sent");
    }
}

/// What a client that asks too much gets: REFUSED, with no more of its message than the ID. Answers to others than
/// queries, and to strangers, are never sent.
fn too_many(state: &Snapshot, message: &[u8], client: SocketAddr, out: &mut [u8]) -> Option<usize> {
    let header = Header::read(message)?;
    let is_ours = !header.has(flags::QR) && state.lan.contains(client.ip());
    is_ours.then(|| local::error(message, HEADER_LEN, Rcode::Refused, false, out))
}
