//! The addresses that count as the home's own.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use luytre_lists::network;

use super::read::Refusal;
use super::read::values::{items, quoted};

/// Whose questions are answered: everybody in one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lan {
    /// Loopback, RFC 1918, fc00::/7 and fe80::/10.
    pub auto: bool,
    /// Prefixes besides.
    pub prefixes: Vec<Prefix>,
}

impl Lan {
    /// Whether the address is of the home; an IPv4 address mapped into IPv6 counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.auto && is_private(address) || self.prefixes.iter().any(|prefix| prefix.contains(address))
    }

    pub(super) fn parse(key: &str, texts: &[String]) -> Result<Self, Refusal> {
        if texts.is_empty() {
            return Err(Refusal::new(key, "is empty: nobody would get an answer; write [\"auto\"]"));
        }
        let parse = |text: &str| if text == "auto" { Ok(None) } else { text.parse().map(Some) };
        let items: Vec<Option<Prefix>> = items(key, texts, parse)?;
        Ok(Self { auto: items.contains(&None), prefixes: items.into_iter().flatten().collect() })
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    first: IpAddr,
    /// At most 32 for IPv4, 128 for IPv6.
    length: u8,
}

impl Prefix {
    /// Whether the address begins with the prefix's bits.
    pub fn contains(self, address: IpAddr) -> bool {
        self.first == network(address, self.length)
    }
}

/// `ADDRESS/LENGTH`; the error says what is wrong and what to write instead.
impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((address, length)) = text.split_once('/') else {
            return Err(match text.parse::<IpAddr>() {
                Ok(IpAddr::V4(v4)) => {
                    format!("\"{v4}\" has no length; write \"{v4}/32\" for this address alone")
                }
                Ok(IpAddr::V6(v6)) => {
                    format!("\"{v6}\" has no length; write \"{v6}/128\" for this address alone")
                }
                Err(_) => not_a_prefix(text),
            });
        };
        let address: IpAddr = address.parse().map_err(|_| not_a_prefix(text))?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let Some(length) = length.parse().ok().filter(|length| *length <= longest) else {
            return Err(format!("{} has no good length; write 0 to {longest} after the slash", quoted(text)));
        };
        let first = network(address, length);
        let prefix = Self { first, length };
        if first == address {
            Ok(prefix)
        } else {
            Err(format!("{} is an address inside a prefix; write \"{prefix}\"", quoted(text)))
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.length)
    }
}

fn not_a_prefix(text: &str) -> String {
    let text = quoted(text);
    format!(
        "{text} is not an address prefix; write \"auto\" or one such as \"192.168.1.0/24\" or \"2001:db8::/48\""
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lan(texts: &[&str]) -> Lan {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        Lan::parse("listen.lan", &texts).unwrap()
    }

    fn inside(lan: &Lan, address: &str) -> bool {
        lan.contains(address.parse().unwrap())
    }

    #[test]
    fn the_home_is_loopback_private_unique_local_and_link_local() {
        let home = lan(&["auto"]);
        for address in ["127.0.0.53", "10.1.2.3", "172.31.0.1", "192.168.7.7", "::1", "fd00::7", "fe80::1"] {
            assert!(inside(&home, address), "{address}");
        }
        for address in
            ["192.0.2.1", "172.32.0.1", "100.64.0.1", "169.254.1.1", "2001:db8::1", "fec0::1", "::"]
        {
            assert!(!inside(&home, address), "{address}");
        }
    }

    #[test]
    fn an_ipv4_address_mapped_into_ipv6_counts_as_what_it_is() {
        assert!(inside(&lan(&["auto"]), "::ffff:192.168.1.1"));
        assert!(!inside(&lan(&["auto"]), "::ffff:192.0.2.1"));
        assert!(inside(&lan(&["192.0.2.0/24"]), "::ffff:192.0.2.1"));
    }

    #[test]
    fn prefixes_alone_shut_out_the_rest() {
        let lan = lan(&["192.168.1.0/24", "2001:db8::/48"]);
        assert!(inside(&lan, "192.168.1.255") && inside(&lan, "2001:db8:0:ffff::1"));
        assert!(!inside(&lan, "192.168.2.0") && !inside(&lan, "2001:db8:1::1") && !inside(&lan, "127.0.0.1"));
    }

    #[test]
    fn the_shortest_and_the_longest_prefix_hold_all_and_one() {
        let all = lan(&["0.0.0.0/0", "::/0"]);
        assert!(inside(&all, "203.0.113.9") && inside(&all, "2001:db8::9"));
        let one = lan(&["203.0.113.9/32", "2001:db8::9/128"]);
        assert!(inside(&one, "203.0.113.9") && inside(&one, "2001:db8::9"));
        assert!(!inside(&one, "203.0.113.8") && !inside(&one, "2001:db8::8"));
    }
}
