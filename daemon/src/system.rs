//! What the system tells: its environment, and the resolvers that it or the uplink announced.

use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

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

/// The machine's memory in kB, or as much of it as our control group may take; 0 if the system does not tell.
pub fn memory_kb() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let all = line.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0);
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limits =
        memory_limits(&groups).filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok());
    limits.map(|bytes: u64| bytes / 1024).fold(all, u64::min)
}

/// The files that limit us, in bytes, of the control groups that /proc/self/cgroup names: of version 2, and of version 1.
fn memory_limits(groups: &str) -> impl Iterator<Item = String> {
    groups.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        match controllers {
            "" => Some(format!("/sys/fs/cgroup{path}/memory.max")),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some(format!("/sys/fs/cgroup/memory{path}/memory.limit_in_bytes"))
            }
            _ => None,
        }
    })
}

/// For how long the machine has run; zero if it does not tell (proc_uptime(5)).
pub fn uptime() -> Duration {
    let text = crate::files::read_text(Path::new("/proc/uptime"), 100).unwrap_or_default();
    let seconds = text.split('.').next().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

/// Bytes that can be written in a folder.
pub fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes())?;
    let mut told = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: both pointers are good for the call: a string that ends in zero, and room for what is written.
    if unsafe { libc::statvfs(path.as_ptr(), told.as_mut_ptr()) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: zero is a value of each of its fields, and it was filled in besides.
    let told = unsafe { told.assume_init() };
    // Their types differ from target to target.
    #[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "wider on some targets")]
    Ok((told.f_bavail as u64).saturating_mul(told.f_frsize as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_groups_name_the_files_of_their_limits() {
        let groups = "12:cpu,cpuacct:/\n3:memory:/router\n0::/system.slice/luytre.service\nnonsense\n";
        let files: Vec<String> = memory_limits(groups).collect();
        let [one, two] = ["memory/router/memory.limit_in_bytes", "system.slice/luytre.service/memory.max"];
        assert_eq!(files, [one, two].map(|file| format!("/sys/fs/cgroup/{file}")));
        assert!(memory_kb() > 0 && uptime() > Duration::ZERO);
    }

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
