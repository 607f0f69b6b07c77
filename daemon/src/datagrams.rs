//! The UDP socket under QUIC, for those who ask us and for servers that we ask: it takes one datagram at a time from the
//! kernel's hands.
//!
//! quinn would let the kernel join up to 64 datagrams of one sender (generic receive offload) and keeps room for that
//! 32 times over: 3 MB and more for each listening address, 36 MB for a connection with hickory's larger datagrams.
//! Questions are small and come one by one.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller};

/// quinn's socket on tokio without offloads.
#[derive(Debug)]
pub(crate) struct Datagrams(Arc<dyn AsyncUdpSocket>);

impl Datagrams {
    /// Takes a socket over; must be called on its runtime.
    pub(crate) fn open(socket: UdpSocket) -> io::Result<Self> {
        let same = socket.try_clone()?;
        let wrapped = TokioRuntime.wrap_udp_socket(socket)?;
        // quinn has switched it on. The option is the socket's, whichever descriptor sets it.
        switch_off_receive_offload(&same)?;
        Ok(Self(wrapped))
    }

    /// A socket that is connected to a server, so that the kernel drops what comes from elsewhere; must be called on its
    /// runtime.
    pub(crate) fn to(server: SocketAddr) -> io::Result<Self> {
        let any = match server {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)?;
        socket.connect(server)?;
        Self::open(socket)
    }
}

/// Kernels before 5.0 know no such offload, and nothing to switch off.
fn switch_off_receive_offload(socket: &UdpSocket) -> io::Result<()> {
    let off: libc::c_int = 0;
    let (value, length) = (std::ptr::from_ref(&off).cast(), size_of_val(&off) as libc::socklen_t);
    // SAFETY: the value lives through the call and has the length that is given.
    let result = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_UDP, libc::UDP_GRO, value, length) };
    match io::Error::last_os_error() {
        error if result != 0 && error.raw_os_error() != Some(libc::ENOPROTOOPT) => Err(error),
        _ => Ok(()),
    }
}

impl AsyncUdpSocket for Datagrams {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Arc::clone(&self.0).create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.0.try_send(transmit)
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_recv(context, buffers, meta)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        1
    }

    fn max_receive_segments(&self) -> usize {
        1
    }

    fn may_fragment(&self) -> bool {
        self.0.may_fragment()
    }
}
