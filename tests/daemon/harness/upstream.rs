//! The server that the house forwards to: a script in a thread, with a record of what it was asked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::message::Message;
use super::packet::{A, Packet};
use super::stream::{read_message, write_message};

/// What the upstream was asked: the query, and how it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) query: Message,
    pub(crate) from: SocketAddr,
    pub(crate) over_tcp: bool,
}

impl Asked {
    /// The beginning of an answer, with an OPT record if the query had one; [`Packet::answer_to`] is without.
    pub(crate) fn answer(&self) -> Packet {
        let packet = Packet::answer_to(&self.query);
        if self.query.opt.is_some() { packet.edns() } else { packet }
    }

    /// `NAME TYPE` in lower case but for the type, with the random case (0x20) undone.
    pub(crate) fn question(&self) -> String {
        let (name, rest) = self.query.question.split_once(' ').unwrap_or_default();
        format!("{} {rest}", name.to_ascii_lowercase())
    }
}

fn plain_answer(asked: &Asked) -> Packet {
    match asked.question().ends_with(" A") {
        true => asked.answer().address(A),
        false => asked.answer().soa(300),
    }
}

type Script = dyn Fn(&Asked) -> Vec<Vec<u8>> + Send + Sync;

/// A server by UDP and TCP, on 127.0.0.1 if nothing else is said, until it is dropped.
pub(crate) struct Upstream {
    address: SocketAddr,
    udp: UdpSocket,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    /// Queries that no server could read: a fault of the daemon.
    unreadable: Mutex<Vec<String>>,
    stopped: AtomicBool,
}

impl Upstream {
    /// Answers every A with 192.0.2.1 and the rest with "no such data".
    pub(crate) fn plain() -> Self {
        Self::answering(plain_answer)
    }

    /// Answers each query with one message, at this address of the calling thread's network namespace, which also has to
    /// drop it; what the script leaves open it answers as the plain one.
    #[allow(dead_code, reason = "the household's upstream has an address of its own")]
    pub(crate) fn answering_at(
        address: SocketAddr,
        script: impl Fn(&Asked) -> Option<Packet> + Send + Sync + 'static,
    ) -> Self {
        let sockets = (UdpSocket::bind(address).unwrap(), TcpListener::bind(address).unwrap());
        Self::serving(sockets, move |asked| {
            vec![script(asked).unwrap_or_else(|| plain_answer(asked)).bytes()]
        })
    }

    /// Answers each query with one message.
    pub(crate) fn answering(script: impl Fn(&Asked) -> Packet + Send + Sync + 'static) -> Self {
        Self::sending(move |asked| vec![script(asked).bytes()])
    }

    /// Hears and never answers.
    pub(crate) fn silent() -> Self {
        Self::sending(|_| vec![])
    }

    /// Sends each of these messages for each query. Over TCP the connection is closed behind them.
    pub(crate) fn sending(script: impl Fn(&Asked) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::serving(sockets(), script)
    }

    fn serving(
        (udp, tcp): (UdpSocket, TcpListener),
        script: impl Fn(&Asked) -> Vec<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let address = udp.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            asked: Mutex::default(),
            unreadable: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let (by_udp, by_tcp) = (Arc::clone(&shared), Arc::clone(&shared));
        let listening = udp.try_clone().unwrap();
        thread::spawn(move || by_udp.serve_udp(&listening));
        thread::spawn(move || by_tcp.serve_tcp(&tcp));
        Self { address, udp, shared }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a datagram of its own accord: an answer that comes late, or one that nobody asked for.
    pub(crate) fn send(&self, message: &[u8], to: SocketAddr) {
        self.udp.send_to(message, to).unwrap();
    }

    /// Everything it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The same as `NAME TYPE`.
    pub(crate) fn questions(&self) -> Vec<String> {
        self.asked().iter().map(Asked::question).collect()
    }

    /// The queries that made no sense.
    pub(super) fn unreadable(&self) -> Vec<String> {
        self.shared.unreadable.lock().unwrap().clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes both threads, to see that it is over.
        let _ = TcpStream::connect(self.address);
        let _ = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|wake| wake.send_to(&[], self.address));
    }
}

impl Shared {
    fn serve_udp(&self, socket: &UdpSocket) {
        let mut buffer = [0; 65_535];
        while let Ok((len, from)) = socket.recv_from(&mut buffer) {
            if self.is_over() {
                return;
            }
            for reply in self.replies(&buffer[..len], from, false) {
                socket.send_to(&reply, from).unwrap();
            }
        }
    }

    fn serve_tcp(&self, listener: &TcpListener) {
        while let Ok((mut stream, from)) = listener.accept() {
            if self.is_over() {
                return;
            }
            // The daemon gives up at times: that is not the upstream's end.
            let _ = self.converse(&mut stream, from);
        }
    }

    fn converse(&self, stream: &mut TcpStream, from: SocketAddr) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let query = read_message(stream)?;
        for reply in self.replies(&query, from, true) {
            write_message(stream, &reply)?;
        }
        Ok(())
    }

    fn replies(&self, query: &[u8], from: SocketAddr, over_tcp: bool) -> Vec<Vec<u8>> {
        match Message::decode(query) {
            Ok(query) => {
                let asked = Asked { query, from, over_tcp };
                // Noted first: whoever has the answer finds the question here.
                self.asked.lock().unwrap().push(asked.clone());
                (self.script)(&asked)
            }
            Err(why) => {
                self.unreadable.lock().unwrap().push(format!("{why}: {}", query.escape_ascii()));
                vec![]
            }
        }
    }

    fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// One free port for both.
fn sockets() -> (UdpSocket, TcpListener) {
    let pair = || {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let tcp = TcpListener::bind(udp.local_addr().unwrap()).ok()?;
        Some((udp, tcp))
    };
    super::patience::patiently("a port that is free for UDP and TCP", pair)
}
