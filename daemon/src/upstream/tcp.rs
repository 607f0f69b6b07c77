//! One question over one TCP connection (RFC 7766), for answers that don't fit a datagram.
//!
//! Plain TCP is the exception, so it opens a connection each time. Connections that are kept come with the encrypted
//! transports.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::message::{Packet, Reply};
use super::random::Random;
use crate::wire::MAX_MESSAGE;

/// Asks and waits for the answer, however long that takes: the caller sets the limit.
///
/// Fails if the connection does, or if what comes back is no answer to the question.
pub(super) async fn ask(server: SocketAddr, mut packet: Packet, random: &Random) -> io::Result<Reply> {
    packet.set_id(random.id());
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&frame(packet.bytes())?).await?;
    let length = stream.read_u16().await?;
    // Grown by what comes, not by what the length claims.
    let mut bytes = Vec::with_capacity(usize::from(length).min(2048));
    (&mut stream).take(u64::from(length)).read_to_end(&mut bytes).await?;
    if bytes.len() < usize::from(length) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    match packet.fit(&bytes) {
        Some(fit) => Ok(Reply { bytes, fit }),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "the answer is to another question")),
    }
}

/// The message behind its length, in one piece so that it leaves in one segment (RFC 7766 §8).
fn frame(message: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(message.len()).map_err(|_| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("the query has more than {MAX_MESSAGE} bytes"))
    })?;
    Ok([&length.to_be_bytes()[..], message].concat())
}
