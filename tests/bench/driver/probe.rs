//! Single questions of the driver's own: is the server up, does it block, does it check signatures.

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use luytre_tests::dns::{self, Question, Reply};

use crate::process::Server;

/// unbound reads 2 M names in 40 s.
const START_MAX: Duration = Duration::from_secs(180);
/// dnsmasq never does, and its round goes on without it.
const VALIDATES_MAX: Duration = Duration::from_secs(5);
/// The bit AD in the fourth byte of a header.
const AD: u8 = 0x20;

/// A port of loopback that is free for UDP and TCP now, and will be in the next moment.
pub(crate) fn free_address() -> Result<SocketAddr> {
    for _ in 0..100 {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    anyhow::bail!("no port is free for UDP and TCP alike")
}

/// Asks until the server answers (by a block, where one is due) and returns the time since the call.
pub(crate) fn first_answer(
    server: &mut Server,
    address: SocketAddr,
    name: &str,
    blocked: bool,
) -> Result<Duration> {
    let start = Instant::now();
    let mut unblocked = 0;
    while start.elapsed() < START_MAX {
        server.check_alive()?;
        let reply = ask(address, name, Duration::from_millis(20))?;
        match reply.and_then(|reply| Reply::parse(&reply)) {
            Some(reply) if reply.rcode == 0 && (reply.blocked || !blocked) => return Ok(start.elapsed()),
            Some(_) => unblocked += 1,
            None => {}
        }
        // Nobody listens yet, and the refusal came at once.
        thread::sleep(Duration::from_micros(500));
    }
    anyhow::bail!("no right answer within {} s ({unblocked} wrong ones)", START_MAX.as_secs())
}

/// Whether the server says of a signed name that it has checked the signature (RFC 6840 §5.7: AD in a query asks), once it
/// has found out that its upstream server gives any.
pub(crate) fn validates(address: SocketAddr, name: &str) -> Result<bool> {
    let start = Instant::now();
    while start.elapsed() < VALIDATES_MAX {
        let reply = ask(address, name, VALIDATES_MAX)?;
        if reply.is_some_and(|reply| reply.get(3).is_some_and(|flags| flags & AD != 0)) {
            return Ok(true);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(false)
}

/// One question with AD set, from a new port each time, so that late answers to earlier ones don't mix with its own.
fn ask(address: SocketAddr, name: &str, patience: Duration) -> Result<Option<Vec<u8>>> {
    let name = dns::encode_name(name).context("the probe is no name")?;
    let question = Question { label: &[], name: &name, kind: dns::kind::A, edns: true };
    let mut query = [0; dns::LONGEST_QUERY];
    let length = dns::write_query(&mut query, 1, &question).context("the probe is too long")?;
    query[3] |= AD;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(patience))?;
    socket.send(&query[..length])?;
    let mut reply = [0; 1500];
    Ok(socket.recv(&mut reply).ok().map(|length| reply[..length].to_vec()))
}
