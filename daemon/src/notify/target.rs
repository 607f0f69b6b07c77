//! The address of a webhook.

use std::fmt;

use crate::config::quoted;

/// The longest address, in bytes.
const LONGEST: usize = 500;

/// An address, in the parts that a POST needs.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub(crate) tls: bool,
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// As `Host` has it.
    pub(crate) authority: String,
    /// Path and query.
    pub(crate) path: String,
}

impl Target {
    /// Reads `https://host[:port]/path` or `http://…`; the error says what to write.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = || {
            format!("{} is not an address; write such as \"https://ntfy.example/our-family\"", quoted(url))
        };
        let (tls, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(wrong()),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let plain = url.len() <= LONGEST && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => {
                (host, port.strip_prefix(':').or_else(|| port.is_empty().then_some("")))
            }
            Some(_) => return Err(wrong()),
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, Some("")),
            },
        };
        let port = match port.ok_or_else(wrong)? {
            "" => Some(if tls { 443 } else { 80 }),
            port => port.parse().ok().filter(|port| *port != 0),
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        match port {
            Some(port) if plain && !host.is_empty() && host.chars().all(is_host) => {
                Ok(Self { tls, host: host.to_owned(), port, authority: authority.to_owned(), path })
            }
            _ => Err(wrong()),
        }
    }
}

/// Without the path: who knows that may read along.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}://{}/…)", if self.tls { "https" } else { "http" }, self.authority)
    }
}
