//! One upstream server as people write it: `udp://192.0.2.1`, `tls://dns.example@192.0.2.1`, or a bare address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use luytre_lists::Domain;
use rustls::pki_types::ServerName;

/// Where DNS over HTTPS is served when the server names no path (RFC 8484 §4.1 gives no default; this is everybody's).
const PATH: &str = "/dns-query";

/// One upstream server as written in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// How it is spoken to.
    pub transport: Transport,
    /// What it is called; an encrypted server's certificate must be for this.
    pub host: Host,
    /// The port that it listens on.
    pub port: u16,
    /// The host's address, as written behind the `@`: it is not looked up then.
    pub at: Option<IpAddr>,
}

/// How a server is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// Datagrams, with TCP for the answers that don't fit.
    Udp,
    /// A stream from the start.
    Tcp,
    /// DNS over TLS (RFC 7858).
    Tls,
    /// DNS over HTTPS (RFC 8484), by HTTP/2.
    Https {
        /// What is asked for there; begins with a slash.
        path: String,
    },
    /// DNS over QUIC (RFC 9250).
    Quic,
}

/// What a server is called.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// By its address.
    Address(IpAddr),
    /// By a name, to be looked up.
    Name(Domain),
}

impl Transport {
    /// Whether the server proves who it is, so that nobody on the way can speak for it.
    pub fn is_authenticated(&self) -> bool {
        !matches!(self, Self::Udp | Self::Tcp)
    }

    /// The word in front of `://`, which `luytre status` shows too.
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Https { .. } => "https",
            Self::Quic => "quic",
        }
    }

    /// Whether nobody on the way can read what is asked.
    pub fn is_encrypted(&self) -> bool {
        !matches!(self, Self::Udp | Self::Tcp)
    }

    /// Where it is served by default (RFC 1035 §4.2, RFC 7858 §3.1, RFC 9250 §4.1.1).
    fn port(&self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 53,
            Self::Tls | Self::Quic => 853,
            Self::Https { .. } => 443,
        }
    }
}

impl Server {
    /// A server that is asked by datagrams.
    pub fn udp(address: SocketAddr) -> Self {
        Self::plain(Transport::Udp, address)
    }

    /// A server that is asked over plain TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        Self::plain(Transport::Tcp, address)
    }

    fn plain(transport: Transport, address: SocketAddr) -> Self {
        Self { transport, host: Host::Address(address.ip()), port: address.port(), at: None }
    }

    /// Where it listens, if that needs no look-up.
    pub fn address(&self) -> Option<SocketAddr> {
        let host = match self.host {
            Host::Address(address) => Some(address),
            Host::Name(_) => None,
        };
        self.at.or(host).map(|address| SocketAddr::new(address, self.port))
    }

    /// The name to look up before it can be asked; `None` if there is nothing to look up.
    pub fn sought(&self) -> Option<&Domain> {
        match &self.host {
            Host::Name(name) if self.at.is_none() => Some(name),
            _ => None,
        }
    }
}

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let refuse = |why| ServerError { text: text.to_owned(), why };
        let (scheme, rest) = text.split_once("://").unwrap_or(("udp", text));
        let mut transport = match scheme.to_ascii_lowercase().as_str() {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            "https" => Transport::Https { path: PATH.to_owned() },
            "quic" => Transport::Quic,
            _ => return Err(refuse(Why::Scheme)),
        };
        if !transport.is_encrypted() {
            return Ok(Self::plain(transport, parse_address(rest, 53).map_err(refuse)?));
        }
        let (rest, at) = match rest.rsplit_once('@') {
            Some((rest, at)) => (rest, Some(parse_ip(at).ok_or_else(|| refuse(Why::At))?)),
            None => (rest, None),
        };
        let place = match (&mut transport, rest.find('/')) {
            (Transport::Https { path }, Some(slash)) => {
                *path = parse_path(&rest[slash..]).map_err(refuse)?;
                &rest[..slash]
            }
            _ => rest,
        };
        let (host, port) = parse_host(place, transport.port()).map_err(refuse)?;
        if matches!((&transport, &host), (Transport::Https { .. }, Host::Address(IpAddr::V6(_)))) {
            return Err(refuse(Why::HttpsAddress));
        }
        Ok(Self { transport, host, port, at })
    }
}

