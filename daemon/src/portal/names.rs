//! The names by which devices find out whether their line wants a sign-in. Makers use each for nothing else.

use luytre_lists::{Domain, Name};

/// Android, Apple, Windows, Firefox, Linux desktops, and the makers of telephones whose Android asks at home; then the
/// names that these lead to.
const NAMES: [&str; 18] = [
    "connectivitycheck.gstatic.com",
    "connectivitycheck.android.com",
    "captive.apple.com",
    "www.msftconnecttest.com",
    "ipv6.msftconnecttest.com",
    "dns.msftncsi.com",
    "www.msftncsi.com",
    "detectportal.firefox.com",
    "nmcheck.gnome.org",
    "connectivity-check.ubuntu.com",
    "network-test.debian.org",
    "connectivitycheck.platform.hicloud.com",
    "connect.rom.miui.com",
    "conn1.oppomobile.com",
    "wifi.vivo.com.cn",
    "captive.g.aaplimg.com",
    "ncsi-geo.trafficmanager.net",
    "detectportal.prod.mozaws.net",
];

/// All of them.
pub fn names() -> impl Iterator<Item = Domain> {
    NAMES.iter().filter_map(|name| Domain::parse(name).ok())
}

/// Whether a device that asks for this name wants to know whether there is a portal.
pub fn is_check(name: Name<'_>) -> bool {
    names().any(|known| known.as_name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_name_and_stands_once() {
        let mut all: Vec<String> = names().map(|name| name.to_string()).collect();
        assert_eq!(all, NAMES, "each is written as names are");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), NAMES.len());
        assert!(is_check(Domain::parse("captive.apple.com").unwrap().as_name()));
        assert!(!is_check(Domain::parse("apple.com").unwrap().as_name()));
    }
}
