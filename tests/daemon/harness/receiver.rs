//! Who is told something by a POST: a small HTTPS server on 127.0.0.1 with a certificate for `localhost`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::foreign::Authority;
use super::patience::PATIENCE;

/// It listens until the test ends; what it was told waits in a queue.
pub(crate) struct Receiver {
    port: u16,
    told: mpsc::Receiver<Told>,
}

/// One request.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its first line.
    pub(crate) line: String,
    /// `name: value` as they came.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Receiver {
    pub(crate) fn start(authority: &Authority) -> Self {
        Self::answering(authority, "204 No Content")
    }

    /// The same with a status of its own, and headers behind it.
    pub(crate) fn answering(authority: &Authority, answer: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::new(authority.server("localhost"));
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            // Who does not trust us ends the connection: that is no request.
            let requests = listener.incoming().filter_map(|stream| take(stream.ok()?, &config, answer));
            // The test may be over.
            requests.for_each(|request| drop(tell.send(request)));
        });
        Self { port, told }
    }

    pub(crate) fn address(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    /// The next that it is told.
    pub(crate) fn next(&self) -> Told {
        self.told.recv_timeout(PATIENCE).expect("somebody tells it something")
    }

    pub(crate) fn was_told_nothing(&self) -> bool {
        self.told.try_recv().is_err()
    }
}

fn take(stream: TcpStream, config: &Arc<ServerConfig>, answer: &str) -> Option<Told> {
    let tls = ServerConnection::new(Arc::clone(config)).ok()?;
    let mut stream = BufReader::new(StreamOwned::new(tls, stream));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|length| *length > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0);
    let length = lines.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().ok())?
    })?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let _ = write!(stream.get_mut(), "HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n");
    Some(Told { line, headers: lines, body: String::from_utf8(body).ok()? })
}
