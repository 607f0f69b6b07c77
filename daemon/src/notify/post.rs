//! One POST over HTTP/1.1 (RFC 9112), in the clear or over TLS: a dozen lines out, a status line back.

use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::message::Format;
use super::target::Target;
use crate::clock::Clock;
use crate::upstream::{Roots, Tls};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The most that is read of an answer, in bytes: its first line.
const ENOUGH: usize = 64;

pub(super) struct Poster {
    target: Target,
    format: Format,
    roots: Roots,
    clock: Clock,
    /// Made when it is needed first: the roots take memory.
    tls: OnceLock<TlsConnector>,
}

impl Poster {
    pub(super) fn new(target: Target, format: Format, roots: Roots, clock: Clock) -> Self {
        Self { target, format, roots, clock, tls: OnceLock::new() }
    }

    /// Posts a body; an answer other than 2xx is an error.
    pub(super) async fn post(&self, body: &str) -> io::Result<()> {
        timeout(PATIENCE, self.try_post(body)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn try_post(&self, body: &str) -> io::Result<()> {
        let Target { host, port, .. } = &self.target;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        if !self.target.tls {
            return self.speak(stream, body).await;
        }
        let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
        self.speak(self.connector()?.connect(name, stream).await?, body).await
    }

    fn connector(&self) -> io::Result<TlsConnector> {
        if let Some(connector) = self.tls.get() {
            return Ok(connector.clone());
        }
        let tls = Tls::new(&self.roots, self.clock).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::new(tls.speaking(Some(b"http/1.1"))));
        Ok(self.tls.get_or_init(|| connector).clone())
    }

    async fn speak(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin, body: &str) -> io::Result<()> {
        let Target { authority, path, .. } = &self.target;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: luytre\r\nContent-Type: {}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.format.content_type(),
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.flush().await?;
        let mut answer = Vec::with_capacity(ENOUGH);
        let mut answers = stream.take(ENOUGH as u64);
        while !answer.contains(&b'\n') && answers.read_buf(&mut answer).await? > 0 {}
        match status(&answer) {
            Some(b'2') => Ok(()),
            Some(_) => Err(io::Error::other(format!("it answered {}", first_line(&answer)))),
            None => Err(io::Error::other("its answer is not HTTP/1.1")),
        }
    }
}

/// The first digit of the status.
fn status(answer: &[u8]) -> Option<u8> {
    let code = answer.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    code.iter().all(u8::is_ascii_digit).then(|| code[0])
}

/// The status code with its words, as far as they can be shown.
fn first_line(answer: &[u8]) -> String {
    let line = answer.split(|byte| *byte == b'\r' || *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line.get(9..).unwrap_or_default()).escape_debug().to_string()
}
