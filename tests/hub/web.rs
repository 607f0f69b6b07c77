//! A web server that shows a folder, and lies about some of it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use luytre_trust::Sha256;

/// The most that an endless answer has: a client that takes all of it has no bound.
const ENDLESS: usize = 256 << 20;

/// How it lies.
#[derive(Clone, Debug)]
pub(crate) enum Lie {
    /// With other bytes.
    Bytes(Vec<u8>),
    /// It hangs up after so many bytes.
    Cut(usize),
    /// It never ends.
    Endless,
    /// Its head never ends.
    EndlessHead,
    /// This status, with a page.
    Status(u16),
    /// Somewhere else.
    Moved(&'static str),
    /// It is no HTTP.
    Noise,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The server, until it is dropped.
pub(crate) struct Web {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// About paths that hold this.
    lies: Mutex<Vec<(String, Lie)>>,
    asked: Mutex<Vec<Asked>>,
    sent: Mutex<usize>,
    stopped: AtomicBool,
}

impl Web {
    pub(crate) fn of(folder: PathBuf) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            folder,
            lies: Mutex::default(),
            asked: Mutex::default(),
            sent: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if server.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let server = Arc::clone(&server);
                // A client may hang up at any time.
                thread::spawn(move || drop(server.serve(stream.unwrap())));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lies from now on about paths that hold `part`.
    pub(crate) fn lie(&self, part: &str, lie: Lie) {
        self.shared.lies.lock().unwrap().push((part.to_owned(), lie));
    }

    /// Tells the truth from now on.
    pub(crate) fn be_honest(&self) {
        self.shared.lies.lock().unwrap().clear();
    }

    /// The requests since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.shared.asked.lock().unwrap())
    }

    /// Bytes of bodies since the last time.
    pub(crate) fn sent(&self) -> usize {
        std::mem::take(&mut self.shared.sent.lock().unwrap())
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// One request after the other.
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        while let Some(asked) = read_request(&mut reader)? {
            let lies = self.lies.lock().unwrap().clone();
            let lie = lies.into_iter().find(|(part, _)| asked.path.contains(part)).map(|(_, lie)| lie);
            self.asked.lock().unwrap().push(asked.clone());
            self.answer(&stream, &asked, lie)?;
        }
        Ok(())
    }

    fn answer(&self, stream: &TcpStream, asked: &Asked, lie: Option<Lie>) -> std::io::Result<()> {
        let path = asked
            .path
            .strip_prefix("http://")
            .map_or(asked.path.as_str(), |rest| rest.find('/').map_or("/", |at| &rest[at..]));
        let there = fs::read(self.folder.join(path.trim_start_matches('/'))).ok();
        match (lie, there) {
            (Some(Lie::Bytes(bytes)), _) => self.send(stream, "200 OK", "", &bytes, bytes.len()),
            (Some(Lie::Cut(at)), Some(bytes)) => {
                self.send(stream, "200 OK", "", &bytes[..at], bytes.len())?;
                stream.shutdown(std::net::Shutdown::Both)
            }
            (Some(Lie::Endless), _) => self.send_endless(stream, "HTTP/1.1 200 OK\r\n\r\n"),
            (Some(Lie::EndlessHead), _) => self.send_endless(stream, "HTTP/1.1 200 OK\r\nX: "),
            (Some(Lie::Status(status)), _) => self.send(stream, &format!("{status} So"), "", b"<html>", 6),
            (Some(Lie::Moved(to)), _) => {
                self.send(stream, "302 Found", &format!("Location: {to}\r\n"), b"", 0)
            }
            (Some(Lie::Noise), _) => (&mut &*stream).write_all(&[0x16, 3, 1, 0, 0xff, b'\n', b'\n']),
            (_, None) => self.send(stream, "404 Not Found", "", b"there is no such file", 21),
            (None, Some(bytes)) => self.send_file(stream, asked, &bytes),
        }
    }

    fn send_file(&self, stream: &TcpStream, asked: &Asked, bytes: &[u8]) -> std::io::Result<()> {
        let etag = format!("\"{}\"", &Sha256::of(bytes).to_string()[..16]);
        let headers = format!("ETag: {etag}\r\n");
        if asked.header("if-none-match") == Some(etag.as_str()) {
            return self.send(stream, "304 Not Modified", &headers, b"", 0);
        }
        let range = asked
            .header("range")
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        match range {
            Some(from) if from < bytes.len() => {
                let range =
                    format!("{headers}Content-Range: bytes {from}-{}/{}\r\n", bytes.len() - 1, bytes.len());
                self.send(stream, "206 Partial Content", &range, &bytes[from..], bytes.len() - from)
            }
            _ => self.send(stream, "200 OK", &headers, bytes, bytes.len()),
        }
    }

    fn send(
        &self,
        mut stream: &TcpStream,
        status: &str,
        headers: &str,
        body: &[u8],
        length: usize,
    ) -> std::io::Result<()> {
        *self.sent.lock().unwrap() += body.len();
        stream.write_all(
            format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n").as_bytes(),
        )?;
        stream.write_all(body)
    }

    fn send_endless(&self, mut stream: &TcpStream, head: &str) -> std::io::Result<()> {
        stream.write_all(head.as_bytes())?;
        let block = [b'x'; 65536];
        for _ in 0..ENDLESS / block.len() {
            stream.write_all(&block)?;
            *self.sent.lock().unwrap() += block.len();
        }
        stream.shutdown(std::net::Shutdown::Both)
    }
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => return Ok(Some(Asked { path, headers })),
        }
    }
}
