//! A scripted upstream server over UDP and TCP, for the bench, the tests and `./dev run` where no resolver is.
//!
//! What it says is in [`luytre_tests::script`]; here are the sockets and the clock: UDP on one thread, in
//! batches, with the late answers in two queues; TCP on a thread for each of a bounded number of connections.

#![allow(
    clippy::disallowed_methods,
    reason = "a test program: its delays are real time, no clock is injected"
)]

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use luytre_tests::mmsg::{Batch, Keep, Wait, wait_readable};
use luytre_tests::script::{Transport, answer};

const USAGE: &str = "usage: bench-upstream --listen ADDR:PORT [--delay-ms N]";
const BATCH: usize = 64;
/// Larger than any query we answer plus its reply.
const LONGEST: usize = 2048;
/// How late names with the label `slow` are answered.
const SLOW: Duration = Duration::from_secs(3);
/// Late answers kept at a time; more are dropped, as a real server's would be.
const LATE_MAX: usize = 100_000;
const CONNECTIONS_MAX: usize = 256;
const IDLE: Duration = Duration::from_secs(30);

fn main() -> Result<()> {
    let mut listen: Option<SocketAddr> = None;
    let mut delay = Duration::ZERO;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        use lexopt::prelude::*;
        match argument {
            Long("listen") => listen = Some(arguments.value()?.parse()?),
            Long("delay-ms") => delay = Duration::from_millis(arguments.value()?.parse()?),
            Long("help") => return Ok(writeln!(io::stdout(), "{USAGE}")?),
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    let listen = listen.context(USAGE)?;
    let busy = || format!("cannot listen on {listen}");
    let socket = UdpSocket::bind(listen).with_context(busy)?;
    // The port that UDP got, so that `:0` gives both the same.
    let listener = TcpListener::bind(socket.local_addr()?).with_context(busy)?;
    thread::Builder::new().name("tcp".into()).spawn(move || accept(&listener, delay))?;
    serve_udp(&socket, delay)
}

/// Answers that wait for their time; all of one queue wait equally long, so that the first is due first.
struct Late {
    wait: Duration,
    queue: VecDeque<(Instant, SocketAddr, Vec<u8>)>,
}

impl Late {
    fn new(wait: Duration) -> Self {
        Self { wait, queue: VecDeque::new() }
    }

    fn push(&mut self, peer: Option<SocketAddr>, reply: &[u8]) {
        if let Some(peer) = peer.filter(|_| self.queue.len() < LATE_MAX) {
            self.queue.push_back((Instant::now() + self.wait, peer, reply.to_vec()));
        }
    }

    /// Sends what is due and returns when the next will be.
    fn send_due(&mut self, socket: &UdpSocket) -> Option<Instant> {
        while let Some((due, peer, reply)) = self.queue.front() {
            if *due > Instant::now() {
                return Some(*due);
            }
            // A client that is gone doesn't matter to the others.
            let _ = socket.send_to(reply, peer);
            self.queue.pop_front();
        }
        None
    }
}

fn serve_udp(socket: &UdpSocket, delay: Duration) -> Result<()> {
    let mut batch = Batch::new(BATCH, LONGEST, Keep::Peer);
    let (mut late, mut slow) = (Late::new(delay), Late::new(delay + SLOW));
    loop {
        let next = late.send_due(socket).into_iter().chain(slow.send_due(socket)).min();
        let wait = match next {
            None => Wait::ForOne,
            Some(due) => {
                wait_readable(&[socket.as_fd()], due.saturating_duration_since(Instant::now()));
                Wait::No
            }
        };
        let got = match batch.receive(socket.as_fd(), wait) {
            Ok(got) => got,
            Err(error) if is_passing(&error) => continue,
            Err(error) => return Err(error).context("receiving over UDP"),
        };
        for at in 0..got {
            let length = batch.received(at);
            let Some(reply) = answer(batch.buffer(at), length, Transport::Udp) else { continue };
            if !reply.slow && delay.is_zero() {
                batch.queue(at, reply.length);
            } else {
                let peer = batch.peer(at);
                let queue = if reply.slow { &mut slow } else { &mut late };
                queue.push(peer, &batch.buffer(at)[..reply.length]);
            }
        }
        batch.send(socket.as_fd());
    }
}

/// Errors that a UDP socket reports for an earlier packet's fate.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::HostUnreachable
    )
}

/// Never ends: an accept that fails (out of descriptors, say) is tried again a little later.
fn accept(listener: &TcpListener, delay: Duration) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let Ok((stream, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(50));
            continue;
        };
        let place = Place::take(&open);
        if open.load(Ordering::Relaxed) > CONNECTIONS_MAX {
            continue; // dropping stream and place closes the one and gives the other back
        }
        // No thread to be had: the connection is closed by dropping the closure.
        let _ = thread::Builder::new().name("connection".into()).spawn(move || {
            let _place = place;
            // The client's going away is the ordinary end.
            let _ = converse(stream, delay);
        });
    }
}

/// One of the bounded connections, given back on drop.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(open))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers the queries of one connection in their order.
fn converse(mut stream: TcpStream, delay: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut framed = [0; 2 + LONGEST];
    loop {
        let mut prefix = [0; 2];
        stream.read_exact(&mut prefix)?;
        let length = usize::from(u16::from_be_bytes(prefix));
        // The reply needs room behind the query.
        if length > LONGEST / 2 {
            return Err(ErrorKind::InvalidData.into());
        }
        stream.read_exact(&mut framed[2..2 + length])?;
        let Some(reply) = answer(&mut framed[2..], length, Transport::Tcp) else { continue };
        let wait = delay + if reply.slow { SLOW } else { Duration::ZERO };
        if !wait.is_zero() {
            thread::sleep(wait);
        }
        let prefix = u16::try_from(reply.length).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
        framed[..2].copy_from_slice(&prefix.to_be_bytes());
        stream.write_all(&framed[..2 + reply.length])?;
    }
}
