//! A DHCP server of somebody else's make on the router, dnsmasq, and what a client says to it.

use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::household::{Device, Household};
use crate::namespace::Namespace;

/// dnsmasq as OpenWrt runs it for DHCP alone; its leases are in the router's `dhcp.leases`. Ended when dropped.
pub(crate) struct DhcpServer(Child);

impl DhcpServer {
    pub(crate) fn start(home: &Household) -> Self {
        let leases = home.router.file("dhcp.leases");
        Self::run(home.router.namespace(), ("br-lan", "192.168.8.50,192.168.8.99,1h"), &leases)
    }

    /// Another on a device that announces itself as a router too: somebody plugged an old one in.
    pub(crate) fn of_a_rogue(home: &Household, rogue: &Device) -> Self {
        Self::run(rogue, ("eth0", "192.168.8.200,192.168.8.250,1h"), &home.router.file("rogue.leases"))
    }

    fn run(namespace: &Namespace, (interface, range): (&str, &str), leases: &Path) -> Self {
        let mut command = namespace.command("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null"])
            .args(["--port=0", "--user=root", "--pid-file=", "--log-facility=-"])
            // A client may ask for an address that it says it had: no search for who else has it.
            .args(["--dhcp-authoritative", "--no-ping", "--dhcp-broadcast"])
            .args([format!("--interface={interface}"), format!("--dhcp-range={range}")])
            .args(["--enable-ra", "--dhcp-range=fd00:8::,ra-only"])
            .arg(format!("--dhcp-leasefile={}", leases.display()));
        Self(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().expect("dnsmasq is installed"))
    }
}

impl Drop for DhcpServer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Device {
    /// Asks for the lease of an address again, as a device does that comes back (RFC 2131 §4.3.2, INIT-REBOOT), and
    /// tells its name, whatever bytes that has.
    pub(crate) fn request_lease(&self, mac: [u8; 6], address: Ipv4Addr, name: &[u8]) {
        let mut message = vec![1, 1, 6, 0, 0x5e, 0xed, 0, 1, 0, 0, 0x80, 0];
        message.extend_from_slice(&[0; 16]);
        message.extend_from_slice(&mac);
        message.resize(236, 0);
        message.extend_from_slice(&[0x63, 0x82, 0x53, 0x63]);
        message.extend_from_slice(&[53, 1, 3, 50, 4]);
        message.extend_from_slice(&address.octets());
        message.extend_from_slice(&[12, u8::try_from(name.len()).unwrap()]);
        message.extend_from_slice(name);
        message.push(255);
        self.inside(|| {
            let socket = UdpSocket::bind(("0.0.0.0", 68)).unwrap();
            socket.set_broadcast(true).unwrap();
            // The one interface that has a way to it.
            socket.send_to(&message, ("192.168.8.255", 67)).unwrap();
        });
    }
}
