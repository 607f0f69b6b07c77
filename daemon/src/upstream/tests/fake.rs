//! Upstream servers that do as a test says, on real sockets of the loopback interface.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::tasks;
use crate::upstream::Server;
use crate::upstream::lock::Lock;
use crate::wire::{self, Rcode, flags};

/// A server, and the queries that it has seen.
pub(in crate::upstream) struct Fake {
    pub(in crate::upstream) address: SocketAddr,
    seen: Arc<Lock<Vec<Seen>>>,
    count: watch::Receiver<usize>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
pub(in crate::upstream) struct Seen {
    pub(in crate::upstream) from: SocketAddr,
    pub(in crate::upstream) query: Vec<u8>,
}

impl Fake {
    /// Sends to each datagram, the `n`th from 0, what the script says.
    pub(in crate::upstream) async fn udp<S>(mut script: S) -> Self
    where
        S: FnMut(usize, &[u8]) -> Vec<Vec<u8>> + Send + 'static,
    {
        let socket = UdpSocket::bind(own_address()).await.unwrap();
        let address = socket.local_addr().unwrap();
        let (seen, (told, count)) = (Arc::new(Lock::new(Vec::new())), watch::channel(0));
        let log = Arc::clone(&seen);
        let serve = async move {
            let mut buffer = [0; 4096];
            for n in 0.. {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                log.hold().push(Seen { from, query: buffer[..length].to_vec() });
                told.send_replace(n + 1);
                for answer in script(n, &buffer[..length]) {
                    socket.send_to(&answer, from).await.unwrap();
                }
            }
        };
        Self { address, seen, count, tasks: vec![tasks::spawn("fake-udp", serve)] }
    }

    /// Answers every question.
    pub(in crate::upstream) async fn good() -> Self {
        Self::udp(|_, query| vec![answer_to(query)]).await
    }

    /// Takes every question and says nothing.
    pub(in crate::upstream) async fn silent() -> Self {
        Self::udp(|_, _| vec![]).await
    }

    /// Answers every question with an error.
    pub(in crate::upstream) async fn failing(rcode: Rcode) -> Self {
        Self::udp(move |_, query| vec![error_to(query, rcode)]).await
    }

    /// Answers over TCP too, at the same address.
    pub(in crate::upstream) async fn and_tcp(mut self, answer: fn(&[u8]) -> Vec<u8>) -> Self {
        let listener = TcpListener::bind(self.address).await.unwrap();
        let serve = async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut query = vec![0; usize::from(stream.read_u16().await.unwrap())];
                stream.read_exact(&mut query).await.unwrap();
                let answer = answer(&query);
                stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
                stream.write_all(&answer).await.unwrap();
            }
        };
        self.tasks.push(tasks::spawn("fake-tcp", serve));
        self
    }

    pub(in crate::upstream) fn server(&self) -> Server {
        Server::udp(self.address)
    }

    pub(in crate::upstream) fn seen(&self) -> Vec<Seen> {
        self.seen.hold().clone()
    }

    /// Waits until so many queries have come.
    pub(in crate::upstream) async fn has_seen(&self, queries: usize) {
        self.count.clone().wait_for(|&count| count >= queries).await.unwrap();
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A free port of a loopback address that nobody else uses: a TCP server can have the port of a UDP server there, whatever
/// ports the clients of other tests have got.
pub(in crate::upstream) fn own_address() -> SocketAddr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    SocketAddr::from(([127, 0, 1, NEXT.fetch_add(1, Ordering::Relaxed)], 0))
}

/// A server on a port where nobody listens.
pub(in crate::upstream) async fn refused() -> Server {
    let address = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    Server::udp(address)
}

/// A question for the address of a name, with EDNS.
pub(in crate::upstream) fn query(name: &str) -> Vec<u8> {
    let mut bytes = vec![0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.') {
        bytes.push(label.len().try_into().unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, 1, 0, 1]);
    bytes.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// Whether a query of [`query`] still has its OPT.
pub(in crate::upstream) fn has_edns(query: &[u8]) -> bool {
    query[11] == 1
}

/// 192.0.2.1, with the question as it came and without EDNS.
pub(in crate::upstream) fn answer_to(query: &[u8]) -> Vec<u8> {
    let mut answer = error_to(query, Rcode::NoError);
    answer[7] = 1;
    answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    answer
}

/// The same, ending in this address byte, to tell servers apart.
pub(in crate::upstream) fn answer_with(query: &[u8], last: u8) -> Vec<u8> {
    let mut answer = answer_to(query);
    *answer.last_mut().unwrap() = last;
    answer
}

/// The same, said to be cut short.
pub(in crate::upstream) fn truncated(query: &[u8]) -> Vec<u8> {
    let mut answer = error_to(query, Rcode::NoError);
    answer[2] |= flags::TC.to_be_bytes()[0];
    answer
}

/// An error with the question.
pub(in crate::upstream) fn error_to(query: &[u8], rcode: Rcode) -> Vec<u8> {
    let end = wire::skip_name(query, 12).unwrap() + 4;
    let mut answer = query[..end].to_vec();
    answer[2] |= flags::QR.to_be_bytes()[0];
    answer[3] = rcode as u8;
    answer[6..12].fill(0);
    answer
}

/// An error of the header only.
pub(in crate::upstream) fn bare_error_to(query: &[u8], rcode: Rcode) -> Vec<u8> {
    let mut answer = error_to(query, rcode);
    answer.truncate(12);
    answer[4..6].fill(0);
    answer
}
