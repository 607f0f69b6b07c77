//! One query in flight on one socket: what a single look-up feels like.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use luytre_tests::dns::{LONGEST_QUERY, Reply};

use crate::Limits;
use crate::queries::Queries;
use crate::tally::Tally;

/// A socket of any port, connected to the server.
pub(crate) fn connect(server: SocketAddr) -> Result<UdpSocket> {
    let any: IpAddr =
        if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).context("opening a socket")?;
    socket.connect(server).with_context(|| format!("connecting to {server}"))?;
    Ok(socket)
}

/// Nanoseconds for the histogram.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(crate) fn run(server: SocketAddr, queries: &mut Queries, limits: Limits) -> Result<Tally> {
    let socket = connect(server)?;
    socket.set_read_timeout(Some(limits.timeout))?;
    let mut tally = Tally::default();
    let mut packet = [0; LONGEST_QUERY];
    let start = Instant::now();
    while tally.sent < limits.count && start.elapsed() < limits.time {
        let id = tally.sent as u16;
        let length = queries.write(&mut packet, id);
        let sent_at = Instant::now();
        tally.sent += 1;
        // A refused port is reported on the next call; the query then counts as lost, not the run as failed.
        let sent = socket.send(&packet[..length]).is_ok();
        if !(sent && await_reply(&socket, id, sent_at, limits.timeout, &mut tally)?) {
            tally.lost += 1;
        }
    }
    tally.elapsed = start.elapsed();
    Ok(tally)
}

/// True when the answer to `id` came in time; what else arrives meanwhile is counted and passed over.
fn await_reply(
    socket: &UdpSocket,
    id: u16,
    sent_at: Instant,
    timeout: Duration,
    tally: &mut Tally,
) -> Result<bool> {
    let mut reply = [0; 4096];
    while sent_at.elapsed() < timeout {
        let length = match socket.recv(&mut reply) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionRefused) => {
                return Ok(false);
            }
            Err(error) => return Err(error).context("receiving"),
        };
        match Reply::parse(&reply[..length]) {
            Some(parsed) if parsed.id == id => {
                tally.answer(parsed, nanos(sent_at.elapsed()));
                return Ok(true);
            }
            Some(_) => tally.unexpected += 1,
            None => tally.malformed += 1,
        }
    }
    Ok(false)
}
