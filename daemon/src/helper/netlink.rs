//! The socket to the kernel's packet filter.

use std::io;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr};
use socket2::SockRef;

use super::message::{DONE, Heard, Writer, messages};

/// The protocol of nfnetlink (`linux/netlink.h`).
const NETLINK_NETFILTER: isize = 12;
/// Room for one datagram from the kernel, in bytes: dumps come in pieces of at most 32 kB.
const DATAGRAM: usize = 64 << 10;
/// Room that the kernel keeps for us each way, in bytes: one transaction, or a dump while we read it.
const BUFFER: usize = 4 << 20;
/// So long the kernel may take: it answers in microseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The socket, and room for what it hears.
pub(super) struct Netlink {
    socket: Socket,
    heard: Vec<u8>,
}

impl Netlink {
    /// Opens it. What it may do shows when it does it: `CAP_NET_ADMIN` is needed.
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        let options = SockRef::from(&socket);
        options.set_read_timeout(Some(PATIENCE))?;
        // The kernel gives what it may.
        let _ = options.set_recv_buffer_size(BUFFER);
        let _ = options.set_send_buffer_size(BUFFER);
        Ok(Self { socket, heard: Vec::with_capacity(DATAGRAM) })
    }

    /// Sends messages and waits until the last of `acknowledgements` has come. The error is the first that the kernel
    /// tells.
    pub(super) fn transact(&mut self, messages: &Writer, acknowledgements: usize) -> io::Result<()> {
        self.forget()?;
        self.socket.send(messages.bytes(), 0)?;
        let (mut left, mut failed) = (acknowledgements, None);
        while left > 0 && failed.is_none() {
            self.hear(|heard| {
                if let Some(error) = heard.error() {
                    left = left.saturating_sub(1);
                    failed = failed.or(Some(error).filter(|error| *error != 0));
                }
            })?;
        }
        failed.map_or(Ok(()), |error| Err(io::Error::from_raw_os_error(error)))
    }

    /// Asks for everything of a kind and hands each message over.
    pub(super) fn dump(&mut self, question: &Writer, mut take: impl FnMut(Heard<'_>)) -> io::Result<()> {
        self.forget()?;
        self.socket.send(question.bytes(), 0)?;
        let (mut is_over, mut failed) = (false, 0);
        while !is_over {
            self.hear(|heard| match heard.error() {
                Some(error) => (is_over, failed) = (true, error),
                None if heard.kind == DONE => is_over = true,
                None => take(heard),
            })?;
        }
        if failed == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(failed)) }
    }

    /// Asks for one thing and hands it over; the error where it is not there.
    pub(super) fn ask<T>(
        &mut self,
        question: &Writer,
        read: impl Fn(Heard<'_>) -> Option<T>,
    ) -> io::Result<T> {
        self.forget()?;
        self.socket.send(question.bytes(), 0)?;
        let mut answer = None;
        self.hear(|heard| {
            answer = answer.take().or_else(|| match heard.error() {
                Some(error) => Some(Err(io::Error::from_raw_os_error(error))),
                None => read(heard).map(Ok),
            });
        })?;
        answer.unwrap_or_else(|| Err(io::ErrorKind::InvalidData.into()))
    }

    /// Waits for a datagram.
    fn hear(&mut self, take: impl FnMut(Heard<'_>)) -> io::Result<()> {
        self.heard.clear();
        self.socket.recv(&mut self.heard, 0)?;
        messages(&self.heard).for_each(take);
        Ok(())
    }

    /// Drops what an earlier failure left unread: it would be taken for the next answer.
    fn forget(&mut self) -> io::Result<()> {
        loop {
            self.heard.clear();
            match self.socket.recv(&mut self.heard, libc::MSG_DONTWAIT) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // Said once: there was more than fitted.
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
