//! A line that wants somebody to sign in first (a captive portal, RFC 8952): hotels, dormitories, a bill that is open.
//!
//! Such a line lets nothing through but its own DNS and web server, and answers other names with its own address or not
//! at all. Encrypted upstream servers, validation and rebinding protection then do what they are for, and nobody finds
//! the page to sign in at. So, in the order data flows:
//!
//! 1. [`Suspicion`] is raised by answers that look like it.
//! 2. [`check`] asks the line's own resolvers for a page that is known to be empty, and sees what comes instead.
//! 3. What opens is a [`window`]: the names by which devices look for a portal ([`is_check`]), and the site that the line
//!    leads to, are asked of the line's resolvers, are not validated and may lead inward. It closes when the page is
//!    empty again.
//!
//! What is blocked stays blocked, and every other name is asked as before. A line that lies about this gains what it would
//! have in any house that uses its resolvers, for the sites that it names; certificates hold there too.

pub mod check;
mod names;

use std::net::SocketAddr;

use luytre_lists::{Domain, Name};
use tokio::sync::Notify;

pub use self::check::{Finding, check};
pub use self::names::{is_check, names};
use crate::history::site;
use crate::notify::Target;
use crate::upstream::{Forwarder, Server};

/// Tells who watches the line that something looks like a portal.
#[derive(Default)]
pub struct Suspicion(Notify);

impl Suspicion {
    /// A question for `name` got no answer that can be given: no server answered, it can't be proven, or it leads into the
    /// home. That is a reason to look where devices ask just to find out, and where no server answers anybody.
    pub fn raise(&self, name: Name<'_>, forwarder: &Forwarder) {
        if is_check(name) || forwarder.is_cut_off() {
            self.0.notify_one();
        }
    }

    /// Waits until there is one; one that was raised before counts.
    pub async fn raised(&self) {
        self.0.notified().await;
    }
}

/// The zones that open while the line leads from this page to these hosts, each with the line's resolvers.
pub fn window(page: &Target, hosts: &[Domain], resolvers: &[SocketAddr]) -> Vec<(Domain, Vec<Server>)> {
    let servers: Vec<Server> = resolvers.iter().copied().map(Server::udp).collect();
    let sites = hosts.iter().map(|host| site(host.as_name()).to_domain());
    let mut zones: Vec<(Domain, Vec<Server>)> = Vec::new();
    for zone in names().chain(Domain::parse(&page.host)).chain(sites) {
        if zones.iter().all(|(known, _)| *known != zone) {
            zones.push((zone, servers.clone()));
        }
    }
    zones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_is_the_site_led_to_and_the_names_to_look_by() {
        let host = |name: &str| Domain::parse(name).unwrap();
        let resolver = "10.0.0.1:53".parse().unwrap();
        let page = Target::parse("http://check.provider.example/204").unwrap();
        let zones = window(&page, &[host("wifi.hotel.com.vn"), host("login.hotel.com.vn")], &[resolver]);
        let opened = |name: &str| zones.iter().any(|(zone, _)| host(name).as_name().is_in(zone.as_name()));
        let led_to = ["wifi.hotel.com.vn", "static.hotel.com.vn"];
        for name in
            ["captive.apple.com", "www.msftconnecttest.com", "check.provider.example"].iter().chain(&led_to)
        {
            assert!(opened(name), "{name}");
        }
        for name in ["com.vn", "bank.com.vn", "apple.com", "www.apple.com", "gstatic.com", "provider.example"]
        {
            assert!(!opened(name), "{name}");
        }
        let sites = zones.iter().filter(|(zone, _)| *zone == host("hotel.com.vn")).count();
        assert_eq!(sites, 1);
        assert!(zones.iter().all(|(_, servers)| servers == &[Server::udp(resolver)]));
    }
}
