//! The forwarders that stand beside Luytre in front of the same server.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::harness::{Client, Packet, eventually, free_port};

/// A forwarder that runs until it is dropped.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    child: Child,
    _folder: TempDir,
}

impl Peer {
    /// Starts unbound as a plain forwarder: no validation, no names of its own; nothing where it is not installed.
    pub(crate) fn unbound(server: SocketAddr) -> Option<Self> {
        let program = installed("unbound")?;
        let (folder, port) = (TempDir::with_prefix("luytre-unbound-").unwrap(), free_port());
        let config = format!(
            "server:\n directory: \"{0}\"\n chroot: \"\"\n username: \"\"\n pidfile: \"\"\n use-syslog: no\n logfile: \"\"\n \
             do-daemonize: no\n interface: 127.0.0.1@{port}\n access-control: 127.0.0.0/8 allow\n num-threads: 1\n \
             module-config: \"iterator\"\n do-not-query-localhost: no\n unblock-lan-zones: yes\n \
             insecure-lan-zones: yes\n edns-buffer-size: 1232\n max-udp-size: 1232\n msg-cache-size: 64m\n \
             rrset-cache-size: 64m\n minimal-responses: no\n rrset-roundrobin: no\n verbosity: 0\n\
             remote-control:\n control-enable: no\n\
             forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@{1}\n",
            folder.path().display(),
            server.port()
        );
        let file = folder.path().join("unbound.conf");
        #[expect(clippy::disallowed_methods, reason = "nobody reads it while it is written")]
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command.arg("-d").arg("-c").arg(&file);
        Some(Self::start("unbound", port, command, folder))
    }

    /// Starts dnsmasq as a plain forwarder; nothing where it is not installed.
    pub(crate) fn dnsmasq(server: SocketAddr) -> Option<Self> {
        let program = installed("dnsmasq")?;
        let (folder, port) = (TempDir::with_prefix("luytre-dnsmasq-").unwrap(), free_port());
        let mut command = Command::new(program);
        command.args([
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--no-poll",
        ]);
        command.args(["--bind-interfaces", "--listen-address=127.0.0.1", "--cache-size=100000", "--user="]);
        command.args(["--edns-packet-max=1232", "--pid-file=", "--log-facility=-"]);
        command.arg(format!("--port={port}")).arg(format!("--server=127.0.0.1#{}", server.port()));
        Some(Self::start("dnsmasq", port, command, folder))
    }

    fn start(name: &'static str, port: u16, mut command: Command, folder: TempDir) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let peer = Self { name, port, child, _folder: folder };
        let client = Client::new(Ipv4Addr::LOCALHOST.into(), peer.address());
        let question = Packet::query("ready.example").bytes();
        eventually(&format!("{name} answers"), || client.hears_something(&question));
        peer
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Debian keeps servers out of a user's PATH.
fn installed(name: &str) -> Option<String> {
    let places = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    places.split(':').map(|place| format!("{place}/{name}")).find(|path| std::path::Path::new(path).is_file())
}
