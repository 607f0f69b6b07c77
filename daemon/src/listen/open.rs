//! Opens every socket before anything is answered; what can't be opened is named, with what to do.

use std::net::SocketAddr;

use crate::certificate::CertificateError;

/// Why the daemon can't start: which socket, and why.
#[derive(Debug)]
pub struct StartError(pub(crate) String);

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

impl From<CertificateError> for StartError {
    fn from(error: CertificateError) -> Self {
        Self(error.to_string())
    }
}

/// Opens a UDP socket for each thread on each address.
pub fn udp(addresses: &[SocketAddr], workers: usize) -> Result<Vec<std::net::UdpSocket>, StartError> {
    let mut sockets = Vec::new();
    for &address in addresses {
        let busy = |error| cannot_listen("UDP", address, &error);
        // Alone first: a shared port would let a second daemon in unseen.
        let alone = super::udp::bind(address, false).map_err(busy)?;
        if workers <= 1 {
            sockets.push(alone);
            continue;
        }
        drop(alone);
        for _ in 0..workers {
            sockets.push(super::udp::bind(address, true).map_err(busy)?);
        }
    }
    Ok(sockets)
}

/// Opens a TCP listener on each address.
pub fn tcp(addresses: &[SocketAddr]) -> Result<Vec<std::net::TcpListener>, StartError> {
    let open = |&address: &SocketAddr| {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(128)?;
        Ok(std::net::TcpListener::from(socket))
    };
    let named = |address| open(address).map_err(|error| cannot_listen("TCP", *address, &error));
    addresses.iter().map(named).collect()
}

/// Opens a UDP socket for QUIC on each address.
pub fn quic(addresses: &[SocketAddr]) -> Result<Vec<std::net::UdpSocket>, StartError> {
    let open = |&address: &SocketAddr| {
        super::udp::bind(address, false).map_err(|error| cannot_listen("UDP", address, &error))
    };
    addresses.iter().map(open).collect()
}

fn cannot_listen(transport: &str, address: SocketAddr, error: &std::io::Error) -> StartError {
    let advice = match error.kind() {
        std::io::ErrorKind::AddrInUse => "; another program listens there: stop it, or choose another port",
        std::io::ErrorKind::PermissionDenied => "; ports below 1024 need CAP_NET_BIND_SERVICE",
        std::io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        _ => "",
    };
    StartError(format!("can't listen on {transport} {address}: {error}{advice}"))
}
