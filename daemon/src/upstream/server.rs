//! One upstream server as people write it: `udp://192.0.2.1`, `tcp://[2001:db8::1]:5353`, or a bare address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Where DNS listens on UDP and TCP (RFC 1035 §4.2).
const PORT: u16 = 53;

/// One upstream server as written in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// How it is spoken to.
    pub transport: Transport,
    /// Where it listens.
    pub address: SocketAddr,
}

/// How a server is spoken to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// Datagrams, with TCP for the answers that don't fit.
    Udp,
    /// A stream from the start.
    Tcp,
}

impl Transport {
    fn scheme(&self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let refuse = |why| ServerError { text: text.to_owned(), why };
        let (scheme, place) = text.split_once("://").unwrap_or(("udp", text));
        let transport = match scheme.to_ascii_lowercase().as_str() {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" | "https" | "quic" => return Err(refuse(Why::Encrypted)),
            _ => return Err(refuse(Why::Scheme)),
        };
        let address = parse_address(place).map_err(refuse)?;
        Ok(Self { transport, address })
    }
}

fn parse_address(place: &str) -> Result<SocketAddr, Why> {
    if place.parse::<std::net::Ipv6Addr>().is_ok() {
        // Without brackets `::1:53` would be an address of its own, not a port.
        return Err(Why::Brackets);
    }
    let bracketed = place.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = bracketed.unwrap_or(place).parse::<IpAddr>() {
        return Ok(SocketAddr::new(address, PORT));
    }
    match place.parse::<SocketAddr>() {
        Ok(address) if address.port() == 0 => Err(Why::PortZero),
        Ok(address) => Ok(address),
        Err(_) => Err(Why::Address),
    }
}

/// The canonical form, with the port.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.transport.scheme(), self.address)
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
    Encrypted,
    Scheme,
    Address,
    Brackets,
    PortZero,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = match self.why {
            Why::Encrypted => "encrypted upstreams come with a later version; use udp:// or tcp://",
            Why::Scheme => "the scheme is not known; use udp:// or tcp://",
            Why::Address => "an address is needed here, such as udp://192.0.2.1 or udp://[2001:db8::1]:53",
            Why::Brackets => "write an IPv6 address in brackets, such as udp://[2001:db8::1]",
            Why::PortZero => "port 0 is no port; leave it out for 53",
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
        ] {
            assert_eq!(shown(text), canonical);
            assert_eq!(shown(canonical), canonical);
        }
    }

    #[test]
    fn what_is_not_a_server_says_what_to_write() {
        for (text, advice) in [
            ("tls://1.1.1.1", "encrypted upstreams come with a later version; use udp:// or tcp://"),
            ("https://dns.example/dns-query", "encrypted upstreams come with a later version"),
            ("quic://1.1.1.1", "encrypted upstreams come with a later version"),
            ("http://1.1.1.1", "the scheme is not known"),
            ("dns.example", "an address is needed here"),
            ("udp://dns.example:53", "an address is needed here"),
            ("udp://192.0.2.1/", "an address is needed here"),
            ("", "an address is needed here"),
            ("2001:db8::1", "in brackets"),
            ("192.0.2.1:0", "port 0"),
        ] {
            let shown = shown(text);
            assert!(shown.contains(advice) && shown.contains(text), "{shown}");
        }
    }
}
