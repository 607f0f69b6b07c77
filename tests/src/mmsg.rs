//! Datagrams in batches: one system call receives many, one sends many, in place.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// What a batch keeps of each packet's origin, so that the reply goes back the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: the socket is connected.
    Nothing,
    /// The peer's address.
    Peer,
    /// The peer's address, and by PKTINFO the one that the packet was sent to.
    PeerAndTarget,
}

/// How a receive waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until one packet is there; then it takes what has come.
    ForOne,
    /// Not at all: an empty queue gives 0.
    No,
}

/// Room for one PKTINFO message of either family, aligned as `cmsghdr` must be.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; 64]);

/// A fixed number of packet buffers with the kernel's headers for them. Nothing is allocated after `new`.
pub struct Batch {
    size: usize,
    keep: Keep,
    bytes: Vec<u8>,
    peers: Vec<libc::sockaddr_storage>,
    parts: Vec<libc::iovec>,
    /// Points into `bytes`, `peers`, `parts` and `controls`, whose memory stays where it is: they never grow.
    inbox: Vec<libc::mmsghdr>,
    outbox: Vec<libc::mmsghdr>,
    /// The headers before this one were used since the last receive and hold its lengths.
    used: usize,
    _controls: Vec<Control>,
}

impl Batch {
    /// `count` buffers of `size` bytes.
    pub fn new(count: usize, size: usize, keep: Keep) -> Self {
        let mut bytes = vec![0; count * size];
        // SAFETY: sockaddr_storage is plain data for which all zeros is a valid value (AF_UNSPEC).
        let mut peers = vec![unsafe { mem::zeroed::<libc::sockaddr_storage>() }; count];
        let mut controls = vec![Control([0; 64]); count];
        let mut parts: Vec<_> = (0..count)
            .map(|at| libc::iovec { iov_base: bytes[at * size..].as_mut_ptr().cast(), iov_len: size })
            .collect();
        let inbox = (0..count)
            .map(|at| {
                // SAFETY: mmsghdr is plain data for which all zeros is valid: null pointers and no lengths.
                let mut header = unsafe { mem::zeroed::<libc::mmsghdr>() };
                header.msg_hdr.msg_iov = &raw mut parts[at];
                header.msg_hdr.msg_iovlen = 1;
                if keep != Keep::Nothing {
                    header.msg_hdr.msg_name = (&raw mut peers[at]).cast();
                }
                if keep == Keep::PeerAndTarget {
                    header.msg_hdr.msg_control = (&raw mut controls[at]).cast();
                }
                header
            })
            .collect();
        let outbox = Vec::with_capacity(count);
        Self { size, keep, bytes, peers, parts, inbox, outbox, used: count, _controls: controls }
    }

    /// The number of buffers.
    pub fn capacity(&self) -> usize {
        self.inbox.len()
    }

    /// Fills the buffers from the front and returns how many packets came.
    pub fn receive(&mut self, socket: BorrowedFd<'_>, wait: Wait) -> io::Result<usize> {
        self.reset_used();
        let flags = match wait {
            Wait::ForOne => libc::MSG_WAITFORONE,
            Wait::No => libc::MSG_DONTWAIT,
        };
        loop {
            // SAFETY: every header points to buffers owned by `self`, with their true lengths (`reset_used`);
            // the kernel writes to them during this call only.
            let got = unsafe {
                let count = self.inbox.len() as libc::c_uint;
                let no_timeout = std::ptr::null_mut();
                libc::recvmmsg(socket.as_raw_fd(), self.inbox.as_mut_ptr(), count, flags, no_timeout)
            };
            if let Ok(got) = usize::try_from(got) {
                self.used = got;
                return Ok(got);
            }
            match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                error if error.kind() == io::ErrorKind::Interrupted => {}
                error => return Err(error),
            }
        }
    }

    /// Restores the lengths that the last receive or [`Batch::queue`] changed; only those, since a batch is
    /// often one packet long.
    fn reset_used(&mut self) {
        for (header, part) in self.inbox.iter_mut().zip(&mut self.parts).take(self.used) {
            part.iov_len = self.size;
            if self.keep != Keep::Nothing {
                header.msg_hdr.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            }
            if self.keep == Keep::PeerAndTarget {
                header.msg_hdr.msg_controllen = size_of::<Control>() as _;
            }
        }
    }

    /// The packet received at `at`.
    pub fn packet(&self, at: usize) -> &[u8] {
        &self.bytes[at * self.size..][..self.received(at)]
    }

    /// The length of the packet received at `at`.
    pub fn received(&self, at: usize) -> usize {
        (self.inbox[at].msg_len as usize).min(self.size)
    }

    /// The whole buffer at `at`, to write a reply or a query in.
    pub fn buffer(&mut self, at: usize) -> &mut [u8] {
        &mut self.bytes[at * self.size..][..self.size]
    }

    /// Where the packet at `at` came from.
    pub fn peer(&self, at: usize) -> Option<SocketAddr> {
        let peer = &raw const self.peers[at];
        match i32::from(self.peers[at].ss_family) {
            libc::AF_INET => {
                // SAFETY: the family says that a sockaddr_in stands there, and the storage is large enough
                // and aligned for every family.
                let v4 = unsafe { &*peer.cast::<libc::sockaddr_in>() };
                let address = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
                Some((address, u16::from_be(v4.sin_port)).into())
            }
            libc::AF_INET6 => {
                // SAFETY: as above, with sockaddr_in6.
                let v6 = unsafe { &*peer.cast::<libc::sockaddr_in6>() };
                let address = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                Some((address, u16::from_be(v6.sin6_port)).into())
            }
            _ => None,
        }
    }

    /// Marks the first `length` bytes of the buffer at `at` to be sent by the next [`Batch::send`].
    pub fn queue(&mut self, at: usize, length: usize) {
        self.parts[at].iov_len = length.min(self.size);
        self.used = self.used.max(at + 1);
        self.outbox.push(self.inbox[at]);
    }

    /// Sends what was queued and returns how many packets went. One that can't be sent (its peer is gone, the
    /// socket is full) is left out, as UDP may.
    pub fn send(&mut self, socket: BorrowedFd<'_>) -> usize {
        let (mut at, mut sent) = (0, 0);
        while at < self.outbox.len() {
            let rest = &mut self.outbox[at..];
            // SAFETY: the headers are copies of `inbox`'s and point to buffers owned by `self`, whose lengths
            // `queue` bounded; the kernel only reads them.
            let went = unsafe {
                libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as libc::c_uint, 0)
            };
            match usize::try_from(went) {
                Ok(went) => {
                    at += went.max(1);
                    sent += went;
                }
                Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
                Err(_) => at += 1,
            }
        }
        self.outbox.clear();
        sent
    }
}

