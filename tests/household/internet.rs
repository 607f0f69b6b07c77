//! What stands behind the provider: web servers, resolvers that everybody knows and one that nobody does, a peer that
//! takes tunnels. Every server gives back what it gets, by TCP and by UDP, so that who hears it was there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::oneshot;

use crate::harness::{Asked, Packet, Upstream};
use crate::namespace::Namespace;

/// A site that nobody has anything against: `site.example`.
pub(crate) const SITE: [&str; 2] = ["198.51.100.80", "2001:db8:80::80"];
/// A service: `www.tiktok.com`.
pub(crate) const SERVICE: [&str; 2] = ["198.51.100.81", "2001:db8:80::81"];
/// A host that serves that service and others: `v.tiktok.com` and `shared.example`.
pub(crate) const SHARED: [&str; 2] = ["198.51.100.82", "2001:db8:80::82"];
/// Who takes tunnels, and any other server that has no name.
pub(crate) const PEER: [&str; 2] = ["198.51.100.51", "2001:db8:80::51"];
/// One of the networks that Telegram publishes, and nobody asks for by name.
pub(crate) const PUBLISHED: [&str; 2] = ["149.154.167.50", "2001:67c:4e8::50"];
/// Where an operator takes calls over Wi-Fi: `epdg.epc.mnc004.mcc452.pub.3gppnetwork.org`.
pub(crate) const CALLS: [&str; 2] = ["198.51.100.45", "2001:db8:80::45"];
/// A resolver that is on nobody's list.
pub(crate) const SECRET_RESOLVER: [&str; 2] = ["198.51.100.53", "2001:db8:80::53"];
/// Resolvers that everybody knows.
pub(crate) const RESOLVERS: [&str; 4] =
    ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "2606:4700:4700::1111"];

const TCP_PORTS: [u16; 15] =
    [22, 80, 443, 465, 853, 1080, 1194, 1723, 3128, 5353, 5443, 8443, 8853, 9001, 33333];
const UDP_PORTS: [u16; 17] =
    [123, 443, 500, 784, 853, 1194, 1701, 2408, 3478, 3544, 4500, 5353, 5443, 9993, 41641, 51820, 33333];

/// Where a server begins to send by itself as soon as somebody spoke, and goes on: a film, a call.
pub(crate) const STREAM: u16 = 8080;
/// Between two pieces of such a stream.
const PIECE: Duration = Duration::from_millis(1);
/// Pieces of a stream to one who never says anything again.
const PIECES: usize = 20_000;

/// The servers; gone when dropped.
pub(crate) struct Internet {
    stop: Option<oneshot::Sender<()>>,
    servers: Option<JoinHandle<()>>,
    _resolvers: Vec<Resolver>,
}

/// A resolver that leads to places of its own.
struct Resolver {
    namespace: Namespace,
    server: Option<Upstream>,
}

impl Drop for Resolver {
    fn drop(&mut self) {
        let server = self.server.take();
        self.namespace.inside(|| drop(server));
    }
}

/// What the provider's resolver says of names that have servers here.
pub(crate) fn answer(asked: &Asked) -> Option<Packet> {
    let question = asked.question();
    let (name, rtype) = question.split_once(' ')?;
    if let Some(number) = name.strip_suffix(".many.example") {
        return Some(many(asked, number.parse().ok()?, rtype));
    }
    if let Some(spelt) = name.strip_suffix(".sslip.example") {
        return spelt_out(asked, spelt, rtype);
    }
    let [v4, v6] = match name {
        "site.example" | "app.example" | "childhelp.org" => SITE,
        "home.dyn.example" => PEER,
        "epdg.epc.mnc004.mcc452.pub.3gppnetwork.org" => CALLS,
        "www.tiktok.com" | "m.tiktok.com" => SERVICE,
        "v.tiktok.com" | "shared.example" => SHARED,
        _ => return None,
    };
    match rtype {
        "A" => Some(asked.answer().address(address(v4))),
        "AAAA" => Some(asked.answer().address(address(v6))),
        _ => None,
    }
}

/// Addresses of one name `NUMBER.many.example`, each another.
pub(crate) const MANY: u32 = 25;

