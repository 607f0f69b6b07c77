//! Where test traffic may go: this machine and namespaces of ours, nobody's network.

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Says why load must not be sent to `address`, or nothing when it may.
///
/// Loopback always may. Private and documentation addresses may only from a network namespace other than
/// init's, since the same addresses in the machine's own namespace belong to somebody's LAN.
pub fn refusal(address: IpAddr) -> Option<String> {
    judge(address, in_own_namespace())
}

fn judge(address: IpAddr, own_namespace: bool) -> Option<String> {
    let address = address.to_canonical();
    if address.is_loopback() || (own_namespace && is_for_namespaces(address)) {
        return None;
    }
    Some(if own_namespace {
        format!("{address} is neither loopback nor a private address: load is sent to test namespaces only")
    } else {
        format!(
            "{address} is not loopback, and this is the machine's own network: load stays on this machine"
        )
    })
}

/// RFC 1918, link-local, unique local, benchmark (RFC 2544) and documentation ranges.
fn is_for_namespaces(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_link_local() || v4.is_documentation() || (a == 198 && b & 0xfe == 18)
        }
        IpAddr::V6(v6) => {
            v6.is_unique_local() || v6.is_unicast_link_local() || v6.segments()[..2] == [0x2001, 0x0db8]
        }
    }
}

/// By init's namespace where it may be seen (a container often hides it), else by the names that `ip netns` gave.
/// Knowing nothing counts as being in the machine's own.
fn in_own_namespace() -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|file| (file.dev(), file.ino()));
    let Ok(ours) = identity(Path::new("/proc/self/ns/net")) else { return false };
    if let Ok(of_init) = identity(Path::new("/proc/1/ns/net")) {
        return ours != of_init;
    }
    let named = fs::read_dir("/run/netns").into_iter().flatten().flatten();
    named.into_iter().any(|entry| identity(&entry.path()).is_ok_and(|named| named == ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(address: &str, own_namespace: bool) -> bool {
        judge(address.parse().unwrap(), own_namespace).is_none()
    }

    #[test]
    fn only_loopback_outside_a_namespace() {
        for address in ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"] {
            assert!(allowed(address, false) && allowed(address, true), "{address}");
        }
        for address in ["10.0.0.1", "192.168.1.1", "fe80::1", "fd00::1", "198.18.0.1", "2001:db8::1"] {
            assert!(!allowed(address, false), "{address}");
            assert!(allowed(address, true), "{address}");
        }
        for address in ["8.8.8.8", "2606:4700::1111", "0.0.0.0", "::ffff:1.1.1.1", "198.20.0.1"] {
            assert!(!allowed(address, false) && !allowed(address, true), "{address}");
        }
    }
}
