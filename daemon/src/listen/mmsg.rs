//! Batches of datagrams: one system call for many, with the address of ours that each one reached.
//!
//! The only module that talks to the C library. Its unsafe blocks hand the kernel pointers into buffers that this
//! module owns and that outlive the call.

use std::io;
use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};

/// Datagrams to one call.
pub(super) const BATCH: usize = 32;
/// The longest question taken; a longer one is cut, and so malformed. No power of two, or all questions of a batch would
/// want the same few lines of the L1 cache.
const QUESTION_ROOM: usize = 2048 + 64;
/// Room for one PKTINFO of either family.
const CONTROL_ROOM: usize = 64;

/// Where a datagram came from and which address of ours it reached: all that a reply needs. Small and copyable, so
/// that a reply can be sent long after the batch.
#[derive(Clone, Copy)]
pub(super) struct Path {
    peer: libc::sockaddr_storage,
    peer_len: libc::socklen_t,
    control: Control,
    control_len: usize,
}

/// Aligned as `cmsghdr` wants it.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL_ROOM]);

impl Path {
    // SAFETY: all fields are plain old data for which zero is valid.
    const EMPTY: Self = unsafe { mem::zeroed() };

    /// The client's address; `None` for a family that we don't listen on.
    pub(super) fn client(&self) -> Option<SocketAddr> {
        let peer = &raw const self.peer;
        match libc::c_int::from(self.peer.ss_family) {
            libc::AF_INET => {
                // SAFETY: the kernel filled in an IPv4 address, and the storage is larger and more aligned.
                let v4 = unsafe { &*peer.cast::<libc::sockaddr_in>() };
                let address = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
                Some(SocketAddr::new(address.into(), u16::from_be(v4.sin_port)))
            }
            libc::AF_INET6 => {
                // SAFETY: as above, for IPv6.
                let v6 = unsafe { &*peer.cast::<libc::sockaddr_in6>() };
                let address = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                Some(SocketAddr::new(address.into(), u16::from_be(v6.sin6_port)))
            }
            _ => None,
        }
    }

    /// The address of ours in the PKTINFO; and turns that PKTINFO into the one that sends from there.
    fn take_reached(&mut self) -> Option<IpAddr> {
        if self.control_len < mem::size_of::<libc::cmsghdr>() {
            return None;
        }
        let header = self.control.0.as_mut_ptr().cast::<libc::cmsghdr>();
        // SAFETY: the buffer is aligned and large enough for a header, and the kernel filled `control_len` bytes.
        let (level, kind) = unsafe { ((*header).cmsg_level, (*header).cmsg_type) };
        // SAFETY: the data of this message begins inside the buffer; its size is checked by the kernel's own layout.
        let data = unsafe { libc::CMSG_DATA(header) };
        match (level, kind) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                let info = data.cast::<libc::in_pktinfo>();
                // SAFETY: an IP_PKTINFO holds an `in_pktinfo`; unaligned access is allowed for.
                let mut value = unsafe { info.read_unaligned() };
                let reached = Ipv4Addr::from(u32::from_be(value.ipi_spec_dst.s_addr));
                value.ipi_ifindex = 0; // the routing table knows the way back
                // SAFETY: the same place that was read.
                unsafe { info.write_unaligned(value) };
                Some(reached.into())
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                let info = data.cast::<libc::in6_pktinfo>();
                // SAFETY: an IPV6_PKTINFO holds an `in6_pktinfo`.
                let mut value = unsafe { info.read_unaligned() };
                let reached = Ipv6Addr::from(value.ipi6_addr.s6_addr);
                if !reached.is_unicast_link_local() {
                    value.ipi6_ifindex = 0; // a link-local address means nothing without its link
                }
                // SAFETY: the same place that was read.
                unsafe { info.write_unaligned(value) };
                Some(reached.into())
            }
            _ => None,
        }
    }
}

/// Asks the kernel to tell which address each datagram reached.
pub(super) fn want_pktinfo(socket: &socket2::Socket, v6: bool) -> io::Result<()> {
    let (level, option) =
        if v6 { (libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO) } else { (libc::IPPROTO_IP, libc::IP_PKTINFO) };
    let on: libc::c_int = 1;
    // SAFETY: the option takes an int, and its length is given.
    let result = unsafe {
        let len = mem::size_of::<libc::c_int>() as libc::socklen_t;
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), len)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Buffers for a batch of questions.
pub(super) struct Questions {
    messages: Box<[[u8; QUESTION_ROOM]; BATCH]>,
    lengths: [usize; BATCH],
    paths: Box<[Path; BATCH]>,
    reached: [Option<IpAddr>; BATCH],
    count: usize,
}

impl Questions {
    pub(super) fn new() -> Self {
        Self {
            messages: Box::new([[0; QUESTION_ROOM]; BATCH]),
            lengths: [0; BATCH],
            paths: Box::new([Path::EMPTY; BATCH]),
            reached: [None; BATCH],
            count: 0,
        }
    }