/// From 198.18.0.0/15 and 2001:2::/48, which are for measurements (RFC 2544, RFC 5180).
fn many(asked: &Asked, number: u32, rtype: &str) -> Packet {
    let numbers = number * MANY..(number + 1) * MANY;
    match rtype {
        "AAAA" => {
            let network = u128::from(Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0));
            let addresses = numbers.map(|number| Ipv6Addr::from(network + u128::from(number)));
            addresses.fold(asked.answer(), Packet::address)
        }
        _ => {
            let first = u32::from(Ipv4Addr::new(198, 18, 0, 0));
            let addresses = numbers.map(|number| Ipv4Addr::from(first + number));
            addresses.fold(asked.answer(), Packet::address)
        }
    }
}

/// As sslip.io answers: with the address that the name spells out, in dashes, dots or hexadecimal.
fn spelt_out(asked: &Asked, spelt: &str, rtype: &str) -> Option<Packet> {
    match rtype {
        "A" => {
            let address = spelt.replace('-', ".").parse().ok();
            let hexadecimal = || u32::from_str_radix(spelt, 16).ok().map(Ipv4Addr::from);
            Some(asked.answer().address(address.or_else(hexadecimal)?))
        }
        "AAAA" => Some(asked.answer().address(spelt.replace('-', ":").parse::<Ipv6Addr>().ok()?)),
        _ => None,
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

impl Internet {
    /// Starts every server in this namespace.
    pub(crate) fn start(namespace: &Namespace) -> Self {
        let all = [SITE, SERVICE, SHARED, PEER, PUBLISHED, CALLS, SECRET_RESOLVER]
            .into_iter()
            .flatten()
            .chain(RESOLVERS);
        let all: Vec<IpAddr> = all.map(address).collect();
        for address in &all {
            let form = if address.is_ipv4() { "/32 dev lo" } else { "/128 dev lo nodad" };
            namespace.ip(&format!("address add {address}{form}"));
        }
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let there = namespace.again();
        let servers = thread::spawn(move || {
            there.inside(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    for address in all {
                        echo(address).await;
                        stream(address).await;
                    }
                    ready.send(()).unwrap();
                    let _ = stopped.await;
                });
            });
        });
        is_ready.recv().unwrap();
        let foreign = RESOLVERS.into_iter().chain(SECRET_RESOLVER).map(|resolver| {
            let namespace = namespace.again();
            let server = namespace.inside(|| {
                let script = |asked: &Asked| Some(asked.answer().address([192, 0, 2, 66]));
                Some(Upstream::answering_at(SocketAddr::new(address(resolver), 53), script))
            });
            Resolver { namespace, server }
        });
        Self { stop: Some(stop), servers: Some(servers), _resolvers: foreign.collect() }
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.servers.take().map(JoinHandle::join);
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's server; what panics fails its scenario")]
async fn echo(address: IpAddr) {
    for port in TCP_PORTS {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut heard = [0; 2048];
                    while let Ok(length @ 1..) = stream.read(&mut heard).await {
                        if stream.write_all(&heard[..length]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
    }
    for port in UDP_PORTS {
        let socket = UdpSocket::bind((address, port)).await.unwrap();
        tokio::spawn(async move {
            let mut heard = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut heard).await {
                // One who does not listen any more is no reason to stop.
                let _ = socket.send_to(&heard[..length], from).await;
            }
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "as above")]
async fn stream(address: IpAddr) {
    let listener = TcpListener::bind((address, STREAM)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while stream.write_all(&[0; 100]).await.is_ok() {
                    tokio::time::sleep(PIECE).await;
                }
            });
        }
    });
    let socket = Arc::new(UdpSocket::bind((address, STREAM)).await.unwrap());
    tokio::spawn(async move {
        while let Ok((_, from)) = socket.recv_from(&mut [0; 100]).await {
            let socket = Arc::clone(&socket);
            tokio::spawn(async move {
                for _ in 0..PIECES {
                    let _ = socket.send_to(&[0; 100], from).await;
                    tokio::time::sleep(PIECE).await;
                }
            });
        }
    });
}
