//! A client's connection with messages behind their lengths (RFC 1035 §4.2.2, RFC 7766), over TCP or TLS.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};

use super::message::Message;
use super::packet::Packet;
use super::patience::PATIENCE;

/// A connection to the daemon.
pub(crate) struct Stream<S = TcpStream>(S);

impl Stream {
    pub(crate) fn connect(from: IpAddr, to: SocketAddr) -> Self {
        Self(connected(from, to))
    }

    /// Says that nothing more will be asked, and goes on listening.
    pub(crate) fn ask_no_more(&mut self) -> &mut Self {
        self.0.shutdown(Shutdown::Write).unwrap();
        self
    }
}

impl<S: Read + Write> Stream<S> {
    /// Messages over a connection that is there.
    pub(crate) fn over(connection: S) -> Self {
        Self(connection)
    }

    /// Sends a message behind its length.
    pub(crate) fn send(&mut self, packet: &Packet) -> &mut Self {
        self.send_message(&packet.bytes())
    }

    pub(crate) fn send_message(&mut self, message: &[u8]) -> &mut Self {
        write_message(&mut self.0, message).expect("the daemon takes the message");
        self
    }

    /// Sends bytes as they are; tells whether the daemon still took them.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).is_ok()
    }

    /// The next message; `None` when the daemon closes instead.
    pub(crate) fn receive(&mut self) -> Option<Message> {
        match read_message(&mut self.0) {
            Ok(bytes) => Some(Message::decode(&bytes).unwrap_or_else(|why| panic!("{why}: {bytes:02x?}"))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                panic!("neither an answer nor an end in {PATIENCE:?}")
            }
            Err(_) => None,
        }
    }

    /// Waits until the daemon closes; what it still sends before is read and dropped.
    pub(crate) fn is_closed_by_the_daemon(&mut self) -> bool {
        while self.receive().is_some() {}
        true
    }
}

/// A connection from and to these addresses that waits no longer than patience.
pub(super) fn connected(from: IpAddr, to: SocketAddr) -> TcpStream {
    let stream = connect_from(from, to).unwrap_or_else(|error| panic!("{from} to {to}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads a message behind its length.
pub(super) fn read_message(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message)?;
    Ok(message)
}

/// Writes a message behind its length, in one piece (RFC 7766 §8).
pub(super) fn write_message(stream: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], message].concat())
}

/// `std` has no way to choose the address that a TCP client comes from.
fn connect_from(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    if from == IpAddr::V4(Ipv4Addr::LOCALHOST) || from.is_ipv6() {
        return TcpStream::connect(to);
    }
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(from, 0).into())?;
    socket.connect_timeout(&to.into(), PATIENCE)?;
    Ok(socket.into())
}
