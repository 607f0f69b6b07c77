//! A multicast DNS responder of somebody else's make on a device: avahi-daemon.

use std::process::{Child, Stdio};

use tempfile::TempDir;

use crate::household::Device;

/// Avahi, which calls its host so; ended when dropped.
pub(crate) struct Responder {
    child: Child,
    _folder: TempDir,
}

impl Responder {
    /// `None`, said on standard error, where it is not installed.
    pub(crate) fn start(device: &Device, name: &str) -> Option<Self> {
        const PROGRAM: &str = "/usr/sbin/avahi-daemon";
        if !std::path::Path::new(PROGRAM).is_file() {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "SKIPPED: responder: avahi-daemon is not installed");
            return None;
        }
        let folder = TempDir::with_prefix("luytre-responder-").unwrap();
        let config = folder.path().join("avahi.conf");
        let text = format!(
            "[server]\nhost-name={name}\nuse-ipv4=yes\nuse-ipv6=yes\nallow-interfaces=eth0\nenable-dbus=no\n\
             [publish]\npublish-addresses=yes\n"
        );
        #[expect(clippy::disallowed_methods, reason = "nobody reads it before it is whole")]
        std::fs::write(&config, text).unwrap();
        // Its PID file has one place on a machine, so each has a /run of its own.
        let script = format!(
            "mount -t tmpfs none /run && exec setpriv --pdeathsig KILL -- \
             {PROGRAM} --no-drop-root --no-chroot --no-rlimits --file={}",
            config.display()
        );
        let mut command = device.command("unshare");
        command.args(["--mount", "sh", "-c", &script]);
        let child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("unshare is there");
        Some(Self { child, _folder: folder })
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
