//! Ways round a filter that are known by address or port: `config/bypass.toml`.

use std::net::IpAddr;
use std::sync::LazyLock;

use serde::Deserialize;

/// What is known, as rules need it.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Networks of public resolvers, with the length of their prefix.
    pub(super) resolvers: Vec<(IpAddr, u8)>,
    /// Ports of tunnels, with their protocol: `tcp` or `udp`.
    pub(super) tunnel_ports: Vec<(&'static str, u16)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    resolver: Vec<Resolver>,
    tunnel: Vec<Tunnel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for who reads the file")]
struct Resolver {
    name: String,
    addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "as above")]
struct Tunnel {
    name: String,
    #[serde(default)]
    tcp: Vec<u16>,
    #[serde(default)]
    udp: Vec<u16>,
}

impl Known {
    /// What this build ships with.
    pub(super) fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Known> = LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "compiled in; a test holds that the shipped file parses")]
            Known::parse(include_str!("../../../config/bypass.toml")).expect("bypass.toml parses")
        });
        &SHIPPED
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = luytre_lists::written::from_toml(text)?;
        let addresses = file.resolver.iter().flat_map(|resolver| &resolver.addresses);
        let resolvers = addresses.map(|text| network(text).ok_or_else(|| format!("{text} is no network")));
        let ports = file.tunnel.iter().flat_map(|tunnel| {
            let tcp = tunnel.tcp.iter().map(|port| ("tcp", *port));
            tcp.chain(tunnel.udp.iter().map(|port| ("udp", *port)))
        });
        let mut tunnel_ports: Vec<_> = ports.collect();
        tunnel_ports.sort_unstable();
        tunnel_ports.dedup();
        Ok(Self { resolvers: resolvers.collect::<Result<_, _>>()?, tunnel_ports })
    }
}

/// `9.9.9.9` or `45.90.28.0/24`.
fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = if length.is_empty() { most } else { length.parse().ok()? };
    (8..=most).contains(&length).then_some((address, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_parses_and_knows_both_families() {
        let known = Known::parse(include_str!("../../../config/bypass.toml")).unwrap();
        let v4 = known.resolvers.iter().filter(|(address, _)| address.is_ipv4()).count();
        assert!(v4 > 40 && known.resolvers.len() - v4 > 30, "{v4} of {}", known.resolvers.len());
        for door in [("udp", 51_820), ("udp", 1194), ("tcp", 1723), ("tcp", 9001)] {
            assert!(known.tunnel_ports.contains(&door), "{door:?}");
        }
    }

    #[test]
    fn networks_have_their_length() {
        assert_eq!(network("9.9.9.9"), Some(([9, 9, 9, 9].into(), 32)));
        assert_eq!(network("2620:fe::/48").map(|(_, length)| length), Some(48));
        for wrong in ["9.9.9", "9.9.9.9/33", "9.9.9.9/0", "2620:fe::/129", "dns.example"] {
            assert_eq!(network(wrong), None, "{wrong}");
        }
    }
}
