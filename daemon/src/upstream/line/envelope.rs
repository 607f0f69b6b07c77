//! Answers in an envelope, so that hickory hands them through unread, and in bundles, so that it hands all through.
//!
//! Its multiplexer parses every message that comes in, drops those that it can't parse, and so would leave their
//! questions waiting. It needs but the ID: that goes into an empty message of its own, and the answer behind it, where
//! no parser looks. And it stops after a hundred messages without asking to be woken for the others, which then wait
//! until something else happens on the line (0.26.3): it gets fewer, and the wake from here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{Stream, StreamExt};
use hickory_net::NetError;
use hickory_net::proto::op::SerialMessage;
use hickory_net::xfer::DnsClientStream;

use crate::wire::HEADER_LEN;

/// Messages that are handed through before other tasks have their turn; below hickory's hundred.
const BUNDLE: usize = 50;

/// A stream whose messages come in envelopes.
pub(super) struct Enveloped<S> {
    stream: S,
    /// How many have come without a pause.
    bundled: usize,
}

impl<S> Enveloped<S> {
    pub(super) fn from(stream: S) -> Self {
        Self { stream, bundled: 0 }
    }
}

impl<S: DnsClientStream> Stream for Enveloped<S> {
    type Item = Result<SerialMessage, NetError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.bundled == BUNDLE {
            self.bundled = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.bundled += 1;
        let polled = self.stream.poll_next_unpin(context);
        if polled.is_pending() {
            self.bundled = 0;
        }
        let Some(message) = ready!(polled) else { return Poll::Ready(None) };
        Poll::Ready(Some(message.and_then(|message| {
            let (message, from) = message.into_parts();
            let too_short = || NetError::from(io::Error::from(io::ErrorKind::InvalidData));
            Ok(SerialMessage::new(close(&message).ok_or_else(too_short)?, from))
        })))
    }
}

impl<S: DnsClientStream> DnsClientStream for Enveloped<S> {
    type Time = S::Time;

    fn name_server_addr(&self) -> SocketAddr {
        self.stream.name_server_addr()
    }
}

/// The message in its envelope; `None` if it has no ID.
fn close(message: &[u8]) -> Option<Vec<u8>> {
    const RESPONSE: u8 = 0x80;
    let id = message.first_chunk::<2>()?;
    let mut bytes = Vec::with_capacity(HEADER_LEN + message.len());
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(&[RESPONSE, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(message);
    Some(bytes)
}

/// The message from its envelope.
pub(super) fn open(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.drain(..HEADER_LEN.min(bytes.len()));
    bytes
}

#[cfg(test)]
mod tests {
    use hickory_net::proto::op::DnsResponse;

    use super::*;

    #[test]
    fn whatever_is_inside_passes_hickory() {
        for message in [&b"\x12\x34"[..], b"\x12\x34\x00\x00\x00\x01\xff\xff\xff\xff\xff\xffnonsense"] {
            let response = DnsResponse::from_buffer(close(message).unwrap()).unwrap();
            assert_eq!(response.id, 0x1234);
            assert_eq!(open(response.into_buffer()), message);
        }
        assert_eq!(close(&[1]), None);
    }
}
