//! Whether a device gets through to a server: it says something and hears it back.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::household::Device;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// The server was heard.
    Through,
    /// Somebody said no.
    Refused,
    /// Nobody said anything for a while.
    Silence,
}

/// How long somebody waits who is not told no.
const PATIENCE: Duration = Duration::from_millis(1500);

pub(crate) fn socket(address: &str, port: u16) -> SocketAddr {
    SocketAddr::new(address.parse::<IpAddr>().unwrap(), port)
}

impl Device {
    /// Opens a TCP connection and speaks.
    pub(crate) fn tries_tcp(&self, address: &str, port: u16) -> Reached {
        self.inside(|| {
            let opened = TcpStream::connect_timeout(&socket(address, port), PATIENCE);
            reached(opened.and_then(|mut stream| {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.write_all(b"hello")?;
                stream.read_exact(&mut [0; 5])
            }))
        })
    }

    /// Speaks by UDP.
    pub(crate) fn tries_udp(&self, address: &str, port: u16) -> Reached {
        self.inside(|| {
            let to = socket(address, port);
            let own = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            reached(UdpSocket::bind(own).and_then(|socket| {
                socket.connect(to)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                socket.send(b"hello")?;
                socket.recv(&mut [0; 5]).map(drop)
            }))
        })
    }
}

fn reached(done: std::io::Result<()>) -> Reached {
    match done {
        Ok(()) => Reached::Through,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Reached::Silence,
        Err(_) => Reached::Refused,
    }
}
