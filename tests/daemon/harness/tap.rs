//! A tap on the wire between the house and a server: what goes through it is counted, and must not be readable.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The first byte of every TLS connection: a handshake record (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;

/// Passes TCP on to a server, and takes UDP at the same port.
pub(crate) struct Tap {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    readable: Arc<AtomicUsize>,
    datagrams: UdpSocket,
}

impl Tap {
    /// A tap in front of this server. It ends with the tests.
    pub(crate) fn on(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let datagrams = UdpSocket::bind(address).unwrap();
        datagrams.set_nonblocking(true).unwrap();
        let (connections, readable) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (counted, seen) = (Arc::clone(&connections), Arc::clone(&readable));
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::Relaxed);
                let seen = Arc::clone(&seen);
                thread::spawn(move || pass(client, server, &seen));
            }
        });
        Self { address, connections, readable, datagrams }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Connections that did not begin as TLS, and datagrams.
    pub(crate) fn readable(&self) -> usize {
        let datagram = usize::from(self.datagrams.recv_from(&mut [0; 512]).is_ok());
        self.readable.load(Ordering::Relaxed) + datagram
    }
}

fn pass(mut client: TcpStream, server: SocketAddr, readable: &AtomicUsize) {
    let mut first = [0];
    if client.read_exact(&mut first).is_err() {
        return;
    }
    if first[0] != HANDSHAKE {
        readable.fetch_add(1, Ordering::Relaxed);
    }
    let Ok(mut server) = TcpStream::connect(server) else { return };
    let _ = server.write_all(&first);
    let (mut back, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut back, &mut to_client);
        let _ = to_client.shutdown(Shutdown::Both);
    });
    let _ = io::copy(&mut client, &mut server);
    let _ = server.shutdown(Shutdown::Both);
}
