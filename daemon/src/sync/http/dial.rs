//! A connection to a server, by its name or through a proxy.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use luytre_lists::Domain;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::proxy::{Proxies, Proxy};
use crate::clock::Clock;
use crate::notify::Target;
use crate::sync::{Outside, Trouble};
use crate::upstream::{Bootstrap, Roots, Tls};

/// How long one address may take to answer.
const CONNECT: Duration = Duration::from_secs(8);
/// The most that is read of a proxy's answer, in bytes.
const MAX_PROXY_HEAD: usize = 4096;

/// The way out.
pub struct Network {
    bootstrap: Arc<Bootstrap>,
    proxies: Proxies,
    roots: Roots,
    clock: Clock,
    /// Made when it is needed first: the roots take memory.
    tls: OnceLock<TlsConnector>,
}

/// A connection on which HTTP is spoken.
pub(super) struct Line {
    pub(super) stream: Box<dyn Stream>,
    /// Whether a proxy listens, which wants to be told the whole address; and what it wants to know of us.
    pub(super) proxy: Option<Option<String>>,
}

/// Bytes there and back.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Network {
    /// The way out, with the proxies that the environment names. Connects to nobody yet.
    pub fn new(outside: &Outside, environment: impl Iterator<Item = (String, String)>) -> Self {
        Self {
            bootstrap: Arc::new(Bootstrap::new(outside.bootstrap.clone())),
            proxies: Proxies::of(environment),
            roots: outside.roots.clone(),
            clock: outside.clock,
            tls: OnceLock::new(),
        }
    }

    pub(super) async fn dial(&self, target: &Target) -> Result<Line, Trouble> {
        let proxy = self.proxies.to(target);
        let next = proxy.map_or(target, |proxy| &proxy.target);
        let mut stream = self.connect(next).await.map_err(|trouble| trouble.at(&next.authority))?;
        if !target.tls {
            return Ok(Line {
                stream: Box::new(stream),
                proxy: proxy.map(|proxy| proxy.credentials.clone()),
            });
        }
        let failed = |error: io::Error| Trouble::Unreachable(format!("{}: {error}", target.authority));
        if let Some(proxy) = proxy {
            tunnel(&mut stream, target, proxy).await.map_err(failed)?;
        }
        let name =
            ServerName::try_from(target.host.clone()).map_err(|error| failed(io::Error::other(error)))?;
        let stream = self.connector().map_err(failed)?.connect(name, stream).await.map_err(failed)?;
        Ok(Line { stream: Box::new(stream), proxy: None })
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, Trouble> {
        let mut why = Trouble::Unreachable("it has no address".to_owned());
        for address in self.addresses(&target.host).await? {
            match timeout(CONNECT, TcpStream::connect(SocketAddr::new(address, target.port))).await {
                Ok(Ok(stream)) => {
                    // Small requests are not to wait; that they do is no failure.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => why = Trouble::Unreachable(error.to_string()),
                Err(_) => why = Trouble::Unreachable("no connection in time".to_owned()),
            }
        }
        Err(why)
    }

    /// Looked up by servers of our own choice: the list in force must not be able to keep its successor away.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Trouble> {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        if host == "localhost" {
            // RFC 6761 §6.3.
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), std::net::Ipv6Addr::LOCALHOST.into()]);
        }
        let name =
            Domain::parse(host).map_err(|error| Trouble::Local(format!("{host} is no name: {error}")))?;
        self.bootstrap.addresses(&name).await.map_err(Trouble::Unreachable)
    }

    fn connector(&self) -> io::Result<TlsConnector> {
        if let Some(connector) = self.tls.get() {
            return Ok(connector.clone());
        }
        let tls = Tls::new(&self.roots, self.clock).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::new(tls.speaking(Some(b"http/1.1"))));
        Ok(self.tls.get_or_init(|| connector).clone())
    }
}

/// Asks a proxy for a connection to the server (RFC 9110 §9.3.6).
async fn tunnel(stream: &mut TcpStream, target: &Target, proxy: &Proxy) -> io::Result<()> {
    let to = if target.host.contains(':') {
        format!("[{}]:{}", target.host, target.port)
    } else {
        format!("{}:{}", target.host, target.port)
    };
    let credentials = proxy.credentials.iter().map(|text| format!("Proxy-Authorization: {text}\r\n"));
    let credentials: String = credentials.collect();
    stream.write_all(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{credentials}\r\n").as_bytes()).await?;
    let mut head = Vec::new();
    // Byte by byte, so that nothing of what the server says behind it is lost.
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_PROXY_HEAD {
            return Err(io::Error::other("the proxy's answer is too long"));
        }
        head.push(stream.read_u8().await?);
    }
    let status = head.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5)).unwrap_or_default();
    if status.starts_with(b"2") {
        return Ok(());
    }
    Err(io::Error::other(format!("the proxy answers {:?}", String::from_utf8_lossy(status))))
}
