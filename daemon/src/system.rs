//! What the system tells: its environment, and the resolvers that it or the uplink announced.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use crate::upstream::Server;

/// The environment, less what is not UTF-8 and so can't be for us.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Where resolvers stand: OpenWrt's file of what the uplink announced first, because there `/etc/resolv.conf` names the
/// router itself.
const FILES: [&str; 3] =
    ["/tmp/resolv.conf.d/resolv.conf.auto", "/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"];

/// The announced resolvers, less our own addresses: asking ourselves would go in circles.
pub fn resolvers(ours: &[SocketAddr]) -> Vec<Server> {
    let texts = FILES.iter().filter_map(|file| std::fs::read_to_string(Path::new(file)).ok());
    texts.map(|text| parse(&text, ours)).find(|servers| !servers.is_empty()).unwrap_or_default()
}

/// The `nameserver` lines of a resolv.conf(5).
fn parse(text: &str, ours: &[SocketAddr]) -> Vec<Server> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == "nameserver").then(|| words.next())?
    });
    let addresses = lines.filter_map(|word| word.parse::<IpAddr>().ok());
    let servers = addresses.map(|address| SocketAddr::new(address, 53));
    let is_us = |address: &SocketAddr| {
        let same =
            |our: &SocketAddr| our.port() == 53 && (our.ip() == address.ip() || our.ip().is_unspecified());
        ours.iter().any(|our| same(our) && (our.ip() == address.ip() || address.ip().is_loopback()))
    };
    servers.filter(|address| !is_us(address)).map(Server::udp).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nameserver_lines_are_read_and_our_own_left_out() {
        let text = "# made by dhcp\nsearch lan\nnameserver 192.168.1.1\nnameserver 127.0.0.1\nnameserver fe80::1%eth0\n";
        let ours = ["127.0.0.1:53".parse().unwrap()];
        let servers: Vec<String> = parse(text, &ours).iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["udp://192.168.1.1:53"]);
        assert_eq!(parse(text, &["0.0.0.0:53".parse().unwrap()]).len(), 1);
        assert_eq!(parse(text, &["127.0.0.1:5300".parse().unwrap()]).len(), 2);
    }
}
