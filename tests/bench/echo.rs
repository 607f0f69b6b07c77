//! The limit of the bench: a UDP server that only sends each packet back with QR set.
//!
//! With `--threads` each thread has its own socket on the port, between which the kernel spreads the clients. No
//! resolver can cost less than this on the same kernel. With `--pktinfo` it also learns and keeps the address
//! that each packet was sent to, as a resolver on several addresses must.

use std::io::{self, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use luytre_tests::dns;
use luytre_tests::mmsg::{Batch, Keep, Wait, keep_target};
use socket2::{Domain, Socket, Type};

const USAGE: &str = "usage: bench-echo --listen ADDR:PORT [--pktinfo] [--threads N]";
const BATCH: usize = 64;
const LONGEST: usize = 1500;

fn main() -> Result<()> {
    let mut listen: Option<SocketAddr> = None;
    let (mut pktinfo, mut threads) = (false, 1_usize);
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        use lexopt::prelude::*;
        match argument {
            Long("listen") => listen = Some(arguments.value()?.parse()?),
            Long("pktinfo") => pktinfo = true,
            Long("threads") => threads = arguments.value()?.parse()?,
            Long("help") => return Ok(writeln!(io::stdout(), "{USAGE}")?),
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    let listen = listen.context(USAGE)?;
    ensure!((1..=64).contains(&threads), "--threads is 1 to 64");
    // All before the first answers, so that clients are spread over all from the start.
    let sockets: Vec<_> = (0..threads).map(|_| open(listen, pktinfo)).collect::<Result<_>>()?;
    let keep = if pktinfo { Keep::PeerAndTarget } else { Keep::Peer };
    let threads: Vec<_> =
        sockets.into_iter().map(|socket| thread::spawn(move || echo(&socket, keep))).collect();
    for thread in threads {
        if let Ok(error) = thread.join() {
            return Err(error.into());
        }
    }
    bail!("a thread panicked")
}

/// A socket that shares its port with its like.
fn open(listen: SocketAddr, pktinfo: bool) -> Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, None)?;
    socket.set_reuse_port(true)?;
    socket.bind(&listen.into()).with_context(|| format!("cannot listen on {listen}"))?;
    let socket = UdpSocket::from(socket);
    if pktinfo {
        keep_target(socket.as_fd(), listen.is_ipv6())?;
    }
    Ok(socket)
}

/// Runs until the socket fails.
fn echo(socket: &UdpSocket, keep: Keep) -> io::Error {
    let mut batch = Batch::new(BATCH, LONGEST, keep);
    loop {
        let got = match batch.receive(socket.as_fd(), Wait::ForOne) {
            Ok(got) => got,
            Err(error) => return error,
        };
        for at in 0..got {
            let length = batch.received(at);
            if length >= dns::HEADER {
                batch.buffer(at)[2] |= 0x80;
                batch.queue(at, length);
            }
        }
        batch.send(socket.as_fd());
    }
}