    /// Forgets the batch.
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// Receives what is there, up to a batch, without waiting; returns how many.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        // SAFETY: zero is a valid `mmsghdr` and `iovec`: null pointers with length zero.
        let (mut headers, mut parts): ([libc::mmsghdr; BATCH], [libc::iovec; BATCH]) =
            unsafe { mem::zeroed() };
        for (index, header) in headers.iter_mut().enumerate() {
            let path = &mut self.paths[index];
            parts[index].iov_base = self.messages[index].as_mut_ptr().cast();
            parts[index].iov_len = QUESTION_ROOM;
            header.msg_hdr.msg_iov = &raw mut parts[index];
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_name = (&raw mut path.peer).cast();
            header.msg_hdr.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_hdr.msg_control = path.control.0.as_mut_ptr().cast();
            header.msg_hdr.msg_controllen = CONTROL_ROOM as _; // size_t or socklen_t, as the C library likes
        }
        self.clear();
        // SAFETY: every pointer in the headers is to a buffer of `self` or of this frame, with its length beside it.
        let received = unsafe {
            let flags = libc::MSG_DONTWAIT as _;
            let no_timeout = std::ptr::null_mut();
            libc::recvmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), BATCH as u32, flags, no_timeout)
        };
        let count = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        for (index, header) in headers.iter().take(count).enumerate() {
            let path = &mut self.paths[index];
            self.lengths[index] = (header.msg_len as usize).min(QUESTION_ROOM);
            path.peer_len = header.msg_hdr.msg_namelen;
            #[allow(clippy::unnecessary_cast, reason = "socklen_t with musl, size_t with glibc")]
            let control_len = header.msg_hdr.msg_controllen as usize;
            path.control_len = control_len;
            self.reached[index] = path.take_reached();
        }
        self.count = count;
        Ok(count)
    }

    /// The questions of the batch: message, path back, and the address of ours that it reached, where the socket
    /// tells that.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Path, Option<IpAddr>)> {
        (0..self.count).map(|index| {
            let message = &self.messages[index][..self.lengths[index]];
            (message, &self.paths[index], self.reached[index])
        })
    }
}

/// Buffers for a batch of answers.
pub(super) struct Answers<const ROOM: usize> {
    messages: Box<[[u8; ROOM]; BATCH]>,
    lengths: [usize; BATCH],
    paths: Box<[Path; BATCH]>,
    count: usize,
}

impl<const ROOM: usize> Answers<ROOM> {
    pub(super) fn new() -> Self {
        Self {
            messages: Box::new([[0; ROOM]; BATCH]),
            lengths: [0; BATCH],
            paths: Box::new([Path::EMPTY; BATCH]),
            count: 0,
        }
    }

    /// The buffer for the next answer; a batch of questions never makes more answers than fit.
    pub(super) fn next(&mut self) -> &mut [u8; ROOM] {
        &mut self.messages[self.count.min(BATCH - 1)]
    }

    /// Keeps the first `len` bytes of the buffer as an answer.
    pub(super) fn keep(&mut self, len: usize, path: &Path) {
        if self.count < BATCH {
            self.lengths[self.count] = len.min(ROOM);
            self.paths[self.count] = *path;
            self.count += 1;
        }
    }

    /// Sends all answers. What the socket's buffer does not take is lost, as on any full queue; the client asks again.
    pub(super) fn send(&mut self, socket: BorrowedFd<'_>) {
        let mut sent = 0;
        while sent < self.count {
            match self.send_from(socket, sent) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // One answer can't be sent (its client is gone, say): the others can.
                Err(_) => sent += 1,
            }
        }
        self.count = 0;
    }

    fn send_from(&mut self, socket: BorrowedFd<'_>, first: usize) -> io::Result<usize> {
        // SAFETY: zero is a valid `mmsghdr` and `iovec`.
        let (mut headers, mut parts): ([libc::mmsghdr; BATCH], [libc::iovec; BATCH]) =
            unsafe { mem::zeroed() };
        let count = self.count - first;
        for index in 0..count {
            let path = &mut self.paths[first + index];
            parts[index].iov_base = self.messages[first + index].as_mut_ptr().cast();
            parts[index].iov_len = self.lengths[first + index];
            headers[index].msg_hdr = header_for(path, &raw mut parts[index]);
        }
        // SAFETY: every pointer in the headers is to a buffer of `self` or of this frame, with its length beside it.
        let sent = unsafe {
            let flags = libc::MSG_DONTWAIT as _;
            libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count as u32, flags)
        };
        usize::try_from(sent).map_err(|_| io::Error::last_os_error())
    }
}

/// Sends one answer, without waiting.
pub(super) fn send_one(socket: BorrowedFd<'_>, message: &[u8], path: &Path) -> io::Result<()> {
    let mut path = *path;
    let mut part = libc::iovec { iov_base: message.as_ptr().cast_mut().cast(), iov_len: message.len() };
    let header = header_for(&mut path, &raw mut part);
    // SAFETY: the header points to `part`, `path` and `message`, which outlive the call; sending writes to none.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_DONTWAIT) };
    if sent >= 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn header_for(path: &mut Path, part: *mut libc::iovec) -> libc::msghdr {
    // SAFETY: zero is a valid `msghdr`.
    let mut header: libc::msghdr = unsafe { mem::zeroed() };
    header.msg_iov = part;
    header.msg_iovlen = 1;
    header.msg_name = (&raw mut path.peer).cast();
    header.msg_namelen = path.peer_len;
    if path.control_len > 0 {
        header.msg_control = path.control.0.as_mut_ptr().cast();
        header.msg_controllen = path.control_len as _; // size_t or socklen_t
    }
    header
}
