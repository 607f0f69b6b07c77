//! The limit of the bench: a UDP server that only sends each packet back with QR set.
//!
//! No resolver can cost less than this on the same kernel. With `--pktinfo` it also learns and keeps the address
//! that each packet was sent to, as a resolver on several addresses must.

use std::io::{self, Write};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;

use anyhow::{Context, Result, bail};
use luytre_tests::dns;
use luytre_tests::mmsg::{Batch, Keep, Wait, keep_target};

const USAGE: &str = "usage: bench-echo --listen ADDR:PORT [--pktinfo]";
const BATCH: usize = 64;
const LONGEST: usize = 1500;

fn main() -> Result<()> {
    let mut listen: Option<SocketAddr> = None;
    let mut pktinfo = false;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        use lexopt::prelude::*;
        match argument {
            Long("listen") => listen = Some(arguments.value()?.parse()?),
            Long("pktinfo") => pktinfo = true,
            Long("help") => return Ok(writeln!(io::stdout(), "{USAGE}")?),
            other => bail!("{}\n{USAGE}", other.unexpected()),
        }
    }
    let listen = listen.context(USAGE)?;
    let socket = UdpSocket::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
    if pktinfo {
        keep_target(socket.as_fd(), listen.is_ipv6())?;
    }
    Err(echo(&socket, if pktinfo { Keep::PeerAndTarget } else { Keep::Peer }).into())
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