/// A plain server's address, such as `192.0.2.1` or `[2001:db8::1]:5353`; its port is 53 if none is written.
pub fn plain_address(text: &str) -> Result<SocketAddr, ServerError> {
    parse_address(text, 53).map_err(|why| ServerError { text: text.to_owned(), why })
}

fn parse_address(place: &str, port: u16) -> Result<SocketAddr, Why> {
    if place.parse::<std::net::Ipv6Addr>().is_ok() {
        // Without brackets `::1:53` would be an address of its own, not a port.
        return Err(Why::Brackets);
    }
    if let Some(address) = parse_ip(place) {
        return Ok(SocketAddr::new(address, port));
    }
    match place.parse::<SocketAddr>() {
        Ok(address) if address.port() == 0 => Err(Why::PortZero),
        Ok(address) => Ok(address),
        Err(_) => Err(Why::Address),
    }
}

/// An address without a port; brackets are for IPv6 only.
fn parse_ip(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(bracketed) => bracketed.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

fn parse_host(place: &str, default_port: u16) -> Result<(Host, u16), Why> {
    match parse_address(place, default_port) {
        Ok(address) => return Ok((Host::Address(address.ip()), address.port())),
        Err(Why::Address) => {}
        Err(why) => return Err(why),
    }
    let (name, port) = match place.split_once(':') {
        None => (place, default_port),
        Some((name, port)) => (name, port.parse().map_err(|_| Why::Host)?),
    };
    if port == 0 {
        return Err(Why::PortZero);
    }
    let name = Domain::parse(name).map_err(|_| Why::Host)?;
    // What no certificate can be for can't be asked either.
    ServerName::try_from(name.to_string()).map_err(|_| Why::Host)?;
    Ok((Host::Name(name), port))
}

/// A path and query as they stand in a request (RFC 3986 §3.3).
fn parse_path(text: &str) -> Result<String, Why> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>@\\^`{|}".contains(&byte);
    if text.bytes().all(is_plain) { Ok(text.to_owned()) } else { Err(Why::Path) }
}

/// The canonical form, with port and path.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.transport.scheme())?;
        match &self.host {
            Host::Address(address) => SocketAddr::new(*address, self.port).fmt(f)?,
            Host::Name(name) => write!(f, "{name}:{}", self.port)?,
        }
        if let Transport::Https { path } = &self.transport {
            f.write_str(path)?;
        }
        match self.at {
            Some(IpAddr::V4(address)) => write!(f, "@{address}"),
            Some(IpAddr::V6(address)) => write!(f, "@[{address}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Why a text is not a server: displays the text and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    text: String,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    Scheme,
    Address,
    Host,
    At,
    Path,
    HttpsAddress,
    Brackets,
    PortZero,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = match self.why {
            Why::Scheme => "the scheme is not known; use udp://, tcp://, tls://, https:// or quic://",
            Why::Address => "an address is needed here, such as udp://192.0.2.1 or udp://[2001:db8::1]:53",
            Why::Host => {
                "a host is needed here, such as tls://dns.example or tls://dns.example:853@192.0.2.1"
            }
            Why::At => {
                "behind the @ stands the host's address, such as tls://dns.example@192.0.2.1 or @[2001:db8::1]"
            }
            Why::Path => {
                "the path has a character that none can have; write one such as https://dns.example/dns-query"
            }
            Why::HttpsAddress => {
                "https:// needs the name or the IPv4 address in the certificate; write https://NAME/PATH@[ADDRESS]"
            }
            Why::Brackets => "write an IPv6 address in brackets, such as udp://[2001:db8::1]",
            Why::PortZero => "port 0 is no port; leave it out for the usual one",
        };
        write!(f, "{:?}: {advice}", self.text)
    }
}

impl std::error::Error for ServerError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        text.parse::<Server>().map_or_else(|error| error.to_string(), |server| server.to_string())
    }

    #[test]
    fn every_form_has_one_canonical_form() {
        for (text, canonical) in [
            ("192.0.2.1", "udp://192.0.2.1:53"),
            ("192.0.2.1:5353", "udp://192.0.2.1:5353"),
            ("UDP://192.0.2.1", "udp://192.0.2.1:53"),
            ("tcp://192.0.2.1", "tcp://192.0.2.1:53"),
            ("[2001:DB8::1]", "udp://[2001:db8::1]:53"),
            ("tcp://[2001:db8::1]:853", "tcp://[2001:db8::1]:853"),
            ("tls://192.0.2.1", "tls://192.0.2.1:853"),
            ("TLS://DNS.Example.", "tls://dns.example:853"),
            ("tls://dns.example:8853@192.0.2.1", "tls://dns.example:8853@192.0.2.1"),
            ("tls://dns.example@[2001:DB8::1]", "tls://dns.example:853@[2001:db8::1]"),
            ("tls://[2001:db8::1]", "tls://[2001:db8::1]:853"),
            ("https://dns.example", "https://dns.example:443/dns-query"),
            ("https://192.0.2.1/", "https://192.0.2.1:443/"),
            ("https://dns.example/a/B?c=d@192.0.2.1", "https://dns.example:443/a/B?c=d@192.0.2.1"),
            ("https://dns.example:8443@[2001:db8::1]", "https://dns.example:8443/dns-query@[2001:db8::1]"),
            ("quic://dns.example", "quic://dns.example:853"),
            ("quic://[2001:db8::1]:784", "quic://[2001:db8::1]:784"),
        ] {
            assert_eq!(shown(text), canonical);
            assert_eq!(shown(canonical), canonical);
        }
    }

    #[test]
    fn what_is_not_a_server_says_what_to_write() {
        for (text, advice) in [
            ("http://1.1.1.1", "the scheme is not known"),
            ("dns.example", "an address is needed here"),
            ("udp://dns.example:53", "an address is needed here"),
            ("udp://192.0.2.1/", "an address is needed here"),
            ("udp://192.0.2.1@192.0.2.2", "an address is needed here"),
            ("[192.0.2.1]", "an address is needed here"),
            ("", "an address is needed here"),
            ("2001:db8::1", "in brackets"),
            ("tls://2001:db8::1", "in brackets"),
            ("192.0.2.1:0", "port 0"),
            ("quic://dns.example:0", "port 0"),
            ("tls://", "a host is needed here"),
            ("tls://dns example", "a host is needed here"),
            ("tls://dns.example/path", "a host is needed here"),
            ("tls://dns.example:99999", "a host is needed here"),
            ("https:///dns-query", "a host is needed here"),
            ("tls://dns.example@", "behind the @"),
            ("tls://dns.example@other.example", "behind the @"),
            ("tls://dns.example@192.0.2.1:853", "behind the @"),
            ("https://dns.example/dns-query{?dns}", "the path has a character"),
            ("https://dns.example/a b", "the path has a character"),
            ("https://[2001:db8::1]/dns-query", "https://NAME/PATH@[ADDRESS]"),
        ] {
            let shown = shown(text);
            assert!(shown.contains(advice) && shown.contains(text), "{text}: {shown}");
        }
    }

    #[test]
    fn only_a_name_without_its_address_is_looked_up() {
        let sought = |text: &str| text.parse::<Server>().unwrap().sought().map(ToString::to_string);
        assert_eq!(sought("tls://dns.example"), Some("dns.example".to_owned()));
        assert_eq!(sought("tls://dns.example@192.0.2.1"), None);
        assert_eq!(sought("tls://192.0.2.1"), None);
    }
}
