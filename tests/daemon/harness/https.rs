//! HTTP/1.1 by hand, so that a scenario can write what no client would.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustls::{ClientConnection, StreamOwned};

use super::message::Message;
use super::packet::Packet;

/// A connection with HTTP on it.
pub(crate) struct Https(StreamOwned<ClientConnection, TcpStream>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// As they came, in lower case, a line each.
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Https {
    pub(super) fn new(connection: StreamOwned<ClientConnection, TcpStream>) -> Self {
        Self(connection)
    }

    /// Posts a question to this path.
    pub(crate) fn post(&mut self, path: &str, packet: &Packet) -> Response {
        self.post_as("application/dns-message", path, &packet.bytes())
    }

    pub(crate) fn post_as(&mut self, content_type: &str, path: &str, body: &[u8]) -> Response {
        let len = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {content_type}\r\ncontent-length: {len}\r\n\r\n"
        );
        self.exchange(&[head.as_bytes(), body].concat())
    }

    pub(crate) fn request(&mut self, method: &str, path: &str) -> Response {
        self.exchange(format!("{method} {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes())
    }

    /// Sends bytes; the response to them.
    pub(crate) fn exchange(&mut self, bytes: &[u8]) -> Response {
        // Who refuses a large request may close before it has all of it.
        let _ = self.send(bytes);
        self.receive().expect("a response, not an end")
    }

    /// Sends bytes; tells whether the daemon still took them.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).and_then(|()| self.0.flush()).is_ok()
    }

    /// The next response; `None` when the daemon closes instead.
    pub(crate) fn receive(&mut self) -> Option<Response> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let (line, headers) = head.split_once("\r\n").unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let response = Response { status, headers: headers.to_owned(), body: Vec::new() };
        let len = response.header("content-length").map_or(0, |len| len.parse().unwrap());
        let mut body = vec![0; len];
        self.0.read_exact(&mut body).ok()?;
        Some(Response { body, ..response })
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The DNS answer, which every response with 200 has.
    pub(crate) fn answer(&self) -> Message {
        assert_eq!((self.status, self.header("content-type")), (200, Some("application/dns-message")));
        Message::decode(&self.body).unwrap()
    }
}
