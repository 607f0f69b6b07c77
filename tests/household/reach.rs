//! Whether a device gets through to a server: it says something and hears it back.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::household::Device;
use crate::namespace::Namespace;

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

impl Device {
    /// Moves so many bytes to a server and hears them back.
    pub(crate) fn moves(&self, address: &str, bytes: usize) -> bool {
        self.inside(|| {
            let Ok(mut stream) = TcpStream::connect_timeout(&socket(address, 443), PATIENCE) else {
                return false;
            };
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut moved = 0;
            let mut piece = [0; 1000];
            while moved < bytes && stream.write_all(&piece).is_ok() && stream.read_exact(&mut piece).is_ok() {
                moved += 2 * piece.len();
            }
            moved >= bytes
        })
    }

    /// Whether a ping is answered.
    pub(crate) fn pings(&self, address: &str) -> bool {
        self.inside(|| {
            let ear = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)).unwrap();
            ear.connect(&socket(address, 0).into()).unwrap();
            ear.set_read_timeout(Some(PATIENCE)).unwrap();
            // An echo request with its checksum (RFC 792).
            ear.send(&[8, 0, 0xf7, 0xfe, 0, 1, 0, 0]).unwrap();
            let mut heard = [0; 64];
            // Behind the IPv4 header: an echo reply is type 0.
            (&ear).read(&mut heard).is_ok_and(|length| length >= 28 && heard[20] == 0)
        })
    }

    /// Sends a packet of another protocol than TCP and UDP; whether it arrives.
    pub(crate) fn sends_to(&self, other: &Namespace, protocol: u8, address: &str) -> bool {
        let to = socket(address, 0);
        let domain = if to.is_ipv4() { Domain::IPV4 } else { Domain::IPV6 };
        let raw = || Socket::new(domain, Type::RAW, Some(Protocol::from(i32::from(protocol)))).unwrap();
        let ear = other.inside(|| {
            let ear = raw();
            ear.bind(&to.into()).unwrap();
            ear.set_read_timeout(Some(PATIENCE)).unwrap();
            ear
        });
        // A refusal may come at once.
        let _ = self.inside(|| raw().send_to(&[0x45; 40], &to.into()));
        (&ear).read(&mut [0; 100]).is_ok()
    }
}

fn reached(done: std::io::Result<()>) -> Reached {
    match done {
        Ok(()) => Reached::Through,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Reached::Silence,
        Err(_) => Reached::Refused,
    }
}