/// Has the kernel tell for each packet which address it was sent to.
pub fn keep_target(socket: BorrowedFd<'_>, v6: bool) -> io::Result<()> {
    let (level, option) = match v6 {
        true => (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO),
        false => (libc::IPPROTO_IP, libc::IP_PKTINFO),
    };
    let on: libc::c_int = 1;
    // SAFETY: the value is a live c_int and its true size is given.
    let result = unsafe {
        let length = size_of_val(&on) as libc::socklen_t;
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits until one of the sockets has something to read, or for `limit`.
pub fn wait_readable(sockets: &[BorrowedFd<'_>], limit: Duration) {
    let mut polled: Vec<_> = sockets
        .iter()
        .map(|socket| libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 })
        .collect();
    let limit = libc::timespec {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    };
    // SAFETY: the array is live and its length given; a null mask leaves signals alone. Every outcome, error
    // or signal too, only means that the caller looks again.
    unsafe {
        libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &raw const limit, std::ptr::null());
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use super::*;

    /// Sends three packets, has them echoed with one left out, and checks what comes back.
    fn round_trip(address: &str, keep: Keep) {
        let server = UdpSocket::bind((address, 0)).unwrap();
        if keep == Keep::PeerAndTarget {
            keep_target(server.as_fd(), address.contains(':')).unwrap();
        }
        let client = UdpSocket::bind((address, 0)).unwrap();
        client.connect(server.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut batch = Batch::new(4, 64, keep);
        for round in 0..3_u8 {
            for number in 0..3 {
                client.send(&[round, number, 0]).unwrap();
            }
            assert_eq!(batch.receive(server.as_fd(), Wait::ForOne).unwrap(), 3);
            for at in [0, 2] {
                assert_eq!(batch.peer(at), Some(client.local_addr().unwrap()));
                assert_eq!(batch.received(at), 3);
                batch.buffer(at)[2] = 9;
                batch.queue(at, 3 - at / 2);
            }
            assert_eq!(batch.send(server.as_fd()), 2);
            let mut reply = [0; 8];
            assert_eq!(client.recv(&mut reply).unwrap(), 3);
            assert_eq!(reply[..3], [round, 0, 9]);
            assert_eq!(client.recv(&mut reply).unwrap(), 2);
            assert_eq!(reply[..2], [round, 2]);
        }
        assert_eq!(batch.receive(server.as_fd(), Wait::No).unwrap(), 0);
    }

    #[test]
    fn batches_go_back_where_they_came_from() {
        round_trip("127.0.0.1", Keep::Peer);
        round_trip("127.0.0.1", Keep::PeerAndTarget);
        round_trip("::1", Keep::PeerAndTarget);
    }

    #[test]
    fn a_long_packet_is_cut_to_the_buffer() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").unwrap();
        client.send_to(&[7; 200], server.local_addr().unwrap()).unwrap();
        let mut batch = Batch::new(2, 64, Keep::Peer);
        assert_eq!(batch.receive(server.as_fd(), Wait::ForOne).unwrap(), 1);
        assert_eq!(batch.packet(0), [7; 64]);
    }
}
